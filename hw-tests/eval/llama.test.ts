import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { CacheType } from "../../src/eval/cache.ts";
import { Forward, plainAttention } from "../../src/eval/forward.ts";
import { loadModel } from "../../src/eval/model.ts";
import { multiplyFast } from "../../src/eval/multiply.ts";
import { readVocabulary } from "../../src/eval/vocabulary.ts";
import { writeGguf } from "../../src/gguf/testing/write-gguf.ts";
import { quantizeChunk } from "../../src/golden/testing/ggml.ts";
import { openWeights } from "../../src/model/open-model.ts";
import { findFormat, readLibrary } from "../../src/spec/library.ts";
import { newRandom } from "../../src/testing/run.ts";
import { judge, llamaLogits } from "./llama.ts";
import { bpeVocabulary, spmVocabulary, type TinyShape, tinyModel } from "./tiny-model.ts";

const formats = await readLibrary();
const random = newRandom("eval against llama.cpp");

const sample = `And the king said unto him, The LORD hath sent me; I'll go, I'LL stay. In 1234567 days  and   nights<mark>
\tthe end\r\n\n  of 12 "things" — naïve café, 東京 \u{1f600}?! <|mark|>it's we've \u00a0 don't_do (this) then   
`;

const f32: TinyShape["store"] = (values) => ({ type: 0, data: new Uint8Array(values.buffer) });
const stored = (name: string, values: Float32Array) => {
  const format = findFormat(formats, name);
  return { type: format.ggmlType!, data: quantizeChunk(format, values) };
};
const blocks: TinyShape["store"] = (values, name) => {
  if (name === "token_embd") return stored("q8_0", values);
  return stored(name.endsWith("ffn_down") ? "iq4_nl" : name.endsWith("attn_q") ? "q4_0" : "q5_0", values);
};
const mixed: TinyShape["store"] = (values, name) => {
  if (name.endsWith("ffn_up")) return { type: 30, data: brains(values) };
  return name.endsWith("ffn_down") ? stored("q4_1", values) : { type: 1, data: halves(values) };
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
  /** Largest error of a position, as part of the largest logit. */
  bound: number;
  /**
   * Share of positions that must keep the bound. Where activations or the cache are rounded, a last bit can flip a code,
   * and what follows in that window parts.
   */
  share: number;
}

const exactCache = { k: "f32", v: "f32" } as const;
const cases: Case[] = [
  {
    name: "llama, SPM",
    shape: { ...small, architecture: "llama", width: 128, vocabulary: spmVocabulary(true), store: f32 },
    cache: exactCache,
    bound: 1e-5,
    share: 1,
  },
  {
    name: "llama 3: BPE, rope factors, as many kv heads as heads, biases",
    shape: {
      ...small,
      ...{ architecture: "llama", width: 128, kvHeads: 4, biases: true, ropeFactors: true, store: f32 },
      vocabulary: bpeVocabulary("llama-bpe", sample, 60),
    },
    cache: exactCache,
    bound: 1e-5,
    share: 1,
  },
  {
    name: "qwen2: biases, tied head, linear rope scaling",
    shape: {
      ...small,
      ...{ architecture: "qwen2", width: 128, biases: true, tied: true, ropeScaling: 4, store: f32 },
      vocabulary: bpeVocabulary("qwen2", sample, 80),
    },
    cache: exactCache,
    bound: 1e-5,
    share: 1,
  },
  {
    name: "qwen3: norms of queries and keys, heads wider than the model",
    shape: {
      ...small,
      ...{ architecture: "qwen3", width: 96, tied: true, store: f32 },
      vocabulary: bpeVocabulary("qwen2", sample, 80),
    },
    cache: exactCache,
    bound: 1e-5,
    share: 1,
  },
  {
    name: "f16, bf16 and q4_1, whose sums ggml rounds",
    shape: { ...small, architecture: "llama", width: 128, vocabulary: spmVocabulary(false), store: mixed },
    cache: exactCache,
    bound: 5e-3,
    share: 0.5,
  },
  {
    name: "smollm's words, caches q8_0 and q4_0",
    shape: {
      ...small,
      ...{ architecture: "llama", width: 128, store: f32 },
      vocabulary: bpeVocabulary("smollm", sample, 80),
    },
    cache: { k: "q8_0", v: "q4_0" },
    bound: 1e-5,
    share: 0.5,
  },
  {
    name: "block formats",
    shape: { ...small, architecture: "llama", width: 128, vocabulary: spmVocabulary(false), store: blocks },
    cache: exactCache,
    bound: 1e-5,
    share: 0.5,
  },
  {
    name: "f16 cache",
    shape: { ...small, architecture: "llama", width: 128, vocabulary: spmVocabulary(false), store: f32 },
    cache: { k: "f16", v: "f16" },
    bound: 2e-3,
    share: 0.9,
  },
];

it.each(cases)("$name: tokens and logits (truth: libllama)", async ({ name, shape, cache, bound, share }) => {
  const model = join(judge.folder, "tiny.gguf");
  const text = join(judge.folder, "text");
  await writeFile(model, writeGguf(tinyModel(shape, random)));
  await writeFile(text, sample);
  const window = 24;
  const count = 4;
  const truth = await llamaLogits({ model, text, window, count, cache });

  const { file } = await openWeights(model);
  const vocabulary = readVocabulary(file);
  const { bos } = vocabulary;
  const tokens = Int32Array.of(...(bos === undefined ? [] : [bos]), ...vocabulary.tokenize(sample));
  expect(tokens).toEqual(truth.tokens);

  const forward = new Forward(await loadModel(file, formats), multiplyFast, { ...plainAttention, cache });
  const largest = truth.logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const size = truth.vocabularySize;
  const errors: number[] = [];
  for (let i = 0; i < count; i++) {
    const input = tokens.slice(i * window, (i + 1) * window);
    if (bos !== undefined) input[0] = bos;
    const logits = await forward.logits(input, 0);
    for (let position = 0; position < window; position++) {
      const own = logits.subarray(position * size, (position + 1) * size);
      const from = (i * window + position) * size;
      const error = own.reduce((most, value, at) => Math.max(most, Math.abs(value - truth.logits[from + at])), 0);
      errors.push(error / largest);
    }
  }
  const kept = errors.filter((error) => error < bound).length / errors.length;
  const median = errors.toSorted((a, b) => a - b)[errors.length >> 1];
  console.log(`${name}: median ${median.toExponential(1)}, ${(100 * kept).toFixed(0)} % of positions below ${bound}`);
  expect(kept).toBeGreaterThanOrEqual(share);
});
