import type { Model, ModelTensor } from "../model/model-mix.ts";

/**
 * The board's CPU beside the accelerator: 4 Cortex-A53 at 1.333 GHz (docs/board-facts.md). Nothing here was measured: cycles an
 * element are derived from the core's pipeline, which is in order and does 64 bits of NEON arithmetic a cycle.
 */
export const cpu = {
  cores: 4,
  hertz: 1.333e9,
  /** What four cores reach together of four times one core. */
  scaling: 0.8,
  /** Largest magnitude, then scale, round, narrow, sum: 9 operations on 2 lanes, and loads. */
  quantise: 6,
  /** Squares and their sum, then two products and a store. */
  norm: 4,
  rope: 6,
  /** An exponential is a polynomial of about 12 operations on 2 lanes. */
  exponential: 12,
  /** A product of f16 keys or values: convert, multiply-add, load. */
  attentionMac: 2,
  /**
   * MACs a second of llama.cpp's k-quant MatMuls on this CPU: F-BFQ (arXiv 2510.13401) takes 1.4 times less time than NEON
   * code on the board's CPU; its 12.2 tok/s of GPT-2 (124 M MACs) and about 1.7 of 1.1 G MACs give 1.1 to 1.3 G.
   */
  macsPerSecond: 1.2e9,
  source: "derived from the Cortex-A53's pipeline and from F-BFQ's published figures; not measured",
} as const;

/** Seconds of the CPU in one forward pass, MatMuls excepted. */
export interface CpuShare {
  attention: number;
  normsAndActivations: number;
  quantisation: number;
  total: number;
}

/**
 * @param columns tokens of the pass
 * @param context tokens that attention looks back at, on average
 */
export function cpuShare(model: Model, columns: number, context: number): CpuShare {
  const { layers, heads, tensors } = model;
  const ofLayer = tensors.filter(({ layer, use }) => layer === 0 && use === "layer");
  const k = (role: string) => ofLayer.find((tensor) => tensor.role === role)?.k ?? 0;
  const width = Math.max(k("attn_q"), k("attn_qkv"));
  const inner = k("ffn_down");
  const scores = heads.query * context;
  const cycles = {
    attention: 2 * scores * heads.size * cpu.attentionMac + scores * cpu.exponential,
    normsAndActivations:
      2 * width * cpu.norm + inner * cpu.exponential + (heads.query + heads.kv) * heads.size * cpu.rope,
    quantisation: distinctInputs(model, ofLayer).reduce((sum, elements) => sum + elements, 0) * cpu.quantise,
  };
  const all = layers * columns;
  const parallel = cpu.cores * cpu.scaling * cpu.hertz;
  const attention = (all * cycles.attention) / parallel;
  // One token's vectors are too short to share; those of a prompt are.
  const rate = columns >= cpu.cores ? parallel : cpu.hertz;
  const normsAndActivations = (all * cycles.normsAndActivations) / rate;
  const quantisation = (all * cycles.quantisation) / rate;
  return { attention, normsAndActivations, quantisation, total: attention + normsAndActivations + quantisation };
}

/** Lengths of the vectors that are quantised in a layer: each call of MatMuls has its own input, Q, K and V one. */
function distinctInputs({ calls }: Model, ofLayer: readonly ModelTensor[]): number[] {
  const isOfQuery = (role: string) => role === "attn_k" || role === "attn_v";
  return calls.flatMap(([role]) => {
    const tensor = ofLayer.find((candidate) => candidate.role === role);
    return tensor && !isOfQuery(role) ? [tensor.k] : [];
  });
}

/**
 * Weights of a MatMul with one column below which the CPU is done before the accelerator has started and ended.
 * @param callSeconds what a call takes beside its stream of weights
 */
export function breakEvenWeights(callSeconds: number, streamBytesPerSecond: number, bytesPerWeight: number): number {
  return Math.ceil(callSeconds / (1 / cpu.macsPerSecond - bytesPerWeight / streamBytesPerSecond));
}
