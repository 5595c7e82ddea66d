const { exp, max, min, round } = Math;

/** Probabilities of a row of scores, in place: `count` of them, the rest becomes zero. */
type RowSoftmax = (row: Float32Array, count: number, scale: number) => void;

function exact(row: Float32Array, count: number, scale: number): void {
  let most = -Infinity;
  for (let i = 0; i < count; i++) most = max(most, row[i]);
  let total = 0;
  for (let i = 0; i < count; i++) {
    row[i] = exp((row[i] - most) * scale);
    total += row[i];
  }
  const inverse = 1 / total;
  for (let i = 0; i < count; i++) row[i] *= inverse;
}

/** exp(x - max) to the nearest power of two of sixteen, 1 to 2^-15; then divided by the sum of those. */
function log2(row: Float32Array, count: number, scale: number): void {
  let most = -Infinity;
  for (let i = 0; i < count; i++) most = max(most, row[i]);
  let total = 0;
  for (let i = 0; i < count; i++) {
    row[i] = 2 ** -min(15, round((most - row[i]) * scale * Math.LOG2E));
    total += row[i];
  }
  const inverse = 1 / total;
  for (let i = 0; i < count; i++) row[i] *= inverse;
}

/** Softmax of each column over itself and those before, the rest zero. */
const causal = (softmax: RowSoftmax) => (scores: Float32Array, columns: number, scale: number) => {
  for (let column = 0; column < columns; column++) {
    const row = scores.subarray(column * columns, (column + 1) * columns);
    softmax(row, column + 1, scale);
    row.fill(0, column + 1);
  }
};

/** What attention can make of its scores; `log2` is Agile-Quant's with 4-bit codes, taken of exp(x - max). */
export const softmaxes = { exact: causal(exact), log2: causal(log2) };
export type Softmax = keyof typeof softmaxes;
