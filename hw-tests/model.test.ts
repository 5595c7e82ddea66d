import { expect, it } from "vitest";
import { bfq } from "../src/cli/testing/bfq.ts";
import { sampleModel } from "../src/testing/variant.ts";

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

it.each([
  ["q3_k_m", { q3_K: 13, q4_K: 7, q5_K: 2, q6_K: 1 }],
  ["q4_k_m", { q4_K: 20, q6_K: 3 }],
])("k-quants runs every matrix of the %s model in one list on csim", async (name, want) => {
  const model = sampleModel.replace("q2_k", name);
  const args = ["verify", "specs/accelerators/k-quants.yaml", "--gguf", model, "--columns", "5", "--json"];
  const { ok, checks } = JSON.parse((await bfq(args)).stdout);
  expect(ok).toBe(true);
  const counts: Record<string, number> = {};
  for (const { format } of checks) counts[format] = (counts[format] ?? 0) + 1;
  expect(counts).toEqual(want);
});
