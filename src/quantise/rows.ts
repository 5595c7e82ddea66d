import { BlockFields } from "../golden/decode.ts";
import { userError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { writeField } from "../spec/layout.ts";
import { GroupFitter, type StoredGroup } from "./group.ts";

/** Importance of weights that count alike: those of a table whose rows are looked up. */
export const alike = Float32Array.of(1);

/**
 * Floats to stored blocks of a format: for each block the codes, scales and mins of the least weighted squared error that
 * a search finds.
 * @param rows whole blocks, row by row
 * @param importance what the squared error of a weight counts, one each column of a row (K values, or one for all); without
 *   it root mean square + magnitude, by which a model's output suffers less than by equal counts
 * @throws UserError for a grid format or rows that are no whole blocks; RangeError for a weight that is not finite
 */
export function quantizeRows(format: Format, rows: Float32Array, importance?: Float32Array): Uint8Array {
  const { elements, bytes, d, scale, min, dmin } = format;
  checkRows(format, rows, importance);
  const fitter = new GroupFitter(format);
  const { group } = fitter;
  const fields = new BlockFields(format);
  const out = new Uint8Array((rows.length / elements) * bytes);
  const w = new Float64Array(group);
  const perGroup = (count: number) => (count * group) / elements;
  const views = Array.from({ length: elements / group }, (_, g): StoredGroup => {
    const part = (field: Uint8Array) => field.subarray(g * perGroup(field.length), (g + 1) * perGroup(field.length));
    return { d: 0, dmin: 0, code: part(fields.code), scale: part(fields.scale), min: part(fields.min) };
  });
  for (let block = 0; block * elements < rows.length; block++) {
    for (const [g, view] of views.entries()) {
      const from = block * elements + g * group;
      const x = rows.subarray(from, from + group);
      weigh(x, w, importance, from);
      fitter.fit(x, w, view);
      fields.d[g] = view.d;
      if (fields.dmin.length > 0) fields.dmin[g] = view.dmin;
    }
    const base = block * bytes;
    writeField(format.code, fields.code, out, base);
    writeField(scale.field, fields.scale, out, base);
    if (min) writeField(min.field, fields.min, out, base);
    writeField(d.field, fields.d, out, base);
    if (dmin && dmin !== "d") writeField(dmin.field, fields.dmin, out, base);
  }
  return out;
}

function weigh(x: Float32Array, w: Float64Array, importance: Float32Array | undefined, from: number): void {
  if (importance) {
    for (let i = 0; i < x.length; i++) w[i] = importance[(from + i) % importance.length];
    return;
  }
  let square = 0;
  for (let i = 0; i < x.length; i++) square += x[i] * x[i];
  const rms = Math.sqrt(square / x.length);
  for (let i = 0; i < x.length; i++) w[i] = rms + Math.abs(x[i]);
}

function checkRows(format: Format, rows: Float32Array, importance: Float32Array | undefined): void {
  const { name, elements, code } = format;
  if (code.codec) {
    throw userError("grid-format", `${name} takes its levels from a grid; bfq does not quantise to grids`, {
      fix: "use llama-quantize, or a format without one",
    });
  }
  const k = importance?.length ?? elements;
  if (rows.length % elements !== 0 || (k > 1 && (rows.length % k !== 0 || k % elements !== 0))) {
    throw userError("k-multiple", `${rows.length} weights in rows of ${k} are no whole blocks of ${name}`, {
      why: `a block has ${elements} weights`,
    });
  }
  const bad = rows.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new RangeError(`weight ${bad} is ${rows[bad]}`);
}
