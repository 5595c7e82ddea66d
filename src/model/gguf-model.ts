import type { GgufFile, GgufTensor } from "../gguf/gguf.ts";
import { userError } from "../problem.ts";
import type { Model, ModelTensor } from "./model-mix.ts";

/** Matrices of a layer in llama.cpp's order, together where it makes one call of them (specs/models); others follow alone. */
const commonCalls = [
  ["attn_qkv"],
  ["attn_q"],
  ["attn_v", "attn_k"],
  ["attn_output"],
  ["ffn_up", "ffn_gate"],
  ["ffn_down"],
];

/**
 * A model as its GGUF header describes it.
 * @param typeNames by ggml type number
 */
export function modelOfGguf(file: GgufFile, typeNames: ReadonlyMap<number, string>): Model {
  const names = new Set(file.tensors.map(({ name }) => name));
  const isTied = !names.has("output.weight");
  const tensors = file.tensors.map((tensor) => describeTensor(tensor, isTied, typeNames));
  const inLayers = tensors.filter(({ use }) => use === "layer");
  if (inLayers.length === 0) {
    throw userError("no-layers", "the file has no matrices of layers (blk.<layer>.<name>.weight)", { file: file.path });
  }
  const roles = [...new Set(inLayers.map(({ role }) => role))];
  const hasBias = (role: string) => names.has(`blk.0.${role}.bias`);
  return {
    name: String(file.metadata["general.name"] ?? file.path),
    mix: "as in the file",
    layers: Math.max(...inLayers.map(({ layer }) => layer!)) + 1,
    heads: headsOf(file),
    calls: groupCalls(roles, hasBias),
    tensors,
  };
}

function describeTensor(tensor: GgufTensor, isTied: boolean, typeNames: ReadonlyMap<number, string>): ModelTensor {
  const { name, shape } = tensor;
  const [k, rows = 1, ...more] = shape;
  const match = /^(?:blk\.(\d{1,4})\.)?(.+?)\.weight$/.exec(name);
  const role = match?.[2] ?? name;
  const layer = match?.[1] === undefined ? undefined : Number(match[1]);
  const isMatrix = match !== null && shape.length >= 2 && rows > 1 && more.every((size) => size === 1);
  const use = isMatrix ? useOf(role, layer, isTied) : "other";
  const type = typeNames.get(tensor.type) ?? `type ${tensor.type}`;
  return { name, role, ...(layer !== undefined && { layer }), rows, k, type, use };
}

function useOf(role: string, layer: number | undefined, isTied: boolean): ModelTensor["use"] {
  if (layer !== undefined) return "layer";
  if (role === (isTied ? "token_embd" : "output")) return "head";
  return "lookup";
}

/** A bias is added right after its product, and so parts a call. */
function groupCalls(roles: readonly string[], hasBias: (role: string) => boolean): string[][] {
  const known = commonCalls.flat();
  const others = roles.filter((role) => !known.includes(role)).map((role) => [role]);
  return [...commonCalls, ...others].flatMap((call) => {
    const present = call.filter((role) => roles.includes(role));
    if (present.some(hasBias)) return present.map((role) => [role]);
    return present.length > 0 ? [present] : [];
  });
}

function headsOf({ metadata, path }: GgufFile): Model["heads"] {
  const architecture = String(metadata["general.architecture"]);
  const value = (key: string) => {
    const found = metadata[`${architecture}.${key}`];
    return typeof found === "number" || typeof found === "bigint" ? Number(found) : undefined;
  };
  const query = value("attention.head_count");
  const width = value("embedding_length");
  if (!query || !width) {
    throw userError("no-heads", "the file names no attention heads or no embedding length", {
      why: `keys ${architecture}.attention.head_count and ${architecture}.embedding_length`,
      file: path,
    });
  }
  return {
    query,
    kv: value("attention.head_count_kv") ?? query,
    size: value("attention.key_length") ?? Math.floor(width / query),
  };
}
