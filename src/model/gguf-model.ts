import type { GgufFile, GgufTensor } from "../gguf/gguf.ts";
import { printable } from "../printable.ts";
import { refuseNoModel, whyNotDecoding } from "./file-kind.ts";
import type { Heads, Model, ModelTensor, State, TensorUse } from "./model.ts";
import { isExperts, isLookup, isNoMatrix, parseTensorName } from "./tensor-name.ts";

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
 * @throws UserError where it is no model
 */
export function modelOfGguf(file: GgufFile, typeNames: ReadonlyMap<number, string>): Model {
  refuseNoModel(file);
  const facts = new Facts(file);
  const names = new Set(file.tensors.map(({ name }) => name));
  const notDecoding = whyNotDecoding(file);
  // An encoder has no head: its embedding is a table only.
  const isTied = !names.has("output.weight") && notDecoding === undefined;
  const inBlocks = file.tensors.map(({ name }) => parseTensorName(name).layer ?? -1);
  const blocks = facts.number("block_count") ?? Math.max(...inBlocks) + 1;
  const layers = Math.max(0, Math.min(blocks, Math.max(...inBlocks) + 1) - (facts.number("nextn_predict_layers") ?? 0));
  const tensors = file.tensors.map((tensor) => describeTensor(tensor, { isTied, layers, facts, typeNames }));
  const roles = [
    ...new Set(tensors.filter(({ use, layer }) => use === "layer" && layer !== undefined).map(({ role }) => role)),
  ];
  const hasBias = (role: string) => names.has(`blk.0.${role}.bias`);
  const width = facts.number("embedding_length") ?? tensors.find(({ role }) => role === "token_embd")?.k ?? 0;
  const heads = layerHeads(tensors, layers, width, facts);
  const lacks = heads ? undefined : `the header has no ${facts.key("attention.head_count")}`;
  const name = file.metadata.get("general.name");
  return {
    name: printable(typeof name === "string" && name !== "" ? name : file.path),
    mix: "as in the file",
    layers,
    width,
    heads: heads ?? [],
    states: layerStates(tensors, layers, facts),
    calls: groupCalls(roles, hasBias),
    tensors,
    ...((notDecoding ?? lacks) && { notDecoding: notDecoding ?? lacks! }),
    notes: file.missing > 0 ? [`the header is whole; of the data ${file.missing} bytes or more are missing`] : [],
  };
}

/** Numbers of the header by their names after the architecture's. */
class Facts {
  readonly #file: GgufFile;

  constructor(file: GgufFile) {
    this.#file = file;
  }

  key(name: string): string {
    return `${printable(String(this.#file.metadata.get("general.architecture")))}.${name}`;
  }

  /** @param layer takes its entry where the value is an array over the layers */
  number(name: string, layer = 0): number | undefined {
    const { metadata } = this.#file;
    const value = metadata.get(`${String(metadata.get("general.architecture"))}.${name}`);
    const found = Array.isArray(value) ? value[layer] : value;
    const number = typeof found === "bigint" ? Number(found) : found;
    return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
  }
}

interface Around {
  isTied: boolean;
  layers: number;
  facts: Facts;
  typeNames: ReadonlyMap<number, string>;
}

function describeTensor(tensor: GgufTensor, { isTied, layers, facts, typeNames }: Around): ModelTensor {
  const { name, shape } = tensor;
  const [k = 1, rows = 1, ...more] = shape;
  const { role, layer, isOneExpert, isWeight } = parseTensorName(name);
  const matrices = more.reduce((product, size) => product * size, 1);
  const isMatrix = isWeight && rows > 1 && k > 0 && matrices > 0 && !isNoMatrix(role);
  const isExpert = isOneExpert || isExperts(role);
  const use = isMatrix ? useOf(role, layer, { isTied, layers, isExpert }) : "other";
  const experts = facts.number("expert_count") ?? matrices;
  const inUse = Math.min(facts.number("expert_used_count") ?? experts, experts);
  const used =
    use === "other" || use === "lookup" || use === "draft"
      ? 0
      : isOneExpert
        ? inUse / experts
        : isExpert
          ? inUse
          : matrices;
  const type = typeNames.get(tensor.type) ?? `type ${tensor.type}`;
  return { name, role, ...(layer !== undefined && { layer }), rows, k, matrices, used, type, use };
}

function useOf(
  role: string,
  layer: number | undefined,
  { isTied, layers, isExpert }: { isTied: boolean; layers: number; isExpert: boolean },
): TensorUse {
  if (role === (isTied ? "token_embd" : "output")) return "head";
  if (isLookup(role)) return "lookup";
  if (layer === undefined) return "once";
  if (layer >= layers) return "draft";
  return isExpert ? "expert" : "layer";
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

/** By layer: one attends that has matrices for it and heads to put the result in. Undefined where the header has no head count. */
function layerHeads(
  tensors: readonly ModelTensor[],
  layers: number,
  width: number,
  facts: Facts,
): (Heads | null)[] | undefined {
  const attending = new Set(
    tensors.filter(({ role }) => /^attn_(q|qkv|q_a|q_b|kv)/.test(role)).map(({ layer }) => layer),
  );
  const heads = Array.from({ length: layers }, (_, layer): Heads | null | undefined => {
    if (!attending.has(layer)) return null;
    const query = facts.number("attention.head_count", layer);
    if (!query) return undefined;
    const kv = facts.number("attention.head_count_kv", layer) ?? query;
    const size = facts.number("attention.key_length") ?? Math.floor(width / query);
    return kv === 0 ? null : { query, kv, size };
  });
  return heads.every((entry) => entry !== undefined) ? heads : undefined;
}

function layerStates(tensors: readonly ModelTensor[], layers: number, facts: Facts): (State | null)[] {
  const recurrent = new Set(tensors.filter(({ role }) => role === "ssm_out").map(({ layer }) => layer));
  const elements = (facts.number("ssm.inner_size") ?? 0) * (facts.number("ssm.state_size") ?? 0);
  const ownDecay = tensors.some(({ role }) => role === "ssm_x");
  return Array.from({ length: layers }, (_, layer) =>
    recurrent.has(layer) && elements > 0 ? { elements, ownDecay } : null,
  );
}
