import { f16FromNumber, f32ToBits, scaleToNumber } from "../golden/float.ts";
import type { FloatScale } from "../spec/format.ts";
import type { ScaleType } from "../spec/format-schema.ts";

/** Largest finite numbers. */
const most: Partial<Record<ScaleType, number>> = {
  f16: 65504,
  bf16: (2 - 2 ** -7) * 2 ** 127,
  f32: (2 - 2 ** -23) * 2 ** 127,
};

/** Stored bits of the types that have 256 values at most, ascending by value. */
const coarse = new Map<ScaleType, number[]>();
for (const type of ["e8m0", "e8m0-nan", "ue4m3"] as const) {
  const codes = Array.from({ length: type === "ue4m3" ? 127 : 255 }, (_, bits) => bits);
  coarse.set(type, codes);
}

/** What a block's float scale can be. */
export class ScaleSet {
  /** Few values, all positive: those that could serve are tried one by one. */
  readonly isCoarse: boolean;
  private readonly values: number[];

  constructor(private readonly scale: Pick<FloatScale, "type" | "multiplier">) {
    const codes = coarse.get(scale.type);
    this.isCoarse = codes !== undefined;
    this.values = (codes ?? []).map((bits) => scaleToNumber(scale.type, bits) * scale.multiplier);
  }

  /** Bits of the nearest number that can be stored. */
  store(value: number): number {
    const { type, multiplier } = this.scale;
    if (this.isCoarse) return this.nearestIndex(value);
    const limit = most[type]!;
    const wanted = Math.fround(Math.max(-limit, Math.min(limit, value / multiplier)));
    if (type === "f16") return f16FromNumber(wanted);
    const bits = f32ToBits(wanted);
    if (type === "f32") return bits;
    const short = Math.floor((bits + 0x7fff + ((bits >>> 16) & 1)) / 65536);
    return (short & 0x7fff) === 0x7f80 ? short - 1 : short;
  }

  /** What stored bits mean, as the decoder takes it. */
  value(bits: number): number {
    return scaleToNumber(this.scale.type, bits) * this.scale.multiplier;
  }

  /** The numbers of a coarse type from `low` to `high`, and one beyond on either side. */
  between(low: number, high: number): number[] {
    const first = Math.max(0, this.nearestIndex(low) - 1);
    return this.values.slice(first, this.nearestIndex(high) + 2);
  }

  private nearestIndex(value: number): number {
    const { values } = this;
    let low = 0;
    let high = values.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[middle] + values[middle + 1]) / 2 < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
