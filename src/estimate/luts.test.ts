import { expect, test } from "vitest";
import { specsFolder } from "../paths.ts";
import { planAccelerator } from "../plan/plan.ts";
import { parseAccelerator, readAccelerator } from "../spec/accelerator.ts";
import { SpecSource } from "../spec/source.ts";
import { plannedFfs } from "./flip-flops.ts";
import { plannedLuts } from "./luts.ts";
import { estimateByYosys } from "./yosys.ts";

// Outside truth: Yosys. The formula's coefficients come from the four variants of specs/accelerators, so the variant here is
// one that they have not seen; the committed f-bfq guards against a formula that falls behind the RTL.
const unseen = `bfq: 1
name: unseen
board: kv260
formats: [q4_1, iq4_xs]
lanes: 2
columns: 2
max-k: 2048
`;

test("LUTs, flip-flops and memory blocks by formula, within 15 % of Yosys' for LUT and FF and exact for the blocks", async () => {
  const plans = [
    planAccelerator(await readAccelerator(`${specsFolder}/accelerators/f-bfq.yaml`)),
    planAccelerator(await parseAccelerator(SpecSource.parse(unseen, "unseen.yaml"))),
  ];
  for (const plan of plans) {
    const { total } = await estimateByYosys(plan);
    const planned = plannedLuts(plan).total;
    console.log(`${plan.name}: ${planned} LUT by formula, ${total.lut} by Yosys`);
    expect(Math.abs(planned / total.lut - 1)).toBeLessThanOrEqual(0.15);
    expect(Math.abs(plannedFfs(plan.parameters) / total.ff - 1)).toBeLessThanOrEqual(0.15);
    expect({ bram36: total.bram36, uram: total.uram }).toEqual(plan.memory);
  }
});
