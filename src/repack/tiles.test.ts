import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FormatPlan, planFormat, refuseFormat } from "../plan/format-plan.ts";
import type { GridPacking } from "../plan/packing.ts";
import type { Format, IntegerCode } from "../spec/format.ts";
import { scaleTypeBits } from "../spec/format-schema.ts";
import { type Field, readField, writeField } from "../spec/layout.ts";
import { readLibrary } from "../spec/library.ts";
import { repack, tileLayout, unrepack } from "./tiles.ts";

const formats = [...(await readLibrary()).values()].filter((format) => refuseFormat(format).length === 0);

/** Base-3 bytes have 243 meanings in 256 values, so random ones do not come back byte for byte. */
const isBijective = (name: string) => name !== "tq1_0";

/** What comes back of stored blocks: padding bits as zeros. */
function withoutPadding(format: Format, stored: Uint8Array): Uint8Array {
  const padding = new Uint8Array(format.bytes);
  writeField(format.padding, new Uint32Array(format.padding.count).fill(2 ** format.padding.bits - 1), padding, 0);
  return stored.map((byte, i) => byte & ~padding[i % format.bytes]);
}

/** Deterministic random bytes. */
function randomBytes(length: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

describe("unpack(repack(x)) = x for blocks of random bits (agreement of the two directions)", () => {
  it.each(formats.filter((format) => isBijective(format.name)).map((format) => [format.name, format] as const))(
    "%s",
    (_, format) => {
      const plan = planFormat(format);
      const shape = fc.tuple(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(1, 2, 4),
        fc.integer(),
      );
      fc.assert(
        fc.property(shape, ([rows, quarters, lanes, seed]) => {
          const k = quarters * Math.max(format.elements, 128);
          const stored = withoutPadding(format, randomBytes((rows * k * format.bytes) / format.elements, seed));
          const regions = repack(format, plan, stored, rows, k, lanes);
          expect(unrepack(format, plan, regions, rows, k)).toEqual(stored);
        }),
        { numRuns: 12 },
      );
    },
  );
});

/** The `width` bits of a tile at a bit address, lowest first, `stride` bits apart. */
function gatherBits(tile: Uint8Array, at: number, width: number, stride: number): number {
  let value = 0;
  for (let bit = 0; bit < width; bit++) {
    const place = at + bit * stride;
    value |= ((tile[place >> 3] >> (place & 7)) & 1) << bit;
  }
  return value >>> 0;
}

/** Where a row's packed codes lie: the first bits of both sections. */
interface PackedRow {
  aux: number;
  code: number;
  row: number;
}

/** A row's eight bits of a plane of section aux. */
const auxByte = (tile: Uint8Array, at: PackedRow, group: number, planes: number, plane: number) =>
  gatherBits(tile, at.aux + (group * planes + plane) * 64 + at.row * 8, 8, 1);

/** The level of a column of a ternary tile, by docs/interface.md, "Packed codes". */
function ternaryLevel(plan: FormatPlan, tile: Uint8Array, at: PackedRow, column: number): number {
  const group = Math.floor(column / 64);
  const i = (column % 64) % 13;
  const byte = i < 8 ? tile[(at.code >> 3) + (group * 8 + at.row) * 8 + i] : auxByte(tile, at, group, 5, i - 8);
  const [top, next] = [byte >> 6, (byte >> 4) & 3];
  const isWhole = top < 3;
  const first = isWhole ? byte & 7 : next === 3 || byte & 8 ? 8 : byte & 7;
  const second = isWhole ? (byte >> 3) & 7 : next === 3 || !(byte & 8) ? 8 : byte & 7;
  const fifth = isWhole ? top : next < 3 ? next : byte & 3;
  const digits = [Math.floor(first / 3), first % 3, Math.floor(second / 3), second % 3, fifth];
  return digits[Math.floor((column % 64) / 13)] - plan.fields.level_offset;
}

/** The same of a grid. */
function gridLevel(plan: FormatPlan, tile: Uint8Array, at: PackedRow, column: number): number {
  const { packing: field } = plan.fields;
  const { table } = plan.packing as GridPacking;
  const group = Math.floor(column / 64);
  const octet = Math.floor((column % 64) / 8);
  const vector = field & 16 ? 4 : 8;
  const half = vector === 4 ? Math.floor(column / 4) % 2 : 0;
  const signPlanes = [0, 1, 7, 8][(field >> 5) & 3];
  const planes = plan.fields.aux_words / 2;
  const bit = (plane: number) => (auxByte(tile, at, group, planes, plane) >> octet) & 1;
  const halves = 8 / vector;
  let index = tile[(at.code >> 3) + ((group * 8 + at.row) * halves + half) * 8 + octet];
  for (let h = 8; h < (field & 15); h++) index |= bit(signPlanes + (vector === 4 ? half : h - 8)) << h;
  const entry = table[2 * index] | (table[2 * index + 1] << 8);
  const digit = vector === 4 ? (entry >> (3 * (column % 4))) & 7 : (entry >> (2 * (column % 8))) & 3;
  const own = column % 8;
  const stored = [...Array(signPlanes).keys()].map(bit);
  const even = stored.reduce((sum, sign) => sum + sign, 0) % 2;
  const sign = signPlanes === 0 ? 0 : signPlanes === 1 ? stored[0] : (stored[own] ?? even);
  return plan.codebook![8 * sign + digit];
}

describe("every bit of a tile lies where docs/interface.md says (truth: its formulas, bit by bit)", () => {
  const word = 128;
  it.each(formats.map((format) => [format.name, format] as const))("%s", (_, format) => {
    const plan = planFormat(format);
    const stored = randomBytes((8 * 256 * format.bytes) / format.elements, 7);
    const [tile] = repack(format, plan, stored, 8, 256, 1);
    const { fields } = plan;
    /** The stored fields of a row, block after block. */
    const row = (field: Field, r: number) => {
      const blocks = 256 / format.elements;
      const values = new Uint32Array(blocks * field.count);
      for (let b = 0; b < blocks; b++) {
        readField(field, stored, (r * blocks + b) * format.bytes, values, b * field.count);
      }
      return [...values];
    };
    const scaleAt = fields.d_words + fields.dmin_words;
    const minAt = scaleAt + fields.scale_words;
    const auxAt = minAt + fields.min_words;
    const codeAt = auxAt + fields.aux_words;
    const subBlocks = Math.max(1, 64 / format.subBlock);
    for (let r = 0; r < 8; r++) {
      const floats = (field: Field, from: number) => {
        const bits = scaleTypeBits[format.d.type];
        expect(row(field, r).map((_, i) => gatherBits(tile, from * word + (8 * i + r) * bits, bits, 1))).toEqual(
          row(field, r),
        );
      };
      const integers = ({ field, flip }: IntegerCode, from: number) => {
        const at = (j: number) => Math.floor(j / subBlocks) * field.bits * 8 * subBlocks + 8 * (j % subBlocks) + r;
        expect(row(field, r).map((_, j) => gatherBits(tile, from * word + at(j), field.bits, 8 * subBlocks))).toEqual(
          row(field, r).map((stored) => stored ^ flip),
        );
      };
      floats(format.d.field, 0);
      if (format.dmin && format.dmin !== "d") floats(format.dmin.field, fields.d_words);
      integers(format.scale, scaleAt);
      if (format.min) integers(format.min, minAt);
      const { packing } = plan;
      if (packing) {
        const place = { aux: auxAt * word, code: codeAt * word, row: r };
        const levelOf = packing.kind === "grid" ? gridLevel : ternaryLevel;
        expect(row(format.code, r).map((_, i) => levelOf(plan, tile, place, i))).toEqual(
          row(format.code, r).map((stored) => format.levels.table?.[stored] ?? stored - format.levels.offset),
        );
        continue;
      }
      const { bits } = format.code;
      const at = (i: number) => (Math.floor(i / 64) * 8 + r) * 64 * bits + (i % 64);
      expect(row(format.code, r).map((_, i) => gatherBits(tile, codeAt * word + at(i), bits, 64))).toEqual(
        row(format.code, r).map((stored) => stored ^ format.levels.flip),
      );
    }
  });
});

it("a whole tile has as many bytes as its stored blocks (truth: the word counts of docs/architecture.md)", () => {
  const words = Object.fromEntries(formats.map((format) => [format.name, planFormat(format).tileWords]));
  expect(words).toMatchObject({
    q2_K: 42,
    q3_K: 55,
    q4_K: 72,
    q5_K: 88,
    q6_K: 105,
    q4_0: 72,
    q8_0: 136,
    iq4_xs: 68,
    mxfp4: 68,
    nvfp4: 72,
    q1_0: 18,
  });
});

it("all of ggml's formats take the words of their stored blocks, iq1_s two more", () => {
  const ggml = formats.filter(({ ggmlType }) => ggmlType !== undefined).map(planFormat);
  const more = ggml.map(({ name, tileWords, storedBytes }) => [name, tileWords - storedBytes / 16] as const);
  expect(more).toHaveLength(25);
  expect(more.filter(([, words]) => words !== 0)).toEqual([["iq1_s", 2]]);
});

it("row tiles go round robin to the lanes", () => {
  const format = formats.find(({ name }) => name === "q2_K")!;
  const plan = planFormat(format);
  const stored = randomBytes(20 * 2 * format.bytes, 1);
  const [whole] = repack(format, plan, stored, 20, 512, 1);
  const [even, odd] = repack(format, plan, stored, 20, 512, 2);
  const run = tileLayout(plan, 20, 512, 1).tileBytes * 2;
  expect([...even]).toEqual([...whole.subarray(0, run), ...whole.subarray(2 * run, 3 * run)]);
  expect([...odd]).toEqual([...whole.subarray(run, 2 * run)]);
});
