import { type Field, type FieldCodec, readField, writeField } from "./layout.ts";

/** What the flag bits of a grid format do: negate elements, or move them by -1/8 instead of +1/8 of a grid step. */
export type FlagKind = "sign" | "delta";

/** A flag field, and how many elements one of its values serves. */
export interface Flags {
  kind: FlagKind;
  field: Field;
  /** 1: a bit an element. 8 with 7 bits: signs of eight elements, the last by even parity. Else one bit for all. */
  span: number;
}

/**
 * A block stores one index per vector, plus flags. The rest of bfq sees one code per element: the rank of its level.
 */
export class GridCodec implements FieldCodec {
  readonly fields: readonly [string, Field][];
  private readonly indices: Uint32Array;
  private readonly flagValues: Uint8Array;
  /** Codes by (flag, index, element of the vector). */
  readonly codes: Uint8Array;
  /** Codes of one flag value: vectors x elements. */
  private readonly size: number;
  /** Flag of a code; the validator has made sure that no level has both. */
  private readonly flagOf: Uint8Array;
  /** Grid index by the codes of a vector with all flags 0. */
  private readonly indexOf = new Map<number, number>();
  /** Code with the flag 0 by code. */
  private readonly plain: Uint8Array;

  /**
   * @param grid vectors, one after another
   * @param vector elements of a vector
   * @param levels all levels, ascending
   */
  constructor(
    readonly index: Field,
    readonly flags: Flags | undefined,
    grid: Int16Array,
    readonly vector: number,
    readonly levels: Int16Array,
  ) {
    this.fields = [["code", index], ...(flags ? [[flags.kind, flags.field] as [string, Field]] : [])];
    this.indices = new Uint32Array(index.count);
    this.flagValues = new Uint8Array(flags?.field.count ?? 0);
    this.size = grid.length;
    const place = new Map(Array.from(levels, (level, code) => [level, code]));
    const codesWith = (flag: 0 | 1) => Array.from(grid, (g) => place.get(flaggedLevel(flags?.kind, g, flag))!);
    this.codes = Uint8Array.from(flags ? [...codesWith(0), ...codesWith(1)] : codesWith(0));
    this.flagOf = new Uint8Array(levels.length);
    this.plain = new Uint8Array(levels.length);
    this.codes.forEach((code, i) => {
      this.flagOf[code] = i < grid.length ? 0 : 1;
      this.plain[code] = this.codes[i % grid.length];
    });
    for (let i = 0; i < grid.length; i += vector) this.indexOf.set(this.keyOf(this.codes, i), i / vector);
  }

  /** The codes of a vector as one number. */
  private keyOf(codes: Uint8Array | Uint32Array, at: number): number {
    let key = 0;
    for (let j = 0; j < this.vector; j++) key = key * this.levels.length + this.plain[codes[at + j]];
    return key;
  }

  read(bytes: Uint8Array, base: number, out: Uint8Array | Uint32Array, at: number): void {
    const { flags, vector, indices, codes, size } = this;
    readField(this.index, bytes, base, indices);
    if (flags) this.readFlags(flags, bytes, base, out, at);
    else out.fill(0, at, at + indices.length * vector);
    for (let i = 0, e = at; i < indices.length; i++) {
      const from = indices[i] * vector;
      for (let j = 0; j < vector; j++, e++) out[e] = codes[out[e] * size + from + j];
    }
  }

  /** The flag of each element, into the place of its code. */
  private readFlags(flags: Flags, bytes: Uint8Array, base: number, out: Uint8Array | Uint32Array, at: number): void {
    const { field, span } = flags;
    const { flagValues } = this;
    readField(field, bytes, base, flagValues);
    for (let i = 0, e = at; i < flagValues.length; i++) {
      const value = flagValues[i];
      if (field.bits === 7) {
        const signs = value | (parity(value) << 7);
        for (let b = 0; b < 8; b++, e++) out[e] = (signs >> b) & 1;
      } else {
        for (let b = 0; b < span; b++, e++) out[e] = value;
      }
    }
  }

  write(values: Uint8Array | Uint32Array, at: number, bytes: Uint8Array, base: number): void {
    const { flags, vector, indices, flagValues } = this;
    for (let i = 0; i < indices.length; i++) indices[i] = this.indexOf.get(this.keyOf(values, at + i * vector)) ?? 0;
    writeField(this.index, indices, bytes, base);
    if (!flags) return;
    for (let i = 0; i < flagValues.length; i++) {
      flagValues[i] = 0;
      for (let b = 0; b < flags.field.bits; b++) flagValues[i] |= this.flagOf[values[at + i * flags.span + b]] << b;
    }
    writeField(flags.field, flagValues, bytes, base);
  }
}

const parity = (bits: number) => {
  let odd = bits ^ (bits >> 4);
  odd ^= odd >> 2;
  return (odd ^ (odd >> 1)) & 1;
};

/** The integer level of a grid value under its flag; delta levels are eighths of a grid step. */
export function flaggedLevel(kind: FlagKind | undefined, value: number, flag: 0 | 1): number {
  if (kind === "sign") return flag ? -value : value;
  return kind === "delta" ? 8 * value + (flag ? -1 : 1) : value;
}
