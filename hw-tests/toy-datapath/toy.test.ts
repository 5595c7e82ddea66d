import { describe, expect, it } from "vitest";
import { datapaths } from "../../src/datapath/datapaths.ts";
import { estimateRun } from "../../src/estimate/cycles.ts";
import { idealMemory } from "../../src/estimate/timing.ts";
import { planAccelerator } from "../../src/plan/plan.ts";
import { UserError } from "../../src/problem.ts";
import { newSeed } from "../../src/testing/run.ts";
import { variant } from "../../src/testing/variant.ts";
import { engines } from "../../src/verify/engines.ts";
import { randomJobs, verifyJobs } from "../../src/verify/verify.ts";
import { toy } from "./toy.ts";

async function toyVariant(name: string, changes: Record<string, string | number>) {
  const { accelerator } = await variant(name, changes);
  return {
    formats: accelerator.formats,
    plan: () => planAccelerator({ ...accelerator, datapath: "toy" }, [...datapaths, toy]),
  };
}

describe("a datapath that this folder alone adds", () => {
  // Truth: the golden model. Several cycles a row step, activations that take time to be made ready, replay.
  it.each(["csim", "rtl"])("gives the same bits on %s", async (name) => {
    const { formats, plan } = await toyVariant("f-bfq", { lanes: 2, columns: 2, replay: 2 });
    const engine = engines.get(name)!;
    const planned = plan();
    expect(planned.parameters.REPLAY).toBeGreaterThan(1);
    const start = await engine.prepare(engine.files(planned));
    const seed = newSeed(`toy ${name}`);
    const checks = await verifyJobs(name, start, randomJobs(planned, formats, 6, seed), planned, seed);
    expect(checks.filter(({ differing }) => differing > 0)).toEqual([]);
    if (name !== "rtl") return;
    // Without stalls, the cycle model goes by the datapath's own pace.
    const timed = await verifyJobs(name, start, randomJobs(planned, formats, 3, seed), planned);
    for (const { format, rows, k, columns, cycles = 0 } of timed) {
      const plan = planned.formats.find(({ name }) => name === format)!;
      const matmul = { name: format, format: plan, rows, k, columns, sameActivations: false, usefulBytes: 0 };
      const model = estimateRun([matmul], planned, idealMemory).cycles;
      const what = `${format} ${rows} ${k} ${columns}: RTL ${cycles}, model ${model}`;
      expect(Math.abs(model - cycles), what).toBeLessThanOrEqual(Math.max(0.03 * cycles, 100));
    }
  });

  it("comes without the sources of any other", async () => {
    const { plan } = await toyVariant("f-bfq", {});
    const paths = engines
      .get("rtl")!
      .files(plan())
      .map(({ path }) => path);
    expect(paths).toContain("rtl/bfq_products_toy.sv");
    expect(paths.filter((path) => /bfq_products_multipliers|bfq_dot16|bfq_dot_chain/.test(path))).toEqual([]);
  });

  it("refuses a format by its name", async () => {
    const { plan } = await toyVariant("everything", {});
    expect(plan).toThrow(UserError);
    expect(plan).toThrow(/datapath toy: bipolar8 needs 9 bits of a level; it takes 8/);
  });
});
