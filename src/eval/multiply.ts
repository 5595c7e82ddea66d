import { asGgml, type Site } from "./activations.ts";
import { gemm } from "./gemm.ts";
import type { Matrix } from "./model.ts";

/** Where activations are on their way through the model. */
export interface Place {
  site: Site;
  layer: number;
}

/**
 * The MatMuls of one place, which share their activations.
 * @param x columns x K
 * @returns columns x rows each
 */
export type Multiply = (
  matrices: readonly Matrix[],
  x: Float32Array,
  columns: number,
  place: Place,
) => Promise<Float32Array[]>;

/** Weights and quantised activations as fp32, multiplied as such: what the golden model computes but for rounding. */
export const multiplyFast: Multiply = async (matrices, x, columns) => {
  const seen = new Map<Matrix["activation"], Float32Array>();
  return matrices.map(({ packed, activation }) => {
    const activations = seen.get(activation) ?? asGgml(activation, x, packed.k);
    seen.set(activation, activations);
    return gemm(packed, activations, columns);
  });
};
