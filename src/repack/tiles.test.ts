import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planFormat, refuseFormat } from "../plan/format-plan.ts";
import { readLibrary } from "../spec/library.ts";
import { repack, tileLayout, unrepack } from "./tiles.ts";

const formats = [...(await readLibrary()).values()].filter((format) => refuseFormat(format).length === 0);

/** Base-3 bytes have 243 meanings in 256 values, so random ones do not come back byte for byte. */
const isBijective = (name: string) => name !== "tq1_0";

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
          const stored = randomBytes((rows * k * format.bytes) / format.elements, seed);
          const regions = repack(format, plan, stored, rows, k, lanes);
          expect(unrepack(format, plan, regions, rows, k)).toEqual(stored);
        }),
        { numRuns: 12 },
      );
    },
  );
});

it("a whole tile has as many bytes as its stored blocks (truth: the word counts of DESIGN.md 6)", () => {
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
