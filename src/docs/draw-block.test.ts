import { describe, expect, it } from "vitest";
import { readLibrary } from "../spec/library.ts";
import { parseFormat } from "../spec/parse-format.ts";
import { SpecSource } from "../spec/source.ts";
import { changed } from "../spec/testing/bad-spec.ts";
import { drawBlock } from "./draw-block.ts";

const formats = await readLibrary();

describe("drawings, against ggml's block structs as a person draws them", () => {
  it("q2_K", () => {
    expect(drawBlock(formats.get("q2_K")!)).toMatchInlineSnapshot(`
      "q2_K: 256 weights in 84 bytes
      Super-blocks of 16 x 16 weights of 2 bits, 4-bit scales and mins (ggml)

           byte    7   6   5   4   3   2   1   0   element, low bits first (+n a byte)
           0-15 |     m3:0      |     s3:0      | 0 0 +1
          16-47 | c1:0  | c1:0  | c1:0  | c1:0  | 0 32 64 96 +1
          48-79 | c1:0  | c1:0  | c1:0  | c1:0  | 128 160 192 224 +1
             80 |             d7:0              | 0
             81 |             d15:8             | 0
             82 |            dmin7:0            | 0
             83 |           dmin15:8            | 0

          c  code: 2 bits, V = c, 0..3
          s  scale of 16 weights: 4 bits, S = s, 0..15
          m  min of 16 weights: 4 bits, M = m, 0..15
          d  block scale of 256 weights: f16
       dmin  scale of the mins: f16
             weight = d S V - dmin M

      bits per weight   2.625
      sub-block         16 weights
      activation        q8_K
      fp32 step         256 weights
      sums of a step    isum 22 bits, msum 20 bits
      device tile       42 words for 8 x 256 weights: 672 bytes, stored 672
      "
    `);
  });

  it("q3_K", () => {
    expect(drawBlock(formats.get("q3_K")!)).toMatchInlineSnapshot(`
      "q3_K: 256 weights in 110 bytes
      Super-blocks of 16 x 16 weights of 3 bits, 6-bit scales (ggml)

           byte    7   6   5   4   3   2   1   0   element, low bits first (+n a byte)
           0-31 |c2 |c2 |c2 |c2 |c2 |c2 |c2 |c2 | 0 32 .. 224 +1
          32-63 | c1:0  | c1:0  | c1:0  | c1:0  | 0 32 64 96 +1
          64-95 | c1:0  | c1:0  | c1:0  | c1:0  | 128 160 192 224 +1
         96-103 |     s3:0      |     s3:0      | 0 8 +1
        104-107 | s5:4  | s5:4  | s5:4  | s5:4  | 0 4 8 12 +1
            108 |             d7:0              | 0
            109 |             d15:8             | 0

          c  code: 3 bits, V = c - 4, -4..3
          s  scale of 16 weights: 6 bits, S = s - 32, -32..31
          d  block scale of 256 weights: f16
             weight = d S V

      bits per weight   3.4375
      sub-block         16 weights
      activation        q8_K
      fp32 step         256 weights
      sums of a step    isum 24 bits
      device tile       55 words for 8 x 256 weights: 880 bytes, stored 880
      "
    `);
  });
});

it("repeated groups are drawn once", () => {
  expect(drawBlock(formats.get("q4_K")!)).toMatchInlineSnapshot(`
    "q4_K: 256 weights in 144 bytes
    Super-blocks of 8 x 32 weights of 4 bits, 6-bit scales and mins (ggml)

         byte    7   6   5   4   3   2   1   0   element, low bits first (+n a byte)
            0 |             d7:0              | 0
            1 |             d15:8             | 0
            2 |            dmin7:0            | 0
            3 |           dmin15:8            | 0
          4-7 | s5:4  |         s5:0          | 0 4 +1
         8-11 | m5:4  |         m5:0          | 0 4 +1
        12-15 |     m3:0      |     s3:0      | 4 4 +1
        16-47 |     c3:0      |     c3:0      | 0 32 +1
       48-143  3 more of the same

        c  code: 4 bits, V = c, 0..15
        s  scale of 32 weights: 6 bits, S = s, 0..63
        m  min of 32 weights: 6 bits, M = m, 0..63
        d  block scale of 256 weights: f16
     dmin  scale of the mins: f16
           weight = d S V - dmin M

    bits per weight   4.5
    sub-block         32 weights
    activation        q8_K
    fp32 step         256 weights
    sums of a step    isum 26 bits, msum 22 bits
    device tile       72 words for 8 x 256 weights: 1152 bytes, stored 1152
    "
  `);
});

it("base-3 bytes name their digits", () => {
  expect(drawBlock(formats.get("tq1_0")!)).toMatchInlineSnapshot(`
    "tq1_0: 256 weights in 54 bytes
    256 ternary weights, five to a byte in base 3, one scale (ggml)

         byte    7   6   5   4   3   2   1   0   element, low bits first (+n a byte)
         0-31 |      c: 5 base-3 digits       | 0 32 .. 128 +1
        32-47 |      c: 5 base-3 digits       | 160 176 .. 224 +1
        48-51 |      c: 4 base-3 digits       | 240 244 248 252 +1
           52 |             d7:0              | 0
           53 |             d15:8             | 0

        c  code: 2 bits, V = c - 1, -1..2
        d  block scale of 256 weights: f16
           weight = d V

    bits per weight   1.6875
    sub-block         256 weights
    activation        q8_K
    fp32 step         256 weights
    sums of a step    isum 18 bits
    device tile       27 words for 8 x 256 weights: 432 bytes, stored 432
    "
  `);
});

it("grid formats show indices and signs", () => {
  expect(drawBlock(formats.get("iq2_xxs")!)).toMatchInlineSnapshot(`
    "iq2_xxs: 256 weights in 66 bytes
    256 weights as vectors of 8 from a grid of 256, signs apart, 4-bit scales
    (ggml)

         byte    7   6   5   4   3   2   1   0   element, low bits first (+n a byte)
            0 |             d7:0              | 0
            1 |             d15:8             | 0
          2-5 |             c7:0              | 0 +1
            6 |n0 |           n6:0            | 0 1
            7 | n1:0  |         n6:1          | 1 2
            8 |   n2:0    |       n6:2        | 2 3
            9 |     s3:0      |     n6:3      | 3 0
        10-65  7 more of the same

        c  index of 8 weights: 8 bits, V one of 6 levels -43..43
        n  signs of 8 weights: 1 negates; the eighth sign makes their number even
        s  scale of 32 weights: 4 bits, S = 2 s + 1, 1..31
        d  block scale of 256 weights: f16 times 2^-3
           weight = d S V

    bits per weight   2.0625
    sub-block         32 weights
    activation        q8_K
    fp32 step         256 weights
    sums of a step    isum 27 bits
    device tile       33 words for 8 x 256 weights: 528 bytes, stored 528
    "
  `);
});

it("a format that no machine runs says why, and padding is shown", () => {
  const yaml = changed(
    ["elements: 64, bytes: 36", "elements: 64, bytes: 37"],
    ["  code:", "  padding:\n    - { bits: 8, byte: 36 }\n  code:"],
    ["{ type: f16, byte: 0 }", "{ type: f16, byte: 0, multiplier: 4 }"],
  );
  const text = drawBlock(parseFormat(SpecSource.parse(yaml, "mine.yaml")));
  expect(text).toMatchInlineSnapshot(`
    "mine: 64 weights in 37 bytes

         byte    7   6   5   4   3   2   1   0   element, low bits first (+n a byte)
            0 |             d7:0              | 0
            1 |             d15:8             | 0
          2-3 |             s7:0              | 0 +1
         4-35 |     c3:0      |     c3:0      | 0 1 +2
           36 |              pad              |

        c  code: 4 bits, V = c - 8, -8..7
        s  scale of 32 weights: 8 bits, S = s, 0..255
        d  block scale of 64 weights: f16 times 2^2
      pad  padding: read by nobody
           weight = d S V

    bits per weight   4.625
    sub-block         32 weights
    activation        q8_0
    fp32 step         32 weights
    sums of a step    isum 24 bits
    golden only       d is scaled by 2^2; the machine takes 2^-255..1
    "
  `);
});

it.each([...formats.values()].map((format) => [format.name, format] as const))("%s fits 80 columns", (_, format) => {
  for (const line of drawBlock(format).split("\n")) {
    expect(line.length, line).toBeLessThanOrEqual(80);
    expect(line).toBe(line.trimEnd());
  }
});
