import { unpackRow } from "../eval/gemm.ts";
import { type EvalModel, embeddingName, type Linear, type Matrix, matrixOfBlocks } from "../eval/model.ts";
import type { Format } from "../spec/format.ts";

export interface QuantisedModel {
  model: EvalModel;
  /** Root of the squared errors of all weights that changed over their squares. */
  rmse: number;
}

/** Stored blocks of a matrix's weights, row by row. */
export type Quantiser = (format: Format, weights: Float32Array, tensor: string) => Uint8Array;

/**
 * A model with its matrices in block formats, in memory.
 * @param formats by tensor; those left out stay as they are
 */
export function quantiseModel(
  model: EvalModel,
  formats: ReadonlyMap<string, Format>,
  quantise: Quantiser,
): QuantisedModel {
  const total = { error: 0, square: 0 };
  const made = new Map<string, Matrix>();
  const through = (matrix: Matrix): Matrix => {
    const format = formats.get(matrix.name);
    if (!format) return matrix;
    const known = made.get(matrix.name);
    if (known) return known;
    const { rows, k } = matrix.packed;
    const blocks = quantise(format, unpack(matrix.packed), matrix.name);
    const quantised = matrixOfBlocks(matrix.name, format, blocks, rows, k);
    addErrors(total, matrix.packed.panels, quantised.packed.panels);
    made.set(matrix.name, quantised);
    return quantised;
  };
  const linear = (one: Linear): Linear => ({ ...one, matrix: through(one.matrix) });
  const layers = model.layers.map((layer) => ({
    ...layer,
    ...{ q: linear(layer.q), k: linear(layer.k), v: linear(layer.v), output: linear(layer.output) },
    ...{ gate: linear(layer.gate), up: linear(layer.up), down: linear(layer.down) },
  }));
  const head = through(model.head);
  const embedding = through({ name: embeddingName, packed: model.embedding, activation: "f32" }).packed;
  return { model: { ...model, layers, head, embedding }, rmse: Math.sqrt(total.error / total.square) };
}

function unpack(packed: Matrix["packed"]): Float32Array {
  const { rows, k } = packed;
  const out = new Float32Array(rows * k);
  for (let row = 0; row < rows; row++) unpackRow(packed, row, out.subarray(row * k, (row + 1) * k));
  return out;
}

/** Both panels have the same order, and zeros where they are padded. */
function addErrors(total: { error: number; square: number }, before: Float32Array, after: Float32Array): void {
  for (let i = 0; i < before.length; i++) {
    total.error += (before[i] - after[i]) ** 2;
    total.square += before[i] ** 2;
  }
}
