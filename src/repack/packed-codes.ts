import { planeColumns, tileColumns, tileRows } from "../plan/interface.ts";
import { type GridPacking, gridFields, ternaryByte, ternaryBytes, ternaryDigits } from "../plan/packing.ts";
import type { Format } from "../spec/format.ts";
import { emptyField, readField, writeField } from "../spec/layout.ts";

/** Bytes of a tile where a section aux and a section code begin. */
export interface CodeSections {
  aux: number;
  code: number;
}

const planeBytes = planeColumns / 8;

/** Indices and signs of one row's blocks, to and from a tile (docs/interface.md, sections aux and code). */
export class GridCodes {
  private readonly fields: ReturnType<typeof gridFields>;
  private readonly indices: Uint32Array;
  /** Signs, one value of the stored field after another. */
  private readonly flags: Uint32Array;
  /** Columns that a stored sign value serves, and bits of it. */
  private readonly span: number;
  private readonly bits: number;

  constructor(
    format: Format,
    private readonly packing: GridPacking,
  ) {
    this.fields = gridFields(format);
    const flags = this.fields.flags?.field ?? emptyField;
    this.indices = new Uint32Array(this.fields.index.count);
    this.flags = new Uint32Array(flags.count);
    this.span = this.fields.flags?.span ?? 1;
    this.bits = flags.bits;
  }

  /** Packs the block at `base` into the tile, whose bits there are zero: columns `column` and on of `row`. */
  pack(bytes: Uint8Array, base: number, row: number, column: number, out: Uint8Array, at: CodeSections): void {
    const { index, flags } = this.fields;
    readField(index, bytes, base, this.indices);
    if (flags) readField(flags.field, bytes, base, this.flags);
    this.eachIndex(row, column, at, (i, low, high) => {
      out[low] = this.indices[i] & 255;
      high.forEach(({ byte, mask }, h) => {
        if ((this.indices[i] >> (8 + h)) & 1) out[byte] |= mask;
      });
    });
    this.eachSign(row, column, at, (i, bit, byte, mask) => {
      if ((this.flags[i] >> bit) & 1) out[byte] |= mask;
    });
  }

  /** The inverse: into a stored block whose bits are zero. */
  unpack(from: Uint8Array, at: CodeSections, row: number, column: number, bytes: Uint8Array, base: number): void {
    const { index, flags } = this.fields;
    this.eachIndex(row, column, at, (i, low, high) => {
      this.indices[i] = from[low];
      high.forEach(({ byte, mask }, h) => {
        if (from[byte] & mask) this.indices[i] |= 256 << h;
      });
    });
    writeField(index, this.indices, bytes, base);
    if (!flags) return;
    this.flags.fill(0);
    this.eachSign(row, column, at, (i, bit, byte, mask) => {
      if (from[byte] & mask) this.flags[i] |= 1 << bit;
    });
    writeField(flags.field, this.flags, bytes, base);
  }

  /** Visits a block's indices: the byte of the low bits, and where each higher bit is. */
  private eachIndex(
    row: number,
    column: number,
    at: CodeSections,
    visit: (i: number, low: number, high: readonly { byte: number; mask: number }[]) => void,
  ): void {
    const { vector, codePlanes, indexBits, auxPlanes } = this.packing;
    const highPlanes = (indexBits - 8) * codePlanes;
    for (let i = 0; i < this.indices.length; i++) {
      const first = column + i * vector;
      const { group, octet } = placeOf(first);
      const half = vector === 4 ? (first >> 2) & 1 : 0;
      const low = at.code + ((group * tileRows + row) * codePlanes + half) * planeBytes + octet;
      const high = Array.from({ length: indexBits - 8 }, (_, h) => {
        const plane = auxPlanes - highPlanes + (vector === 4 ? half : h);
        return { byte: at.aux + (group * auxPlanes + plane) * planeBytes + row, mask: 1 << octet };
      });
      visit(i, low, high);
    }
  }

  /** Visits a block's signs: value and bit of the stored field, and each place in the tile that has it. */
  private eachSign(
    row: number,
    column: number,
    at: CodeSections,
    visit: (i: number, bit: number, byte: number, mask: number) => void,
  ): void {
    const { auxPlanes, signs } = this.packing;
    const place = (first: number, plane: number) => {
      const { group, octet } = placeOf(first);
      return [at.aux + (group * auxPlanes + plane) * planeBytes + row, 1 << octet] as const;
    };
    for (let i = 0; i < this.flags.length; i++) {
      const first = column + i * this.span;
      if (signs === "octet") {
        for (let next = first; next < first + this.span; next += 8) visit(i, 0, ...place(next, 0));
      } else {
        for (let bit = 0; bit < this.bits; bit++) visit(i, bit, ...place(first, (first % 8) + bit));
      }
    }
  }
}

/** The group of 64 columns that a column of a tile is in, and the eight of it. */
const placeOf = (column: number) => ({
  group: Math.floor(column / planeColumns),
  octet: Math.floor((column % planeColumns) / 8),
});

/** Where byte `i` of a ternary row step lies: the first eight in section code, the others in aux. */
function ternaryAt(group: number, row: number, i: number, { aux, code }: CodeSections): number {
  if (i < planeBytes) return code + (group * tileRows + row) * planeBytes + i;
  return aux + (group * (ternaryBytes - planeBytes) + i - planeBytes) * planeBytes + row;
}

/** Column of digit `d` of byte `i`; that of the last byte's fifth does not exist. */
const columnOf = (group: number, i: number, d: number) => group * planeColumns + d * ternaryBytes + i;

/** Packs a row's 256 codes, each 0 to 2. */
export function packTernary(codes: Uint8Array, row: number, out: Uint8Array, at: CodeSections): void {
  for (let group = 0; group < tileColumns / planeColumns; group++) {
    for (let i = 0; i < ternaryBytes; i++) {
      const digit = (d: number) => codes[columnOf(group, i, d)];
      const last = 4 * ternaryBytes + i < planeColumns ? digit(4) : 0;
      out[ternaryAt(group, row, i, at)] = ternaryByte(digit(0), digit(1), digit(2), digit(3), last);
    }
  }
}

export function unpackTernary(from: Uint8Array, at: CodeSections, row: number, codes: Uint8Array): void {
  for (let group = 0; group < tileColumns / planeColumns; group++) {
    for (let i = 0; i < ternaryBytes; i++) {
      const digits = ternaryDigits[from[ternaryAt(group, row, i, at)]];
      for (let d = 0; d < 5 && d * ternaryBytes + i < planeColumns; d++) {
        codes[columnOf(group, i, d)] = (digits >> (2 * d)) & 3;
      }
    }
  }
}
