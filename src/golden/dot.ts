/**
 * Exact dot products of runs of weight levels and activation codes, the golden model's inner loop. Two paths, each fed
 * one kind of array so that the engine compiles it well: 32-bit integers where no sum can leave them, doubles elsewhere.
 */

/** Whether dot products of `run` elements with these levels stay below 2^31, for codes of magnitude up to 128. */
export function fitsIntegers(levels: Float64Array, run: number): boolean {
  const limit = Math.min(2 ** 15, 2 ** 31 / (128 * run));
  return levels.every((level) => Number.isInteger(level) && Math.abs(level) < limit);
}

/** out[r] = the dot product of the r-th run behind `at` in `levels` and behind `from` in `codes`. */
export function dotRuns(
  levels: Int16Array | Float64Array,
  at: number,
  codes: Int8Array,
  from: number,
  run: number,
  out: Float64Array,
): void {
  if (levels instanceof Int16Array) integerDots(levels, at, codes, from, run, out);
  else doubleDots(levels, at, codes, from, run, out);
}

function integerDots(
  levels: Int16Array,
  at: number,
  codes: Int8Array,
  from: number,
  run: number,
  out: Float64Array,
): void {
  const { imul } = Math;
  const body = run - (run % 16);
  let w = at;
  let a = from;
  for (let r = 0; r < out.length; r++) {
    // Four sums, so that additions do not wait for each other.
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (const end = w + body; w < end; w += 16, a += 16) {
      const p0 = imul(levels[w], codes[a]) + imul(levels[w + 1], codes[a + 1]);
      const p1 = imul(levels[w + 2], codes[a + 2]) + imul(levels[w + 3], codes[a + 3]);
      const p2 = imul(levels[w + 4], codes[a + 4]) + imul(levels[w + 5], codes[a + 5]);
      const p3 = imul(levels[w + 6], codes[a + 6]) + imul(levels[w + 7], codes[a + 7]);
      const p4 = imul(levels[w + 8], codes[a + 8]) + imul(levels[w + 9], codes[a + 9]);
      const p5 = imul(levels[w + 10], codes[a + 10]) + imul(levels[w + 11], codes[a + 11]);
      const p6 = imul(levels[w + 12], codes[a + 12]) + imul(levels[w + 13], codes[a + 13]);
      const p7 = imul(levels[w + 14], codes[a + 14]) + imul(levels[w + 15], codes[a + 15]);
      s0 = (s0 + p0 + p1) | 0;
      s1 = (s1 + p2 + p3) | 0;
      s2 = (s2 + p4 + p5) | 0;
      s3 = (s3 + p6 + p7) | 0;
    }
    for (const end = w + run - body; w < end; w++, a++) s0 = (s0 + imul(levels[w], codes[a])) | 0;
    out[r] = (s0 + s1 + s2 + s3) | 0;
  }
}

function doubleDots(
  levels: Float64Array,
  at: number,
  codes: Int8Array,
  from: number,
  run: number,
  out: Float64Array,
): void {
  let w = at;
  let a = from;
  for (let r = 0; r < out.length; r++) {
    let sum = 0;
    for (const end = w + run; w < end; w++, a++) sum += levels[w] * codes[a];
    out[r] = sum;
  }
}

/** Sums of the codes of each run: what mins are multiplied with. */
export function sumRuns(codes: Int8Array, from: number, run: number, out: Float64Array): void {
  let a = from;
  for (let r = 0; r < out.length; r++) {
    let sum = 0;
    for (const end = a + run; a < end; a++) sum += codes[a];
    out[r] = sum;
  }
}
