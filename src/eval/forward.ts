import { toF16 } from "./activations.ts";
import { type CacheType, cacheThrough, queryThrough } from "./cache.ts";
import { emptyPacked, gemm, packRows, unpackRow } from "./gemm.ts";
import { architectures, type Hyperparameters } from "./hyperparameters.ts";
import type { EvalModel, Layer, Linear } from "./model.ts";
import type { Multiply, Place } from "./multiply.ts";
import { type Attention, keptTokens, type Pruning } from "./pruning.ts";
import { type Softmax, softmaxes } from "./softmax.ts";

/** How the part between the MatMuls is computed. */
export interface AttentionOptions {
  /** Types of the key and value caches; f16 is llama.cpp's default. */
  cache: { k: CacheType; v: CacheType };
  softmax: Softmax;
  pruning?: Pruning;
}

export const plainAttention: AttentionOptions = { cache: { k: "f16", v: "f16" }, softmax: "exact" };

const { exp, fround, sqrt } = Math;

/** Hidden states of the tokens that are still there: columns x width, and the position of each, ascending. */
interface Stream {
  x: Float32Array;
  positions: Int32Array;
  /** Position of the first token whose logits are wanted. */
  first: number;
}

/** One model, ready to run token windows. */
export class Forward {
  private readonly rope: RopeTable;

  constructor(
    private readonly model: EvalModel,
    private readonly multiply: Multiply,
    private readonly attention: AttentionOptions = plainAttention,
  ) {
    this.rope = new RopeTable(model.sizes, model.ropeFactors);
  }

  /**
   * Logits after the last tokens of a window.
   * @param first index of the first token whose logits are wanted
   * @returns (tokens - first) x vocabulary
   */
  async logits(tokens: Int32Array, first: number): Promise<Float32Array> {
    const { layers, sizes, outputNorm, head } = this.model;
    const { width } = sizes;
    let stream = this.embed(tokens, first);
    for (const [index, layer] of layers.entries()) stream = await this.layer(layer, index, stream);
    const scored = stream.x.subarray(stream.x.length - (tokens.length - first) * width);
    const normed = rmsNorm(scored, outputNorm, sizes.normEpsilon);
    const [logits] = await this.multiply([head], normed, scored.length / width, { site: "head", layer: layers.length });
    return logits;
  }

  private embed(tokens: Int32Array, first: number): Stream {
    const { embedding, sizes } = this.model;
    const x = new Float32Array(tokens.length * sizes.width);
    for (const [i, token] of tokens.entries()) unpackRow(embedding, token, x.subarray(i * sizes.width));
    return { x, positions: Int32Array.from(tokens, (_, i) => i), first };
  }

  private async layer(layer: Layer, index: number, { x, positions, first }: Stream): Promise<Stream> {
    const { normEpsilon } = this.model.sizes;
    const linear = (linears: Linear[], input: Float32Array, columns: number, site: Place["site"]) =>
      this.linear(linears, input, columns, { site, layer: index });
    const columns = positions.length;

    const normed = rmsNorm(x, layer.attentionNorm, normEpsilon);
    const [q, k, v] = await linear([layer.q, layer.k, layer.v], normed, columns, "attention");
    if (layer.queryNorm) rmsNormInto(q, q, layer.queryNorm, normEpsilon);
    if (layer.keyNorm) rmsNormInto(k, k, layer.keyNorm, normEpsilon);
    this.rope.rotate(q, positions);
    this.rope.rotate(k, positions);
    const { mixed, paid } = this.attend(q, k, v, columns);
    const [attended] = await linear([layer.output], mixed, columns, "output");
    const { x: middle, ...left } = this.prune({ x: sum(x, attended), positions, first }, index, paid);

    const rest = left.positions.length;
    const ready = rmsNorm(middle, layer.feedForwardNorm, normEpsilon);
    const [gate, up] = await linear([layer.gate, layer.up], ready, rest, "feed-forward");
    for (let i = 0; i < gate.length; i++) gate[i] = fround(gate[i] / (1 + exp(-gate[i]))) * up[i];
    const [down] = await linear([layer.down], gate, rest, "down");
    return { x: sum(middle, down), ...left };
  }

  /** After the attention of a layer: the tokens that stay, with their hidden states as they are. */
  private prune(stream: Stream, index: number, paid: Attention): Stream {
    const { pruning } = this.attention;
    if (!pruning) return stream;
    const { layers, width } = this.model.sizes;
    const kept = keptTokens(pruning, stream.positions, stream.first, { index, count: layers }, paid);
    const x = new Float32Array(kept.length * width);
    for (const [to, from] of kept.entries()) x.set(stream.x.subarray(from * width, (from + 1) * width), to * width);
    return { ...stream, x, positions: Int32Array.from(kept, (i) => stream.positions[i]) };
  }

  private async linear(linears: Linear[], x: Float32Array, columns: number, place: Place): Promise<Float32Array[]> {
    const matrices = linears.map(({ matrix }) => matrix);
    const products = await this.multiply(matrices, x, columns, place);
    for (const [i, { bias }] of linears.entries()) {
      if (!bias) continue;
      const y = products[i];
      for (let at = 0; at < y.length; at++) y[at] += bias[at % bias.length];
    }
    return products;
  }

  /**
   * Causal attention of each head over all columns.
   * @returns columns x (heads x head size), and what pruning wants to know
   */
  private attend(q: Float32Array, k: Float32Array, v: Float32Array, columns: number) {
    const { heads, kvHeads, headSize } = this.model.sizes;
    const { cache, softmax, pruning } = this.attention;
    const queries = queryThrough(cache.k, q, headSize);
    const keys = cacheThrough(cache.k, k, headSize);
    const values = cacheThrough(cache.v, v, headSize);
    const scale = fround(1 / sqrt(headSize));
    const out = new Float32Array(q.length);
    const shared = heads / kvHeads;
    const paid: Attention = { toFirst: new Float64Array(columns), received: new Float64Array(columns) };
    for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
      const from = kvHead * headSize;
      const keyRows = emptyPacked(columns, headSize);
      packRows(keyRows, 0, columns, keys.subarray(from), kvHeads * headSize);
      const valueRows = emptyPacked(headSize, columns);
      packRows(valueRows, 0, headSize, values.subarray(from), 1, kvHeads * headSize);
      for (let head = kvHead * shared; head < (kvHead + 1) * shared; head++) {
        const scores = gemm(keyRows, queries.subarray(head * headSize), columns, heads * headSize);
        softmaxes[softmax](scores, columns, scale);
        if (pruning) addAttention(paid, scores, columns);
        const mixed = gemm(valueRows, cache.v === "f16" ? toF16(scores) : scores, columns);
        for (let column = 0; column < columns; column++) {
          const at = column * headSize;
          out.set(mixed.subarray(at, at + headSize), (column * heads + head) * headSize);
        }
      }
    }
    return { mixed: out, paid };
  }
}

/** Adds one head's probabilities, columns x columns. */
function addAttention({ toFirst, received }: Attention, scores: Float32Array, columns: number): void {
  for (let column = 0, at = 0; column < columns; column++) {
    toFirst[column] += scores[at];
    for (let i = 0; i < columns; i++, at++) received[i] += scores[at];
  }
}

/** x and y added, element by element. */
const sum = (x: Float32Array, y: Float32Array) => x.map((value, i) => value + y[i]);

function rmsNorm(x: Float32Array, weight: Float32Array, epsilon: number): Float32Array {
  const out = new Float32Array(x.length);
  rmsNormInto(out, x, weight, epsilon);
  return out;
}

/** Each run as long as `weight` by its root mean square, then times `weight`; squares are summed in double, as ggml does. */
function rmsNormInto(out: Float32Array, x: Float32Array, weight: Float32Array, epsilon: number): void {
  const n = weight.length;
  for (let from = 0; from < x.length; from += n) {
    let squares = 0;
    for (let i = from; i < from + n; i++) squares += fround(x[i] * x[i]);
    const scale = fround(1 / fround(sqrt(fround(fround(squares / n) + epsilon))));
    for (let i = 0; i < n; i++) out[from + i] = fround(x[from + i] * scale) * weight[i];
  }
}

/** Cosine and sine of each pair at each position, with the angles of ggml: fp32, each pair's from the one before. */
class RopeTable {
  private readonly rows: { cos: Float32Array; sin: Float32Array }[] = [];

  constructor(
    private readonly sizes: Hyperparameters,
    private readonly factors: Float32Array | undefined,
  ) {}

  private at(position: number): { cos: Float32Array; sin: Float32Array } {
    const found = this.rows[position];
    if (found) return found;
    const { ropeSize, ropeBase, ropeScale } = this.sizes;
    const pairs = ropeSize / 2;
    const ratio = fround(fround(ropeBase) ** (-2 / ropeSize));
    const row = { cos: new Float32Array(pairs), sin: new Float32Array(pairs) };
    let theta = position;
    for (let pair = 0; pair < pairs; pair++) {
      const angle = fround(fround(ropeScale) * fround(theta / (this.factors?.[pair] ?? 1)));
      row.cos[pair] = Math.cos(angle);
      row.sin[pair] = Math.sin(angle);
      theta = fround(theta * ratio);
    }
    this.rows[position] = row;
    return row;
  }

  /** Rotates every head of every column in place. */
  rotate(x: Float32Array, positions: Int32Array): void {
    const { headSize, ropeSize, architecture } = this.sizes;
    const pairs = ropeSize / 2;
    const [step, apart] = architectures[architecture] === "neighbours" ? [2, 1] : [1, pairs];
    const width = x.length / positions.length;
    for (const [column, position] of positions.entries()) {
      const { cos, sin } = this.at(position);
      for (let head = column * width; head < (column + 1) * width; head += headSize) {
        for (let pair = 0, i = head; pair < pairs; pair++, i += step) {
          const a = x[i];
          const b = x[i + apart];
          x[i] = fround(a * cos[pair]) - fround(b * sin[pair]);
          x[i + apart] = fround(a * sin[pair]) + fround(b * cos[pair]);
        }
      }
    }
  }
}
