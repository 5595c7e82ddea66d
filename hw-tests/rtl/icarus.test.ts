import { expect, test } from "vitest";
import { rtlEmitter } from "../../src/emit/rtl.ts";
import type { Parameters } from "../../src/plan/parameters.ts";
import { buildIcarus, startIcarus } from "../../src/sim/icarus.ts";
import { planWith, Random, widest } from "../hls/support.ts";
import { randomWorkload, runAndCompare, type Workload } from "../hls/workload.ts";

const seed = Number(process.env.BFQ_SEED ?? Date.now() % 1e9);

/** A list that takes some hundred cycles: Icarus does several hundred a second. */
function tinyWorkload(random: Random, parameters: Parameters): Workload {
  for (;;) {
    const workload = randomWorkload(random, parameters, 2);
    const isTiny = workload.descriptors.every(
      ({ values }) => values.rows <= 40 && values.k_tiles <= 2 && values.columns <= 5,
    );
    if (isTiny) return workload;
  }
}

// The same reading of the interface as for Verilator (agreement); that two simulators agree is what this adds.
test.each([0, 30])("the whole machine in Icarus, AXI channels paused in %i of 100 cycles", async (percent) => {
  console.log(`seed ${seed}`);
  const plan = await planWith({ ...widest, LANES: 2, COLUMNS: 2, REPLAY: 2, FP_UNITS: 1, CODEBOOK: 16, DESC_WORDS: 7 });
  const program = await buildIcarus(rtlEmitter.files(plan));
  for (let round = 0; round < (process.env.BFQ_LONG ? 30 : 3); round++) {
    const workload = tinyWorkload(new Random(seed + round), plan.parameters);
    const machine = await startIcarus(program, workload.memory.length);
    machine.option(1, percent > 0 ? seed : 0);
    machine.option(2, percent);
    const { result, finite } = await runAndCompare(machine, workload, plan.parameters);
    await machine.close();
    expect(result.status).toBe(0);
    expect(result.cycles).toBeGreaterThan(Math.max(...result.words));
    expect(finite).toBeGreaterThan(0);
  }
});
