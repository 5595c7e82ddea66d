import type { Format, IntegerCode } from "../spec/format.ts";
import { BlockFields, integerValue, levelTable } from "./decode.ts";
import { dotRuns, fitsIntegers, sumRuns } from "./dot.ts";
import { flush32, outputBits, scaleOperand, scaleToNumber } from "./float.ts";
import type { Activations } from "./quantize.ts";

/** Columns are padded with zero blocks to a multiple of this. */
export const kMultiple = 256;

/** A weight matrix unpacked once: integer levels, integer scales and flushed fp32 block scales. */
export interface Weights {
  format: Format;
  rows: number;
  k: number;
  /** rows x K; doubles where `fitsIntegers` says no. */
  levels: Int16Array | Float64Array;
  /** rows x K / subBlock. */
  scales: Int16Array;
  mins: Int16Array | undefined;
  /** rows x K / d.group. */
  d: Float32Array;
  dmin: Float32Array | undefined;
}

/** Elements that share all their scales. */
const runLength = (format: Format) => Math.min(format.subBlock, format.step);

const integerTable = (code: IntegerCode) =>
  Int16Array.from({ length: 2 ** code.field.bits }, (_, stored) => integerValue(code, stored));

/** out[at + i] = table[codes[i]] */
function translate<Numbers extends Int16Array | Float64Array>(
  codes: Uint8Array,
  table: Numbers,
  out: Numbers,
  at: number,
): void {
  for (let i = 0; i < codes.length; i++) out[at + i] = table[codes[i]];
}

/** Unpacks `rows` x `k` stored weights (row by row, whole blocks). */
export function unpackWeights(format: Format, bytes: Uint8Array, rows: number, k: number): Weights {
  const { elements, subBlock, levels, scale, min, d, dmin } = format;
  const values = levelTable(format);
  const isNarrow = fitsIntegers(values, runLength(format));
  const table = isNarrow ? Int16Array.from(values) : values;
  const total = rows * k;
  const weights: Weights = {
    format,
    rows,
    k,
    levels: isNarrow ? new Int16Array(total) : new Float64Array(total),
    scales: new Int16Array(total / subBlock).fill(scale.min),
    mins: min && new Int16Array(total / subBlock).fill(min.min),
    d: new Float32Array(total / d.group),
    dmin: dmin && new Float32Array(total / d.group),
  };
  const scaleTable = integerTable(scale);
  const minTable = min && integerTable(min);
  const fields = new BlockFields(format);
  const groups = elements / d.group;
  const subBlocks = elements / subBlock;
  for (let block = 0; block < total / elements; block++) {
    fields.read(bytes, block * format.bytes);
    translate(fields.code, table, weights.levels, block * elements);
    // Constant scales and mins have no stored codes, and keep the value they are filled with.
    translate(fields.scale, scaleTable, weights.scales, block * subBlocks);
    if (minTable) translate(fields.min, minTable, weights.mins!, block * subBlocks);
    for (let j = 0; j < groups; j++) {
      const raw = scaleToNumber(d.type, fields.d[j]) * d.multiplier;
      weights.d[block * groups + j] = scaleOperand(raw * levels.unit);
      if (weights.dmin && dmin) {
        const rawMin = dmin === "d" ? raw : scaleToNumber(dmin.type, fields.dmin[j]) * dmin.multiplier;
        weights.dmin[block * groups + j] = scaleOperand(rawMin);
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

/** One activation column, with what all rows share: the code sums of each run and the scale of each step. */
class Column {
  private readonly run: number;
  private readonly codes: Int16Array;
  private readonly codeSums: Float64Array | undefined;
  private readonly da: Float32Array;
  /** The first sub-block and the float scale of each step, counted from the row's first. */
  private readonly firstSub: Int32Array;
  private readonly group: Int32Array;

  constructor(
    private readonly w: Weights,
    a: Activations,
    column: number,
  ) {
    const { k, format, mins } = w;
    this.run = runLength(format);
    this.codes = new Int16Array(a.codes.subarray(column * k, (column + 1) * k));
    this.codeSums = mins && sumRuns(this.codes, this.run);
    const ofStep = (value: (at: number) => number) =>
      Array.from({ length: k / format.step }, (_, step) => value(step * format.step));
    this.da = Float32Array.from(ofStep((at) => flush32(a.scales[Math.floor((column * k + at) / a.block)])));
    this.firstSub = Int32Array.from(ofStep((at) => at / format.subBlock));
    this.group = Int32Array.from(ofStep((at) => at / format.d.group));
  }

  /** One output: integer sums and fp32 operations of every step, in ascending K. */
  output(row: number, visit?: (step: Step) => void): number {
    const { w, codeSums, run, da, firstSub } = this;
    const { k, format, scales, mins, d, dmin } = w;
    const { fround } = Math;
    const runs = format.step / run;
    const rowSub = (row * k) / format.subBlock;
    const rowGroup = (row * k) / format.d.group;
    const dots = dotRuns(w.levels.subarray(row * k, (row + 1) * k), this.codes, run);
    let acc = 0;
    for (let step = 0, firstRun = 0; step < da.length; step++, firstRun += runs) {
      const sub = rowSub + firstSub[step];
      const group = rowGroup + this.group[step];
      let isum = 0;
      let msum = 0;
      for (let j = 0; j < runs; j++) isum += scales[sub + j] * dots[firstRun + j];
      if (mins && codeSums) for (let j = 0; j < runs; j++) msum += mins[sub + j] * codeSums[firstRun + j];
      let p = flush32(flush32(d[group] * da[step]) * fround(isum));
      if (dmin) p = flush32(p - flush32(flush32(dmin[group] * da[step]) * fround(msum)));
      acc = flush32(acc + p);
      visit?.({ isum, msum, p, acc });
    }
    // The zero blocks that pad K add +0, which turns an accumulated -0 into +0.
    return k % kMultiple === 0 ? acc : acc + 0;
  }
}

/**
 * The MatMul of docs/numerics.md on quantised operands: fp32 steps in ascending K, subnormals flushed, no fused operations.
 * @returns columns x rows fp32 bit patterns, as ggml lays out its result
 */
export function matmul(weights: Weights, activations: Activations): Uint32Array {
  const out = new Uint32Array(weights.rows * activations.columns);
  for (let column = 0; column < activations.columns; column++) {
    const shared = new Column(weights, activations, column);
    for (let row = 0; row < weights.rows; row++) {
      out[column * weights.rows + row] = outputBits(shared.output(row));
    }
  }
  return out;
}

/** All fp32 steps of one output. */
export function traceOutput(weights: Weights, activations: Activations, row: number, column: number): Step[] {
  const steps: Step[] = [];
  new Column(weights, activations, column).output(row, (step) => steps.push(step));
  return steps;
}
