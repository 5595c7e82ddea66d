import {
  arrayValue,
  type RawGguf,
  type RawTensor,
  type RawValue,
  stringValue,
  text,
  u32,
  u32Value,
  valueType,
} from "../../src/gguf/testing/write-gguf.ts";
import type { Random } from "../../src/random.ts";

/** A random model of an architecture that `eval` knows, small enough for a test to run in a second. */
export interface TinyShape {
  architecture: "llama" | "qwen2" | "qwen3";
  width: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headSize: number;
  hidden: number;
  context: number;
  tied: boolean;
  biases: boolean;
  /** Divisors of rotary frequencies, as llama 3 has them. */
  ropeFactors?: boolean;
  /** Factor of linear scaling. */
  ropeScaling?: number;
  vocabulary: TinyVocabulary;
  /** Stored form of the matrices of a K. */
  store(values: Float32Array, name: string): { type: number; data: Uint8Array };
}

export interface TinyVocabulary {
  keys: [string, RawValue][];
  size: number;
}

const float32 = (value: number) => new Uint8Array(Float32Array.of(value).buffer);
const f32Value = (value: number): RawValue => ({ type: valueType.f32, bytes: float32(value) });
const boolValue = (value: boolean): RawValue => ({ type: valueType.bool, bytes: Uint8Array.of(Number(value)) });
const strings = (values: string[]) =>
  arrayValue(
    valueType.string,
    values.map((value) => text(value)),
  );

const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const BYTE = 6;

/** SentencePiece with a token for every byte, and some that pairs make. */
export function spmVocabulary(addsSpace: boolean): TinyVocabulary {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const words = [
    "\u2581",
    "e",
    "h",
    "t",
    "th",
    "he",
    "the",
    "\u2581the",
    "an",
    "a",
    "n",
    "nd",
    "d",
    "and",
    "\u2581and",
    "é",
  ];
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...words, "<mark>"];
  const types = [UNKNOWN, CONTROL, CONTROL, ...bytes.map(() => BYTE), ...words.map(() => NORMAL), USER_DEFINED];
  const scores = tokens.map((token, id) => (id < 259 ? 0 : -((token.length * 7 + id * 3) % 11)));
  const keys: [string, RawValue][] = [
    ["tokenizer.ggml.model", stringValue("llama")],
    ["tokenizer.ggml.tokens", strings(tokens)],
    ["tokenizer.ggml.scores", arrayValue(valueType.f32, scores.map(float32))],
    ["tokenizer.ggml.token_type", arrayValue(valueType.i32, types.map(u32))],
    ["tokenizer.ggml.bos_token_id", u32Value(1)],
    ["tokenizer.ggml.eos_token_id", u32Value(2)],
    ["tokenizer.ggml.add_space_prefix", boolValue(addsSpace)],
  ];
  return { keys, size: tokens.length };
}

/** GPT-2's spelling of bytes. */
function letters(): string[] {
  const plain = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !plain(byte));
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(plain(byte) ? byte : 256 + others.indexOf(byte)),
  );
}

/** Byte-level BPE with merges made of `sample`: its commonest pairs, one after the other. */
export function bpeVocabulary(pre: string, sample: string, count: number): TinyVocabulary {
  const spelling = letters();
  let words = sample.split(/(?= )/).map((word) => [...Buffer.from(word)].map((byte) => spelling[byte]));
  const merges: string[] = [];
  const tokens = ["<|end|>", "<|mark|>", ...spelling];
  while (merges.length < count) {
    const counts = new Map<string, number>();
    for (const word of words)
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    const [best] = [...counts].sort((a, b) => b[1] - a[1]);
    if (!best) break;
    const [left, right] = best[0].split(" ");
    merges.push(best[0]);
    if (!tokens.includes(left + right)) tokens.push(left + right);
    words = words.map((word) => {
      const joined: string[] = [];
      for (const symbol of word) {
        if (joined.at(-1) === left && symbol === right) joined[joined.length - 1] = left + right;
        else joined.push(symbol);
      }
      return joined;
    });
  }
  const types = tokens.map((_, id) => (id === 0 ? CONTROL : id === 1 ? USER_DEFINED : NORMAL));
  const keys: [string, RawValue][] = [
    ["tokenizer.ggml.model", stringValue("gpt2")],
    ["tokenizer.ggml.pre", stringValue(pre)],
    ["tokenizer.ggml.tokens", strings(tokens)],
    ["tokenizer.ggml.token_type", arrayValue(valueType.i32, types.map(u32))],
    ["tokenizer.ggml.merges", strings(merges)],
    ["tokenizer.ggml.eos_token_id", u32Value(0)],
    ["tokenizer.ggml.bos_token_id", u32Value(0)],
  ];
  return { keys, size: tokens.length };
}

/** The file of a random model. */
export function tinyModel(shape: TinyShape, random: Random): RawGguf {
  const { architecture, width, heads, kvHeads, headSize, hidden, vocabulary } = shape;
  const tensors: RawTensor[] = [];
  const matrix = (name: string, rows: number, k: number) => {
    const values = random.normals(rows * k).map((value) => value / Math.sqrt(k));
    tensors.push({ name: `${name}.weight`, shape: [k, rows], ...shape.store(values, name) });
  };
  const vector = (name: string, length: number, around: number, spread: number) => {
    const values = random.normals(length).map((value) => around + spread * value);
    tensors.push({ name, shape: [length], type: 0, data: new Uint8Array(values.buffer) });
  };
  matrix("token_embd", vocabulary.size, width);
  vector("output_norm.weight", width, 1, 0.2);
  if (!shape.tied) matrix("output", vocabulary.size, width);
  if (shape.ropeFactors) vector("rope_freqs.weight", headSize / 2, 3, 0.5);
  for (let i = 0; i < shape.layers; i++) {
    const at = `blk.${i}`;
    const linear = (name: string, rows: number, k: number) => {
      matrix(`${at}.${name}`, rows, k);
      if (shape.biases && ["attn_q", "attn_k", "attn_v"].includes(name)) vector(`${at}.${name}.bias`, rows, 0, 0.5);
    };
    vector(`${at}.attn_norm.weight`, width, 1, 0.2);
    linear("attn_q", heads * headSize, width);
    linear("attn_k", kvHeads * headSize, width);
    linear("attn_v", kvHeads * headSize, width);
    linear("attn_output", width, heads * headSize);
    if (architecture === "qwen3") {
      vector(`${at}.attn_q_norm.weight`, headSize, 2, 0.3);
      vector(`${at}.attn_k_norm.weight`, headSize, 2, 0.3);
    }
    vector(`${at}.ffn_norm.weight`, width, 1, 0.2);
    linear("ffn_gate", hidden, width);
    linear("ffn_up", hidden, width);
    linear("ffn_down", width, hidden);
  }
  const of = (key: string, value: RawValue): [string, RawValue] => [`${architecture}.${key}`, value];
  const keys: [string, RawValue][] = [
    ["general.architecture", stringValue(architecture)],
    of("context_length", u32Value(shape.context)),
    of("embedding_length", u32Value(width)),
    of("block_count", u32Value(shape.layers)),
    of("feed_forward_length", u32Value(hidden)),
    of("attention.head_count", u32Value(heads)),
    of("attention.head_count_kv", u32Value(kvHeads)),
    of("attention.key_length", u32Value(headSize)),
    of("attention.value_length", u32Value(headSize)),
    of("attention.layer_norm_rms_epsilon", f32Value(1e-6)),
    of("rope.freq_base", f32Value(architecture === "llama" ? 10000 : 1e6)),
    ...(shape.ropeScaling
      ? [of("rope.scaling.type", stringValue("linear")), of("rope.scaling.factor", f32Value(shape.ropeScaling))]
      : []),
    ...vocabulary.keys,
  ];
  return { keys, tensors };
}
