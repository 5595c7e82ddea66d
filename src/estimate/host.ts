import type { Model, ModelTensor } from "../model/model.ts";

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
  /** An element of recurrent state: decay, add, and its product into the output. */
  state: 3,
  /** A product of f16 keys or values: convert, multiply-add, load. */
  attentionMac: 2,
  /**
   * MACs a second of llama.cpp's k-quant MatMuls on this CPU: F-BFQ (arXiv 2510.13401) takes 1.4 times less time than NEON
   * code on the board's CPU; its 12.2 tok/s of GPT-2 (124 M MACs) and about 1.7 of 1.1 G MACs give 1.1 to 1.3 G. Taken for all types: nothing
   * was published for others on this CPU, and f16 at this rate is 2.4 GB/s of memory.
   */
  macsPerSecond: 1.2e9,
  source: "derived from the Cortex-A53's pipeline and from F-BFQ's published figures; not measured",
} as const;

/** Seconds of the CPU in one forward pass. */
export interface CpuShare {
  /** Of matrices that don't run on the accelerator. */
  matmuls: number;
  attention: number;
  /** Updates of recurrent state (Mamba). */
  state: number;
  normsAndActivations: number;
  quantisation: number;
  total: number;
}

/**
 * @param columns tokens of the pass
 * @param context tokens that attention looks back at, on average
 * @param onCpu tensors that the CPU multiplies
 */
export function cpuShare(model: Model, columns: number, context: number, onCpu: readonly ModelTensor[]): CpuShare {
  const cycles = { attention: 0, state: 0, normsAndActivations: 0, quantisation: 0 };
  const byLayer = new Map<number | undefined, ModelTensor[]>();
  for (const tensor of model.tensors) {
    if (tensor.use !== "layer" && tensor.use !== "expert") continue;
    byLayer.set(tensor.layer, [...(byLayer.get(tensor.layer) ?? []), tensor]);
  }
  for (let layer = 0; layer < model.layers; layer++) {
    const tensors = byLayer.get(layer) ?? [];
    const inner = tensors.filter(({ role }) => /^ffn_down/.test(role)).reduce((sum, { k, used }) => sum + k * used, 0);
    cycles.normsAndActivations += 2 * model.width * cpu.norm + inner * cpu.exponential;
    cycles.quantisation += inputs(model, tensors) * cpu.quantise;
    const heads = model.heads[layer];
    if (heads) {
      const scores = heads.query * context;
      cycles.attention += 2 * scores * heads.size * cpu.attentionMac + scores * cpu.exponential;
      cycles.normsAndActivations += (heads.query + heads.kv) * heads.size * cpu.rope;
    }
    const state = model.states[layer];
    if (state) cycles.state += state.elements * (cpu.state + (state.ownDecay ? cpu.exponential : 0));
  }
  const parallel = cpu.cores * cpu.scaling * cpu.hertz;
  // One token's vectors are too short to share; those of a prompt are.
  const rate = columns >= cpu.cores ? parallel : cpu.hertz;
  const matmuls = onCpu.reduce((sum, tensor) => sum + matmulSeconds(tensor, columns), 0);
  const attention = (columns * cycles.attention) / parallel;
  const state = (columns * cycles.state) / parallel;
  const normsAndActivations = (columns * cycles.normsAndActivations) / rate;
  const quantisation = (columns * cycles.quantisation) / rate;
  const total = matmuls + attention + state + normsAndActivations + quantisation;
  return { matmuls, attention, state, normsAndActivations, quantisation, total };
}

/** A tensor's MatMul on the CPU; the head makes the logits of the last token only. */
export function matmulSeconds({ rows, k, used, use }: ModelTensor, columns: number): number {
  return (rows * k * used * (use === "head" ? 1 : columns)) / cpu.macsPerSecond;
}

/** Elements that are quantised in a layer: each call of MatMuls has its own input, Q, K and V one; so have gate and up. */
function inputs({ calls }: Model, ofLayer: readonly ModelTensor[]): number {
  const isOfQuery = (role: string) => role === "attn_k" || role === "attn_v";
  const dense = calls.flatMap(([role]) => {
    const tensor = ofLayer.find((candidate) => candidate.role === role);
    return tensor && !isOfQuery(role) ? [tensor.k] : [];
  });
  const experts = ofLayer.filter(({ use, role }) => use === "expert" && /^ffn_down/.test(role));
  return [...dense, ...experts.map(({ k, used }) => k * used)].reduce((sum, elements) => sum + elements, 0);
}

/**
 * Weights of a MatMul with one column below which the CPU is done before the accelerator has started and ended.
 * @param callSeconds what a call takes beside its stream of weights
 */
export function breakEvenWeights(callSeconds: number, streamBytesPerSecond: number, bytesPerWeight: number): number {
  return Math.ceil(callSeconds / (1 / cpu.macsPerSecond - bytesPerWeight / streamBytesPerSecond));
}
