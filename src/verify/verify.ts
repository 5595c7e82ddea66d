import { findTensor, type GgufFile, readTensor } from "../gguf/gguf.ts";
import { quantize, readActivations } from "../golden/quantize.ts";
import { whyNotRunnable } from "../model/placement.ts";
import { planFormat } from "../plan/format-plan.ts";
import { statusText, tileColumns } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import { userError } from "../problem.ts";
import { Random } from "../random.ts";
import type { Job } from "../repack/image.ts";
import type { Format } from "../spec/format.ts";
import { readLibrary, withFormats } from "../spec/library.ts";
import { type Comparison, compareOutput, locate } from "./compare.ts";
import { runJobs, type StartMachine } from "./run.ts";
import { randomActivations, randomJob } from "./samples.ts";

/** One MatMul that was compared on one engine. */
export interface Check extends Comparison {
  name: string;
  format: string;
  rows: number;
  k: number;
  columns: number;
  engine: string;
  /** Cycles of this MatMul alone, start to done; absent in C simulation. */
  cycles?: number;
}

export interface NamedJob extends Job {
  name: string;
}

/** A tensor of the file that the variant can't run, and why. */
export interface SkippedTensor {
  name: string;
  type: string;
  reason: string;
}

/** The 2-D tensors of a GGUF file that a variant takes, as jobs with seeded random activations; the others with the reason. */
export async function tensorJobs(
  file: GgufFile,
  plan: Plan,
  formats: readonly Format[],
  typeNames: ReadonlyMap<number, string>,
  columns: number,
  seed: number,
  only?: string,
) {
  const random = new Random(seed);
  const jobs: NamedJob[] = [];
  const skipped: SkippedTensor[] = [];
  const library = withFormats(await readLibrary(), formats);
  for (const tensor of only === undefined ? file.tensors : [findTensor(file, only)]) {
    const [k = 1, rows = 1, ...more] = tensor.shape;
    const type = typeNames.get(tensor.type) ?? `type ${tensor.type}`;
    const matrices = more.reduce((product, size) => product * size, 1);
    const reason = whyNotRunnable({ type, rows, k, matrices }, plan, library);
    if (reason !== undefined) {
      skipped.push({ name: tensor.name, type, reason });
      continue;
    }
    const index = formats.findIndex(({ name }) => name === type);
    const format = formats[index];
    const x = randomActivations(random, k, columns);
    const activations = readActivations(format.activation, quantize(format.activation, x, k), k);
    const stored = await readTensor(tensor);
    jobs.push({ name: tensor.name, format, plan: plan.formats[index], stored, rows, k, activations });
  }
  return { jobs: alternate(jobs), skipped };
}

/** Reorders jobs so that neighbours have different formats for as long as that lasts. */
function alternate(jobs: NamedJob[]): NamedJob[] {
  const queues = new Map<string, NamedJob[]>();
  for (const job of jobs) queues.set(job.format.name, [...(queues.get(job.format.name) ?? []), job]);
  const order: NamedJob[] = [];
  while (order.length < jobs.length) {
    for (const queue of queues.values()) order.push(...queue.splice(0, 1));
  }
  return order;
}

/**
 * Random jobs of every given format: shapes, blocks of random bits and corner scales, alternating formats. The formats
 * need not be the variant's own, only fit its envelope.
 */
export function randomJobs({ parameters }: Plan, formats: readonly Format[], runs: number, seed: number): NamedJob[] {
  const random = new Random(seed);
  const plans = formats.map(planFormat);
  const maxK = parameters.MAX_K_TILES * tileColumns;
  const once = () => formats.map((format, i) => ({ ...randomJob(format, plans[i], random, maxK), name: "random" }));
  return Array.from({ length: runs }, once).flat();
}

/**
 * Runs jobs as one descriptor list on an engine and compares each output with the golden model.
 * @param stallSeed random stalls on every channel; 0 for none
 */
export async function verifyJobs(
  engine: string,
  start: StartMachine,
  jobs: readonly NamedJob[],
  plan: Plan,
  stallSeed = 0,
): Promise<Check[]> {
  const { outputs, result, cycles } = await runJobs(start, jobs, plan.parameters, stallSeed);
  if (result.status !== 0) {
    const code = result.status & 255;
    const job = jobs[result.status >>> 8];
    throw userError(
      "engine-status",
      `${engine} ended with status ${code}: ${statusText[code] ?? "unknown"}`,
      {
        ...(job && { why: `at ${job.name} (${job.format.name}, ${job.rows} x ${job.k})` }),
      },
      1,
    );
  }
  const checks = jobs.map((job, i): Check => {
    const { name, format, rows, k, activations } = job;
    const { columns } = activations;
    const alone = cycles[i] === undefined ? {} : { cycles: cycles[i] };
    return { name, format: format.name, rows, k, columns, engine, ...alone, ...compareOutput(job, outputs[i]) };
  });
  const wrong = checks.findIndex((check) => check.first);
  if (wrong >= 0) checks[wrong].first = await locate(start, jobs[wrong], checks[wrong].first!, plan.parameters);
  return checks;
}
