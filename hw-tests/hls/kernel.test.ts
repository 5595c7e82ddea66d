import { describe, expect, test } from "vitest";
import type { Parameters } from "../../src/plan/plan.ts";
import { buildCsim } from "../../src/sim/csim.ts";
import { startMachine } from "../../src/sim/machine.ts";
import { planWith, Random, widest } from "./support.ts";
import { randomWorkload, runAndCompare } from "./workload.ts";

const variants: { name: string; changes: Partial<Parameters> }[] = [
  { name: "widest, 1 lane, 1 column", changes: { ...widest, LANES: 1, COLUMNS: 1, FP_UNITS: 1 } },
  { name: "widest, 4 lanes, 4 columns", changes: { ...widest, LANES: 4, COLUMNS: 4, FP_UNITS: 2 } },
];

describe("kernel against a plain reading of the interface (agreement of two readings)", () => {
  test.each(variants)("$name", async ({ changes }) => {
    const { parameters } = await planWith(changes);
    const seed = Number(process.env.BFQ_SEED ?? Date.now() % 1e9);
    console.log(`seed ${seed}`);
    const random = new Random(seed);
    const { hlsEmitter } = await import("../../src/emit/hls.ts");
    const executable = await buildCsim(hlsEmitter.files(await planWith(changes)));
    let outputs = 0;
    let finite = 0;
    for (let round = 0; round < 12; round++) {
      const workload = randomWorkload(random, parameters, random.integer(1, 5));
      const machine = await startMachine(executable, workload.memory.length);
      const counts = await runAndCompare(machine, workload, parameters);
      expect(counts.result.status).toBe(0);
      outputs += counts.outputs;
      finite += counts.finite;
      await machine.close();
    }
    console.log(`${outputs} outputs, ${finite} finite`);
    expect(finite).toBeGreaterThan(outputs / 4);
  });
});
