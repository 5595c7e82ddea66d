import { describe, expect, it } from "vitest";
import { type Plan, planAccelerator } from "../src/plan/plan.ts";
import { isLong, newSeed } from "../src/testing/run.ts";
import { variant } from "../src/testing/variant.ts";
import { engines } from "../src/verify/engines.ts";
import { randomJobs, verifyJobs } from "../src/verify/verify.ts";

/** Random shapes, random bits and corner scales of every format of a variant: no bit may differ from the golden model. */
async function noBitDiffers(
  engineName: string,
  plan: Plan,
  formats: Parameters<typeof randomJobs>[1],
  runs: number,
  seed: number,
) {
  const engine = engines.get(engineName)!;
  const start = await engine.prepare(engine.files(plan));
  const perList = 5;
  for (let first = 0; first < runs; first += perList) {
    const jobs = randomJobs(plan, formats, Math.min(perList, runs - first), seed + first);
    const checks = await verifyJobs(engineName, start, jobs, plan, seed + first);
    const wrong = checks.filter((check) => check.differing > 0);
    expect(wrong, `seed ${seed}, list ${first}`).toEqual([]);
  }
}

describe("C simulation against the golden model (truth: the golden model, which ggml judges)", () => {
  it("f-bfq: 40 random MatMuls of both formats in lists that alternate them", async () => {
    const { accelerator, plan } = await variant("f-bfq");
    await noBitDiffers("csim", plan, accelerator.formats, isLong ? 400 : 40, newSeed("csim f-bfq"));
  });

  it("everything: every format", async () => {
    const { accelerator, plan } = await variant("everything");
    await noBitDiffers("csim", plan, accelerator.formats, isLong ? 60 : 6, newSeed("csim everything"));
  });
});

describe("RTL against the golden model, random latency and stalls on every channel", () => {
  it("f-bfq: 20 random MatMuls", async () => {
    const { accelerator, plan } = await variant("f-bfq");
    await noBitDiffers("rtl", plan, accelerator.formats, isLong ? 300 : 20, newSeed("rtl f-bfq"));
  });

  const shapes = isLong ? [1, 2, 4].flatMap((lanes) => [1, 2, 4].map((columns) => [lanes, columns])) : [[2, 2]];
  it.each(shapes)("f-bfq with %i lanes and %i columns gives the same bits", async (lanes, columns) => {
    const { accelerator, plan } = await variant("f-bfq", { lanes, columns });
    await noBitDiffers("rtl", plan, accelerator.formats, isLong ? 40 : 10, newSeed(`rtl ${lanes} x ${columns}`));
  });

  // q4_0 has a step of each 32 weights: its sums wait for the fp32 units.
  it("fp-units: four units, two rows of two columns at once", async () => {
    const { accelerator } = await variant("f-bfq", { formats: "[q4_0, q2_K]", lanes: 1, columns: 2 });
    const plan = planAccelerator({ ...accelerator, fpUnits: 4 });
    await noBitDiffers("rtl", plan, accelerator.formats, isLong ? 40 : 8, newSeed("rtl fp-units"));
  });

  it("everything, one lane and one column: every format", async () => {
    const { accelerator, plan } = await variant("everything", { lanes: 1, columns: 1 });
    await noBitDiffers("rtl", plan, accelerator.formats, isLong ? 40 : 4, newSeed("rtl everything"));
  });
});
