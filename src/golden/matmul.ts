import type { Format } from "../spec/format.ts";
import { blockFields, integerValue, levelTable, readBlock } from "./decode.ts";
import { flush32, outputBits, scaleToNumber } from "./float.ts";
import type { Activations } from "./quantize.ts";

/** Columns are padded with zero blocks to a multiple of this. */
export const kMultiple = 256;

/** A weight matrix unpacked once: integer levels, integer scales and flushed fp32 block scales. */
export interface Weights {
  format: Format;
  rows: number;
  k: number;
  /** rows x K; doubles only where a level needs more than 16 bits or is not a number. */
  levels: Int16Array | Float64Array;
  /** rows x K / subBlock. */
  scales: Int16Array;
  mins: Int16Array | undefined;
  /** rows x K / d.group. */
  d: Float32Array;
  dmin: Float32Array | undefined;
}

/** Unpacks `rows` x `k` stored weights (row by row, whole blocks). */
export function unpackWeights(format: Format, bytes: Uint8Array, rows: number, k: number): Weights {
  const { elements, subBlock, levels, scale, min, d, dmin } = format;
  const table = levelTable(format);
  const isNarrow = table.every((level) => Number.isInteger(level) && Math.abs(level) < 32768);
  const total = rows * k;
  const weights: Weights = {
    format,
    rows,
    k,
    levels: isNarrow ? new Int16Array(total) : new Float64Array(total),
    scales: new Int16Array(total / subBlock),
    mins: min && new Int16Array(total / subBlock),
    d: new Float32Array(total / d.group),
    dmin: dmin && new Float32Array(total / d.group),
  };
  const fields = blockFields(format);
  const groups = elements / d.group;
  const subBlocks = elements / subBlock;
  for (let block = 0; block < total / elements; block++) {
    readBlock(format, bytes, block * format.bytes, fields);
    const first = block * elements;
    for (let i = 0; i < elements; i++) weights.levels[first + i] = table[fields.code[i]];
    for (let j = 0; j < subBlocks; j++) {
      weights.scales[block * subBlocks + j] = integerValue(scale, fields.scale[j]);
      if (min && weights.mins) weights.mins[block * subBlocks + j] = integerValue(min, fields.min[j]);
    }
    for (let j = 0; j < groups; j++) {
      const raw = scaleToNumber(d.type, fields.d[j]) * d.multiplier;
      weights.d[block * groups + j] = flush32(raw * levels.unit);
      if (weights.dmin && dmin) {
        const rawMin = dmin === "d" ? raw : scaleToNumber(dmin.type, fields.dmin[j]) * dmin.multiplier;
        weights.dmin[block * groups + j] = flush32(rawMin);
      }
    }
  }
  return weights;
}

/** One fp32 step of an output, for showing where two engines part. */
export interface Step {
  isum: number;
  msum: number;
  p: number;
  acc: number;
}

/** sum of s * (sum of v * a) and sum of m * (sum of a) over the sub-blocks of one step: exact integers. */
function sums(
  w: Weights,
  a: Activations,
  row: number,
  column: number,
  from: number,
  out: { isum: number; msum: number },
) {
  const { levels, scales, mins, k } = w;
  const { codes } = a;
  const run = Math.min(w.format.subBlock, w.format.step);
  let isum = 0;
  let msum = 0;
  for (let at = from; at < from + w.format.step; at += run) {
    let dot = 0;
    const wBase = row * k + at;
    const aBase = column * k + at;
    for (let i = 0; i < run; i++) dot += levels[wBase + i] * codes[aBase + i];
    const sub = Math.floor(wBase / w.format.subBlock);
    isum += scales[sub] * dot;
    if (mins) {
      let sum = 0;
      for (let i = 0; i < run; i++) sum += codes[aBase + i];
      msum += mins[sub] * sum;
    }
  }
  out.isum = isum;
  out.msum = msum;
}

function accumulate(w: Weights, a: Activations, row: number, column: number, visit?: (step: Step) => void): number {
  const { step, d } = w.format;
  const { fround } = Math;
  const integers = { isum: 0, msum: 0 };
  let acc = 0;
  for (let from = 0; from < w.k; from += step) {
    sums(w, a, row, column, from, integers);
    const group = Math.floor((row * w.k + from) / d.group);
    const da = flush32(a.scales[Math.floor((column * w.k + from) / a.block)]);
    let p = flush32(flush32(w.d[group] * da) * fround(integers.isum));
    if (w.dmin) p = flush32(p - flush32(flush32(w.dmin[group] * da) * fround(integers.msum)));
    acc = flush32(acc + p);
    visit?.({ ...integers, p, acc });
  }
  // The zero blocks that pad K add +0, which turns an accumulated -0 into +0.
  if (w.k % kMultiple !== 0) acc += 0;
  return acc;
}

/**
 * The MatMul of DESIGN.md 5 on quantised operands: fp32 steps in ascending K, subnormals flushed, no fused operations.
 * @returns columns x rows fp32 bit patterns, as ggml lays out its result
 */
export function matmul(weights: Weights, activations: Activations): Uint32Array {
  const out = new Uint32Array(weights.rows * activations.columns);
  for (let column = 0; column < activations.columns; column++) {
    for (let row = 0; row < weights.rows; row++) {
      out[column * weights.rows + row] = outputBits(accumulate(weights, activations, row, column));
    }
  }
  return out;
}

/** All fp32 steps of one output. */
export function traceOutput(weights: Weights, activations: Activations, row: number, column: number): Step[] {
  const steps: Step[] = [];
  accumulate(weights, activations, row, column, (step) => steps.push(step));
  return steps;
}
