import { describe, expect, it } from "vitest";
import { refuseFormat } from "../src/plan/format-plan.ts";
import { planAccelerator } from "../src/plan/plan.ts";
import { Random } from "../src/random.ts";
import type { Format } from "../src/spec/format.ts";
import { randomFormat } from "../src/testing/random-format.ts";
import { isLong, newSeed } from "../src/testing/run.ts";
import { variant } from "../src/testing/variant.ts";
import { engines } from "../src/verify/engines.ts";
import { randomJobs, verifyJobs } from "../src/verify/verify.ts";

/** Formats that hardware takes, with their specs for the report of a failure. */
function hardwareFormats(count: number, random: Random) {
  const texts = new Map<string, string>();
  const formats: Format[] = [];
  while (formats.length < count) {
    const { format, text } = randomFormat(`random_${formats.length}`, random, "machine");
    if (refuseFormat(format).length > 0) continue;
    formats.push(format);
    texts.set(format.name, text);
  }
  return { formats, texts };
}

const batches = isLong ? 10 : 1;
const perBatch = 20;

describe("random format specs: generated hardware against the golden model, one envelope a batch (agreement)", () => {
  it.each(Array.from({ length: batches }, (_, batch) => batch))(
    "batch %i of 20 formats",
    async (batch) => {
      const seed = newSeed(`batch ${batch}`);
      const { formats, texts } = hardwareFormats(perBatch, new Random(seed));
      const { accelerator } = await variant("f-bfq", { lanes: 1, columns: 1 });
      const plan = planAccelerator({ ...accelerator, formats });
      const jobs = randomJobs(plan, formats, 2, seed);
      for (const name of isLong ? ["csim", "rtl"] : ["csim"]) {
        const engine = engines.get(name)!;
        const start = await engine.prepare(engine.files(plan));
        const checks = await verifyJobs(name, start, jobs, plan, seed);
        const wrong = checks.find((check) => check.differing > 0);
        expect(wrong, `${name}, seed ${seed}\n${wrong && texts.get(wrong.format)}`).toBeUndefined();
      }
    },
    900_000,
  );
});
