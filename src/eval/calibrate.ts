import { Forward } from "./forward.ts";
import { type Packed, unpackRow } from "./gemm.ts";
import { type EvalModel, embeddingName, type Matrix } from "./model.ts";
import { type Multiply, multiplyFast } from "./multiply.ts";
import type { Window } from "./windows.ts";

/**
 * The mean square of each activation channel (K values) that meets a matrix while the model reads: what an error in the weights of
 * that column costs; for the embedding, which nothing is multiplied with, see below.
 * @returns by tensor name
 */
export async function meanSquares(
  model: EvalModel,
  windows: readonly Window[],
  onWindow: (done: number) => void,
): Promise<Map<string, Float32Array>> {
  const sums = new Map<string, Float64Array>();
  let tokens = 0;
  const add = ({ name }: Matrix, squares: Float64Array) => {
    const sum = sums.get(name);
    if (!sum) sums.set(name, squares.slice());
    else for (let i = 0; i < sum.length; i++) sum[i] += squares[i];
  };
  const multiply: Multiply = (matrices, x, columns, place) => {
    const { k } = matrices[0].packed;
    const squares = new Float64Array(k);
    for (let at = 0; at < x.length; ) for (let i = 0; i < k; i++, at++) squares[i] += x[at] * x[at];
    for (const matrix of matrices) add(matrix, squares);
    return multiplyFast(matrices, x, columns, place);
  };
  const forward = new Forward(model, multiply);
  for (const [i, window] of windows.entries()) {
    // All logits, so that the head sees as many tokens as the layers.
    await forward.logits(window.tokens, 0);
    tokens += window.tokens.length;
    onWindow(i + 1);
  }
  const means = new Map<string, Float32Array>(
    [...sums].map(([name, sum]) => [name, Float32Array.from(sum, (square) => square / tokens)]),
  );
  // A tied one has its activations: those of the head.
  if (!means.has(embeddingName)) means.set(embeddingName, embeddingImportance(model));
  return means;
}

/** What an error in a column of the embedding costs: its squares in all that reads the residual stream, norm weights included. */
function embeddingImportance({ layers, outputNorm, head, sizes }: EvalModel): Float32Array {
  const importance = new Float32Array(sizes.width);
  const add = (norm: Float32Array, matrices: readonly Packed[]) => {
    const row = new Float32Array(sizes.width);
    for (const packed of matrices) {
      for (let r = 0; r < packed.rows; r++) {
        unpackRow(packed, r, row);
        for (let i = 0; i < row.length; i++) importance[i] += (norm[i] * row[i]) ** 2;
      }
    }
  };
  for (const { attentionNorm, q, k, v, feedForwardNorm, gate, up } of layers) {
    add(
      attentionNorm,
      [q, k, v].map(({ matrix }) => matrix.packed),
    );
    add(
      feedForwardNorm,
      [gate, up].map(({ matrix }) => matrix.packed),
    );
  }
  add(outputNorm, [head.packed]);
  return importance;
}
