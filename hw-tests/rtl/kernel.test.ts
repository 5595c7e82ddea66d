import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hlsEmitter } from "../../src/emit/hls.ts";
import { rtlEmitter } from "../../src/emit/rtl.ts";
import { machineOption, memoryError, memoryMode } from "../../src/emit/sim-protocol.ts";
import { type DescriptorValues, encodeDescriptor } from "../../src/plan/descriptor.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import { Random } from "../../src/random.ts";
import { buildCsim } from "../../src/sim/csim.ts";
import { type Machine, startMachine } from "../../src/sim/machine.ts";
import { buildRtl } from "../../src/sim/rtl.ts";
import { isLong, newSeed } from "../../src/testing/run.ts";
import { planWith, widest } from "../hls/support.ts";
import { moveFields, randomWorkload, runAndCompare, type Workload } from "../hls/workload.ts";
import { withShortTimeout } from "./short-timeout.ts";

// Agreement with a plain reading of the interface (../hls/reference.ts); no outside truth. The AXI rules are AMBA's:
// a broken one ends the simulator.

const seed = newSeed("kernel");

const noMins = { HAS_MIN: 0, MIN_BITS: 0, MIN_WIDTH: 1, MSUM_BITS: 1 } as const;
const linear = { CODEBOOK: 0, DESC_WORDS: 6 } as const;

interface Configuration {
  name: string;
  changes: Partial<MachineParameters>;
  slow?: true;
}

const small: Configuration = {
  name: "all widths, 2 lanes, 2 columns",
  changes: { ...widest, LANES: 2, COLUMNS: 2, REPLAY: 2, FP_UNITS: 1, CODEBOOK: 16, DESC_WORDS: 7 },
};

const configurations: Configuration[] = [
  small,
  {
    name: "narrow levels, no mins, no codebook, steps of 64 and longer, 4 lanes, 1 column",
    changes: {
      ...{ ...widest, ...noMins, ...linear, LANES: 4, COLUMNS: 1, REPLAY: 1, FP_UNITS: 1, D_TYPES: 1, D_BITS: 16 },
      ...{ CODE_BITS: 3, LEVEL_BITS: 4, SCALE_BITS: 4, SCALE_WIDTH: 5, MIN_STEP_LOG2: 6 },
    },
  },
  {
    name: "all widths, 1 lane, 1 column",
    changes: { ...widest, LANES: 1, COLUMNS: 1, REPLAY: 3, FP_UNITS: 1 },
    slow: true,
  },
  {
    name: "all widths, 4 lanes, 4 columns",
    changes: { ...widest, LANES: 4, COLUMNS: 4, REPLAY: 2, FP_UNITS: 2 },
    slow: true,
  },
  {
    name: "1-bit codes, no sub-scales, 8 lanes, 8 columns",
    changes: {
      ...{ ...widest, ...noMins, ...linear, LANES: 8, COLUMNS: 8, REPLAY: 1, FP_UNITS: 4, D_TYPES: 9, D_BITS: 16 },
      ...{ CODE_BITS: 1, LEVEL_BITS: 3, SCALE_BITS: 0, SCALE_WIDTH: 2, MIN_STEP_LOG2: 5 },
    },
    slow: true,
  },
];

const build = async (changes: Partial<MachineParameters>) =>
  buildRtl(withShortTimeout(rtlEmitter.files(await planWith(changes))));

/** Random latency and stalls on every AXI channel. */
function stall(machine: Machine, stallSeed: number, percent: number) {
  machine.option(machineOption.stallSeed, stallSeed);
  machine.option(machineOption.stallPercent, percent);
  machine.option(machineOption.memoryMode, memoryMode.randomLatency);
}

/** Words that the weight ports must read: each pass, over COLUMNS * REPLAY columns, reads all tiles. */
function weightWords({ descriptors }: Workload, parameters: MachineParameters): number {
  const words = descriptors.map(({ values }) => {
    const tiles = Math.ceil(values.rows / 8) * values.k_tiles;
    return Math.ceil(values.columns / (parameters.COLUMNS * parameters.REPLAY)) * tiles * values.tile_words;
  });
  return words.reduce((sum, count) => sum + count, 0);
}

/** The numbers (mulberry32) that drew the one workload that is kept below: its cycles are those of its data. */
class KeptRandom extends Random {
  private mixed = 0;

  constructor(seed: number) {
    super(seed);
    this.mixed = seed;
  }

  override bits(): number {
    this.mixed = (this.mixed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.mixed ^ (this.mixed >>> 15), this.mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  override between(low: number, high: number): number {
    return low + (this.bits() % (high - low + 1));
  }

  override pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)];
  }

  override bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.bits());
  }
}

/** A list that takes a reference little time, with several passes in it. */
function smallWorkload(random: Random, parameters: MachineParameters, count: number): Workload {
  for (;;) {
    const workload = randomWorkload(random, parameters, count);
    const work = workload.descriptors.map(({ values }) => values.rows * values.k_tiles * values.columns);
    const severalPasses = workload.descriptors.some(
      ({ values }) => values.columns > parameters.COLUMNS * parameters.REPLAY,
    );
    if (severalPasses && work.reduce((sum, count) => sum + count, 0) < 400 * count) return workload;
  }
}

describe.each(configurations.filter(({ slow }) => isLong || !slow))("$name", ({ changes }) => {
  test.each([0, 20, 60])(
    "random lists of random formats, AXI channels stalled in %i of 100 cycles",
    async (percent) => {
      const executable = await build(changes);
      const { parameters } = await planWith(changes);
      let outputs = 0;
      let finite = 0;
      for (let round = 0; round < (isLong ? 100 : 10); round++) {
        const random = new Random(seed + round);
        const workload = randomWorkload(random, parameters, random.between(1, 6));
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
  let parameters: MachineParameters;
  let workload: Workload;

  beforeAll(async () => {
    ({ parameters } = await planWith(changes));
    workload = smallWorkload(random, parameters, count);
    machine = await startMachine(await build(changes), workload.memory.length);
  });
  afterAll(() => machine.close());

  const run = async () => (await runAndCompare(machine, workload, parameters)).result;
  const runsRight = async () => expect((await run()).status).toBe(0);

  /** Statuses of runs with an error injected at the n-th transaction; MatMuls before the index are compared. */
  async function inject(option: number, code: number, most: number, kinds = [memoryError.slave, memoryError.decode]) {
    let ended = 0;
    for (let i = 0; i < (isLong ? 200 : 25); i++) {
      if (i % 2 === 1) stall(machine, seed + i, 30);
      machine.option(option, random.between(1, most) + random.pick(kinds));
      // A memory that is silent about a write may not have it: what its index counts means nothing then.
      const blind = option === machineOption.writeError && code === 18;
      const { status } = await (blind ? machine.run(workload.list, count) : run());
      if (status !== 0) {
        expect(status & 255).toBe(code);
        // The MatMuls fully written: all of them where the last response brings the error.
        expect(status >> 8).toBeLessThanOrEqual(count);
        ended++;
      }
      await runsRight();
      machine.option(machineOption.stallSeed, 0);
      machine.option(machineOption.memoryMode, memoryMode.ideal);
    }
    expect(ended).toBeGreaterThan(5);
  }

  test("SLVERR or DECERR on any read, of descriptors, activations or weights: 16", () =>
    inject(machineOption.readError, 16, 60));

  test("SLVERR or DECERR on any write response: 17", () => inject(machineOption.writeError, 17, 20));

  test("a read that is never answered: 18, by the kernel's own timeout", () =>
    inject(machineOption.readError, 18, 60, [memoryError.never]));

  test("a write that is never answered: 18", () => inject(machineOption.writeError, 18, 20, [memoryError.never]));

  test("a reset in any cycle of a run", async () => {
    const { cycles } = await run();
    for (let i = 0; i < (isLong ? 200 : 25); i++) {
      if (i % 2 === 1) stall(machine, seed + i, 30);
      machine.option(machineOption.resetAfter, random.between(1, cycles - 1));
      expect((await machine.run(workload.list, count)).status).toBe(255);
      await runsRight();
      machine.option(machineOption.stallSeed, 0);
      machine.option(machineOption.memoryMode, memoryMode.ideal);
    }
  });

  test("a reset while words are on their way to the memory", async () => {
    const kept = smallWorkload(new KeptRandom(903028712), parameters, count); // the memory once kept one for the next run
    const own = await startMachine(await build(changes), kept.memory.length);
    own.write(0, kept.memory);
    for (let at = 5246; at < 5266; at++) {
      own.option(machineOption.resetAfter, at);
      expect((await own.run(kept.list, count)).status).toBe(255);
      expect((await own.run(kept.list, count)).status).toBe(0);
    }
    await own.close();
  });

  test("a start during a run changes nothing, not even the cycles", async () => {
    const undisturbed = await run();
    for (let i = 0; i < 10; i++) {
      machine.option(machineOption.startAgain, random.between(1, undisturbed.cycles - 1));
      expect(await run()).toEqual(undisturbed);
    }
  });

  test("a memory that takes nothing any more: the simulator's 18, and the state of every handshake is told", async () => {
    machine.option(machineOption.timeoutCycles, 2000);
    stall(machine, seed, 100);
    expect((await machine.run(workload.list, count)).status).toBe(18);
    stall(machine, 0, 0);
    await runsRight();
    machine.option(machineOption.timeoutCycles, 100000);
    for (const line of ["weights_0", "weights_1", "activations", "output", "g_channel[1].channel.probe job"])
      expect(machine.log()).toContain(line);
  });

  test("an empty list is a run", async () => {
    expect((await machine.run(workload.list, 0)).status).toBe(0);
  });

  /** The workload with other values in one descriptor. */
  function changed(index: number, values: DescriptorValues, from = workload): Workload {
    const memory = from.memory.slice();
    const descriptors = from.descriptors.map((descriptor, i) => (i === index ? { ...descriptor, values } : descriptor));
    memory.set(
      encodeDescriptor(values, descriptors[index].codebook, parameters),
      from.list + index * descriptorBytes(),
    );
    return { ...from, memory, descriptors };
  }
  const descriptorBytes = () => parameters.DESC_WORDS * 16;

  const bad: [string, number, (values: DescriptorValues) => DescriptorValues][] = [
    ["magic number", 1, () => ({ magic: 0x31514643 })],
    ["zero columns", 2, () => ({ columns: 0 })],
    ["K too long", 2, () => ({ k_tiles: 7 })],
    ["a tile of other words", 3, ({ tile_words }) => ({ tile_words: tile_words + 1 })],
    ["steps longer than a d group", 3, () => ({ d_group_log2: 4, step_log2: 5 })],
    ["an address not of whole words", 4, ({ output }) => ({ output: output + 8 })],
    ["same activations for another K", 5, ({ k_tiles }) => ({ flags: 1, k_tiles: k_tiles + 1 })],
  ];
  test.each(bad)("bad descriptor, %s: %i", async (_, code, change) => {
    const index = 2;
    const { values } = workload.descriptors[index];
    const broken = changed(index, { ...values, flags: 0, ...change(values) });
    const { status } = (await runAndCompare(machine, broken, parameters)).result;
    expect(status).toBe(code | (index << 8));
    for (const { values } of workload.descriptors.slice(index)) {
      const range = [values.output, values.columns * values.output_stride * 4] as const;
      const untouched = broken.memory.subarray(range[0], range[0] + range[1]);
      expect(Buffer.from(await machine.read(...range)).equals(untouched)).toBe(true);
    }
    await runsRight();
  });

  test("HLS and RTL judge any format alike (agreement), and compute alike what they take", async () => {
    const other = await startMachine(
      await buildCsim(hlsEmitter.files(await planWith(changes))),
      workload.memory.length,
    );
    const seen = new Set<number>();
    for (let i = 0; i < (isLong ? 1000 : 150); i++) {
      const index = random.between(0, count - 1);
      const values = moveFields(random, workload.descriptors[index].values);
      const edited = changed(index, values);
      const { status } = (await runAndCompare(machine, edited, parameters)).result;
      expect(status, JSON.stringify(values)).toBe((await runAndCompare(other, edited, parameters)).result.status);
      seen.add(status & 255);
    }
    await other.close();
    expect([...seen].sort()).toEqual([0, 1, 3]);
  });
});

test("flag same activations: those on chip are used, and read again where several passes have overwritten them", async () => {
  const { parameters } = await planWith(small.changes);
  const executable = await build(small.changes);
  for (let round = 0; round < 10; round++) {
    const random = new Random(seed + round);
    const { memory, descriptors, list } = randomWorkload(random, parameters, 1);
    const first: DescriptorValues = { ...descriptors[0].values };
    const columns = Math.min(first.columns, random.between(1, 4));
    first.columns = columns;
    const onChip = columns <= parameters.COLUMNS;
    // The second descriptor's own address leads to other bytes: only the activations on chip give the first result again.
    const activations = onChip ? 0 : first.activations;
    const output = memory.length;
    const second = { ...first, flags: 1, activations, output };
    const outputBytes = columns * first.output_stride * 4;
    const machine = await startMachine(executable, memory.length + outputBytes + 2 * parameters.DESC_WORDS * 16);
    if (round % 2 === 1) stall(machine, seed + round, 30);
    const longList = memory.length + outputBytes;
    machine.write(0, memory);
    for (const [index, values] of [first, second].entries()) {
      const bytes = encodeDescriptor(values, descriptors[0].codebook, parameters);
      machine.write(longList + index * bytes.length, bytes);
    }
    expect(list).toBeLessThan(longList);
    expect((await machine.run(longList, 2)).status).toBe(0);
    const [once, again] = [await machine.read(first.output, outputBytes), await machine.read(output, outputBytes)];
    for (let column = 0; column < columns; column++) {
      const at = column * first.output_stride * 4;
      expect(Buffer.from(again.subarray(at, at + first.rows * 4))).toEqual(
        Buffer.from(once.subarray(at, at + first.rows * 4)),
      );
    }
    await machine.close();
  }
});

test("one column of 2-bit weights streams at a word a cycle, from MatMul to MatMul", async () => {
  const { changes } = configurations[1];
  const { parameters } = await planWith(changes);
  const machine = await startMachine(await build(changes), 1 << 20);
  const tiles = {
    ...{ rows: 256, k_tiles: 4, columns: 1, output_stride: 0 },
    ...{ tile_words: 42, lane_stride: 1 << 16 },
  };
  const format = {
    ...{ code_bits: 2, level_mode: 0, level_shift: 0, level_offset: 2, sub_block_log2: 4, step_log2: 8 },
    ...{ scale_bits: 4, scale_shift: 0, scale_offset: 8, min_bits: 0, min_shift: 0, min_offset: 0 },
    ...{ d_type: 0, d_group_log2: 7, d_bias: 0, min_mode: 0, dmin_bias: 0 },
    ...{ d_words: 2, dmin_words: 0, scale_words: 4, min_words: 0 },
  };
  const values = { ...tiles, ...format, step_log2: 7, tile_words: 2 + 4 + 32 };
  const count = 12;
  for (let index = 0; index < count; index++) {
    const addresses = { weights: 0, activations: 0x50000 + 0x1000 * index, output: 0x80000 + 0x1000 * index };
    const bytes = encodeDescriptor({ magic: 0x31514642, flags: 0, ...values, ...addresses }, undefined, parameters);
    machine.write(0xf0000 + index * bytes.length, bytes);
  }
  const { status, cycles, words } = await machine.run(0xf0000, count);
  await machine.close();
  expect(status).toBe(0);
  expect(words[0]).toBe((count * 256 * 4 * 38) / 8 / 4);
  // Start and end: descriptor, activations and first weights from memory, the last tile through the pipeline.
  expect(cycles - words[0]).toBeLessThan(500);
});

/** Broken AXI masters; each takes a build of its own. */
const lawless = [
  { file: "bfq_axi_bursts.sv", from: " - 9'(offset)", to: "", rule: "crosses 4 KB" },
  { file: "bfq_axi_write.sv", from: "m_axi_wlast <= last;", to: "m_axi_wlast <= 1'b0;", rule: "WLAST" },
  { file: "bfq_axi_read.sv", from: "issue || (m_axi_arvalid && !m_axi_arready)", to: "issue", rule: "VALID fell" },
  {
    file: "bfq_regions.sv",
    from: "region_address = {address,",
    to: "region_address = {address + 36'h10000000,",
    rule: "outside the memory",
  },
];
test.runIf(isLong).each(lawless)(
  "the memory notices a master that breaks the rules: $rule",
  async ({ file, from, to, rule }) => {
    const plan = await planWith(small.changes);
    const files = rtlEmitter.files(plan).map(({ path, text }) => {
      if (path !== `rtl/${file}`) return { path, text };
      expect(text.split(from)).toHaveLength(2);
      return { path, text: text.replace(from, to) };
    });
    const workload = randomWorkload(new Random(seed), plan.parameters, 4);
    const machine = await startMachine(await buildRtl(files), workload.memory.length);
    stall(machine, seed, 30);
    machine.write(0, workload.memory);
    await expect(machine.run(workload.list, 4)).rejects.toThrow(rule);
  },
);

test("the simulator's own C++ compiles without a warning", async () => {
  const obj = dirname(await build(small.changes));
  const root = (await execa("verilator", ["--getenv", "VERILATOR_ROOT"])).stdout;
  const system = [obj, join(root, "include"), join(root, "include/vltstd")].flatMap((folder) => ["-isystem", folder]);
  const warnings = ["-Wall", "-Wextra", "-Werror"];
  await execa("g++", ["-std=c++17", "-fsyntax-only", ...warnings, ...system, join(obj, "../sim/rtl/main.cpp")]);
});
