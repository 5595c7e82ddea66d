import { describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { parseAccelerator, readAccelerator } from "../spec/accelerator.ts";
import { readLibrary } from "../spec/library.ts";
import { SpecSource } from "../spec/source.ts";
import { complaint } from "../spec/testing/bad-spec.ts";
import { planFormat } from "./format-plan.ts";
import { planAccelerator } from "./plan.ts";

const formats = await readLibrary();

describe("tile sizes of docs/architecture.md: no bit is lost to padding", () => {
  const words = {
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
  };
  it.each(Object.entries(words))("%s is %i words", (name, want) => {
    const plan = planFormat(formats.get(name)!);
    expect(plan.tileWords).toBe(want);
    expect(plan.tileWords * 16).toBe(plan.storedBytes);
  });
});

it("f-bfq has the envelope of Q2_K and Q3_K", async () => {
  const { parameters } = planAccelerator(await readAccelerator(`${specsFolder}/accelerators/f-bfq.yaml`));
  expect(parameters).toMatchObject({
    LANES: 4,
    COLUMNS: 1,
    REPLAY: 1,
    MAX_K_TILES: 32,
    CODE_BITS: 3,
    LEVEL_BITS: 3,
    CODEBOOK: 0,
    SCALE_BITS: 6,
    SCALE_WIDTH: 6,
    MIN_BITS: 4,
    MIN_WIDTH: 5,
    HAS_MIN: 1,
    D_TYPES: 1,
    D_BITS: 16,
    MIN_STEP_LOG2: 8,
    ISUM_BITS: 24,
    MSUM_BITS: 20,
    DESC_WORDS: 6,
    FP_UNITS: 1,
    FP_INTERVAL: 2,
  });
});

it.each([
  // Eight steps per tile in 42 words.
  ["f-bfq", 1, 2],
  ["f-bfq", 2, 2],
  // 64 cycles for what the multipliers do in 32.
  ["f-bfq", 4, 1],
  // q4_0 has 64 steps in 72 words.
  ["k-quants", 4, 1],
])("an fp32 unit of %s with %i columns has %i cycles a step", async (name, columns, want) => {
  const accelerator = await readAccelerator(`${specsFolder}/accelerators/${name}.yaml`);
  expect(planAccelerator({ ...accelerator, columns }).parameters.FP_INTERVAL).toBe(want);
});

it.each([
  // Two rows at once, then columns.
  [1, 1, 1],
  [2, 2, 1],
  [4, 2, 2],
  [8, 2, 4],
])("fp-units: %i work on %i rows of %i columns at once", async (fpUnits, rows, columns) => {
  const accelerator = await readAccelerator(`${specsFolder}/accelerators/k-quants.yaml`);
  const { parameters } = planAccelerator({ ...accelerator, fpUnits });
  expect(parameters).toMatchObject({ FP_UNITS: fpUnits, UNIT_ROWS: rows, UNIT_COLUMNS: columns });
});

it("more fp32 units than have work are refused", async () => {
  const text = "bfq: 1\nname: mine\nboard: kv260\nformats: [q4_0]\nlanes: 1\ncolumns: 1\nfp-units: 4\nmax-k: 256\n";
  const accelerator = await parseAccelerator(SpecSource.parse(text, "mine.yaml"));
  expect(await complaint(() => planAccelerator(accelerator))).toBe(
    "mine.yaml:7:11: error[fp-units]: 4 fp32 units, but 2 are the most that work at once on 1 columns\n  fix: use 2 or fewer",
  );
});
