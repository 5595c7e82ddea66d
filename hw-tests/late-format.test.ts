import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { packageRoot } from "../src/paths.ts";
import { outsideEnvelope } from "../src/plan/envelope.ts";
import { planFormat } from "../src/plan/format-plan.ts";
import { readFormat } from "../src/spec/parse-format.ts";
import { newSeed } from "../src/testing/run.ts";
import { variant } from "../src/testing/variant.ts";
import { engines } from "../src/verify/engines.ts";
import { randomJobs, verifyJobs } from "../src/verify/verify.ts";

const example = `${packageRoot}docs/examples/made_up3.yaml`;

it.each(["csim", "rtl"])(
  "a format that the built variant never saw runs on %s with a new format descriptor alone",
  async (name) => {
    const format = await readFormat(example);
    const { accelerator, plan } = await variant("everything", { lanes: 1, columns: 1 });
    expect(accelerator.formats.map((known) => known.name)).not.toContain(format.name);
    expect(outsideEnvelope(planFormat(format), plan.parameters)).toEqual([]);
    const engine = engines.get(name)!;
    const start = await engine.prepare(engine.files(plan));
    const seed = newSeed(name);
    const checks = await verifyJobs(name, start, randomJobs(plan, [format], 4, seed), plan, seed);
    expect(checks.map((check) => check.differing)).toEqual([0, 0, 0, 0]);
  },
);

it("f-bfq refuses it and says what is missing", async () => {
  const { plan } = await variant("f-bfq");
  const problems = outsideEnvelope(planFormat(await readFormat(example)), plan.parameters).map(({ what }) => what);
  expect(problems).toEqual([
    "made_up3 needs 4 bits of a level; the machine has 3 (LEVEL_BITS)",
    "made_up3 needs 7 bits of a signed scale; the machine has 6 (SCALE_WIDTH)",
    "made_up3 has steps of 32; the machine's shortest is 256 (MIN_STEP_LOG2)",
  ]);
});

it("the README shows the example as it is, without its comments", async () => {
  const spec = await readFile(example, "utf8");
  const bare = spec
    .split("\n")
    .filter((line) => !/^(#|description)/.test(line))
    .map((line) => line.replace(/ #.*$/, ""))
    .join("\n");
  expect(await readFile(`${packageRoot}README.md`, "utf8")).toContain(bare);
});
