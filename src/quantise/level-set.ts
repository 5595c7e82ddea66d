import { levelTable } from "../golden/decode.ts";
import type { Format } from "../spec/format.ts";

/** Levels of a codebook lie in -128..127. */
const mostHalves = 512;

/** Bits of an fp32 number below its sign, its exponent and four of its mantissa. */
export const startShift = 19;

/** The finite levels that a format can store, ascending, each with its code. */
export interface LevelSet {
  values: Float64Array;
  codes: Uint8Array;
  /** Distance of neighbours where all are equally far apart, else 0. */
  step: number;
  /** Half way from each level to the next. */
  middles: Float64Array;
  /** By half units from the first level on: the index of the nearest; empty where the levels reach too far. */
  halves: Uint8Array;
  /** By the first 13 bits of an fp32 number: index of the nearest level of the least number that begins so; empty where `step` tells. */
  starts: Uint8Array;
  /** Index of the level nearest zero. */
  zero: number;
}

export function levelSet(format: Format): LevelSet {
  const { parts } = format.code;
  // A base-3 digit has no value 3.
  const isStored = (code: number) => parts.every(({ trit, shift }) => !trit || ((code >> shift) & 3) < 3);
  const codeOf = new Map<number, number>();
  levelTable(format).forEach((level, code) => {
    if (Number.isFinite(level) && isStored(code) && !codeOf.has(level)) codeOf.set(level, code);
  });
  const sorted = [...codeOf].sort(([a], [b]) => a - b);
  const values = Float64Array.from(sorted, ([level]) => level);
  const middles = Float64Array.from(values.subarray(1), (level, i) => (level + values[i]) / 2);
  const step = values.length > 1 ? values[1] - values[0] : 1;
  const range = 2 * (values[values.length - 1] - values[0]);
  const halves = Uint8Array.from(
    { length: range <= mostHalves ? range + 1 : 0 },
    (_, i) => middles.filter((middle) => middle < values[0] + (i + 0.5) / 2).length,
  );
  let zero = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]) < Math.abs(values[zero])) zero = i;
  const isEven = values.every((level, i) => level === values[0] + i * step);
  return {
    values,
    codes: Uint8Array.from(sorted, ([, code]) => code),
    step: isEven ? step : 0,
    middles,
    halves,
    starts: isEven ? new Uint8Array() : startsOf(middles),
    zero,
  };
}

function startsOf(middles: Float64Array): Uint8Array {
  const first = new Float32Array(1);
  const bits = new Uint32Array(first.buffer);
  return Uint8Array.from({ length: 2 ** (32 - startShift) }, (_, start) => {
    // Of negative numbers the least has the largest magnitude.
    bits[0] = (start << startShift) | (start >> 12 === 0 ? 0 : 2 ** startShift - 1);
    let index = 0;
    while (middles[index] < first[0]) index++;
    return index;
  });
}
