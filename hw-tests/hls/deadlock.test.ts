import { expect, test } from "vitest";
import type { GeneratedFile } from "../../src/emit/emitter.ts";
import { hlsEmitter } from "../../src/emit/hls.ts";
import { streamDepths } from "../../src/emit/hls-streams.ts";
import { type DescriptorValues, encodeDescriptor } from "../../src/plan/descriptor.ts";
import type { Parameters } from "../../src/plan/plan.ts";
import { buildCsim } from "../../src/sim/csim.ts";
import { type Machine, startMachine } from "../../src/sim/machine.ts";
import { planWith, Random, widest } from "./support.ts";
import { randomWorkload, runAndCompare, type Workload } from "./workload.ts";

/** Streams are bounded with our shim only, so these tests always take that. */
const shim = "";

const changes: Partial<Parameters> = { ...widest, LANES: 2, COLUMNS: 2, FP_UNITS: 1 };

/** Uses each stream to the full: longest sections, four steps per row step, more row tiles than a run. */
const values: DescriptorValues = {
  ...{ magic: 0x31514642, flags: 0, rows: 256, k_tiles: 2, columns: 2, output_stride: 256, lane_stride: 0x10000 },
  ...{ tile_words: 32 + 32 + 8 + 8 + 64, weights: 0, activations: 0x30000, output: 0x31000 },
  ...{ code_bits: 4, level_mode: 0, level_shift: 0, level_offset: 8, sub_block_log2: 4, step_log2: 4 },
  ...{ scale_bits: 8, scale_shift: 0, scale_offset: 128, min_bits: 8, min_shift: 0, min_offset: 128 },
  ...{ d_type: 2, d_group_log2: 4, d_bias: 0, min_mode: 1, dmin_bias: 0 },
  ...{ d_words: 32, dmin_words: 32, scale_words: 8, min_words: 8 },
};

function fullWorkload(parameters: Parameters): Workload {
  const memory = new Uint8Array(0x40000);
  new Random(2).fill(memory.subarray(0, 0x31000));
  const list = 0x3f000;
  const codebook: number[] = [];
  memory.set(encodeDescriptor(values, codebook, parameters), list);
  return { memory, descriptors: [{ values, codebook }], list };
}

/** The kernel with other depths in its config header. */
async function withDepths(depths: Record<string, number>): Promise<{ files: GeneratedFile[]; parameters: Parameters }> {
  const plan = await planWith(changes);
  const files = hlsEmitter.files(plan).map(({ path, text }) => {
    if (path !== "hls/bfq_config.hpp") return { path, text };
    let changed = text;
    for (const [name, depth] of Object.entries(depths)) {
      const line = new RegExp(`(constexpr int ${name} = )\\d+`);
      expect(changed).toMatch(line);
      changed = changed.replace(line, `$1${depth}`);
    }
    return { path, text: changed };
  });
  return { files, parameters: plan.parameters };
}

async function runFull(machine: Machine, parameters: Parameters) {
  const workload = fullWorkload(parameters);
  machine.write(0, workload.memory);
  return machine.run(workload.list, 1);
}

test.each<{ depths: Record<string, number>; waits: string[] }>([
  { depths: { JOB_DEPTH: 9 }, waits: ["hold_activations<0> waits to read hold_jobs_0 (depth 9)"] },
  { depths: { D_DEPTH: 16 }, waits: ["split_tiles<0> waits to write d_0 (depth 16)"] },
  { depths: { SCALE_DEPTH: 4 }, waits: ["split_tiles<1> waits to write scale_planes_1 (depth 4)"] },
  { depths: { MIN_DEPTH: 3, FACTOR_DEPTH: 1 }, waits: ["split_tiles<0> waits to write min_planes_0 (depth 3)"] },
  {
    depths: { SUM_DEPTH: 5 },
    waits: [
      "multiply_tiles<0> waits to write sums_0[1] (depth 5)",
      "accumulate_steps<0> waits to read sums_0[4] (depth 5)",
    ],
  },
  { depths: { RESULT_DEPTH: 8 }, waits: ["accumulate_steps<0> waits to write results_0[1] (depth 8)"] },
])(
  "$depths deadlocks: status 18, each process and its stream are named, the machine goes on",
  async ({ depths, waits }) => {
    const { files, parameters } = await withDepths(depths);
    const machine = await startMachine(await buildCsim(files, shim), 0x40000);
    expect((await runFull(machine, parameters)).status).toBe(18);
    expect((await machine.run(0, 0)).status).toBe(0);
    await machine.close();
    expect(machine.log()).toContain("deadlock: every process waits");
    for (const wait of waits) expect(machine.log()).toContain(wait);
  },
);

test("the depths as they are, and what they say is needed, are enough", async () => {
  const { parameters } = await planWith(changes);
  const needed = Object.fromEntries(streamDepths(parameters).map(({ name, needed }) => [name, needed]));
  const seed = Number(process.env.BFQ_SEED ?? Date.now() % 1e9);
  console.log(`seed ${seed}`);
  for (const depths of [{}, needed]) {
    const { files } = await withDepths(depths);
    const executable = await buildCsim(files, shim);
    const full = await startMachine(executable, 0x40000);
    const { status } = await runFull(full, parameters);
    await full.close();
    expect(full.log()).toBe("");
    expect(status).toBe(0);
    const random = new Random(seed);
    for (let round = 0; round < 4; round++) {
      const workload = randomWorkload(random, parameters, 4);
      const machine = await startMachine(executable, workload.memory.length);
      expect((await runAndCompare(machine, workload, parameters)).result.status).toBe(0);
      await machine.close();
    }
  }
});
