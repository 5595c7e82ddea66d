import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { estimateRun } from "../estimate/cycles.ts";
import { fitModel } from "../estimate/fit.ts";
import { measurePerformance, type Performance } from "../estimate/performance.ts";
import { boardMemory } from "../estimate/timing.ts";
import { writeGguf } from "../gguf/testing/write-gguf.ts";
import type { Model } from "../model/model.ts";
import { openModel } from "../model/open-model.ts";
import { modelHeaders } from "../model/testing/model-headers.ts";
import { specsFolder } from "../paths.ts";
import { wordBytes } from "../plan/interface.ts";
import { type Plan, planAccelerator } from "../plan/plan.ts";
import { UserError } from "../problem.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import type { Format } from "../spec/format.ts";
import { readLibrary } from "../spec/library.ts";
import { committedText, updateCommand } from "../testing/committed.ts";
import { type ModelFigures, modelsPage } from "./models-page.ts";

let folder: string;
let library: ReadonlyMap<string, Format>;
const plans = new Map<string, Plan>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-models-"));
  for (const [name, header] of modelHeaders) await writeFile(join(folder, `${name}.gguf`), writeGguf(header));
  library = await readLibrary();
  for (const name of ["k-quants", "everything"]) {
    plans.set(name, planAccelerator(await readAccelerator(`${specsFolder}/accelerators/${name}.yaml`)));
  }
});
afterAll(() => rm(folder, { recursive: true }));

const open = async (name: string) => (await openModel(join(folder, `${name}.gguf`))).model;

function estimate(model: Model, plan: Plan): Promise<Performance> {
  const memory = boardMemory(plan.board);
  return measurePerformance({
    model,
    plan,
    library,
    columns: 128,
    time: ({ matmuls }) => ({ cycles: estimateRun(matmuls, plan, memory).cycles, detail: {} }),
    readerRate: () => wordBytes * Math.min(plan.parameters.LANES, memory.wordsPerCycle),
    memory,
    gapMicroseconds: 15,
  });
}

const whyNot = (error: unknown) => {
  if (error instanceof UserError) return { why: error.problems[0].what };
  throw error;
};

it("docs/models.md is what fit and estimate say of the headers", async () => {
  const figures: ModelFigures[] = [];
  for (const name of modelHeaders.keys()) {
    const variant = name.startsWith("bitnet") ? "everything" : "k-quants";
    const plan = plans.get(variant)!;
    const model = await open(name);
    const found = await estimate(model, plan).then(
      ({ endToEnd: { tokensPerSecond, tokenCpuSeconds } }) => ({
        tokensPerSecond,
        cpuMilliseconds: 1e3 * tokenCpuSeconds.total,
      }),
      whyNot,
    );
    figures.push({ name, variant, fit: fitModel(model, plan, library), estimate: found });
  }
  const page = modelsPage(figures);
  expect(committedText("docs/models.md", page), `make it again: ${updateCommand} src/docs`).toBe(page);
});

// Outside truth: worked out by hand from the shapes, 1.2 G MACs a second of CPU and the board's 16 GB/s.
describe("figures by hand", () => {
  it.each([
    ["gpt-oss-20b-mxfp4", "k-quants", 0.4, 0.55],
    ["llama-3.2-1b-iq2_k-ik", "k-quants", 1.55, 1.7],
    ["bitnet-2b-tq1_0", "everything", 2.9, 3.3],
  ])("%s on %s: between %f and %f tok/s", async (name, variant, least, most) => {
    const { endToEnd } = await estimate(await open(name), plans.get(variant)!);
    expect(endToEnd.tokensPerSecond).toBeGreaterThan(least);
    expect(endToEnd.tokensPerSecond).toBeLessThan(most);
  });

  it("a NextN layer is no part of a token: 19.1 tok/s in MatMuls, as without it", async () => {
    const plan = plans.get("k-quants")!;
    const model = await open("llama-1b-with-nextn");
    expect(model.layers).toBe(16);
    const { tokensPerSecond } = await estimate(model, plan);
    expect(tokensPerSecond).toBeCloseTo(19.1, 0);
    expect((await estimate(await open("llama-3.2-1b-q4_k_m"), plan)).tokensPerSecond).toBeCloseTo(tokensPerSecond, 6);
  });

  it("the less the accelerator takes, the slower the model", async () => {
    const plan = plans.get("k-quants")!;
    const [whole, part] = await Promise.all(
      ["llama-3.2-1b-q4_k_m", "llama-3.2-1b-iq2_k-ik"].map(async (name) => estimate(await open(name), plan)),
    );
    expect(part.endToEnd.tokensPerSecond).toBeLessThan(whole.endToEnd.tokensPerSecond);
  });
});

describe("what a header says", () => {
  it.each([
    ["lfm2-1.2b-q4_k_m", 6, 16],
    ["granite-4.0-h-micro-q4_k_m", 4, 40],
    ["mamba-2.8b-q4_k", 0, 64],
    ["openelm-270m-q4_k_m", 16, 16],
  ])("%s attends in %d layers of %d", async (name, attending, layers) => {
    const model = await open(name);
    expect(model.heads.filter((heads) => heads !== null)).toHaveLength(attending);
    expect(model.heads).toHaveLength(layers);
  });

  it("OpenELM has its own heads in each layer", async () => {
    const { heads } = await open("openelm-270m-q4_k_m");
    expect([heads[0], heads[15]]).toEqual([
      { query: 12, kv: 3, size: 64 },
      { query: 20, kv: 5, size: 64 },
    ]);
  });

  it("of experts those in use are counted, in one tensor or in one each", async () => {
    const used = async (name: string, role: string) => {
      const { tensors } = await open(name);
      return tensors
        .filter((tensor) => tensor.layer === 1 && tensor.role === role)
        .reduce((sum, tensor) => sum + tensor.used, 0);
    };
    expect(await used("qwen3-30b-a3b-q4_k_m", "ffn_gate_exps")).toBe(8);
    expect(await used("deepseek-v2-lite-q4_k_m", "ffn_down_exps")).toBe(6);
    expect(await used("mixtral-8x7b-2023-q4_k_m", "ffn_up")).toBe(2);
  });

  it("each part of a split opens the whole model, and a missing one is named", async () => {
    const parts = [1, 2, 3].map((part) => `llama-3.2-1b-0000${part}-of-00003`);
    const whole = await open("llama-3.2-1b-q4_k_m");
    for (const part of parts) expect((await open(part)).tensors).toEqual(whole.tensors);
    await rm(join(folder, `${parts[1]}.gguf`));
    await expect(open(parts[0])).rejects.toThrow('part 2 of 3 is missing: "llama-3.2-1b-00002-of-00003.gguf"');
    await writeFile(join(folder, `${parts[1]}.gguf`), writeGguf(modelHeaders.get(parts[2])!));
    await expect(open(parts[0])).rejects.toThrow("it is not part 2 of 3");
    await writeFile(join(folder, "renamed.gguf"), writeGguf(modelHeaders.get(parts[2])!));
    await expect(open("renamed")).rejects.toThrow("error[split-name]");
  });
});

describe("every tensor has a row and, where it does not run, a reason", () => {
  it.each([...modelHeaders.keys()].filter((name) => !name.includes("-of-")))("%s", async (name) => {
    const model = await open(name);
    const { tensors, limits, memory } = fitModel(model, plans.get("k-quants")!, library);
    expect(tensors.reduce((sum, { count }) => sum + count, 0)).toBe(modelHeaders.get(name)!.tensors!.length);
    for (const { runs, reason } of tensors) expect(runs || reason !== "").toBe(true);
    expect(memory.tiles).toBeLessThanOrEqual(limits.weightBytes);
  });
});
