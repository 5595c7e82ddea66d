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
}

export interface Speed extends Benchmark {
  gbPerSecond: number;
  /** Board power over rate; nothing where no power was read. */
  joulesPerGB?: number;
}

export function speedOf(benchmark: Benchmark, watts: number | undefined): Speed {
  const gbPerSecond = benchmark.bytes / benchmark.seconds / 1e9;
  return { ...benchmark, gbPerSecond, ...(watts !== undefined && { joulesPerGB: watts / gbPerSecond }) };
}

export interface TokenSpeed {
  model: string;
  mix: string;
  /** The weight MatMuls alone: attention and the rest of the CPU's work come on top. */
  tokensPerSecond: number;
  joulesPerToken?: number;
  /** Types of the model's matrices that the variant does not run: the CPU's time for them is not counted. */
  notCounted: string[];
}

/** Tokens per second of a model's weight MatMuls at the rates measured for each format. */
export function tokenSpeed(model: Model, benchmarks: readonly Benchmark[], watts: number | undefined): TokenSpeed {
  const secondsPerWeight = new Map(
    benchmarks.map(({ format, rows, k, matmuls, seconds }) => [format, seconds / (matmuls * rows * k)]),
  );
  const notCounted = new Set<string>();
  let seconds = 0;
  for (const { use, type, rows, k } of model.tensors) {
    if (use !== "layer" && use !== "head") continue;
    const each = secondsPerWeight.get(type);
    if (each === undefined) notCounted.add(type);
    else seconds += rows * k * each;
  }
  const tokensPerSecond = seconds === 0 ? 0 : 1 / seconds;
  return {
    model: model.name,
    mix: model.mix,
    tokensPerSecond,
    ...(watts !== undefined && seconds > 0 && { joulesPerToken: watts * seconds }),
    notCounted: [...notCounted].sort(),
  };
}
