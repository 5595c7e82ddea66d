import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openModel } from "../../src/cli/variant-options.ts";
import type { CacheType } from "../../src/eval/cache.ts";
import { Forward, plainAttention } from "../../src/eval/forward.ts";
import { loadModel } from "../../src/eval/model.ts";
import { multiplyFast } from "../../src/eval/multiply.ts";
import { readVocabulary } from "../../src/eval/vocabulary.ts";
import { writeGguf } from "../../src/gguf/testing/write-gguf.ts";
import { quantizeChunk } from "../../src/golden/testing/ggml.ts";
import { freshRandom } from "../../src/golden/testing/random.ts";
import { findFormat, readLibrary } from "../../src/spec/library.ts";
import { judge, llamaLogits } from "./llama.ts";
import { bpeVocabulary, spmVocabulary, type TinyShape, tinyModel } from "./tiny-model.ts";

const formats = await readLibrary();
const random = freshRandom();

const sample = `And the king said unto him, The LORD hath sent me; I'll go, I'LL stay. In 1234567 days  and   nights<mark>
\tthe end\r\n\n  of 12 "things" — naïve café, 東京 \u{1f600}?! <|mark|>it's we've \u00a0 don't_do (this) then   
`;

const f32: TinyShape["store"] = (values) => ({ type: 0, data: new Uint8Array(values.buffer) });
const mixed: TinyShape["store"] = (values, name) => {
  if (name.endsWith("attn_q")) return { type: 1, data: halves(values) };
  if (name.endsWith("ffn_up")) return { type: 30, data: brains(values) };
  const format = findFormat(formats, name.endsWith("ffn_down") ? "q4_1" : name === "token_embd" ? "q8_0" : "q5_0");
  return { type: format.ggmlType!, data: quantizeChunk(format, values) };
};

/** fp32 without the lowest 16 bits: bf16. */
const brains = (values: Float32Array) =>
  new Uint8Array(Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16).buffer);
/** Multiples of 1/64 below 8, as binary16. */
const halves = (values: Float32Array) =>
  new Uint8Array(
    Uint16Array.from(values, (value) => {
      const rounded = Math.round(value * 64) / 64;
      if (rounded === 0) return 0;
      const exponent = Math.floor(Math.log2(Math.abs(rounded)));
      const mantissa = Math.abs(rounded) / 2 ** exponent - 1;
      return (rounded < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | (mantissa * 1024);
    }).buffer,
  );

const small = { layers: 2, heads: 4, kvHeads: 2, headSize: 32, context: 128, hidden: 160, tied: false, biases: false };

interface Case {
  name: string;
  shape: TinyShape;
  cache: { k: CacheType; v: CacheType };
  /** Of the largest logit. */
  bound: number;
}

const exactCache = { k: "f32", v: "f32" } as const;
const cases: Case[] = [
  {
    name: "llama, SPM",
    shape: { ...small, architecture: "llama", width: 128, vocabulary: spmVocabulary(true), store: f32 },
    cache: exactCache,
    bound: 2e-6,
  },
  {
    name: "llama 3: BPE, rope factors, as many kv heads as heads, biases",
    shape: {
      ...small,
      ...{ architecture: "llama", width: 128, kvHeads: 4, biases: true, ropeFactors: true, store: f32 },
      vocabulary: bpeVocabulary("llama-bpe", sample, 60),
    },
    cache: exactCache,
    bound: 2e-6,
  },
  {
    name: "qwen2: biases, tied head, linear rope scaling",
    shape: {
      ...small,
      ...{ architecture: "qwen2", width: 128, biases: true, tied: true, ropeScaling: 4, store: f32 },
      vocabulary: bpeVocabulary("qwen2", sample, 80),
    },
    cache: exactCache,
    bound: 2e-6,
  },
  {
    name: "qwen3: norms of queries and keys, heads wider than the model",
    shape: {
      ...small,
      ...{ architecture: "qwen3", width: 96, tied: true, store: f32 },
      vocabulary: bpeVocabulary("qwen2", sample, 80),
    },
    cache: exactCache,
    bound: 2e-6,
  },
  {
    name: "f16, bf16 and block formats, f16 cache",
    shape: { ...small, architecture: "llama", width: 128, vocabulary: spmVocabulary(false), store: mixed },
    cache: { k: "f16", v: "f16" },
    bound: 1e-3,
  },
  {
    name: "smollm's words, caches q8_0 and q4_0",
    shape: {
      ...small,
      ...{ architecture: "llama", width: 128, store: f32 },
      vocabulary: bpeVocabulary("smollm", sample, 80),
    },
    cache: { k: "q8_0", v: "q4_0" },
    bound: 1e-3,
  },
];

it.each(cases)("$name: tokens and logits (truth: libllama)", async ({ name, shape, cache, bound }) => {
  const model = join(judge.folder, "tiny.gguf");
  const text = join(judge.folder, "text");
  await writeFile(model, writeGguf(tinyModel(shape, random)));
  await writeFile(text, sample);
  const window = 64;
  const truth = await llamaLogits({ model, text, window, count: 1, cache });

  const { file } = await openModel(model);
  const vocabulary = readVocabulary(file);
  const { bos } = vocabulary;
  const tokens = [...(bos === undefined ? [] : [bos]), ...vocabulary.tokenize(sample)];
  expect(tokens).toEqual([...truth.tokens]);

  const forward = new Forward(await loadModel(file, formats), multiplyFast, { ...plainAttention, cache });
  const logits = await forward.logits(Int32Array.from(tokens.slice(0, window)), 0);
  expect(logits.length).toBe(window * truth.vocabularySize);
  const largest = truth.logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = logits.reduce((most, value, i) => Math.max(most, Math.abs(value - truth.logits[i])), 0);
  console.log(`${name}: largest error ${(error / largest).toExponential(1)} of the largest logit`);
  expect(error / largest).toBeLessThan(bound);
});
