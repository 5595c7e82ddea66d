import { quantize, readActivations } from "../golden/quantize.ts";
import type { ActivationName } from "../spec/activations.ts";
import type { Matrix } from "./model.ts";

/** The MatMul inputs of a model: normed into Q, K and V; into the output projection; normed into gate and up; into down; into the head. */
export const sites = ["attention", "output", "feed-forward", "down", "head"] as const;
export type Site = (typeof sites)[number];

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The nearest fp32 number whose mantissa lacks the lowest `drop` bits, halves to even. */
function shorten(value: number, drop: number): number {
  float[0] = value;
  const half = (1 << (drop - 1)) - 1;
  bits[0] = (bits[0] + half + ((bits[0] >>> drop) & 1)) & -(1 << drop);
  return float[0];
}

/** Values as binary16 gives them back; halves to even, 65520 and above become infinite. */
export function toF16(x: Float32Array): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    const magnitude = Math.abs(value);
    if (magnitude >= 65520) out[i] = value * Infinity;
    // Below 2^-14 the unit in the last place stays 2^-24: that of fp32 numbers from 0.5 to 1.
    else if (magnitude < 2 ** -14) out[i] = Math.fround(value + 0.75) - 0.75;
    else out[i] = shorten(value, 13);
  }
  return out;
}

/** Activations as ggml's stored blocks give them back: codes times fp32 scales. */
function throughBlocks(name: ActivationName, x: Float32Array, k: number): Float32Array {
  const { codes, scales, block } = readActivations(name, quantize(name, x, k), k);
  const out = new Float32Array(x.length);
  for (let b = 0, i = 0; b < scales.length; b++) {
    const d = scales[b];
    for (const end = i + block; i < end; i++) out[i] = codes[i] * d;
  }
  return out;
}

/** Columns of K activations as a matrix of this activation type sees them. */
export function asGgml(activation: Matrix["activation"], x: Float32Array, k: number): Float32Array {
  switch (activation) {
    case "f32":
      return x;
    case "f16":
      return toF16(x);
    case "bf16":
      return x.map((value) => shorten(value, 16));
    default:
      return throughBlocks(activation, x, k);
  }
}
