import type { Format } from "../spec/format.ts";
import { readField } from "../spec/layout.ts";
import { scaleToNumber } from "./float.ts";

/** The raw fields of one block, before any arithmetic. */
export interface BlockFields {
  code: Uint8Array;
  scale: Uint8Array;
  min: Uint8Array;
  d: Uint32Array;
  dmin: Uint32Array;
}

export function blockFields(format: Format): BlockFields {
  return {
    code: new Uint8Array(format.code.count),
    scale: new Uint8Array(format.scale.field.count),
    min: new Uint8Array(format.min?.field.count ?? 0),
    d: new Uint32Array(format.d.field.count),
    dmin: new Uint32Array(format.dmin && format.dmin !== "d" ? format.dmin.field.count : 0),
  };
}

/** Unpacks the block that starts at byte `base`. */
export function readBlock(format: Format, bytes: Uint8Array, base: number, into: BlockFields): void {
  readField(format.code, bytes, base, into.code);
  readField(format.scale.field, bytes, base, into.scale);
  if (format.min) readField(format.min.field, bytes, base, into.min);
  readField(format.d.field, bytes, base, into.d);
  if (format.dmin && format.dmin !== "d") readField(format.dmin.field, bytes, base, into.dmin);
}

/** The integer level of every code: what the multipliers see. */
export function levelTable(format: Format): Float64Array {
  const { levels, code } = format;
  const linear = (c: number) => (c ^ levels.flip) * 2 ** levels.shift - levels.offset;
  return levels.table ?? Float64Array.from({ length: 2 ** code.bits }, (_, c) => linear(c));
}

/** The integer value of a stored scale or min. */
export const integerValue = (code: { flip: number; shift: number; offset: number }, stored: number) =>
  (stored ^ code.flip) * 2 ** code.shift - code.offset;

/**
 * Stored blocks to float32, bit for bit as ggml's `dequantize_row_*`: each product and the difference are one fp32
 * operation, in the order (d * s) * v - dmin * m, without flushing subnormals.
 * @param bytes whole blocks
 * @returns elements in storage order
 */
export function decode(format: Format, bytes: Uint8Array): Float32Array {
  const { elements, subBlock, levels, scale, min, d, dmin } = format;
  const blocks = Math.floor(bytes.length / format.bytes);
  const out = new Float32Array(blocks * elements);
  const table = levelTable(format);
  const fields = blockFields(format);
  const { fround } = Math;
  for (let block = 0; block < blocks; block++) {
    readBlock(format, bytes, block * format.bytes, fields);
    for (let sub = 0; sub < elements / subBlock; sub++) {
      const group = Math.floor((sub * subBlock) / d.group);
      const dRaw = scaleToNumber(d.type, fields.d[group]);
      const ds = fround(fround(dRaw * d.multiplier * levels.unit) * integerValue(scale, fields.scale[sub]));
      let offset = 0;
      if (min && dmin) {
        const dm = dmin === "d" ? dRaw * d.multiplier : scaleToNumber(dmin.type, fields.dmin[group]) * dmin.multiplier;
        offset = fround(fround(dm) * integerValue(min, fields.min[sub]));
      }
      const first = block * elements + sub * subBlock;
      const from = sub * subBlock;
      if (min) for (let i = 0; i < subBlock; i++) out[first + i] = fround(ds * table[fields.code[from + i]]) - offset;
      else for (let i = 0; i < subBlock; i++) out[first + i] = ds * table[fields.code[from + i]];
    }
  }
  return out;
}
