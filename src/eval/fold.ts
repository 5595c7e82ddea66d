import { findTensor, type GgufFile, type GgufTensor, readTensor } from "../gguf/gguf.ts";
import { f16FromNumber, f16ToNumber } from "../golden/float.ts";
import { quote } from "../printable.ts";
import { userError } from "../problem.ts";
import { Forward, plainAttention } from "./forward.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import type { EvalModel } from "./model.ts";
import { type Multiply, multiplyFast, type Place } from "./multiply.ts";
import { placeKey } from "./sites.ts";
import type { Window } from "./windows.ts";

/**
 * TRIP of Agile-Quant: a power of two for each activation channel, so that channels of one scale have like magnitudes.
 * It is folded into what makes the channel (norm weights, rows of V and up) and taken back in the columns that it meets:
 * powers of two change no bit of an fp32 mantissa.
 */
export interface FoldOptions {
  /** Bits of the activations to come. */
  bits: number;
  /** Powers of two between the smallest and the largest scale. */
  steps: number;
  /** `outliers`: only channels whose largest magnitude is over twice the median channel's. */
  channels: "outliers" | "all";
}

/** By `placeKey`: channel c of that place is divided by 2^exponents[c]. Those of `output` are rows of V. */
export type Exponents = Record<string, Int32Array>;

/** Tokens of the calibration windows that are looked at: each so many-th. */
const tokenStride = 4;

const { abs, max, min, round } = Math;

/** What channels of each place held: tokens x channels. */
class Channels {
  readonly places = new Map<string, { channels: number; values: number[] }>();

  constructor(private readonly sizes: Hyperparameters) {}

  readonly multiply: Multiply = async (matrices, x, columns, place) => {
    this.note(x, matrices[0].packed.k, columns, place);
    return multiplyFast(matrices, x, columns, place);
  };

  private note(x: Float32Array, k: number, columns: number, place: Place): void {
    const { heads, kvHeads, headSize } = this.sizes;
    const shared = place.site === "output" ? heads / kvHeads : 1;
    const seen = this.places.get(placeKey(place)) ?? { channels: k / shared, values: [] };
    this.places.set(placeKey(place), seen);
    for (let column = 0; column < columns; column += tokenStride) {
      // Query heads that share a row of V share its channel.
      for (let head = 0; head < shared; head++) {
        for (let c = 0; c < k / shared; c++) {
          const from = shared === 1 ? c : (Math.floor(c / headSize) * shared + head) * headSize + (c % headSize);
          seen.values.push(x[column * k + from]);
        }
      }
    }
  }
}

/** The exponents of every place, from what the model computes on calibration windows. */
export async function findExponents(model: EvalModel, windows: Window[], options: FoldOptions): Promise<Exponents> {
  const channels = new Channels(model.sizes);
  const forward = new Forward(model, channels.multiply, plainAttention);
  for (const { tokens } of windows) await forward.logits(tokens, 0);
  const exponents: Exponents = {};
  for (const [key, seen] of channels.places) {
    exponents[key] = channelExponents(Float32Array.from(seen.values), seen.channels, options);
  }
  return exponents;
}

const median = (values: ArrayLike<number>) => Array.from(values).sort((a, b) => a - b)[values.length >> 1];

/**
 * Of the scales s 2^j, j = 0 ... steps, where s 2^steps fits the largest value of all channels, the one with the least
 * squared error for each channel; relative to the median channel's.
 * @param values tokens x channels
 */
export function channelExponents(
  values: Float32Array,
  channels: number,
  { bits, steps, channels: which }: FoldOptions,
) {
  const most = 2 ** (bits - 1) - 1;
  const largest = new Float32Array(channels);
  for (let i = 0; i < values.length; i++) largest[i % channels] = max(largest[i % channels], abs(values[i]));
  const smallestScale = largest.reduce((a, b) => max(a, b), 0) / most / 2 ** steps;
  const best = Int32Array.from(largest, (magnitude, channel) => {
    if (magnitude === 0) return 0;
    // A scale that fits has no use for a larger one; one that clips three quarters of the range is never best.
    const fitting = Math.ceil(Math.log2(magnitude / most / smallestScale));
    let found = 0;
    let least = Infinity;
    for (let j = max(0, fitting - 2); j <= min(steps, max(0, fitting)); j++) {
      const d = smallestScale * 2 ** j;
      let error = 0;
      for (let i = channel; i < values.length; i += channels) {
        error += (values[i] - max(-most, min(most, round(values[i] / d))) * d) ** 2;
      }
      if (error < least) [least, found] = [error, j];
    }
    return found;
  });
  const base = median(best);
  const usual = median(largest);
  return best.map((j, channel) => (which === "all" || largest[channel] > 2 * usual ? j - base : 0));
}

/** A tensor that changes: each element is multiplied by 2^exponent(row, column). */
interface Scaling {
  tensor: string;
  exponent(row: number, column: number): number;
}

/** What folding does to which tensor. @returns tensors in the order of the layers */
export function scalingsOf(file: GgufFile, sizes: Hyperparameters, exponents: Exponents): Scaling[] {
  const { layers, heads, kvHeads, headSize } = sizes;
  const has = (name: string) => file.tensors.some((tensor) => tensor.name === name);
  const scalings: Scaling[] = [];
  const fold = (key: string, makers: string[], meets: string[], channelOf = (column: number) => column) => {
    const found = exponents[key];
    if (!found) return;
    for (const tensor of makers.filter(has)) {
      const isVector = tensor.endsWith("norm.weight") || tensor.endsWith(".bias");
      scalings.push({ tensor, exponent: (row, column) => -found[isVector ? column : row] });
    }
    for (const tensor of meets) scalings.push({ tensor, exponent: (_, column) => found[channelOf(column)] });
  };
  const shared = heads / kvHeads;
  const rowOfV = (column: number) => Math.floor(column / headSize / shared) * headSize + (column % headSize);
  for (let layer = 0; layer < layers; layer++) {
    const at = (name: string) => `blk.${layer}.${name}`;
    const weights = (...names: string[]) => names.map((name) => at(`${name}.weight`));
    fold(`attention.${layer}`, weights("attn_norm"), weights("attn_q", "attn_k", "attn_v"));
    fold(`output.${layer}`, [at("attn_v.weight"), at("attn_v.bias")], weights("attn_output"), rowOfV);
    fold(`feed-forward.${layer}`, weights("ffn_norm"), weights("ffn_gate", "ffn_up"));
    fold(`down.${layer}`, [at("ffn_up.weight"), at("ffn_up.bias")], weights("ffn_down"));
  }
  // A tied head is the embedding, whose columns must stay as they are.
  if (has("output.weight")) fold(`head.${layers}`, ["output_norm.weight"], ["output.weight"]);
  return scalings;
}

/**
 * The tensors that folding changes, with their new bytes.
 * @throws UserError for types that scales of blocks make inexact, and where a number leaves its type
 */
export async function* foldedTensors(
  file: GgufFile,
  scalings: Scaling[],
): AsyncGenerator<{ tensor: GgufTensor; bytes: Uint8Array }> {
  const byTensor = new Map<string, Scaling[]>();
  for (const scaling of scalings) byTensor.set(scaling.tensor, [...(byTensor.get(scaling.tensor) ?? []), scaling]);
  for (const [name, own] of byTensor) {
    const tensor = findTensor(file, name);
    if (tensor.path !== file.path) {
      throw userError("fold-split", "the model is split over several files", {
        fix: "merge them with llama-gguf-split",
        file: file.path,
      });
    }
    const [k] = tensor.shape;
    const bytes = await readTensor(tensor);
    scaleInPlace(tensor, bytes, file.path, (i) => {
      const row = Math.floor(i / k);
      return own.reduce((sum, { exponent }) => sum + exponent(row, i % k), 0);
    });
    yield { tensor, bytes };
  }
}

interface PlainType {
  array: (bytes: Uint8Array) => Float32Array | Uint16Array;
  read(stored: number): number;
  write(value: number): number;
}

const half = (bytes: Uint8Array) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
const word = new Uint32Array(1);
const wordAsFloat = new Float32Array(word.buffer);

/** Types whose numbers have exponents of their own, by ggml's numbers. */
const plainTypes: Record<number, PlainType> = {
  0: {
    array: (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
    read: Number,
    write: Number,
  },
  1: { array: half, read: f16ToNumber, write: f16FromNumber },
  30: {
    array: half,
    read: (stored) => {
      word[0] = stored << 16;
      return wordAsFloat[0];
    },
    write: (value) => {
      wordAsFloat[0] = value;
      return word[0] >>> 16;
    },
  },
};

function scaleInPlace(tensor: GgufTensor, bytes: Uint8Array, path: string, exponent: (index: number) => number): void {
  const type = plainTypes[tensor.type];
  if (!type) {
    throw userError("fold-type", `tensor ${quote(tensor.name)} has block scales, which folding would make inexact`, {
      fix: "fold the F32, F16 or BF16 file, then quantise the folded one",
      file: path,
    });
  }
  const values = type.array(bytes);
  for (let i = 0; i < values.length; i++) {
    const e = exponent(i);
    if (e === 0) continue;
    const before = type.read(values[i]);
    values[i] = type.write(before * 2 ** e);
    if (type.read(values[i]) === before * 2 ** e || Number.isNaN(before)) continue;
    throw userError("fold-range", `a number of tensor ${quote(tensor.name)} times 2^${e} leaves its type`, {
      fix: "fold the F32 or BF16 file, or take fewer --steps",
      file: path,
    });
  }
}
