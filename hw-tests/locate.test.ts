import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";
import { variant } from "../src/testing/variant.ts";
import { engines } from "../src/verify/engines.ts";
import { randomJob } from "../src/verify/samples.ts";
import { verifyJobs } from "../src/verify/verify.ts";

/** Bugs put into the generated HLS C++: where, what, and the intermediate that verify must name. */
const bugs = [
  {
    name: "a level one too high",
    path: "hls/bfq_levels.hpp",
    from: "shifted - format.level_offset)",
    to: "shifted - format.level_offset + 1)",
    want: "isum",
  },
  {
    name: "a wrong scale offset",
    path: "hls/bfq_steps.hpp",
    from: "isum_t(s * ap_int",
    to: "isum_t((s - 1) * ap_int",
    want: "isum",
  },
  {
    name: "a wrong min",
    path: "hls/bfq_steps.hpp",
    from: "msum_t(min * sum)",
    to: "msum_t((min + 1) * sum)",
    want: "msum",
  },
  {
    name: "an accumulator that is never cleared",
    path: "hls/bfq_accumulate.hpp",
    from: "turn<f32_t>(ring[m], row_done ? f32_t(0) : sum)",
    to: "turn<f32_t>(ring[m], sum)",
    want: undefined,
  },
];

describe("verify finds a bug in the hardware and names the first wrong intermediate", () => {
  it.each(bugs)("$name", async ({ path, from, to, want }) => {
    const { accelerator, plan } = await variant("f-bfq", { lanes: 1 });
    const engine = engines.get("csim")!;
    const files = engine.files(plan);
    expect(files.find((file) => file.path === path)?.text).toContain(from);
    const planted = files.map((file) => (file.path === path ? { path, text: file.text.replace(from, to) } : file));
    const start = await engine.prepare(planted);
    const random = new Random(7);
    const jobs = [0, 1].map((i) => {
      let job = randomJob(accelerator.formats[i], plan.formats[i], random, 1024);
      while (job.rows < 20 || job.k < 768) job = randomJob(accelerator.formats[i], plan.formats[i], random, 1024);
      return { ...job, name: `job ${i}` };
    });
    const checks = await verifyJobs("csim", start, jobs, plan);
    const found = checks.find((check) => check.first);
    expect(found?.differing).toBeGreaterThan(0);
    expect(found?.first?.intermediate).toBe(want);
    if (want)
      expect(found?.first?.block).toHaveLength(
        accelerator.formats.find(({ name }) => name === found?.format)!.bytes * 2,
      );
  });
});
