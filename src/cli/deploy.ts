import type { Argv } from "yargs";
import { type Benchmark, type Speed, speedOf, type TokenSpeed, tokenSpeed } from "../kria/board/benchmark.ts";
import { runSteps, type StepReport } from "../kria/board/deploy.ts";
import { steps } from "../kria/board/deploy-steps.ts";
import { boardRecord, recordRow } from "../kria/board/record.ts";
import { checkHost } from "../kria/board/ssh.ts";
import type { Manifest } from "../kria/package/manifest.ts";
import { openPackage } from "../kria/package/open.ts";
import type { Model } from "../model/model.ts";
import { nearest } from "../nearest.ts";
import { userError } from "../problem.ts";
import { readModel } from "./model-options.ts";
import { type CommonOptions, type Outcome, report, sayLine, table } from "./outcome.ts";

interface Options extends CommonOptions {
  package?: string | undefined;
  host: string;
  step?: string | undefined;
  "any-clock": boolean;
  model?: string | undefined;
  mix?: string | undefined;
}

export const command = "deploy [package]";
export const describe = "a package of `bfq build` onto a Kria: install, load, self-test, benchmark";

export const builder = (yargs: Argv) =>
  yargs
    .positional("package", { type: "string", describe: "its folder or tar" })
    .option("host", { type: "string", demandOption: true, requiresArg: true, describe: "[user@]host, as ssh knows it" })
    .option("step", {
      type: "string",
      requiresArg: true,
      describe: `only this: ${steps.map(({ name }) => name).join(", ")}`,
    })
    .option("any-clock", {
      type: "boolean",
      default: false,
      describe: "go on where the PL clock is not the one that was built for",
    })
    .option("model", {
      type: "string",
      requiresArg: true,
      describe: "tok/s of this model at the measured rates: as in `bfq estimate`",
    })
    .option("mix", { type: "string", implies: "model", describe: "its quantisation: Q2_K, Q4_K_M, pure-Q3_K ..." });

export const handler = (options: Options) =>
  report(options, async () => {
    checkHost(options.host);
    const chosen = options.step === undefined ? steps : [findStep(options.step)];
    if (options.package === undefined)
      throw userError("usage", "name the package", { fix: "bfq deploy --host H FOLDER; `bfq build` makes one" });
    const model =
      options.model === undefined ? undefined : (await readModel({ ...options, model: options.model }, [])).model;
    const opened = await openPackage(options.package);
    try {
      const { host } = options;
      const reports = await runSteps({
        host,
        package: opened,
        anyClock: options["any-clock"],
        steps: chosen,
        say: sayLine,
      });
      return describeRun(host, opened.manifest, reports, model);
    } finally {
      await opened.close();
    }
  });

function findStep(name: string) {
  const found = steps.find((step) => step.name === name);
  if (found) return found;
  const names = steps.map((step) => step.name);
  const guess = nearest(name, names);
  throw userError("unknown-step", `no step named '${name.slice(0, 40)}'`, {
    fix: guess ? `did you mean '${guess}'?` : `steps: ${names.join(", ")}`,
  });
}

function describeRun(host: string, manifest: Manifest, reports: StepReport[], model: Model | undefined): Outcome {
  const { app } = manifest;
  const facts = (name: string) => reports.find((report) => report.name === name)?.facts;
  const parsed = (name: string) => (facts(name)?.result === undefined ? undefined : JSON.parse(facts(name)!.result));
  const benchmarks = (parsed("benchmark")?.benchmarks ?? []) as Benchmark[];
  const speeds = benchmarks.map(speedOf);
  const tokens = model && benchmarks.length > 0 ? tokenSpeed(model, benchmarks) : undefined;
  const record = speeds.length > 0 ? boardRecord({ manifest, facts, speeds, tokens }) : undefined;
  const lines = [`${app} on ${host}: ${reports.map(({ name }) => name).join(", ")} done`];
  if (speeds.length > 0) lines.push(describeSpeeds(speeds));
  if (tokens) lines.push(describeTokens(tokens));
  if (record) lines.push("", recordRow(record));
  return {
    ok: true,
    json: {
      host,
      app,
      steps: reports.map(({ name, seconds, facts: { result: _, ...rest } }) => ({ name, seconds, facts: rest })),
      selftest: parsed("selftest") ?? null,
      benchmarks: speeds,
      tokens: tokens ?? null,
      record: record ?? null,
    },
    text: lines.join("\n"),
  };
}

function describeSpeeds(speeds: Speed[]): string {
  const rows = speeds.map(({ format, rows, k, matmuls, cycles, gbPerSecond, joulesPerGB }) => [
    format,
    `${rows} x ${k}`,
    matmuls,
    cycles,
    gbPerSecond.toFixed(2),
    joulesPerGB?.toFixed(3) ?? "",
  ]);
  return table(["format", "shape", "MatMuls", "cycles", "GB/s", "J/GB"], rows);
}

function describeTokens({ model, mix, tokensPerSecond, joulesPerToken, notCounted }: TokenSpeed): string {
  const joules = joulesPerToken === undefined ? "" : `, ${joulesPerToken.toFixed(3)} J/token`;
  const rest = notCounted.length === 0 ? "" : `; not counted, not in the variant: ${notCounted.join(", ")}`;
  return `${model} ${mix}: ${tokensPerSecond.toFixed(1)} tok/s${joules} for the weight MatMuls at these rates${rest}`;
}
