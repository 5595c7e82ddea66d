import { expect, it } from "vitest";
import { planAccelerator } from "../src/plan/plan.ts";
import { Random } from "../src/random.ts";
import { parseFormat } from "../src/spec/parse-format.ts";
import { SpecSource } from "../src/spec/source.ts";
import { variant } from "../src/testing/variant.ts";
import { engines } from "../src/verify/engines.ts";
import { overwriteScales, randomJob } from "../src/verify/samples.ts";
import { verifyJobs } from "../src/verify/verify.ts";

const spec = `bfq: 1
name: f32_halved
block: { elements: 32, bytes: 36, sub-block: 32 }
activation: q8_0
step: 32
fields:
  d: { type: f32, byte: 0, multiplier: 0.5 }
  code:
    - { bits: 8, byte: 4, shape: [32], stride: [8] }
level: { twos-complement: true }
`;

it("an f32 scale that its multiplier takes just below 2^-126 counts as zero in the machine too", async () => {
  const format = parseFormat(SpecSource.parse(spec, "f32_halved.yaml"));
  const { accelerator } = await variant("f-bfq", { lanes: 1 });
  const plan = planAccelerator({ ...accelerator, formats: [format] });
  const job = randomJob(format, plan.formats[0], new Random(3), 512);
  overwriteScales(format, job.stored, "d", 0x00ffffff);
  // Activation scales large enough that 2^-126 in place of zero would show.
  job.activations.scales.fill(2 ** 100);
  const engine = engines.get("csim")!;
  const start = await engine.prepare(engine.files(plan));
  const [check] = await verifyJobs("csim", start, [{ ...job, name: "halved" }], plan);
  expect(check.differing).toBe(0);
});
