import { expect, test } from "vitest";
import type { GeneratedFile } from "../../src/emit/emitter.ts";
import { rtlEmitter } from "../../src/emit/rtl.ts";
import { machineOption } from "../../src/emit/sim-protocol.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import { Random } from "../../src/random.ts";
import { buildIcarus, startIcarus } from "../../src/sim/icarus.ts";
import { isLong, newSeed } from "../../src/testing/run.ts";
import { planWith, widest } from "../hls/support.ts";
import { randomWorkload, runAndCompare, type Workload } from "../hls/workload.ts";
import { mutate } from "./verilate.ts";

const seed = newSeed("kernel on Icarus");

/** A list that takes some hundred cycles, as Icarus does several hundred a second, and in which tiles are replayed. */
function tinyWorkload(random: Random, parameters: MachineParameters): Workload {
  for (;;) {
    const workload = randomWorkload(random, parameters, 2);
    const values = workload.descriptors.map((descriptor) => descriptor.values);
    const isTiny = values.every(({ rows, k_tiles, columns }) => rows <= 40 && k_tiles <= 2 && columns <= 6);
    if (isTiny && values.some(({ columns }) => columns > parameters.COLUMNS * (parameters.REPLAY - 1))) return workload;
  }
}

const planReplay = (replay: number) =>
  planWith({ ...widest, LANES: 2, COLUMNS: 2, REPLAY: replay, FP_UNITS: 1, CODEBOOK: 16, DESC_WORDS: 7 });

async function runTiny(files: GeneratedFile[], parameters: MachineParameters, round: number, percent: number) {
  const program = await buildIcarus(files);
  const workload = tinyWorkload(new Random(seed + round), parameters);
  const machine = await startIcarus(program, workload.memory.length);
  machine.option(machineOption.stallSeed, percent > 0 ? seed : 0);
  machine.option(machineOption.stallPercent, percent);
  try {
    return await runAndCompare(machine, workload, parameters);
  } finally {
    await machine.close();
  }
}

// The same reading of the interface as for Verilator (agreement); that two simulators agree is what this adds.
test.each([
  [2, 0],
  [3, 30],
])("the whole machine in Icarus, replay %i, AXI channels paused in %i of 100 cycles", async (replay, percent) => {
  const plan = await planReplay(replay);
  for (let round = 0; round < (isLong ? 30 : 2); round++) {
    const { result, finite } = await runTiny(rtlEmitter.files(plan), plan.parameters, round, percent);
    expect(result.status).toBe(0);
    expect(result.cycles).toBeGreaterThan(Math.max(...result.words));
    expect(finite).toBeGreaterThan(0);
  }
});

test("it notices a second walk with other activations", async () => {
  const plan = await planReplay(2);
  const mutation = { file: "bfq_tile_walks.sv", from: "walk_address + BATCH", to: "walk_address + RECORD" };
  const files = rtlEmitter
    .files(plan)
    .map((file) => (file.path === `rtl/${mutation.file}` ? { ...file, text: mutate(file.text, mutation) } : file));
  await expect(runTiny(files, plan.parameters, 0, 0)).rejects.toThrow();
});

test("it refuses a kernel of another configuration", async () => {
  const plan = await planReplay(2);
  const wrong = (text: string) => text.replace(".CONFIG_HASH(bfq_params::CONFIG_HASH)", ".CONFIG_HASH(32'd1)");
  const files = rtlEmitter
    .files(plan)
    .map((file) => (file.path === "rtl/bfq_machine.sv" ? { ...file, text: wrong(file.text) } : file));
  await expect(runTiny(files, plan.parameters, 0, 0)).rejects.toThrow(/configuration hash/);
});
