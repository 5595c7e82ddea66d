import { randomInt } from "node:crypto";
import type { Argv } from "yargs";
import { verdictWarnings } from "../estimate/verdict.ts";
import { openWeights } from "../model/open-model.ts";
import { makeOutput } from "../output/file.ts";
import type { Variant } from "../plan/plan.ts";
import { userError } from "../problem.ts";
import { engines } from "../verify/engines.ts";
import { cutTile, traceJob } from "../verify/trace.ts";
import { type Check, type NamedJob, randomJobs, type SkippedTensor, tensorJobs, verifyJobs } from "../verify/verify.ts";
import { whileBuilding } from "./building.ts";
import { readLateFormat } from "./late-format.ts";
import { type CommonOptions, type Outcome, report, table } from "./outcome.ts";
import { findEngines, positiveInteger, readVariant } from "./variant-options.ts";

interface Options extends CommonOptions {
  spec: string;
  format?: string | undefined;
  gguf?: string | undefined;
  tensor?: string | undefined;
  engine: string;
  columns: number;
  runs: number;
  seed?: number | undefined;
  trace?: string | undefined;
  tile: string;
}

export const command = "verify <spec>";
export const describe = "engines against the golden model, bit for bit";

export const builder = (yargs: Argv) =>
  yargs
    .positional("spec", { type: "string", demandOption: true, describe: "a file of specs/accelerators" })
    .option("format", {
      type: "string",
      conflicts: "gguf",
      describe: "a format's name or file (.yaml) that the variant need not know: runs if it fits the envelope",
    })
    .option("gguf", { type: "string", describe: "a model: every tensor of the variant's formats (else random blocks)" })
    .option("tensor", { type: "string", describe: "only this tensor of the model" })
    .option("engine", { type: "string", default: "csim", describe: "engines, separated by commas" })
    .option("columns", { type: "number", default: 2, describe: "activation columns for tensors" })
    .option("runs", { type: "number", default: 8, describe: "random MatMuls of each format, without a model" })
    .option("trace", { type: "string", describe: "write the waveform (VCD) of one tile on engine rtl to this file" })
    .option("tile", {
      type: "string",
      default: "0,0",
      describe: "with --trace: row tile and K tile of the first MatMul",
    })
    .option("seed", { type: "number", describe: "seed of the random data (printed)" });

export const handler = (options: Options) =>
  report(options, async () => {
    const chosen = findEngines(options.engine);
    const seed = options.seed ?? randomInt(2 ** 31);
    if (options.tensor !== undefined && options.gguf === undefined) throw userError("usage", "--tensor needs --gguf");
    const variant = await readVariant(options.spec);
    const { jobs, skipped } = await makeJobs(options, variant, seed);
    if (options.trace !== undefined) return traceFirst(options, options.trace, variant, jobs[0]);
    const checks: Check[] = [];
    for (const engine of chosen) {
      const { plan } = variant;
      const start = await engine.prepare(engine.files(plan), whileBuilding(options, engine, plan));
      // Random data meets random stalls; a model runs as fast as it can, so that its cycles mean something.
      const stallSeed = options.gguf === undefined ? seed : 0;
      checks.push(...(await verifyJobs(engine.name, start, jobs, plan, stallSeed)));
    }
    const differing = checks.reduce((sum, check) => sum + check.differing, 0);
    return {
      ok: differing === 0,
      json: { spec: variant.accelerator.name, seed, differing, checks, skipped },
      warnings: verdictWarnings(variant.verdict),
      text: describeChecks(checks, skipped, seed),
    };
  });

async function traceFirst(options: Options, file: string, { plan }: Variant, job: NamedJob): Promise<Outcome> {
  const match = /^(\d{1,7}),(\d{1,7})$/.exec(options.tile);
  if (!match) throw userError("usage", `--tile is '${options.tile.slice(0, 40)}'; it must be two numbers, as 0,0`);
  const cut = cutTile(job, Number(match[1]), Number(match[2]));
  const rtl = engines.get("rtl")!;
  const comparison = await makeOutput(file, (beside) =>
    traceJob(rtl.files(plan), cut, plan, beside, whileBuilding(options, rtl, plan)),
  );
  return {
    ok: comparison.differing === 0,
    json: { name: job.name, format: job.format.name, tile: options.tile, trace: file, ...comparison },
    text: `${job.name} (${job.format.name}), tile ${options.tile}: ${comparison.outputs} outputs, ${comparison.differing} differ; waveform in ${file}`,
  };
}

async function makeJobs(
  options: Options,
  { accelerator, plan }: Variant,
  seed: number,
): Promise<{ jobs: NamedJob[]; skipped: SkippedTensor[] }> {
  if (options.gguf === undefined) {
    const { format, spec } = options;
    const formats = format === undefined ? accelerator.formats : [await readLateFormat(format, plan.parameters, spec)];
    return { jobs: randomJobs(plan, formats, positiveInteger("runs", options.runs, 10000), seed), skipped: [] };
  }
  const { file, typeNames } = await openWeights(options.gguf, "data", accelerator.formats);
  const columns = positiveInteger("columns", options.columns, 512);
  const found = await tensorJobs(file, plan, accelerator.formats, typeNames, columns, seed, options.tensor);
  if (found.jobs.length > 0) return found;
  const reasons = found.skipped.slice(0, 3).map(({ name, type, reason }) => `${name} (${type}): ${reason}`);
  throw userError("nothing-to-verify", "no tensor of the model runs on the variant", {
    why: reasons.join("; "),
    fix: `the variant takes ${accelerator.formats.map(({ name }) => name).join(", ")}`,
    file: options.gguf,
  });
}

function describeChecks(checks: Check[], skipped: SkippedTensor[], seed: number): string {
  const rows = checks.map((check) => [
    check.name,
    check.format,
    `${check.rows} x ${check.k}`,
    check.columns,
    check.engine,
    check.outputs,
    check.differing,
    check.cycles ?? "",
  ]);
  const lines = [table(["tensor", "format", "shape", "columns", "engine", "outputs", "differing", "cycles"], rows)];
  const reasons = new Map<string, string[]>();
  for (const { name, type, reason } of skipped) {
    const key = `${type}, ${reason}`;
    reasons.set(key, [...(reasons.get(key) ?? []), name]);
  }
  for (const [reason, names] of reasons) lines.push(`not run (${reason}): ${names.join(", ")}`);
  const first = checks.find((check) => check.first);
  if (first?.first) lines.push(describeDifference(first));
  const outputs = checks.reduce((sum, check) => sum + check.outputs, 0);
  const differing = checks.reduce((sum, check) => sum + check.differing, 0);
  lines.push(`${outputs} outputs compared with the golden model, ${differing} differ (seed ${seed})`);
  return lines.join("\n");
}

function describeDifference({ name, format, engine, first }: Check): string {
  const { row, column, got, want, step, intermediate, gotValue, wantValue, block } = first!;
  const lines = [
    `first difference: ${name} (${format}) on ${engine}, row ${row}, column ${column}: ${got}, golden ${want}`,
  ];
  if (intermediate) {
    lines.push(`  first wrong intermediate: ${intermediate} of step ${step}: ${gotValue}, golden ${wantValue}`);
    lines.push(`  block: ${block}`);
  } else {
    lines.push("  computed alone this output is right: something is left over from other rows, tiles or jobs");
  }
  return lines.join("\n");
}
