import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { estimateModel } from "../estimate/estimate-model.ts";
import { boardMemory } from "../estimate/timing.ts";
import { judgePlan } from "../estimate/verdict.ts";
import { smallModel } from "../model/testing/small-model.ts";
import { specsFolder } from "../paths.ts";
import { planAccelerator } from "../plan/plan.ts";
import { Random } from "../random.ts";
import { Evaluator } from "./evaluate.ts";
import { acceleratorOf, readSpace, type Space } from "./space.ts";
import { smallSpace } from "./testing/small-space.ts";

let folder: string;
let small: Space;
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-evaluate-`);
  await writeFile(`${folder}/small.yaml`, smallModel);
  await writeFile(`${folder}/space.yaml`, smallSpace);
  small = await readSpace(`${folder}/space.yaml`);
});
afterAll(() => rm(folder, { recursive: true }));

// Agreement: with what `fit`, `check` and `estimate` say of the same variant.
it("a point has the figures that estimate and check give its accelerator", async () => {
  const evaluator = new Evaluator(small);
  const random = new Random(1);
  let compared = 0;
  for (let i = 0; i < 60; i++) {
    const n = random.below(small.size);
    const record = evaluator.evaluate(n);
    if (!("point" in record)) continue;
    const { point } = record;
    const accelerator = acceleratorOf(small, n);
    const plan = planAccelerator(accelerator);
    const { model, library, context } = small;
    const memory = boardMemory(plan.board, plan.clockMHz);
    const found = await estimateModel({ model, plan, library, columns: context, memory });
    const { fits, uses } = judgePlan(accelerator, plan);
    expect(point).toMatchObject({
      fits,
      tokenCycles: found.token.cycles,
      promptCycles: found.prompt.cycles,
      lut: uses[0].needed,
      uram: uses[4].needed,
      onCpu: found.onCpu.reduce((sum, { tensors }) => sum + tensors, 0),
    });
    expect(point.tokensPerSecond).toBeCloseTo(found.tokensPerSecond, 6);
    expect(point.promptTokensPerSecond).toBeCloseTo(found.prompt.tokensPerSecond, 6);
    expect(point.endToEndTokensPerSecond / found.endToEnd.tokensPerSecond).toBeCloseTo(1, 6);
    expect(point.endToEndPromptTokensPerSecond / found.endToEnd.promptTokensPerSecond).toBeCloseTo(1, 6);
    compared++;
  }
  expect(compared).toBeGreaterThan(10);
});

it("what is no variant says why; the rest of the space goes on", () => {
  const evaluator = new Evaluator(small);
  const records = Array.from({ length: small.size }, (_, n) => evaluator.evaluate(n));
  const whys = new Set(records.flatMap((record) => ("refused" in record ? [record.refused] : [])));
  expect([...whys].some((why) => /^8 lanes need 8 weight ports; kv260 has 4$/.test(why))).toBe(true);
});

// At least 200 points a second and core: of this thread's own time, whatever else the machine does.
it("a whole model's points take less than 5 ms each", async () => {
  const space = await readSpace(`${specsFolder}/spaces/kv260-tinyllama.yaml`);
  const evaluator = new Evaluator(space);
  const all = Array.from({ length: space.size }, (_, n) => n);
  const begin = process.cpuUsage();
  const points = all.filter((n) => n % 8 === 0).filter((n) => "point" in evaluator.evaluate(n)).length;
  const { user, system } = process.cpuUsage(begin);
  const milliseconds = (user + system) / 1000 / points;
  console.log(`${points} points, ${(1000 / milliseconds).toFixed(0)} a second of CPU`);
  expect(points).toBeGreaterThan(100);
  expect(milliseconds).toBeLessThan(5);
});
