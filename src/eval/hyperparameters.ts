import type { GgufFile } from "../gguf/gguf.ts";
import { quote } from "../printable.ts";
import { userError } from "../problem.ts";

/** Architectures whose forward pass `eval` knows, by general.architecture, and how rotary embeddings pair the elements of a head. */
export const architectures = { llama: "neighbours", qwen2: "halves", qwen3: "halves" } as const;
export type Architecture = keyof typeof architectures;

/** The sizes of a model, from the metadata of its file. */
export interface Hyperparameters {
  architecture: Architecture;
  layers: number;
  width: number;
  heads: number;
  kvHeads: number;
  headSize: number;
  /** Elements of a head that are rotated: the first ones. */
  ropeSize: number;
  ropeBase: number;
  /** Positions are multiplied by this (linear scaling). */
  ropeScale: number;
  normEpsilon: number;
  /** Positions that the model was trained for. */
  context: number;
}

/** @throws UserError for an architecture, a variant of it or a size that `eval` does not know */
export function readHyperparameters({ metadata, path }: GgufFile): Hyperparameters {
  const fail = (what: string, fix: string) => userError("eval-model", what, { fix, file: path });
  const architecture = String(metadata.get("general.architecture"));
  if (!Object.hasOwn(architectures, architecture)) {
    throw fail(
      `the architecture is ${quote(architecture)}`,
      `bfq eval knows ${Object.keys(architectures).join(", ")}; for others use llama-perplexity`,
    );
  }
  const number = (key: string, fallback?: number): number => {
    const found = metadata.get(`${architecture}.${key}`) ?? fallback;
    const value = typeof found === "bigint" ? Number(found) : found;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw fail(`key ${architecture}.${key} is missing or not a number`, "convert the model again");
  };
  const count = (key: string, fallback?: number): number => {
    const value = number(key, fallback);
    if (Number.isInteger(value) && value >= 1 && value <= 2 ** 20) return value;
    throw fail(`key ${architecture}.${key} is ${value}`, "convert the model again: it is a size");
  };
  if (number("expert_count", 0) > 0) {
    throw fail("the model has experts", "bfq eval knows dense models only; use llama-perplexity");
  }
  const scaling = metadata.get(`${architecture}.rope.scaling.type`);
  if (scaling !== undefined && scaling !== "none" && scaling !== "linear") {
    throw fail(`its rotary embeddings are scaled by ${quote(String(scaling))}`, "bfq eval knows linear scaling only");
  }
  const width = count("embedding_length");
  const heads = count("attention.head_count");
  const headSize = count("attention.key_length", Math.floor(width / heads));
  const sizes: Hyperparameters = {
    architecture: architecture as Architecture,
    layers: count("block_count"),
    width,
    heads,
    kvHeads: count("attention.head_count_kv", heads),
    headSize,
    ropeSize: count("rope.dimension_count", headSize),
    ropeBase: number("rope.freq_base", 10000),
    ropeScale: scaling === "none" ? 1 : 1 / (number("rope.scaling.factor", 1) || 1),
    normEpsilon: number("attention.layer_norm_rms_epsilon"),
    context: count("context_length"),
  };
  if (sizes.heads % sizes.kvHeads !== 0 || sizes.ropeSize > headSize || sizes.ropeSize % 2 !== 0) {
    throw fail("its numbers of heads and their sizes do not go together", "convert the model again");
  }
  if (count("attention.value_length", headSize) !== headSize) {
    throw fail("its values are not as long as its keys", "bfq eval knows equal lengths only");
  }
  return sizes;
}
