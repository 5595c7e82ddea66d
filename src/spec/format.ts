import type { ActivationName } from "./activations.ts";
import type { ScaleType } from "./format-schema.ts";
import type { Field } from "./layout.ts";
import type { Levels } from "./levels.ts";

/** An unsigned stored integer as the datapath takes it: value = (stored XOR flip) * 2^shift - offset. */
export interface IntegerCode {
  field: Field;
  /** The sign bit of a two's-complement field: flipping it turns the code into offset binary. */
  flip: number;
  shift: 0 | 1;
  offset: number;
  min: number;
  max: number;
}

/** Float scales of a block: d[i] = stored value * multiplier, one for each `group` elements. */
export interface FloatScale {
  type: ScaleType;
  field: Field;
  group: number;
  /** A power of two. */
  multiplier: number;
}

/** A validated block format in the normal form of docs/numerics.md: weight = d * s * v(code) - dmin * m. */
export interface Format {
  name: string;
  description?: string;
  ggmlType?: number;
  /** Weights per block. */
  elements: number;
  /** Bytes per block. */
  bytes: number;
  subBlock: number;
  activation: ActivationName;
  /** Elements over which all float scales are constant: one fp32 step of a MatMul. */
  step: number;
  code: Field;
  levels: Levels;
  scale: IntegerCode;
  /** Absent where the format has no mins. */
  min?: IntegerCode;
  d: FloatScale;
  /** "d" where the mins share d (integer zero points). */
  dmin?: FloatScale | "d";
  padding: Field;
}
