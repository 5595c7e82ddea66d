import { totalmem } from "node:os";
import { type GgufFile, type GgufTensor, readTensor } from "../gguf/gguf.ts";
import { decode } from "../golden/decode.ts";
import { f16ToNumber } from "../golden/float.ts";
import { quote } from "../printable.ts";
import { userError } from "../problem.ts";
import type { ActivationName } from "../spec/activations.ts";
import type { Format } from "../spec/format.ts";
import { emptyPacked, type Packed, packRows } from "./gemm.ts";
import { type Hyperparameters, readHyperparameters } from "./hyperparameters.ts";

/** A weight matrix as the forward pass takes it. Its memory is shared with workers. */
export interface Matrix {
  name: string;
  /** Weights as fp32. */
  packed: Packed;
  /** What ggml makes of activations before it multiplies them with such weights. */
  activation: "f32" | "f16" | "bf16" | ActivationName;
  /** The block format and the stored rows, where the weights have one. */
  blocks?: { format: Format; bytes: Uint8Array };
}

/** A MatMul and the bias that may follow. */
export interface Linear {
  matrix: Matrix;
  bias?: Float32Array;
}

export interface Layer {
  attentionNorm: Float32Array;
  q: Linear;
  k: Linear;
  v: Linear;
  /** RMS norms of each head's queries and keys (qwen3). */
  queryNorm?: Float32Array;
  keyNorm?: Float32Array;
  output: Linear;
  feedForwardNorm: Float32Array;
  gate: Linear;
  up: Linear;
  down: Linear;
}

/** A language model in memory. */
export interface EvalModel {
  sizes: Hyperparameters;
  vocabularySize: number;
  embedding: Packed;
  layers: Layer[];
  outputNorm: Float32Array;
  /** The embedding's matrix again where the file has no output.weight. */
  head: Matrix;
  /** Divisors of the rotary frequencies (llama 3), one each pair. */
  ropeFactors?: Float32Array;
}

export const embeddingName = "token_embd.weight";

/** ggml types without blocks. */
const F32 = 0;
const F16 = 1;
const BF16 = 30;

/** Floats that are decoded at once. */
const floatsAtOnce = 1 << 22;

let halves: Float32Array | undefined;

/** Values of plain types as fp32. */
export function plainToFloats(type: number, bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, length } = bytes;
  if (type === F32) return new Float32Array(buffer, byteOffset, length / 4);
  const stored = new Uint16Array(buffer, byteOffset, length / 2);
  if (type === BF16) return new Float32Array(Uint32Array.from(stored, (bits) => bits << 16).buffer);
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => f16ToNumber(bits));
  const table = halves;
  return Float32Array.from(stored, (bits) => table[bits]);
}

/** Stored rows as fp32, and what ggml makes of the activations that meet them. */
interface Decoder {
  activation: Matrix["activation"];
  format?: Format;
  decode(bytes: Uint8Array): Float32Array;
}

function decoderOf(tensor: GgufTensor, formats: ReadonlyMap<string, Format>, path: string): Decoder {
  const { type, name } = tensor;
  const plain = ({ [F32]: "f32", [F16]: "f16", [BF16]: "bf16" } as const)[type];
  if (plain) return { activation: plain, decode: (bytes) => plainToFloats(type, bytes) };
  const format = [...formats.values()].find(({ ggmlType }) => ggmlType === type);
  if (format) return { activation: format.activation, format, decode: (bytes) => decode(format, bytes) };
  throw userError("eval-model", `tensor ${quote(name)} has type ${type}, which bfq can't read`, {
    fix: "describe the type in specs/formats, or quantise the model to a known one",
    file: path,
  });
}

/** A weight matrix from stored blocks of any format spec: what `eval` makes of a tensor, for weights of no GGUF file. */
export function matrixOfBlocks(name: string, format: Format, bytes: Uint8Array, rows: number, k: number): Matrix {
  const decoder = { activation: format.activation, format, decode: (part: Uint8Array) => decode(format, part) };
  return fillMatrix(name, decoder, bytes, rows, k);
}

/** A weight matrix of fp32 values, row by row; activations stay as they are. */
export function matrixOfFloats(name: string, values: Float32Array, rows: number, k: number): Matrix {
  const packed = emptyPacked(rows, k, true);
  packRows(packed, 0, rows, values);
  return { name, packed, activation: "f32" };
}

function fillMatrix(name: string, decoder: Decoder, bytes: Uint8Array, rows: number, k: number): Matrix {
  const packed = emptyPacked(rows, k, true);
  const rowBytes = bytes.length / rows;
  const rowsAtOnce = Math.max(1, Math.floor(floatsAtOnce / k));
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - first);
    packRows(packed, first, count, decoder.decode(bytes.subarray(first * rowBytes, (first + count) * rowBytes)));
  }
  const { activation, format } = decoder;
  return { name, packed, activation, ...(format && { blocks: { format, bytes: share(bytes) } }) };
}

function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** Takes tensors out of a file by name, with the shapes that the architecture asks for. */
class Tensors {
  private readonly left: Map<string, GgufTensor>;

  constructor(
    private readonly file: GgufFile,
    private readonly formats: ReadonlyMap<string, Format>,
  ) {
    this.left = new Map(file.tensors.map((tensor) => [tensor.name, tensor]));
  }

  has(name: string): boolean {
    return this.left.has(name);
  }

  shapeOf(name: string): number[] {
    return this.find(name).shape;
  }

  async matrix(name: string, rows: number, k: number): Promise<Matrix> {
    const tensor = this.take(name, [k, rows]);
    const decoder = decoderOf(tensor, this.formats, this.file.path);
    return fillMatrix(name, decoder, await readTensor(tensor), rows, k);
  }

  async vector(name: string, length: number): Promise<Float32Array> {
    const tensor = this.take(name, [length]);
    const decoder = decoderOf(tensor, this.formats, this.file.path);
    return decoder.decode(await readTensor(tensor));
  }

  async linear(prefix: string, rows: number, k: number): Promise<Linear> {
    const matrix = await this.matrix(`${prefix}.weight`, rows, k);
    const bias = `${prefix}.bias`;
    return { matrix, ...(this.has(bias) && { bias: await this.vector(bias, rows) }) };
  }

  /** A tensor that nobody took changes what the model computes. */
  refuseOthers(architecture: string): void {
    const [name] = this.left.keys();
    if (name === undefined) return;
    throw userError("eval-model", `tensor ${quote(name)} is no part of a ${architecture} model that bfq eval knows`, {
      why: "leaving a tensor out would give wrong figures",
      fix: "use llama-perplexity",
      file: this.file.path,
    });
  }

  private find(name: string): GgufTensor {
    const tensor = this.left.get(name);
    if (tensor) return tensor;
    throw userError("eval-model", `there is no tensor ${quote(name)}`, {
      fix: "give a whole model; bfq eval takes single files",
      file: this.file.path,
    });
  }

  private take(name: string, want: number[]): GgufTensor {
    const tensor = this.find(name);
    const shape = tensor.shape.filter((size, axis) => axis < want.length || size > 1);
    if (shape.length !== want.length || shape.some((size, axis) => size !== want[axis])) {
      const what = `tensor ${quote(name)} is ${tensor.shape.join(" x ")}; the metadata asks for ${want.join(" x ")}`;
      throw userError("eval-model", what, { fix: "convert the model again", file: this.file.path });
    }
    this.left.delete(name);
    return tensor;
  }
}

/**
 * Reads a model whole, weights as fp32 (4 bytes each).
 * @param formats the block formats that its tensors may have
 * @throws UserError for architectures, tensors and sizes that `eval` does not know
 */
export async function loadModel(file: GgufFile, formats: ReadonlyMap<string, Format>): Promise<EvalModel> {
  const sizes = readHyperparameters(file);
  refuseHuge(file);
  const { width, heads, kvHeads, headSize, layers: count } = sizes;
  const tensors = new Tensors(file, formats);
  const [, vocabularySize = 0] = tensors.shapeOf(embeddingName);
  const [, hidden = 0] = tensors.shapeOf("blk.0.ffn_up.weight");
  const embedding = await tensors.matrix(embeddingName, vocabularySize, width);
  const layers: Layer[] = [];
  for (let i = 0; i < count; i++) {
    const at = `blk.${i}`;
    const norm = async (name: string, length: number) => tensors.vector(`${at}.${name}.weight`, length);
    layers.push({
      attentionNorm: await norm("attn_norm", width),
      q: await tensors.linear(`${at}.attn_q`, heads * headSize, width),
      k: await tensors.linear(`${at}.attn_k`, kvHeads * headSize, width),
      v: await tensors.linear(`${at}.attn_v`, kvHeads * headSize, width),
      ...(sizes.architecture === "qwen3" && {
        queryNorm: await norm("attn_q_norm", headSize),
        keyNorm: await norm("attn_k_norm", headSize),
      }),
      output: await tensors.linear(`${at}.attn_output`, width, heads * headSize),
      feedForwardNorm: await norm("ffn_norm", width),
      gate: await tensors.linear(`${at}.ffn_gate`, hidden, width),
      up: await tensors.linear(`${at}.ffn_up`, hidden, width),
      down: await tensors.linear(`${at}.ffn_down`, width, hidden),
    });
  }
  const model: EvalModel = {
    sizes,
    vocabularySize,
    embedding: embedding.packed,
    layers,
    outputNorm: await tensors.vector("output_norm.weight", width),
    head: tensors.has("output.weight") ? await tensors.matrix("output.weight", vocabularySize, width) : embedding,
    ...(tensors.has("rope_freqs.weight") && {
      ropeFactors: await tensors.vector("rope_freqs.weight", sizes.ropeSize / 2),
    }),
  };
  tensors.refuseOthers(sizes.architecture);
  return model;
}

/** Every matrix of a model but the embedding, which is looked up. */
export function matricesOf({ layers, head }: EvalModel): Matrix[] {
  const inLayers = layers.flatMap(({ q, k, v, output, gate, up, down }) => [q, k, v, output, gate, up, down]);
  return [...inLayers.map(({ matrix }) => matrix), head];
}

function refuseHuge(file: GgufFile): void {
  const weights = file.tensors.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
  const bytes = 4 * weights + file.tensors.reduce((sum, tensor) => sum + (tensor.bytes ?? 0), 0);
  if (bytes <= totalmem()) return;
  const gigabytes = (n: number) => `${(n / 1e9).toFixed(1)} GB`;
  throw userError(
    "eval-memory",
    `the model takes ${gigabytes(bytes)} as fp32; this machine has ${gigabytes(totalmem())}`,
    {
      fix: "take a smaller model, or llama-perplexity",
      file: file.path,
    },
  );
}
