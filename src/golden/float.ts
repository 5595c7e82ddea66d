import type { ScaleType } from "../spec/format-schema.ts";

const word = new DataView(new ArrayBuffer(4));

/** Smallest normal fp32: below it MatMul counts a number as zero (docs/numerics.md). */
export const minNormal32 = 2 ** -126;

/** The bits of every NaN that leaves a MatMul. */
export const nanBits32 = 0x7fc00000;

export function f32FromBits(bits: number): number {
  word.setUint32(0, bits);
  return word.getFloat32(0);
}

export function f32ToBits(value: number): number {
  word.setFloat32(0, value);
  return word.getUint32(0);
}

/** IEEE 754 binary16 to its exact value. */
export function f16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00) return magnitude > 0x7c00 ? NaN : sign * Infinity;
  // As the fp32 of the same exponent and mantissa fields, it is too small by the difference of the biases.
  return sign * f32FromBits(magnitude << 13) * 2 ** 112;
}

/** An fp32 value to binary16, nearest even; 65520 and above become infinite. */
export function f16FromNumber(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  // Above 2^-14 the unit in the last place follows the exponent; below, it stays 2^-24.
  const exponent = Math.max(f32ToBits(magnitude) >>> 23, 113) - 127;
  const unit = 2 ** (exponent - 10);
  // Adding and taking away 2^52 rounds a double to the nearest even integer.
  const steps = magnitude / unit + 2 ** 52 - 2 ** 52;
  return sign | (((exponent + 14) << 10) + steps);
}

/** powers[e] = 2^(e - 127): looked up, since `**` is slow. */
const powers = Float64Array.from({ length: 256 }, (_, e) => 2 ** (e - 127));

/** The exact value of a stored block scale. E8M0 0xFF is 2^128 here, so that ggml's halved MXFP4 scale gives 2^127. */
export function scaleToNumber(type: ScaleType, bits: number): number {
  switch (type) {
    case "f16":
      return f16ToNumber(bits);
    case "bf16":
      return f32FromBits(bits * 65536);
    case "f32":
      return f32FromBits(bits);
    case "e8m0":
      return powers[bits];
    case "e8m0-nan":
      return bits === 255 ? NaN : powers[bits];
    case "ue4m3": {
      // As ggml reads NVFP4 scales: 0x7f is zero, bit 7 is ignored otherwise.
      if (bits === 0x7f) return 0;
      const exponent = (bits >> 3) & 15;
      return exponent === 0 ? (bits & 7) * 2 ** -9 : (8 + (bits & 7)) * powers[exponent + 117];
    }
  }
}

/** Rounds to fp32 as IEEE 754 does, then replaces a subnormal by zero of its sign. */
export function flush32(value: number): number {
  const rounded = Math.fround(value);
  return Math.abs(rounded) < minNormal32 ? rounded * 0 : rounded;
}

/** A block scale as a MatMul operand: its exact value, or zero of its sign where that lies below the normal fp32 range. */
export function scaleOperand(exact: number): number {
  return Math.abs(exact) < minNormal32 ? exact * 0 : Math.fround(exact);
}

/** fp32 bits of a MatMul output. */
export function outputBits(value: number): number {
  return Number.isNaN(value) ? nanBits32 : f32ToBits(value);
}
