import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planFormat, refuseFormat } from "../plan/format-plan.ts";
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
    const codeAt = minAt + fields.min_words;
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
