import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveField, unusedBits } from "./format-layout.ts";
import type { PieceYaml } from "./format-schema.ts";
import { type Field, readBits, readField, writeBits, writeField } from "./layout.ts";
import { Report, SpecSource } from "./source.ts";

const blockBytes = 64;

const piece: fc.Arbitrary<PieceYaml> = fc.integer({ min: 1, max: 3 }).chain((rank) =>
  fc.record({
    bits: fc.integer({ min: 1, max: 8 }),
    byte: fc.integer({ min: 0, max: 40 }),
    bit: fc.integer({ min: 0, max: 7 }),
    from: fc.constantFrom(0, 0, 0, 2),
    shape: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: rank, maxLength: rank }),
    stride: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: rank, maxLength: rank }),
  }),
);

/** A field from pieces, or nothing where the resolver refuses them. */
function resolved(pieces: PieceYaml[]): Field | undefined {
  const report = new Report(SpecSource.parse("a: 1", "x.yaml"));
  const located = pieces.map((piece) => ({ piece, path: ["a"] }));
  const field = resolveField(report, ["a"], located, blockBytes * 8);
  return report.problems.length === 0 ? field : undefined;
}

/** Where a piece says that its elements lie, worked out digit by digit, not as the resolver does. */
function bruteForce({ bits = 0, byte, bit = 0, from = 0, shape = [], stride = [] }: PieceYaml) {
  let places = [byte * 8 + bit];
  shape.forEach((size, axis) => {
    places = places.flatMap((at) => Array.from({ length: size }, (_, digit) => at + digit * stride[axis]));
  });
  return places.map((at, i) => ({ element: from + i, bits: Array.from({ length: bits }, (_, b) => at + b) }));
}

describe("layouts, against a list of bits made digit by digit", () => {
  it("each element's bits lie where shape and stride say", () => {
    fc.assert(
      fc.property(piece, fc.uint8Array({ minLength: blockBytes, maxLength: blockBytes }), (yaml, block) => {
        const field = resolved([{ ...yaml, from: 0 }]);
        fc.pre(field !== undefined);
        const got = new Uint32Array(field.count);
        readField(field, block, 0, got);
        const want = bruteForce({ ...yaml, from: 0 }).map(({ bits }) =>
          bits.reduce((value, at, b) => value + ((block[at >> 3] >> (at & 7)) & 1) * 2 ** b, 0),
        );
        expect([...got]).toEqual(want);
      }),
      { numRuns: 300 },
    );
  });

  it("the proof that each bit is used once finds what counting finds", () => {
    let clean = 0;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 3 }), (pieces) => {
        const fields = pieces.flatMap((yaml, i): [string, Field, PieceYaml][] => {
          const field = resolved([{ ...yaml, from: 0 }]);
          return field ? [[`f${i}`, field, yaml]] : [];
        });
        const uses = new Array<number>(blockBytes * 8).fill(0);
        for (const [, , yaml] of fields) {
          for (const { bits } of bruteForce(yaml)) for (const at of bits) uses[at]++;
        }
        const found = unusedBits(
          fields.map(([name, field]) => [name, field]),
          blockBytes * 8,
        );
        expect(found.unused).toEqual([...uses.keys()].filter((at) => uses[at] === 0));
        expect(found.overlaps.length > 0).toBe(uses.some((count) => count > 1));
        for (const { bit } of found.overlaps) expect(uses[bit]).toBeGreaterThan(1);
        if (found.overlaps.length === 0) clean++;
      }),
      { numRuns: 500 },
    );
    expect(clean).toBeGreaterThan(20);
  });
});

describe("reading what was written gives it back (agreement of the two directions)", () => {
  it("random fields of one to four pieces without overlap", () => {
    let tried = 0;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat()), (pieces, numbers) => {
        const field = resolved(pieces);
        fc.pre(field !== undefined && unusedBits([["f", field]], blockBytes * 8).overlaps.length === 0);
        tried++;
        const values = Uint32Array.from({ length: field.count }, () => numbers.next().value! % 2 ** field.bits);
        const block = new Uint8Array(blockBytes + 3);
        writeField(field, values, block, 2);
        const back = new Uint32Array(field.count + 1).fill(7);
        readField(field, block, 2, back, 1);
        expect([...back]).toEqual([7, ...values]);
      }),
      { numRuns: 200 },
    );
    expect(tried).toBeGreaterThanOrEqual(200);
  });

  it("32-bit fields at every bit position", () => {
    for (let at = 0; at < 24; at++) {
      const bytes = new Uint8Array(8);
      writeBits(bytes, at, 32, 0xdeadbeef);
      expect(readBits(bytes, at, 32)).toBe(0xdeadbeef);
      expect(readBits(bytes, 0, at)).toBe(0);
    }
  });

  it("all 243 meanings of a base-3 byte (truth: digit n is the top base-3 digit of byte 3^n mod 256, as in ggml)", () => {
    const field = resolved([{ trit: 0, byte: 0, shape: [5], stride: [0] }])!;
    for (let n = 0; n < 243; n++) {
      const digits = Uint8Array.from([81, 27, 9, 3, 1], (power) => Math.floor(n / power) % 3);
      const block = new Uint8Array(1);
      writeField(field, digits, block, 0);
      expect(Array.from([1, 3, 9, 27, 81], (power) => (((block[0] * power) % 256) * 3) >> 8)).toEqual([...digits]);
      const back = new Uint8Array(5);
      readField(field, block, 0, back);
      expect(back).toEqual(digits);
    }
  });
});
