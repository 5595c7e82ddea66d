import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { evaluate } from "../../src/eval/evaluate.ts";
import { Forward } from "../../src/eval/forward.ts";
import { klOf, perplexityOf } from "../../src/eval/metrics.ts";
import { loadModel } from "../../src/eval/model.ts";
import { multiplyFast } from "../../src/eval/multiply.ts";
import { divergence, score } from "../../src/eval/score.ts";
import { readVocabulary } from "../../src/eval/vocabulary.ts";
import { cutWindows } from "../../src/eval/windows.ts";
import { openWeights } from "../../src/model/open-model.ts";
import { packageRoot } from "../../src/paths.ts";
import { readLibrary } from "../../src/spec/library.ts";
import { isLong } from "../../src/testing/run.ts";
import { llamaLogits } from "./llama.ts";

const folder = `${packageRoot}hw-tests/data/kjv-2.5m`;
const path = (name: string) => `${folder}/kjv2.5M-${name}.gguf`;
const textFile = `${folder}/val.txt`;
const text = await readFile(textFile, "utf8");
const quantised = ["q2_k", "q3_k_m", "q3_k_s", "q4_k_m"];
const context = 256;

async function load(name: string) {
  const { file } = await openWeights(path(name));
  return { vocabulary: readVocabulary(file), model: await loadModel(file, await readLibrary()) };
}

it("a few windows of every sample: perplexity and KL divergence (truth: libllama's logits)", async () => {
  const count = 8;
  const reference = await load("f16");
  const windows = cutWindows(text, reference.vocabulary, context, count);
  const models = await Promise.all(quantised.map(async (name) => (await load(name)).model));
  const candidates = [reference.model, ...models].map((model) => ({ model }));
  const found = await evaluate({ windows, candidates, reference: { model: reference.model } });

  const scored = async (name: string) => {
    const { logits, vocabularySize } = await llamaLogits({ model: path(name), text: textFile, window: context, count });
    return windows.map(({ first, next }, i) => {
      const from = (i * context + first) * vocabularySize;
      return logits.subarray(from, from + next.length * vocabularySize);
    });
  };
  const truth = await scored("f16");
  for (const [i, name] of ["f16", ...quantised].entries()) {
    const logits = name === "f16" ? truth : await scored(name);
    const all = (of: (at: number) => Float64Array) => Float64Array.from(windows.flatMap((_, at) => [...of(at)]));
    const perplexity = perplexityOf(all((at) => score(logits[at], windows[at].next).nll)).value;
    const kl = klOf(all((at) => divergence(logits[at], truth[at], windows[at].next.length))).mean;
    const own = found[i];
    console.log(`${name}: perplexity ${own.perplexity.value} / ${perplexity}, KL ${own.kl!.mean} / ${kl}`);
    expect(Math.abs(own.perplexity.value / perplexity - 1)).toBeLessThan(5e-4);
    if (name !== "f16") expect(Math.abs(own.kl!.mean / kl - 1)).toBeLessThan(0.01);
  }
});

// Truth: node-llama-cpp's greedy text in README.txt. Logits that are nearly equal may change places, and all that follows with them.
it("greedy text is llama.cpp's as long as the likeliest token leads by 1e-3", async () => {
  const readme = await readFile(`${folder}/README.txt`, "utf8");
  const begin = "And the king said";
  for (const name of isLong ? ["f16", ...quantised] : ["f16"]) {
    const [, line] = new RegExp(`^  ${name} +ok "(.*)"$`, "m").exec(readme)!;
    const { model, vocabulary } = await load(name);
    const forward = new Forward(model, multiplyFast);
    const wanted = vocabulary.tokenize(begin + line);
    const bos = vocabulary.bos!;
    const tokens = [bos, ...vocabulary.tokenize(begin)];
    let lead = Infinity;
    while (tokens.length <= wanted.length && lead > 1e-3) {
      const logits = await forward.logits(Int32Array.from(tokens), tokens.length - 1);
      const { top } = score(logits, Int32Array.of(0));
      const [first, second] = logits.toSorted((a, b) => b - a);
      lead = Math.min(lead, first - second);
      if (lead > 1e-3) tokens.push(top[0]);
    }
    console.log(`${name}: ${tokens.length - 1} tokens, the least lead ${lead}`);
    expect(tokens).toEqual([bos, ...wanted.subarray(0, tokens.length - 1)]);
    if (name === "f16") expect(tokens.length - 1).toBe(wanted.length);
  }
});

// A last bit of an fp32 sum can flip a quantised activation: over few tokens that is noise of 0.02 %, which the whole text averages out.
it("the fast path's perplexity is the golden model's, but for noise", async () => {
  const { model, vocabulary } = await load("q3_k_m");
  const windows = cutWindows(text, vocabulary, 64, 16);
  const golden = { model, engine: { name: "golden" } } as const;
  const [{ loss }] = await evaluate({ windows, candidates: [{ model }], reference: golden });
  console.log(`fast over golden: loss ${loss!.value} +- ${loss!.error}`);
  expect(Math.abs(loss!.value)).toBeLessThan(4 * loss!.error);
  expect(loss!.error).toBeLessThan(1e-3);
});

it.runIf(isLong)("over the whole text it is the golden model's within 0.01 %", async () => {
  const { model, vocabulary } = await load("q3_k_m");
  const windows = cutWindows(text, vocabulary, context);
  const [fast, golden] = await evaluate({ windows, candidates: [{ model }, { model, engine: { name: "golden" } }] });
  expect(Math.abs(fast.perplexity.value / golden.perplexity.value - 1)).toBeLessThan(1e-4);
});

it("the generated HLS C++ gives the golden model's perplexity to the last bit", async () => {
  const { model, vocabulary } = await load("q2_k");
  const windows = cutWindows(text, vocabulary, 8, 1);
  const csim = { name: "csim", spec: `${packageRoot}specs/accelerators/k-quants.yaml` } as const;
  const candidates = [
    { model, engine: { name: "golden" } as const },
    { model, engine: csim },
  ];
  const [golden, hardware] = await evaluate({ windows, candidates });
  expect(hardware).toEqual(golden);
});

it.runIf(isLong)("the whole text: perplexity as README.txt has it (truth: llama-perplexity)", async () => {
  const readme = await readFile(`${folder}/README.txt`, "utf8");
  for (const name of ["f16", ...quantised]) {
    const match = new RegExp(`^  ${name} +\\d+ bytes {2}PPL +([\\d.]+)`, "m").exec(readme);
    const { model, vocabulary } = await load(name);
    const [found] = await evaluate({ windows: cutWindows(text, vocabulary, context), candidates: [{ model }] });
    console.log(`${name}: ${found.perplexity.value}, README ${match![1]}`);
    expect(Math.abs(found.perplexity.value / Number(match![1]) - 1)).toBeLessThan(5e-4);
  }
});
