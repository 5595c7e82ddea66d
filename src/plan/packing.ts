import { crc32 } from "node:zlib";
import type { Format } from "../spec/format.ts";
import type { Flags, GridCodec } from "../spec/grid-codec.ts";
import { GridCodec as Grids } from "../spec/grid-codec.ts";
import type { Field } from "../spec/layout.ts";

/** How the codes of a row step are packed in a tile, where they are not plain bit planes (docs/interface.md, field `packing`). */
export type Packing = TernaryPacking | GridPacking;

interface PackingShape {
  /** Value of the descriptor's field. */
  field: number;
  /** Planes of a row step in section code. */
  codePlanes: number;
  /** Planes of a group of 64 columns in section aux. */
  auxPlanes: number;
  /** Bits of a code when it is unpacked. */
  codeBits: number;
}

/** Five ternary digits a byte: 13 bytes a row step, 8 of them in section code. */
export interface TernaryPacking extends PackingShape {
  kind: "trits";
}

/** Which signs a row step of a grid format has, in section aux. */
export type GridSigns = keyof typeof signPlanes;

/** Indices into a table of vectors, and signs. */
export interface GridPacking extends PackingShape {
  kind: "grid";
  /** Columns that an index serves. */
  vector: 4 | 8;
  indexBits: number;
  signs: GridSigns;
  /** The table as it lies in device memory: 16 bits an entry, 2 or 3 for each column. */
  table: Uint8Array;
  /** CRC-32 of the table: the machine knows by it which tables it holds. */
  tableId: number;
  /** Levels by {sign, digit}: 8 without the sign, 8 with it. */
  codebook: number[];
}

/** Planes of signs: none, one sign for eight columns, seven for eight of which the number is even, one a column. */
const signPlanes = { none: 0, octet: 1, even: 7, each: 8 } as const;
const signKinds = Object.keys(signPlanes) as GridSigns[];

const lowBits = 8;
export const ternaryBytes = 13;

/** Digits of an entry by the columns that it serves: bits of one, and bits of the widest index. */
const entryShapes = { 4: { digitBits: 3, indexBits: 9 }, 8: { digitBits: 2, indexBits: 11 } } as const;

/** The packing of a format, or undefined where its tiles hold a plane a code bit. */
export function planPacking({ code, levels, elements }: Format): Packing | undefined {
  if (code.codec instanceof Grids) return elements % 8 === 0 ? planGrid(code.codec) : undefined;
  const isTernary = code.parts.length > 0 && code.parts.every(({ trit }) => trit !== undefined) && levels.flip === 0;
  return isTernary ? { kind: "trits", field: 1, codePlanes: 1, auxPlanes: 5, codeBits: 2 } : undefined;
}

/** A grid that the machine's table can't hold travels expanded, a code a column. */
function planGrid(codec: GridCodec): GridPacking | undefined {
  const { index, flags, vector, codes, levels } = codec;
  if (vector !== 4 && vector !== 8) return undefined;
  const shape = entryShapes[vector];
  const size = flags ? codes.length / 2 : codes.length;
  const plain = codes.subarray(0, size);
  const digits = [...new Set(plain)].sort((a, b) => a - b);
  const signs = signsOf(flags);
  if (digits.length > 2 ** shape.digitBits || index.bits > shape.indexBits || !signs) return undefined;

  const indexBits = Math.max(lowBits, index.bits);
  const table = new Uint8Array(2 * 2 ** indexBits);
  for (let i = 0; i < size; i++) {
    const entry = Math.floor(i / vector);
    const digit = digits.indexOf(plain[i]) << ((i % vector) * shape.digitBits);
    table[2 * entry] |= digit & 255;
    table[2 * entry + 1] |= digit >> 8;
  }
  const codebook = new Array<number>(16).fill(0);
  digits.forEach((code, digit) => {
    codebook[digit] = levels[code];
    codebook[8 + digit] = levels[flags ? codes[size + plain.indexOf(code)] : code];
  });
  const highPlanes = (indexBits - lowBits) * (8 / vector);
  return {
    kind: "grid",
    field: indexBits | (vector === 4 ? 16 : 0) | (signKinds.indexOf(signs) << 5),
    codePlanes: 8 / vector,
    auxPlanes: signPlanes[signs] + highPlanes,
    codeBits: 4,
    vector,
    indexBits,
    signs,
    table,
    tableId: crc32(table),
    codebook,
  };
}

function signsOf(flags: Flags | undefined): GridSigns | undefined {
  if (!flags) return "none";
  if (flags.field.bits === 7) return "even";
  if (flags.span === 1) return "each";
  return flags.span % 8 === 0 ? "octet" : undefined;
}

/** The stored fields of a grid format that its tiles hold. */
export function gridFields(format: Format): { index: Field; flags?: Flags } {
  const { index, flags } = format.code.codec as GridCodec;
  return { index, ...(flags && { flags }) };
}

/**
 * The byte of five ternary digits: their pairs as numbers 0 to 8, three bits each below the fifth; a pair of 8 has a code of
 * its own, in which the bits of the other pair come lowest.
 */
export function ternaryByte(a: number, b: number, c: number, d: number, e: number): number {
  const first = 3 * a + b;
  const second = 3 * c + d;
  if (first < 8 && second < 8) return (e << 6) | (second << 3) | first;
  if (first < 8) return 0xc0 | (e << 4) | first;
  return second < 8 ? 0xc8 | (e << 4) | second : 0xf0 | e;
}

/** The inverse, by byte: the digits, two bits each. Bytes that no five digits have give 0. */
export const ternaryDigits: Uint16Array = (() => {
  const table = new Uint16Array(256);
  for (let n = 0; n < 243; n++) {
    const digits = [n % 3, Math.floor(n / 3) % 3, Math.floor(n / 9) % 3, Math.floor(n / 27) % 3, Math.floor(n / 81)];
    const [a, b, c, d, e] = digits;
    table[ternaryByte(a, b, c, d, e)] = digits.reduce((packed, digit, i) => packed | (digit << (2 * i)), 0);
  }
  return table;
})();
