import { expect, it } from "vitest";
import { bfq } from "../src/cli/testing/bfq.ts";
import { sampleModel } from "./testing.ts";

it("every Q2_K and Q3_K tensor of the sample model, both formats in one list, has the golden bits on csim and rtl", async () => {
  const args = ["verify", "specs/accelerators/f-bfq.yaml", "--gguf", sampleModel, "--engine", "csim,rtl", "--json"];
  const { stdout, exitCode } = await bfq(args);
  const { ok, differing, checks, skipped } = JSON.parse(stdout);
  expect({ ok, differing, exitCode }).toEqual({ ok: true, differing: 0, exitCode: 0 });
  // The model's README: 13 tensors in Q2_K, 9 in Q3_K, the output in Q6_K, 7 norms.
  for (const engine of ["csim", "rtl"]) {
    const own = checks.filter((check: { engine: string }) => check.engine === engine);
    const formats = own.map((check: { format: string }) => check.format);
    expect(formats.filter((name: string) => name === "q2_K")).toHaveLength(13);
    expect(formats.filter((name: string) => name === "q3_K")).toHaveLength(9);
    expect(formats.slice(0, 4)).toEqual(["q2_K", "q3_K", "q2_K", "q3_K"]);
    for (const check of own) {
      expect(check.outputs).toBe(check.rows * check.columns);
      if (engine === "rtl") expect(check.cycles).toBeGreaterThan(0);
    }
  }
  expect(skipped).toHaveLength(8);
});
