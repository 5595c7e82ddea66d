/** One weight tensor of a model. */
export interface ModelTensor {
  name: string;
  /** The name without its layer (and its expert, where each has a tensor), e.g. attn_q. */
  role: string;
  /** Absent for those outside the layers. */
  layer?: number;
  rows: number;
  k: number;
  /** Matrices in the tensor: experts, or heads; 1 for most. */
  matrices: number;
  /** Of them, those that one token multiplies; a fraction where each expert has its own tensor. */
  used: number;
  /** A format's name, a plain type (f32, f16 ...), or `type <number>`. */
  type: string;
  use: TensorUse;
}

/**
 * - `layer`, `once`: a matrix of a layer, or outside the layers, that every token multiplies
 * - `expert`: matrices of which a token multiplies some
 * - `head`: makes the logits
 * - `lookup`: single rows are read, nothing is multiplied
 * - `draft`: of a layer of multi-token prediction (NextN), which ordinary decoding does not run
 * - `other`: not a matrix
 */
export type TensorUse = "layer" | "once" | "expert" | "head" | "lookup" | "draft" | "other";

/** Attention heads of a layer; `size` in elements. */
export interface Heads {
  query: number;
  kv: number;
  size: number;
}

/** A model with the type of each tensor: what estimates and benchmarks work on. */
export interface Model {
  name: string;
  mix: string;
  /** Layers that a token runs. */
  layers: number;
  /** Elements of a token's vector between layers. */
  width: number;
  /** By layer; null for one without attention. */
  heads: readonly (Heads | null)[];
  /** Elements of recurrent state that a layer updates for each token (Mamba); null for one without. */
  states: readonly (State | null)[];
  /** Roles of a layer's matrices, in the calls that llama.cpp makes of them. */
  calls: string[][];
  tensors: ModelTensor[];
  /** Why it makes no tokens one by one, so that tok/s mean nothing; or what an estimate lacks. */
  notDecoding?: string;
  /** What the reader of the file should know. */
  notes: string[];
}

export interface State {
  elements: number;
  /** Each element decays by an exponential of its own (Mamba 1), not one for the head (Mamba 2). */
  ownDecay: boolean;
}
