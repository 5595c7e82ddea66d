import { f32FromBits } from "../golden/float.ts";
import { matmul, traceOutput, unpackWeights } from "../golden/matmul.ts";
import type { Activations } from "../golden/quantize.ts";
import type { MachineParameters } from "../plan/parameters.ts";
import type { Job } from "../repack/image.ts";
import { runJobs, type StartMachine } from "./run.ts";
import { overwriteScales, unitScale } from "./samples.ts";

/** The first output that differs, and the first step at which the engine leaves the golden model. */
export interface Difference {
  row: number;
  column: number;
  got: string;
  want: string;
  /** Stored block of the first differing step, in hex. */
  block?: string;
  /** Index of that step along K. */
  step?: number;
  /** First intermediate that differs there. */
  intermediate?: "isum" | "msum" | "p" | "acc";
  gotValue?: number;
  wantValue?: number;
}

export interface Comparison {
  outputs: number;
  differing: number;
  first?: Difference;
}

const hex = (bits: number) => `0x${bits.toString(16).padStart(8, "0")}`;

/** Counts the outputs of a job whose bits differ from the golden model's. */
export function compareOutput(job: Job, got: Uint32Array): Comparison {
  const want = matmul(unpackWeights(job.format, job.stored, job.rows, job.k), job.activations);
  let differing = 0;
  let first: Difference | undefined;
  for (let i = 0; i < want.length; i++) {
    if (got[i] === want[i]) continue;
    differing++;
    first ??= { row: i % job.rows, column: Math.floor(i / job.rows), got: hex(got[i]), want: hex(want[i]) };
  }
  return { outputs: want.length, differing, ...(first && { first }) };
}

/** The job cut down to one row and one column. */
function oneOutput(job: Job, row: number, column: number): Job {
  const rowBytes = (job.k / job.format.elements) * job.format.bytes;
  const { activations, k } = job;
  const scalesPerColumn = k / activations.block;
  return {
    ...job,
    rows: 1,
    stored: job.stored.slice(row * rowBytes, (row + 1) * rowBytes),
    activations: {
      ...activations,
      columns: 1,
      codes: activations.codes.slice(column * k, (column + 1) * k),
      scales: activations.scales.slice(column * scalesPerColumn, (column + 1) * scalesPerColumn),
    },
  };
}

/** Only the columns from .. to of a one-row job take part; all other activations are zero. */
function window(job: Job, from: number, to: number, unit = false): Job {
  const { activations } = job;
  const codes = activations.codes.map((code, i) => (i >= from && i < to ? code : 0));
  const scales = activations.scales.map((scale, i) => {
    const inside = (i + 1) * activations.block > from && i * activations.block < to;
    return inside ? (unit ? 1 : scale) : 0;
  });
  return { ...job, activations: { ...activations, codes, scales } satisfies Activations };
}

/**
 * Finds the first step and intermediate of an output at which an engine leaves the golden model. An engine shows
 * only outputs, so each intermediate is probed as one: isum (unit scales, no mins), msum (d = 0), p (one step), acc (K up to it).
 */
export async function locate(
  start: StartMachine,
  job: Job,
  difference: Difference,
  parameters: MachineParameters,
): Promise<Difference> {
  const single = oneOutput(job, difference.row, difference.column);
  const { format, k } = single;
  const withScales = (d: number, dmin: number): Job => {
    const stored = single.stored.slice();
    overwriteScales(format, stored, "d", d);
    overwriteScales(format, stored, "dmin", dmin);
    return { ...single, stored };
  };
  const one = unitScale[format.d.type];
  const probes = [
    ["isum", withScales(one, 0), true],
    ...(format.dmin && format.dmin !== "d"
      ? ([["msum", withScales(0, unitScale[format.dmin.type]), true]] as const)
      : []),
    ["p", single, false],
  ] as const;
  /** A probe's output back to the integer it shows: isum comes times d's power of two, msum negated. */
  const asInteger = (name: string, value: number) => {
    if (name === "isum") return value / (format.d.multiplier * format.levels.unit);
    return name === "msum" && format.dmin && format.dmin !== "d" ? -value / format.dmin.multiplier : value;
  };
  const golden = traceOutput(unpackWeights(format, single.stored, 1, k), single.activations, 0, 0);
  for (let step = 0; step < golden.length; step++) {
    const from = step * format.step;
    const jobs: Job[] = probes.map(([, probe, unit]) => window(probe, from, from + format.step, unit));
    jobs.push(window(single, 0, from + format.step));
    const { outputs } = await runJobs(start, jobs, parameters);
    const names = [...probes.map(([name]) => name), "acc"] as const;
    const wrong = names.findIndex((_, i) => compareOutput(jobs[i], outputs[i]).differing > 0);
    if (wrong < 0) continue;
    const want = matmul(unpackWeights(format, jobs[wrong].stored, 1, k), jobs[wrong].activations);
    const blockIndex = Math.floor(from / format.elements);
    const block = single.stored.subarray(blockIndex * format.bytes, (blockIndex + 1) * format.bytes);
    return {
      ...difference,
      block: Buffer.from(block).toString("hex"),
      step,
      intermediate: names[wrong],
      gotValue: asInteger(names[wrong], f32FromBits(outputs[wrong][0])),
      wantValue: asInteger(names[wrong], f32FromBits(want[0])),
    };
  }
  return difference;
}
