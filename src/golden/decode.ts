import type { Format } from "../spec/format.ts";
import { emptyField } from "../spec/layout.ts";
import { FieldReader, overread } from "./field-reader.ts";
import { scaleToNumber } from "./float.ts";

/** The raw fields of one block, before any arithmetic. */
export class BlockFields {
  readonly code: Uint8Array;
  readonly scale: Uint8Array;
  readonly min: Uint8Array;
  readonly d: Uint32Array;
  readonly dmin: Uint32Array;
  private readonly readers: FieldReader[];
  private readonly padded: Uint8Array;
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(this.bytes.buffer);

  constructor(private readonly format: Format) {
    const { code, scale, d } = format;
    const min = format.min?.field ?? emptyField;
    const dmin = format.dmin && format.dmin !== "d" ? format.dmin.field : emptyField;
    this.code = new Uint8Array(code.count);
    this.scale = new Uint8Array(scale.field.count);
    this.min = new Uint8Array(min.count);
    this.d = new Uint32Array(d.field.count);
    this.dmin = new Uint32Array(dmin.count);
    const readers = [
      new FieldReader(code, this.code),
      new FieldReader(scale.field, this.scale),
      new FieldReader(min, this.min),
      new FieldReader(d.field, this.d),
      new FieldReader(dmin, this.dmin),
    ];
    this.readers = readers.filter(({ out }) => out.length > 0);
    this.padded = new Uint8Array(format.bytes + overread);
  }

  /** Unpacks the block that starts at byte `base`. */
  read(bytes: Uint8Array, base: number): void {
    const end = base + this.format.bytes;
    if (end + overread > bytes.length) {
      this.padded.set(bytes.subarray(base, end));
      this.readFields(this.padded, 0);
    } else {
      this.readFields(bytes, base);
    }
  }

  private readFields(bytes: Uint8Array, base: number): void {
    if (this.bytes !== bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    for (const reader of this.readers) reader.read(bytes, this.view, base);
  }
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
  const fields = new BlockFields(format);
  const { fround } = Math;
  for (let block = 0; block < blocks; block++) {
    fields.read(bytes, block * format.bytes);
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
