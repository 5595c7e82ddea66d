import type { Model } from "../../model/model.ts";

/** What bfq-selftest measures of a format: MatMuls of one column on random weights. */
export interface Benchmark {
  format: string;
  rows: number;
  k: number;
  matmuls: number;
  /** Weights read, as the kernel's counters have them. */
  bytes: number;
  cycles: number;
  /** Wall time, quantisation on the host and starts included. */
  seconds: number;
  /** Of the whole board while it ran; nothing where no sensor answers. */
  microwatts?: number;
}

export interface Speed extends Benchmark {
  gbPerSecond: number;
  /** Board power over rate. */
  joulesPerGB?: number;
}

export function speedOf(benchmark: Benchmark): Speed {
  const gbPerSecond = benchmark.bytes / benchmark.seconds / 1e9;
  const watts = wattsOf(benchmark);
  return { ...benchmark, gbPerSecond, ...(watts !== undefined && { joulesPerGB: watts / gbPerSecond }) };
}

const wattsOf = ({ microwatts }: Benchmark) => (microwatts === undefined ? undefined : microwatts / 1e6);

/** Of the whole board, the mean over the time that the MatMuls ran. */
export function busyWatts(benchmarks: readonly Benchmark[]): number | undefined {
  const seconds = benchmarks.reduce((sum, benchmark) => sum + benchmark.seconds, 0);
  const joules = benchmarks.reduce((sum, benchmark) => sum + (wattsOf(benchmark) ?? Number.NaN) * benchmark.seconds, 0);
  return seconds > 0 && !Number.isNaN(joules) ? joules / seconds : undefined;
}

export interface TokenSpeed {
  model: string;
  mix: string;
  /** The weight MatMuls alone: attention and the rest of the CPU's work come on top. */
  tokensPerSecond: number;
  /** At the board's power while each format ran. */
  joulesPerToken?: number;
  /** Types of the model's matrices that the variant does not run: the CPU's time for them is not counted. */
  notCounted: string[];
}

/** Tokens per second of a model's weight MatMuls at the rates measured for each format. */
export function tokenSpeed(model: Model, benchmarks: readonly Benchmark[]): TokenSpeed {
  const measured = new Map(benchmarks.map((benchmark) => [benchmark.format, benchmark]));
  const notCounted = new Set<string>();
  let seconds = 0;
  let joules: number | undefined = 0;
  for (const { use, type, rows, k } of model.tensors) {
    if (use !== "layer" && use !== "head") continue;
    const benchmark = measured.get(type);
    if (benchmark === undefined) {
      notCounted.add(type);
      continue;
    }
    const each = (rows * k * benchmark.seconds) / (benchmark.matmuls * benchmark.rows * benchmark.k);
    const watts = wattsOf(benchmark);
    seconds += each;
    joules = joules === undefined || watts === undefined ? undefined : joules + watts * each;
  }
  return {
    model: model.name,
    mix: model.mix,
    tokensPerSecond: seconds === 0 ? 0 : 1 / seconds,
    ...(joules !== undefined && seconds > 0 && { joulesPerToken: joules }),
    notCounted: [...notCounted].sort(),
  };
}
