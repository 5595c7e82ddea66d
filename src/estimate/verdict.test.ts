import { describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { planAccelerator } from "../plan/plan.ts";
import { formatProblem } from "../problem.ts";
import { type Accelerator, readAccelerator } from "../spec/accelerator.ts";
import { judgePlan } from "./verdict.ts";

const spec = (name: string) => readAccelerator(`${specsFolder}/accelerators/${name}.yaml`);

async function judge(name: string, changes: Partial<Accelerator> = {}) {
  const accelerator = { ...(await spec(name)), ...changes };
  return judgePlan(accelerator, planAccelerator(accelerator));
}

const texts = ({ problems }: Awaited<ReturnType<typeof judge>>) =>
  problems.map((problem) => formatProblem(problem).replace(/^.*\/(?=\w)/, ""));

describe("a plan beside its board", () => {
  it.each(["f-bfq", "k-quants", "everything", "grids"])("%s fits without a warning", async (name) => {
    expect(await judge(name)).toMatchObject({ fits: true, problems: [], warnings: [] });
  });

  it("too many DSPs, and what would fit", async () => {
    expect(texts(await judge("everything", { columns: 8 }))).toEqual([
      "everything.yaml:2:1: error[does-not-fit]: everything needs 1328 DSP of kv260's 1248\n  fix: what fits: columns: 4, or lanes: 2",
    ]);
  });

  it("a K for which the activations do not fit UltraRAM", async () => {
    const verdict = await judge("everything", { maxK: 65536, columns: 8 });
    expect(texts(verdict)[1]).toContain("everything needs 192 URAM of kv260's 64\n");
    expect(verdict.problems[0].fix).toMatch(/^what fits: /);
  });

  it("a board on which nothing of it fits", async () => {
    const { board } = await spec("f-bfq");
    const small = { ...board, name: "small", resources: { ...board.resources, lut: 1000 } };
    const { problems } = await judge("f-bfq", { board: small });
    expect(problems).toMatchObject([
      { fix: "use fewer or narrower formats, or a larger board: no choice of lanes and columns fits" },
    ]);
  });

  it("warns above 75 % of LUT and 90 % of DSP, and of a clock and a bandwidth beyond the board's", async () => {
    const accelerator = await spec("k-quants");
    const { board } = accelerator;
    const uses = (await judge("k-quants")).uses;
    const needed = (resource: string) => uses.find((use) => use.resource === resource)!.needed;
    const resources = {
      ...board.resources,
      lut: Math.floor(needed("LUT") / 0.76),
      dsp: Math.floor(needed("DSP") / 0.91),
    };
    const { fits, warnings } = await judge("k-quants", { board: { ...board, resources }, clock: 300 });
    expect(fits).toBe(true);
    expect(warnings).toEqual([
      "LUT: 76 % of the board's; above 75 % timing is seldom met",
      "DSP: 91 % of the board's; above 90 % timing is seldom met",
      "clock: 300 MHz; the board's designs are expected to reach 250",
      "bandwidth: the ports take 19.2 GB/s, the DRAM gives 17.07 at most: 3 lanes use it up",
    ]);
  });
});
