import { vectorDots } from "./dot-kernel.ts";

/** Largest magnitude of an activation code. */
const largestCode = 128;

/**
 * Whether dot products of `run` elements with these levels can be taken in 32-bit integers, eight at a time:
 * every sum stays below 2^31.
 */
export function fitsIntegers(levels: Float64Array, run: number): boolean {
  const limit = Math.min(2 ** 15, 2 ** 31 / (largestCode * run));
  return run % 8 === 0 && levels.every((level) => Number.isInteger(level) && Math.abs(level) < limit);
}

/**
 * Exact dot products of runs of weight levels and activation codes: integers where they fit, doubles elsewhere.
 * @param levels one row
 * @param codes one column
 * @returns one sum per run, good until the next call
 */
export function dotRuns(levels: Int16Array | Float64Array, codes: Int16Array, run: number): Int32Array | Float64Array {
  if (levels instanceof Int16Array) return vectorDots(levels, codes, run);
  const sums = new Float64Array(levels.length / run);
  for (let r = 0, i = 0; r < sums.length; r++) {
    for (const end = i + run; i < end; i++) sums[r] += levels[i] * codes[i];
  }
  return sums;
}

/** Sums of the codes of each run: what mins are multiplied with. */
export function sumRuns(codes: Int16Array, run: number): Float64Array {
  const sums = new Float64Array(codes.length / run);
  for (let r = 0, i = 0; r < sums.length; r++) {
    for (const end = i + run; i < end; i++) sums[r] += codes[i];
  }
  return sums;
}
