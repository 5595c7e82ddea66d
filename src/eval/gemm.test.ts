import { expect, it } from "vitest";
import { newRandom } from "../testing/run.ts";
import { emptyPacked, gemm, packRows, unpackRow } from "./gemm.ts";

const random = newRandom("gemm");

function matrix(rows: number, k: number) {
  const values = random.normals(rows * k);
  const packed = emptyPacked(rows, k);
  packRows(packed, 0, rows, values);
  return { values, packed };
}

it.each([
  [1, 1, 1],
  [8, 4, 4],
  [13, 7, 5],
  [300, 33, 9],
  [257, 768, 3],
])("%i x %i times %i columns (truth: sums in float64)", (rows, k, columns) => {
  const { values, packed } = matrix(rows, k);
  const stride = k + 3;
  const x = random.normals(columns * stride);
  const y = gemm(packed, x, columns, stride);
  expect(y.length).toBe(columns * rows);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      let size = 0;
      for (let i = 0; i < k; i++) {
        const product = values[row * k + i] * x[column * stride + i];
        sum += product;
        size += Math.abs(product);
      }
      // k roundings of partial sums, each at most half a unit in the last place.
      expect(Math.abs(y[column * rows + row] - sum)).toBeLessThanOrEqual(size * (k + 1) * 2 ** -24);
    }
  }
});

it("a column's sums do not depend on its neighbours, and rows come back as they went in", () => {
  const { values, packed } = matrix(21, 50);
  const x = random.normals(7 * 50);
  const all = gemm(packed, x, 7);
  const alone = gemm(packed, x.subarray(5 * 50), 1);
  expect(alone).toEqual(all.slice(5 * 21, 6 * 21));
  const row = new Float32Array(50);
  unpackRow(packed, 20, row);
  expect(row).toEqual(values.slice(20 * 50));
});
