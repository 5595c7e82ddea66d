import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rtlEmitter } from "../../src/emit/rtl.ts";
import type { Parameters } from "../../src/plan/plan.ts";
import { type Machine, startMachine } from "../../src/sim/machine.ts";
import { buildRtl } from "../../src/sim/rtl.ts";
import { machineOption } from "../../src/verify/run.ts";
import { planWith, Random, widest } from "../hls/support.ts";
import { randomWorkload, runAndCompare, type Workload } from "../hls/workload.ts";

// Agreement with a plain reading of the interface (../hls/reference.ts); no outside truth. The AXI rules are AMBA's:
// a broken one ends the simulator.

const long = process.env.BFQ_LONG !== undefined;
const seed = Number(process.env.BFQ_SEED ?? Date.now() % 1e9);
console.log(`seed ${seed}`);

const noMins = { HAS_MIN: 0, MIN_BITS: 0, MIN_WIDTH: 1, MSUM_BITS: 1 } as const;
const linear = { CODEBOOK: 0, DESC_WORDS: 6 } as const;

interface Variant {
  name: string;
  changes: Partial<Parameters>;
  slow?: true;
}

const small: Variant = {
  name: "all widths, 2 lanes, 2 columns",
  changes: { ...widest, LANES: 2, COLUMNS: 2, FP_UNITS: 1, CODEBOOK: 16, DESC_WORDS: 7 },
};

const variants: Variant[] = [
  small,
  {
    name: "narrow levels, no mins, no codebook, steps of 64 and longer, 4 lanes, 1 column",
    changes: {
      ...{ ...widest, ...noMins, ...linear, LANES: 4, COLUMNS: 1, FP_UNITS: 1, D_TYPES: 1, D_BITS: 16 },
      ...{ CODE_BITS: 3, LEVEL_BITS: 4, SCALE_BITS: 4, SCALE_WIDTH: 5, MIN_STEP_LOG2: 6 },
    },
  },
  { name: "all widths, 1 lane, 1 column", changes: { ...widest, LANES: 1, COLUMNS: 1, FP_UNITS: 1 }, slow: true },
  { name: "all widths, 4 lanes, 4 columns", changes: { ...widest, LANES: 4, COLUMNS: 4, FP_UNITS: 2 }, slow: true },
  {
    name: "1-bit codes, no sub-scales, 8 lanes, 8 columns",
    changes: {
      ...{ ...widest, ...noMins, ...linear, LANES: 8, COLUMNS: 8, FP_UNITS: 4, D_TYPES: 9, D_BITS: 16 },
      ...{ CODE_BITS: 1, LEVEL_BITS: 3, SCALE_BITS: 0, SCALE_WIDTH: 2, MIN_STEP_LOG2: 5 },
    },
    slow: true,
  },
];

const build = async (changes: Partial<Parameters>) => buildRtl(rtlEmitter.files(await planWith(changes)));

/** Random latency and stalls on every AXI channel. */
function stall(machine: Machine, stallSeed: number, percent: number) {
  machine.option(machineOption.stallSeed, stallSeed);
  machine.option(machineOption.stallPercent, percent);
  machine.option(machineOption.memoryMode, 1);
}

/** Words that the weight ports must read: each pass over COLUMNS columns reads all tiles. */
function weightWords({ descriptors }: Workload, parameters: Parameters): number {
  const words = descriptors.map(({ values }) => {
    const tiles = Math.ceil(values.rows / 8) * values.k_tiles;
    return Math.ceil(values.columns / parameters.COLUMNS) * tiles * values.tile_words;
  });
  return words.reduce((sum, count) => sum + count, 0);
}

describe.each(variants.filter(({ slow }) => long || !slow))("$name", ({ changes }) => {
  test.each([0, 20, 60])(
    "random lists of random formats, AXI channels stalled in %i %% of the cycles",
    async (percent) => {
      const executable = await build(changes);
      const { parameters } = await planWith(changes);
      let outputs = 0;
      let finite = 0;
      for (let round = 0; round < (long ? 100 : 10); round++) {
        const random = new Random(seed + round);
        const workload = randomWorkload(random, parameters, random.integer(1, 6));
        const machine = await startMachine(executable, workload.memory.length);
        if (percent > 0) stall(machine, seed + round, percent);
        const counts = await runAndCompare(machine, workload, parameters);
        await machine.close();
        expect(machine.log()).toBe("");
        expect(counts.result.status).toBe(0);
        expect(counts.result.words.reduce((sum, words) => sum + words, 0)).toBe(weightWords(workload, parameters));
        outputs += counts.outputs;
        finite += counts.finite;
      }
      expect(finite).toBeGreaterThan(outputs / 4); // else NaN would hide everything
    },
  );
});

describe("what goes wrong ends the run with its status, and the next run is right", () => {
  const { changes } = small;
  const random = new Random(seed);
  const count = 4;
  let machine: Machine;
  let parameters: Parameters;
  let workload: Workload;

  beforeAll(async () => {
    ({ parameters } = await planWith(changes));
    workload = randomWorkload(random, parameters, count);
    machine = await startMachine(await build(changes), workload.memory.length);
  });
  afterAll(() => machine.close());

  const run = async () => (await runAndCompare(machine, workload, parameters)).result;
  const runsRight = async () => expect((await run()).status).toBe(0);

  /** Statuses of runs with an error injected at the n-th transaction; MatMuls before the index are compared. */
  async function inject(option: number, code: number, most: number) {
    let ended = 0;
    for (let i = 0; i < (long ? 200 : 25); i++) {
      if (i % 2 === 1) stall(machine, seed + i, 30);
      const decodeError = i % 3 === 0 ? 2 ** 32 : 0;
      machine.option(option, random.integer(1, most) + decodeError);
      const { status } = await run();
      if (status !== 0) {
        expect(status & 255).toBe(code);
        expect(status >> 8).toBeLessThan(count);
        ended++;
      }
      await runsRight();
      machine.option(machineOption.stallSeed, 0);
      machine.option(machineOption.memoryMode, 0);
    }
    expect(ended).toBeGreaterThan(5);
  }

  test("SLVERR or DECERR on any read, of descriptors, activations or weights: 16", () =>
    inject(machineOption.readError, 16, 60));

  test("SLVERR or DECERR on any write response: 17", () => inject(machineOption.writeError, 17, 20));

  test("a reset in any cycle of a run", async () => {
    const { cycles } = await run();
    for (let i = 0; i < (long ? 200 : 25); i++) {
      if (i % 2 === 1) stall(machine, seed + i, 30);
      machine.option(machineOption.resetAfter, random.integer(1, cycles - 1));
      expect((await machine.run(workload.list, count)).status).toBe(255);
      await runsRight();
      machine.option(machineOption.stallSeed, 0);
      machine.option(machineOption.memoryMode, 0);
    }
  });

  test("a start during a run changes nothing, not even the cycles", async () => {
    const undisturbed = await run();
    for (let i = 0; i < 10; i++) {
      machine.option(machineOption.startAgain, random.integer(1, undisturbed.cycles - 1));
      expect(await run()).toEqual(undisturbed);
    }
  });

  test("a memory that stops answering: 18, and the state of every handshake is told", async () => {
    machine.option(machineOption.timeout, 2000);
    stall(machine, seed, 100);
    expect((await machine.run(workload.list, count)).status).toBe(18);
    stall(machine, 0, 0);
    await runsRight();
    machine.option(machineOption.timeout, 100000);
    for (const line of ["weights_0", "weights_1", "activations", "output", "g_channel[1].channel.probe job"])
      expect(machine.log()).toContain(line);
  });

  test("an empty list is a run", async () => {
    expect((await machine.run(workload.list, 0)).status).toBe(0);
  });
});
