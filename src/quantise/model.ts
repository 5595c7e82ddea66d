import { plainToFloats } from "../eval/model.ts";
import { type GgufFile, type GgufTensor, readTensor } from "../gguf/gguf.ts";
import { type NewTensor, storedKeys, stringsKey, uint32Key, writeGgufFile } from "../gguf/write.ts";
import { llamaType } from "../model/llama-mix.ts";
import type { Model, ModelTensor } from "../model/model.ts";
import { shortRowTypes } from "../model/model-mix.ts";
import { firstOwnType, ownFormatsKey } from "../model/own-formats.ts";
import { quote } from "../printable.ts";
import { userError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { findFormat } from "../spec/library.ts";
import { alike, quantizeRows } from "./rows.ts";

/** A format that ggml has no type for, and its spec. */
export interface OwnFormat {
  format: Format;
  yaml: string;
}

/** One format for all matrices, or one of llama-quantize's mixes. */
export type Target = { format: Format } | { mix: string };

/** Weights that are quantised at once. */
const weightsAtOnce = 1 << 20;

/** Bits a weight from which the head is in the format too; below, it is in Q6_K, as llama-quantize has it. */
const headBits = 6.5;

const bitsOf = ({ bytes, elements }: Format) => (8 * bytes) / elements;

/** The format of each tensor; those that are left out stay as they are. */
export function chooseFormats(
  model: Model,
  target: Target,
  library: ReadonlyMap<string, Format>,
): Map<ModelTensor, Format> {
  const chosen = new Map<ModelTensor, Format>();
  for (const tensor of model.tensors) {
    if (tensor.use === "other") continue;
    const format = "mix" in target ? findFormat(library, mixType(model, tensor, target.mix)) : target.format;
    const isLowHead = tensor.use === "head" && bitsOf(format) < headBits;
    const wanted = isLowHead ? findFormat(library, "q6_K") : format;
    const short = shortRowTypes[wanted.name];
    const fitting = [wanted, ...(short ? [findFormat(library, short)] : [])].find(
      ({ elements }) => tensor.k % elements === 0,
    );
    if (fitting) chosen.set(tensor, fitting);
  }
  return chosen;
}

function mixType(
  { layers, heads, tensors }: Model,
  { role, k, layer = 0, use, name }: ModelTensor,
  mix: string,
): string {
  const [first] = heads;
  if (use === "expert" || !first) {
    throw userError("unknown-mix", `${quote(name)}: mixes are for dense models with attention in every layer`, {
      fix: "use --format",
    });
  }
  const tied = tensors.some((tensor) => tensor.role === "token_embd" && tensor.use === "head");
  return llamaType(mix, role, k, layer, { layers, groupedQueries: first.query / first.kv, tied });
}

export interface QuantizeModel {
  file: GgufFile;
  model: Model;
  formats: ReadonlyMap<ModelTensor, Format>;
  own?: OwnFormat;
  /** By tensor: what the squared error in each of its columns counts. */
  importance?: ReadonlyMap<string, Float32Array>;
  onTensor?: (name: string) => void;
}

/**
 * Writes a GGUF file with the metadata of another one and its weights in block formats. llama.cpp takes it where it has types for
 * them; a format of one's own travels along as YAML, under a private type number.
 * @throws UserError where the weights are quantised already, or aren't numbers
 */
export async function writeQuantized(path: string, job: QuantizeModel): Promise<void> {
  const { file, model, formats, own } = job;
  const byName = new Map([...formats].map(([{ name }, format]) => [name, format]));
  const tensors = file.tensors.map((tensor): NewTensor => {
    const format = byName.get(tensor.name);
    if (!format) return { ...tensor, bytes: tensor.bytes!, read: () => readTensor(tensor) };
    refuseQuantized(tensor, model, file);
    const type = own && format.name === own.format.name ? firstOwnType : format.ggmlType!;
    const { name, shape } = tensor;
    const weights = shape.reduce((product, size) => product * size, 1);
    const bytes = (weights / format.elements) * format.bytes;
    return { name, shape, type, bytes, read: () => quantizeTensor(tensor, format, job) };
  });
  const isReplaced = (key: string) =>
    // The kind of file is what llama.cpp finds from its tensors.
    key === "general.file_type" ||
    key === "general.quantization_version" ||
    key === ownFormatsKey ||
    /^split\./.test(key);
  const keys = [
    ...(await storedKeys(file, isReplaced)),
    uint32Key("general.quantization_version", 2),
    ...(own ? [stringsKey(ownFormatsKey, [own.yaml])] : []),
  ];
  await writeGgufFile(path, keys, file.alignment, tensors);
}

function refuseQuantized({ name, type }: GgufTensor, model: Model, file: GgufFile): void {
  if (type === 0 || type === 1 || type === 30) return;
  const stored = model.tensors.find((tensor) => tensor.name === name)!.type;
  throw userError("already-quantised", `tensor ${quote(name)} is ${stored}`, {
    why: "what was lost once would be lost twice",
    fix: "give the F32, F16 or BF16 file",
    file: file.path,
  });
}

/** What errors in a tensor count: as calibrated; else rows that are looked up all alike, and others by quantizeRows' own rule. */
export function importanceOf(
  tensor: string,
  { tensors }: Model,
  importance: ReadonlyMap<string, Float32Array> | undefined,
): Float32Array | undefined {
  const isLookup = tensors.some(({ name, use }) => name === tensor && use === "lookup");
  return importance?.get(tensor) ?? (isLookup ? alike : undefined);
}

async function quantizeTensor(
  tensor: GgufTensor,
  format: Format,
  { importance, onTensor, file, model }: QuantizeModel,
): Promise<Uint8Array> {
  onTensor?.(tensor.name);
  const stored = await readTensor(tensor);
  const [k] = tensor.shape;
  const counts = importanceOf(tensor.name, model, importance);
  const weights = tensor.shape.reduce((product, size) => product * size, 1);
  const out = new Uint8Array((weights / format.elements) * format.bytes);
  const size = stored.length / weights;
  const step = Math.max(1, Math.floor(weightsAtOnce / k)) * k;
  for (let from = 0; from < weights; from += step) {
    const part = stored.subarray(from * size, Math.min(weights, from + step) * size);
    const rows = plainToFloats(tensor.type, part);
    try {
      out.set(quantizeRows(format, rows, counts), (from / format.elements) * format.bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw userError("not-finite", `tensor ${quote(tensor.name)}: ${error.message}`, {
        fix: "convert the model again: it is damaged",
        file: file.path,
      });
    }
  }
  return out;
}
