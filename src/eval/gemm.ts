import {
  advance,
  advanceBy,
  get,
  i32,
  instantiate,
  isBelow,
  loadSplat,
  loadVector,
  loop,
  repeatIf,
  reserve,
  set,
  storeVector,
  v128,
  vector,
  zeroVector,
} from "../wasm.ts";

/**
 * fp32 matrix products in WebAssembly: tiles of eight rows and four columns in registers, each sum in ascending K.
 * Weights lie in panels of eight rows, K-major, activations in groups of four columns, K-major.
 */
const panelRows = 8;
const groupColumns = 4;
/** The inner loop takes this many K at once; K is padded with zeros. */
const unroll = 4;
/** Rows that are copied into WebAssembly's memory at once. */
const rowsAtOnce = 256;

const mulF32x4 = vector(230);
const addF32x4 = vector(228);

/** Weight panels, activation groups and outputs; length of a panel; ends of panels and groups; bytes from column to column. */
function gemmBody(): number[] {
  const [panel, groups, out, panelBytes, panelsEnd, groupsEnd, stride] = [0, 1, 2, 3, 4, 5, 6];
  const [w, x, y, wEnd] = [7, 8, 9, 10];
  const sum = (column: number, half: number) => 11 + 2 * column + half;
  const [low, high, value] = [19, 20, 21];
  const columns = [0, 1, 2, 3];
  const oneK = (k: number) => [
    [...get(w), ...loadVector(32 * k), ...set(low), ...get(w), ...loadVector(32 * k + 16), ...set(high)],
    ...columns.map((c) => [
      ...[...get(x), ...loadSplat(16 * k + 4 * c), ...set(value)],
      ...[...get(sum(c, 0)), ...get(value), ...get(low), ...mulF32x4, ...addF32x4, ...set(sum(c, 0))],
      ...[...get(sum(c, 1)), ...get(value), ...get(high), ...mulF32x4, ...addF32x4, ...set(sum(c, 1))],
    ]),
  ];
  const tile = [
    [...get(panel), ...set(w)],
    ...columns.flatMap((c) => [0, 1].map((half) => [...zeroVector, ...set(sum(c, half))])),
    loop(...[0, 1, 2, 3].flatMap(oneK), advance(w, 32 * unroll), advance(x, 16 * unroll), [
      ...[...get(w), ...get(wEnd), ...isBelow, ...repeatIf],
    ]),
    ...columns.map((c) => [
      ...[...get(y), ...get(sum(c, 0)), ...storeVector(), ...get(y), ...get(sum(c, 1)), ...storeVector(16)],
      ...advanceBy(y, stride),
    ]),
  ];
  return loop(
    [...get(panel), ...set(wEnd), ...advanceBy(wEnd, panelBytes)],
    [...get(groups), ...set(x), ...get(out), ...set(y)],
    loop(...tile, [...get(x), ...get(groupsEnd), ...isBelow, ...repeatIf]),
    advanceBy(panel, panelBytes),
    advance(out, 4 * panelRows),
    [...get(panel), ...get(panelsEnd), ...isBelow, ...repeatIf],
  );
}

const { memory, run } = instantiate({
  parameters: 7,
  locals: [
    [4, i32],
    [11, v128],
  ],
  code: gemmBody(),
});

/** A matrix laid out for `gemm`. */
export interface Packed {
  rows: number;
  k: number;
  /** Panels of eight rows, each K-major; rows and K padded with zeros. */
  panels: Float32Array;
}

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Zeros for a matrix whose rows are still to come; `shared` with workers. */
export function emptyPacked(rows: number, k: number, shared = false): Packed {
  const length = roundUp(rows, panelRows) * roundUp(k, unroll);
  return { rows, k, panels: shared ? new Float32Array(new SharedArrayBuffer(4 * length)) : new Float32Array(length) };
}

/**
 * Lays out floats as the rows of a matrix from row `first` on.
 * @param rowStride floats from one row to the next
 * @param kStride floats from one element of a row to the next
 */
export function packRows(
  { k, panels }: Packed,
  first: number,
  count: number,
  values: Float32Array,
  rowStride = k,
  kStride = 1,
): void {
  const panelLength = panelRows * roundUp(k, unroll);
  for (let i = 0; i < count; i++) {
    const row = first + i;
    let from = i * rowStride;
    let at = Math.floor(row / panelRows) * panelLength + (row % panelRows);
    for (let j = 0; j < k; j++, at += panelRows, from += kStride) panels[at] = values[from];
  }
}

/** One row of a packed matrix. */
export function unpackRow({ k, panels }: Packed, row: number, out: Float32Array): void {
  let at = Math.floor(row / panelRows) * panelRows * roundUp(k, unroll) + (row % panelRows);
  for (let i = 0; i < k; i++, at += panelRows) out[i] = panels[at];
}

/**
 * Products of a matrix with columns of activations.
 * @param x columns x K, `stride` floats from one column to the next
 * @returns columns x rows
 */
export function gemm({ rows, k, panels }: Packed, x: Float32Array, columns: number, stride = k): Float32Array {
  const paddedK = roundUp(k, unroll);
  const groups = Math.ceil(columns / groupColumns);
  const panelLength = panelRows * paddedK;
  const blockRows = Math.min(rowsAtOnce, roundUp(rows, panelRows));
  const xAt = blockRows * paddedK;
  const yAt = xAt + groups * groupColumns * paddedK;
  reserve(memory, 4 * (yAt + groups * groupColumns * blockRows));
  const floats = new Float32Array(memory.buffer);
  floats.fill(0, xAt, yAt);
  for (let column = 0; column < columns; column++) {
    const from = column * stride;
    let at = xAt + Math.floor(column / groupColumns) * groupColumns * paddedK + (column % groupColumns);
    for (let i = 0; i < k; i++, at += groupColumns) floats[at] = x[from + i];
  }
  const y = new Float32Array(columns * rows);
  for (let first = 0; first < rows; first += blockRows) {
    const count = Math.min(blockRows, rows - first);
    const from = (first / panelRows) * panelLength;
    const length = Math.ceil(count / panelRows) * panelLength;
    floats.set(panels.subarray(from, from + length), 0);
    run(0, 4 * xAt, 4 * yAt, 4 * panelLength, 4 * length, 4 * yAt, 4 * blockRows);
    for (let column = 0; column < columns; column++) {
      const at = yAt + column * blockRows;
      y.set(floats.subarray(at, at + count), column * rows + first);
    }
  }
  return y;
}
