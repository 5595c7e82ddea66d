import { describe, expect, it } from "vitest";
import { datapaths } from "../../src/datapath/datapaths.ts";
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
