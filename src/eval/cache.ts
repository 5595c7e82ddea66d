import { f16FromNumber, f16ToNumber } from "../golden/float.ts";
import { asGgml, toF16 } from "./activations.ts";

/** Types that keys and values can be kept in. */
export const cacheTypes = ["f32", "f16", "q8_0", "q4_0"] as const;
export type CacheType = (typeof cacheTypes)[number];

const { abs, fround, min, trunc } = Math;

/** Keys or values as the cache gives them back; quantised blocks lie within a head. */
export function cacheThrough(type: CacheType, x: Float32Array, headSize: number): Float32Array {
  switch (type) {
    case "f32":
      return x;
    case "f16":
      return toF16(x);
    case "q8_0":
      return asGgml("q8_0", x, headSize);
    case "q4_0":
      return throughQ4(x);
  }
}

/** Queries as ggml's dot product with such keys takes them. */
export function queryThrough(type: CacheType, x: Float32Array, headSize: number): Float32Array {
  return type === "f32" || type === "f16" ? cacheThrough(type, x, headSize) : asGgml("q8_0", x, headSize);
}

/** ggml's `quantize_row_q4_0_ref` and back: the largest value of 32 becomes code 0, that is -8. */
function throughQ4(x: Float32Array): Float32Array {
  const out = new Float32Array(x.length);
  for (let from = 0; from < x.length; from += 32) {
    let largest = 0;
    for (let i = from; i < from + 32; i++) if (abs(x[i]) > abs(largest)) largest = x[i];
    const d = fround(largest / -8);
    const inverse = d === 0 ? 0 : fround(1 / d);
    const stored = f16ToNumber(f16FromNumber(d));
    for (let i = from; i < from + 32; i++) {
      out[i] = (min(15, trunc(fround(fround(x[i] * inverse) + 8.5))) - 8) * stored;
    }
  }
  return out;
}
