import { describe, expect, test } from "vitest";
import { hlsEmitter } from "../../src/emit/hls.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import { Random } from "../../src/random.ts";
import { buildCsim } from "../../src/sim/csim.ts";
import { startMachine } from "../../src/sim/machine.ts";
import { isLong, newSeed } from "../../src/testing/run.ts";
import { planWith, widest } from "./support.ts";
import { randomWorkload, runAndCompare } from "./workload.ts";

const variants: { name: string; changes: Partial<MachineParameters> }[] = [
  {
    name: "all widths, 1 lane, 1 column, no replay",
    changes: { ...widest, LANES: 1, COLUMNS: 1, REPLAY: 1, FP_UNITS: 1 },
  },
  {
    name: "all widths, 4 lanes, 4 columns, 3 batches, 2 fp32 rows",
    changes: { ...widest, LANES: 4, COLUMNS: 4, REPLAY: 3, FP_UNITS: 2 },
  },
  {
    name: "no mins, no codebook, steps of 64 and longer, 8 lanes, 2 columns, 8 batches",
    changes: {
      ...widest,
      ...{
        LANES: 8,
        COLUMNS: 2,
        REPLAY: 8,
        FP_UNITS: 1,
        CODE_BITS: 3,
        LEVEL_BITS: 4,
        CODEBOOK: 0,
        DESC_WORDS: 6,
        D_TYPES: 1,
        D_BITS: 16,
      },
      ...{ HAS_MIN: 0, MIN_BITS: 0, MIN_WIDTH: 1, MSUM_BITS: 1, SCALE_BITS: 4, SCALE_WIDTH: 5, MIN_STEP_LOG2: 6 },
    },
  },
  {
    name: "no sub-scales, 1-bit codes, 2 lanes, 8 columns, 2 batches",
    changes: {
      ...widest,
      ...{
        LANES: 2,
        COLUMNS: 8,
        REPLAY: 2,
        FP_UNITS: 4,
        CODE_BITS: 1,
        LEVEL_BITS: 3,
        CODEBOOK: 0,
        DESC_WORDS: 6,
        D_TYPES: 9,
        D_BITS: 16,
      },
      ...{ HAS_MIN: 0, MIN_BITS: 0, MIN_WIDTH: 1, MSUM_BITS: 1, SCALE_BITS: 0, SCALE_WIDTH: 2, MIN_STEP_LOG2: 5 },
    },
  },
];

/** Include sets on this machine: our shim, and AMD's headers where they are. */
const includes = [undefined, process.env.BFQ_HLS_INCLUDE].filter((dir, at) => at === 0 || dir !== undefined);

describe.each(includes)("kernel with headers %s (undefined: our shim), compiled without a warning", (include) => {
  test.each(variants)(
    "$name: bit-equal to a plain reading of the interface (agreement, no outside truth)",
    async ({ changes }) => {
      const plan = await planWith(changes);
      const { parameters } = plan;
      const executable = await buildCsim(hlsEmitter.files(plan), include);
      const seed = newSeed(`HLS kernel, headers ${include ?? "shim"}`);
      const random = new Random(seed);
      let outputs = 0;
      let finite = 0;
      for (let round = 0; round < (isLong ? 200 : 8); round++) {
        const workload = randomWorkload(random, parameters, random.between(1, 5));
        const machine = await startMachine(executable, workload.memory.length);
        const counts = await runAndCompare(machine, workload, parameters);
        await machine.close();
        expect(counts.result.status).toBe(0);
        const words = workload.descriptors.map(({ values }) => {
          const tiles = Math.ceil(values.rows / 8) * values.k_tiles;
          return Math.ceil(values.columns / (parameters.COLUMNS * parameters.REPLAY)) * tiles * values.tile_words;
        });
        const total = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);
        expect(total(counts.result.words)).toBe(total(words));
        outputs += counts.outputs;
        finite += counts.finite;
      }
      console.log(`${outputs} outputs, ${finite} finite`);
      expect(finite).toBeGreaterThan(outputs / 4); // else NaN would hide everything
    },
  );
});
