import { expect, test } from "vitest";
import type { GeneratedFile } from "../../src/emit/emitter.ts";
import { hlsEmitter } from "../../src/emit/hls.ts";
import { streamDepths } from "../../src/emit/hls-streams.ts";
import type { MachineParameters } from "../../src/plan/parameters.ts";
import { Random } from "../../src/random.ts";
import { buildCsim } from "../../src/sim/csim.ts";
import { type Machine, startMachine } from "../../src/sim/machine.ts";
import { newSeed } from "../../src/testing/run.ts";
import { fullWorkload } from "./full-workload.ts";
import { planWith, widest } from "./support.ts";
import { randomWorkload, runAndCompare } from "./workload.ts";

/** Streams are bounded with our shim only, so these tests always take that. */
const shim = "";

const changes: Partial<MachineParameters> = { ...widest, LANES: 2, COLUMNS: 2, FP_UNITS: 1 };

/** The kernel with other depths in its config header. */
async function withDepths(
  depths: Record<string, number>,
): Promise<{ files: GeneratedFile[]; parameters: MachineParameters }> {
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

async function runFull(machine: Machine, parameters: MachineParameters) {
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
    waits: ["sum_steps<0> waits to write sums_0[1] (depth 5)", "accumulate_steps<0> waits to read sums_0[4] (depth 5)"],
  },
  { depths: { ACTIVATION_SCALE_DEPTH: 1 }, waits: ["hold_activations<0> waits to write scales_0[0] (depth 1)"] },
  { depths: { GATHER_DEPTH: 31 }, waits: ["gather_results waits to write gathered (depth 31)"] },
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
  const seed = newSeed("streams");
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
      const { result } = await runAndCompare(machine, workload, parameters);
      await machine.close();
      expect(machine.log()).toBe("");
      expect(result.status).toBe(0);
    }
  }
});
