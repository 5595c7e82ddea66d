import type { ActivationName } from "../spec/format-schema.ts";
import { activationBlock } from "../spec/format-schema.ts";
import { f16FromNumber, f16ToNumber } from "./float.ts";

/** Bytes of one stored activation block; int8_token stores one f32 scale and then the whole row. */
export function activationBytes(name: ActivationName, k: number): number {
  const blocks = k / activationBlock[name];
  return { q8_0: blocks * 34, q8_1: blocks * 36, q8_K: blocks * 292, int8_token: 4 + k }[name];
}

/** Quantised activations of `columns` vectors of K elements, ready for MatMul. */
export interface Activations {
  name: ActivationName;
  k: number;
  columns: number;
  /** columns x K. */
  codes: Int8Array;
  /** Elements that share a scale. */
  block: number;
  /** columns x (K / block), fp32 values. */
  scales: Float32Array;
}

const { fround, abs } = Math;

/** Largest magnitude of a run and the value that has it first. */
function largest(x: Float32Array, from: number, to: number): { magnitude: number; value: number } {
  let magnitude = 0;
  let value = 0;
  for (let i = from; i < to; i++) {
    if (abs(x[i]) > magnitude) {
      magnitude = abs(x[i]);
      value = x[i];
    }
  }
  return { magnitude, value };
}

/** C's roundf: halves away from zero. */
const roundAway = (value: number) => (value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5));

/** Nearest, halves to even, by ggml's trick of adding 1.5 * 2^23 in fp32. */
const roundEven = (value: number) => fround(value + 12582912) - 12582912;

/** One fp32 scale for a run, codes rounded away from zero: ggml's `quantize_row_q8_0_ref` before it narrows d. */
function quantizeSymmetric(x: Float32Array, from: number, to: number, codes: Int8Array, at: number): number {
  const d = fround(largest(x, from, to).magnitude / 127);
  const inverse = d === 0 ? 0 : fround(1 / d);
  for (let i = from; i < to; i++) codes[at + i - from] = roundAway(fround(x[i] * inverse));
  return d;
}

/** ggml's `quantize_row_q8_K_ref`: the scale is negative where the largest value is positive. */
function quantizeSuperBlock(x: Float32Array, from: number, to: number, codes: Int8Array, at: number): number {
  const { magnitude, value } = largest(x, from, to);
  if (magnitude === 0) {
    codes.fill(0, at, at + to - from);
    return 0;
  }
  const inverse = fround(-127 / value);
  for (let i = from; i < to; i++) codes[at + i - from] = Math.min(127, roundEven(fround(inverse * x[i])));
  return fround(1 / inverse);
}

function sumCodes(codes: Int8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += codes[i];
  return sum;
}

/**
 * Rows of K floats to stored activation blocks, byte for byte as ggml's `quantize_row_{q8_0,q8_1,q8_K}_ref`
 * (sums of an all-zero q8_K block, which ggml leaves undefined, are zero).
 */
export function quantize(name: ActivationName, x: Float32Array, k: number): Uint8Array {
  const block = Math.min(activationBlock[name], k);
  const bytes = new Uint8Array((x.length / k) * activationBytes(name, k));
  const view = new DataView(bytes.buffer);
  const signed = new Int8Array(bytes.buffer);
  const stride = activationBytes(name, k) / (k / block);
  for (let b = 0; b < x.length / block; b++) {
    const base = b * stride;
    const from = b * block;
    const to = from + block;
    if (name === "q8_K") {
      view.setFloat32(base, quantizeSuperBlock(x, from, to, signed, base + 4), true);
      for (let j = 0; j < 16; j++) {
        const first = base + 4 + 16 * j;
        view.setInt16(base + 260 + 2 * j, sumCodes(signed, first, first + 16), true);
      }
    } else if (name === "int8_token") {
      view.setFloat32(base, quantizeSymmetric(x, from, to, signed, base + 4), true);
    } else {
      const header = name === "q8_0" ? 2 : 4;
      const d = quantizeSymmetric(x, from, to, signed, base + header);
      view.setUint16(base, f16FromNumber(d), true);
      if (name === "q8_1") {
        const sum = sumCodes(signed, base + header, base + header + block);
        view.setUint16(base + 2, f16FromNumber(fround(sum * d)), true);
      }
    }
  }
  return bytes;
}

/** Stored activation blocks to the codes and fp32 scales that MatMul takes. */
export function readActivations(name: ActivationName, bytes: Uint8Array, k: number): Activations {
  const block = Math.min(activationBlock[name], k);
  const columns = bytes.length / activationBytes(name, k);
  const stride = activationBytes(name, k) / (k / block);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = { q8_0: 2, q8_1: 4, q8_K: 4, int8_token: 4 }[name];
  const isHalf = name === "q8_0" || name === "q8_1";
  const codes = new Int8Array(columns * k);
  const scales = new Float32Array((columns * k) / block);
  for (let b = 0; b < scales.length; b++) {
    const base = b * stride;
    scales[b] = isHalf ? f16ToNumber(view.getUint16(base, true)) : view.getFloat32(base, true);
    codes.set(signed.subarray(base + header, base + header + block), b * block);
  }
  return { name, k, columns, codes, block, scales };
}
