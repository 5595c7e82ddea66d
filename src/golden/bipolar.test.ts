import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLibrary } from "../spec/library.ts";
import { parseFormat } from "../spec/parse-format.ts";
import { SpecSource } from "../spec/source.ts";
import { bipolarToSigned, type SignedGroup, signedToBipolar } from "./bipolar.ts";
import { decode } from "./decode.ts";
import { f16FromNumber, f16ToNumber } from "./float.ts";
import { differingBits, vectorBytes } from "./testing/vectors.ts";

const formats = await readLibrary();

const finiteF16 = fc.integer({ min: 0, max: 0xffff }).map(f16ToNumber).filter(Number.isFinite);

const group: fc.Arbitrary<SignedGroup> = fc.integer({ min: 1, max: 8 }).chain((bits) =>
  fc.record({
    bits: fc.constant(bits),
    codes: fc.array(fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })).map((x) => Int8Array.from(x)),
    scale: finiteF16,
    zero: finiteF16,
  }),
);

describe("signed to bipolar", () => {
  it("keeps every weight, and back again every code, scale and zero", () => {
    fc.assert(
      fc.property(group, (given) => {
        const bipolar = signedToBipolar(given);
        const value = (c: number) => 2 * c - (2 ** given.bits - 1);
        const weights = Array.from(given.codes, (x) => given.scale * x + given.zero);
        expect(Array.from(bipolar.codes, (c) => bipolar.scale * value(c) + bipolar.zero)).toEqual(weights);
        const back = bipolarToSigned(bipolar);
        expect(back.codes).toEqual(given.codes);
        expect(back.scale).toBe(given.scale);
        expect(back.zero + 0).toBe(given.zero + 0);
      }),
      { numRuns: 500 },
    );
  });

  it("writes ggml's q4_0 (offset 8) as bipolar with a zero point of one step (truth: decode of q4_0, judged by ggml)", () => {
    const bipolar = parseFormat(
      SpecSource.parse(
        `bfq: 1
name: q4_0_bipolar
block: { elements: 32, bytes: 18, sub-block: 32 }
activation: q8_0
step: 32
fields:
  d: { type: f16, byte: 0, multiplier: 0.5 }
  dmin: d
  code:
    - { bits: 4, byte: 2, shape: [2, 16], stride: [4, 8] }
level: { bipolar: true }
min: { constant: 1 }
`,
        "q4_0_bipolar.yaml",
      ),
    );
    // The blocks that ggml quantised; an infinite d has no zero point.
    const blocks = vectorBytes("q4_0/blocks.bin").subarray(0, 256 * 18);
    const got = decode(bipolar, blocks).map((x) => x + 0);
    const want = decode(formats.get("q4_0")!, blocks).map((x) => x + 0);
    expect(differingBits(got, want)).toEqual([]);
  });
});

describe("the bipolar formats: level i of n bits is 2i - (2^n - 1), plane by plane (truth: the formula)", () => {
  const names = [...formats.keys()].filter((name) => name.startsWith("bipolar"));

  it("there is one for each width and group", () => {
    expect(names).toHaveLength(11);
  });

  it.each(names)("%s", (name) => {
    const { elements, bytes, code } = formats.get(name)!;
    const codes = Array.from({ length: elements }, (_, i) => (i * 37 + 5) % 2 ** code.bits);
    const block = new Uint8Array(bytes);
    const scale = f16FromNumber(0.75);
    block.set([scale & 255, scale >> 8]);
    codes.forEach((c, i) => {
      for (let bit = 0; bit < code.bits; bit++) {
        block[2 + Math.floor((bit * elements + i) / 8)] |= ((c >> bit) & 1) << (i % 8);
      }
    });
    expect([...decode(formats.get(name)!, block)]).toEqual(codes.map((c) => 0.75 * (2 * c - 2 ** code.bits + 1)));
  });
});
