import type { Argv } from "yargs";
import { runSteps, type StepReport } from "../deploy/deploy.ts";
import { openPackage } from "../deploy/package.ts";
import { checkHost } from "../deploy/ssh.ts";
import { steps } from "../deploy/steps.ts";
import { nearest } from "../nearest.ts";
import { userError } from "../problem.ts";
import { type CommonOptions, type Outcome, report, table } from "./outcome.ts";

interface Options extends CommonOptions {
  package?: string | undefined;
  host: string;
  step?: string | undefined;
  "any-clock": boolean;
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
    });

export const handler = (options: Options) =>
  report(options, async () => {
    checkHost(options.host);
    const chosen = options.step === undefined ? steps : [findStep(options.step)];
    if (options.package === undefined)
      throw userError("usage", "name the package", { fix: "bfq deploy --host H FOLDER; `bfq build` makes one" });
    const opened = await openPackage(options.package);
    try {
      const say = (line: string) => process.stderr.write(`${line}\n`);
      const { host } = options;
      const reports = await runSteps({ host, package: opened, anyClock: options["any-clock"], steps: chosen, say });
      return describeRun(host, opened.manifest.app, reports);
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

interface Benchmark {
  format: string;
  rows: number;
  k: number;
  matmuls: number;
  bytes: number;
  cycles: number;
  seconds: number;
}

function describeRun(host: string, app: string, reports: StepReport[]): Outcome {
  const facts = (name: string) => reports.find((report) => report.name === name)?.facts;
  const parsed = (name: string) => (facts(name)?.result === undefined ? undefined : JSON.parse(facts(name)!.result));
  const idle = watts(facts("power")?.idle_uw);
  const busy = watts(facts("benchmark")?.busy_uw);
  const benchmarks = (parsed("benchmark")?.benchmarks ?? []) as Benchmark[];
  const speeds = benchmarks.map((benchmark) => ({ ...benchmark, ...speed(benchmark, busy) }));
  const rows = speeds.map(({ format, rows, k, matmuls, cycles, gbPerSecond, joulesPerGB }) => [
    format,
    `${rows} x ${k}`,
    matmuls,
    cycles,
    gbPerSecond.toFixed(2),
    joulesPerGB?.toFixed(3) ?? "",
  ]);
  const lines = [`${app} on ${host}: ${reports.map(({ name }) => name).join(", ")} done`];
  if (rows.length > 0) lines.push(table(["format", "shape", "MatMuls", "cycles", "GB/s", "J/GB"], rows));
  if (idle !== undefined && busy !== undefined)
    lines.push(`power: ${idle.toFixed(2)} W at rest, ${busy.toFixed(2)} W at work`);
  return {
    ok: true,
    json: {
      host,
      app,
      steps: reports.map(({ name, seconds, facts: { result: _, ...rest } }) => ({ name, seconds, facts: rest })),
      selftest: parsed("selftest") ?? null,
      benchmarks: speeds,
      watts: { idle: idle ?? null, busy: busy ?? null },
    },
    text: lines.join("\n"),
  };
}

const watts = (microwatts: string | undefined) => (microwatts ? Number(microwatts) / 1e6 : undefined);

/** Weights read a second and what they cost; tokens are bytes of weights (docs/kria.md). */
function speed({ bytes, seconds }: Benchmark, busy: number | undefined) {
  const gbPerSecond = bytes / seconds / 1e9;
  return { gbPerSecond, ...(busy !== undefined && { joulesPerGB: busy / gbPerSecond }) };
}
