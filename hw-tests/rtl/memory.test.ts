import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rtlEmitter } from "../../src/emit/rtl.ts";
import { machineOption, memoryMode } from "../../src/emit/sim-protocol.ts";
import { specsFolder } from "../../src/paths.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import { Random } from "../../src/random.ts";
import { useBoardMemory } from "../../src/sim/board-memory.ts";
import { type PortRegion, type ProcessMachine, startMachine } from "../../src/sim/machine.ts";
import { buildRtl } from "../../src/sim/rtl.ts";
import { type Board, readBoard } from "../../src/spec/board.ts";
import { newSeed } from "../../src/testing/run.ts";
import { planWith, widest } from "../hls/support.ts";
import { randomWorkload, runAndCompare } from "../hls/workload.ts";

// The outside truth is what bitnet-kv260 measured on a KV260 (docs/memory.md); the model is fitted to it.

const lanes = 4;
const variant: Partial<MachineParameters> = {
  ...{
    ...widest,
    LANES: lanes,
    COLUMNS: 1,
    FP_UNITS: 1,
    D_TYPES: 1,
    D_BITS: 16,
    HAS_MIN: 0,
    MIN_BITS: 0,
    MIN_WIDTH: 1,
  },
  ...{
    MSUM_BITS: 1,
    CODEBOOK: 0,
    DESC_WORDS: 6,
    CODE_BITS: 3,
    LEVEL_BITS: 4,
    SCALE_BITS: 4,
    SCALE_WIDTH: 5,
    MIN_STEP_LOG2: 6,
  },
};
const bank = 1 << 14;
const memoryBytes = 64 << 20;

let machine: ProcessMachine;
let board: Board;
let parameters: MachineParameters;
let executable: string;

beforeAll(async () => {
  const plan = await planWith(variant);
  parameters = plan.parameters;
  executable = await buildRtl(rtlEmitter.files(plan));
  machine = await startMachine(executable, memoryBytes);
  board = await readBoard(`${specsFolder}/boards/kv260.yaml`);
  useBoardMemory(machine, board);
}, 600_000);
afterAll(() => machine.close());

/** One region a port, each `bytes` long; bases are multiples of 64 KB plus `offset(port)`. */
function streams(bytes: number, offset: (port: number) => number, ports = lanes): PortRegion[] {
  const apart = (Math.ceil(bytes / 65536) + 1) * 65536;
  return Array.from({ length: ports }, (_, port) => ({ port, address: port * apart + offset(port), bytes }));
}

/** GB/s of all ports together. */
async function rate(regions: PortRegion[]): Promise<number> {
  const { cycles } = await machine.readCeiling(regions);
  const bytes = regions.reduce((sum, region) => sum + region.bytes, 0);
  return (bytes / cycles) * board.clock.mhz * 1e-3;
}

describe("the board's memory gives a pure reader what was measured on a KV260", () => {
  test("four long streams in different banks: 16.0 GB/s, 99.5 to 100 % of the ports", async () => {
    const measured = await rate(streams(8 << 20, (port) => port * bank));
    expect(measured).toBeGreaterThan(0.995 * 16);
    expect(measured).toBeLessThanOrEqual(16);
  });

  test("the same in two banks, as bitnet-kv260's output head: 15.93 to 16.01 GB/s", async () => {
    expect(await rate(streams(8 << 20, (port) => (port % 2) * 2 * bank))).toBeCloseTo(15.97, 1);
  });

  test("the same in one bank: up to about 20 % slower, and HP1 and HP2 finish 9 to 33 % later", async () => {
    const regions = streams(8 << 20, () => 0);
    const measured = await rate(regions);
    expect(measured / 16).toBeGreaterThan(0.79);
    expect(measured / 16).toBeLessThan(0.86);
    const { portCycles } = await machine.readCeiling(regions);
    for (const port of [1, 2]) {
      expect(portCycles[port] / portCycles[0]).toBeGreaterThan(1.09);
      expect(portCycles[port] / portCycles[0]).toBeLessThan(1.33);
    }
  });

  // Neurons an engine x bytes a neuron of a layer's four phases; 30 layers are 120 runs. That the engines' shares follow
  // one another in memory is taken from the weight file's description.
  test("a token of bitnet-kv260 in 120 runs: 12.73 GB/s with what the host takes between them", async () => {
    const phases = [960 * 512, 640 * 512, 3456 * 512, 640 * 87 * 16];
    let [bytes, microseconds] = [0, 0];
    for (const share of phases) {
      const regions = Array.from({ length: lanes }, (_, port) => ({ port, address: port * share, bytes: share }));
      microseconds += (await machine.readCeiling(regions)).cycles / board.clock.mhz + (board["host-gap"] ?? 0);
      bytes += lanes * share;
    }
    expect(Math.abs(bytes / microseconds / 1e3 / 12.73 - 1)).toBeLessThan(0.02);
  });

  test("one port: its 4.0 GB/s", async () => {
    expect(await rate(streams(8 << 20, () => 0, 1))).toBeCloseTo(4, 1);
  });
});

test("ideal memory: a latency of 30 cycles, then a word a cycle", async () => {
  machine.option(machineOption.memoryMode, memoryMode.ideal);
  const { cycles, portCycles } = await machine.readCeiling(streams(1 << 20, () => 0));
  useBoardMemory(machine, board);
  expect(cycles).toBe(65536 + 30);
  expect(portCycles).toEqual([cycles, cycles, cycles, cycles, 0, 0, 0, 0]);
});

test("regions of a port are read one after the other", async () => {
  const [one, two] = [streams(4 << 20, (port) => port * bank), streams(2 << 20, (port) => port * bank)];
  const halves = two.flatMap((region) => [region, { ...region, address: region.address + (32 << 20) }]);
  const [whole, parts] = [await rate(one), await rate(halves)];
  expect(parts / whole).toBeGreaterThan(0.98);
});

test.each([0, 30])(
  "the kernel's results on it, channels stalled in %i of 100 cycles besides (agreement)",
  async (percent) => {
    const seed = newSeed("simulated memory");
    for (let round = 0; round < 5; round++) {
      const random = new Random(seed + round);
      const workload = randomWorkload(random, parameters, random.between(1, 6));
      const small = await startMachine(executable, workload.memory.length);
      useBoardMemory(small, board);
      small.option(machineOption.stallSeed, percent > 0 ? seed + round : 0);
      small.option(machineOption.stallPercent, percent);
      const { result } = await runAndCompare(small, workload, parameters);
      await small.close();
      expect(result.status, small.log()).toBe(0);
    }
  },
);

test("the same run takes the same cycles each time: the memory starts rested", async () => {
  const workload = randomWorkload(new Random(1), parameters, 3);
  const small = await startMachine(executable, workload.memory.length);
  useBoardMemory(small, board);
  const { result } = await runAndCompare(small, workload, parameters);
  expect((await runAndCompare(small, workload, parameters)).result).toEqual(result);
  await small.close();
});

test("a reset in mid-run: the memory still answers, and the next run is right", async () => {
  const workload = randomWorkload(new Random(2), parameters, 3);
  const small = await startMachine(executable, workload.memory.length);
  useBoardMemory(small, board);
  const { cycles } = (await runAndCompare(small, workload, parameters)).result;
  for (const after of [50, Math.floor(cycles / 3), Math.floor(cycles / 2), cycles - 5]) {
    small.option(machineOption.resetAfter, after);
    expect((await small.run(workload.list, 3)).status).toBe(255);
    expect((await runAndCompare(small, workload, parameters)).result.status, small.log()).toBe(0);
  }
  await small.close();
});
