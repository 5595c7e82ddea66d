import { type Activation, type ActivationName, activationOf } from "../spec/activations.ts";
import { f16FromNumber, f16ToNumber } from "./float.ts";

/** Codes whose sum is stored beside them. */
const sumGroup = 16;

/** Where the parts of a stored block of `elements` lie, and its bytes. */
function storedBlock({ codes, scale, stored }: Activation, elements: number) {
  const scaleBytes = scale.type === "f16" ? 2 : 4;
  const bytesOf = {
    scale: scaleBytes,
    "scaled-sum": scaleBytes,
    codes: (elements * codes.bits) / 8,
    sums: (elements / sumGroup) * 2,
  };
  const at: Partial<Record<Activation["stored"][number], number>> = {};
  let bytes = 0;
  for (const part of stored) {
    at[part] = bytes;
    bytes += bytesOf[part];
  }
  return { at, bytes };
}

/** Bytes of a stored row of K activations, whole blocks. */
export function activationBytes(name: ActivationName, k: number): number {
  const activation = activationOf(name);
  const block = Math.min(activation.block, k);
  return (k / block) * storedBlock(activation, block).bytes;
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

/** Codes of a run, and its fp32 scale before it is stored. */
function quantizeRun(
  { codes: { bits, rounding }, scale }: Activation,
  x: Float32Array,
  from: number,
  to: number,
  codes: Int8Array,
  at: number,
): number {
  const most = 2 ** (bits - 1) - 1;
  const { magnitude, value } = largest(x, from, to);
  if (scale.rule === "extreme" && magnitude === 0) {
    codes.fill(0, at, at + to - from);
    return 0;
  }
  const d = fround(magnitude / most);
  const inverse = scale.rule === "extreme" ? fround(-most / value) : d === 0 ? 0 : fround(1 / d);
  const round = rounding === "even" ? roundEven : roundAway;
  for (let i = from; i < to; i++) codes[at + i - from] = Math.min(most, round(fround(x[i] * inverse)));
  return scale.rule === "extreme" ? fround(1 / inverse) : d;
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
  const activation = activationOf(name);
  const block = Math.min(activation.block, k);
  const { at, bytes: stride } = storedBlock(activation, block);
  const bytes = new Uint8Array((x.length / block) * stride);
  const view = new DataView(bytes.buffer);
  const signed = new Int8Array(bytes.buffer);
  const putScale = (to: number, value: number) =>
    activation.scale.type === "f16" ? view.setUint16(to, f16FromNumber(value), true) : view.setFloat32(to, value, true);
  for (let b = 0; b < x.length / block; b++) {
    const base = b * stride;
    const codes = base + at.codes!;
    const d = quantizeRun(activation, x, b * block, (b + 1) * block, signed, codes);
    putScale(base + at.scale!, d);
    if (at["scaled-sum"] !== undefined)
      putScale(base + at["scaled-sum"], fround(sumCodes(signed, codes, codes + block) * d));
    if (at.sums !== undefined)
      for (let j = 0; j < block / sumGroup; j++) {
        const first = codes + sumGroup * j;
        view.setInt16(base + at.sums + 2 * j, sumCodes(signed, first, first + sumGroup), true);
      }
  }
  return bytes;
}

/** Stored activation blocks to the codes and fp32 scales that MatMul takes. */
export function readActivations(name: ActivationName, bytes: Uint8Array, k: number): Activations {
  const activation = activationOf(name);
  const block = Math.min(activation.block, k);
  const { at, bytes: stride } = storedBlock(activation, block);
  const columns = bytes.length / ((k / block) * stride);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isHalf = activation.scale.type === "f16";
  const codes = new Int8Array(columns * k);
  const scales = new Float32Array((columns * k) / block);
  for (let b = 0; b < scales.length; b++) {
    const base = b * stride;
    scales[b] = isHalf ? f16ToNumber(view.getUint16(base + at.scale!, true)) : view.getFloat32(base + at.scale!, true);
    codes.set(signed.subarray(base + at.codes!, base + at.codes! + block), b * block);
  }
  return { name, k, columns, codes, block, scales };
}
