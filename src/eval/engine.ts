import { matmul, unpackWeights, type Weights } from "../golden/matmul.ts";
import { quantize, readActivations } from "../golden/quantize.ts";
import type { Matrix } from "./model.ts";
import { type Multiply, multiplyFast } from "./multiply.ts";

export const engineNames = ["fast", "golden"] as const;
export type EngineName = (typeof engineNames)[number];

/** The MatMuls of an engine. */
export async function multiplier({ name }: { name: EngineName }): Promise<Multiply> {
  return name === "fast" ? multiplyFast : onGolden();
}

/** The golden model where weights have a block format; plain types have no MatMul there and take the fast path. */
function onGolden(): Multiply {
  const unpacked = new Map<Matrix, Weights>();
  return async (matrices, x, columns, place) =>
    Promise.all(
      matrices.map(async (matrix) => {
        if (!matrix.blocks) return (await multiplyFast([matrix], x, columns, place))[0];
        const { format, bytes } = matrix.blocks;
        const { rows, k } = matrix.packed;
        const weights = unpacked.get(matrix) ?? unpackWeights(format, bytes, rows, k);
        unpacked.set(matrix, weights);
        const activations = readActivations(format.activation, quantize(format.activation, x, k), k);
        return new Float32Array(matmul(weights, activations).buffer);
      }),
    );
}
