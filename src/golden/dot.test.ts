import { describe, expect, it } from "vitest";
import type { Random } from "../random.ts";
import { activationOf } from "../spec/activations.ts";
import type { Format } from "../spec/format.ts";
import { type Field, readField } from "../spec/layout.ts";
import { randomFormat } from "../testing/random-format.ts";
import { newRandom } from "../testing/run.ts";
import { BlockFields, integerValue, levelTable } from "./decode.ts";
import { dotRuns, fitsIntegers } from "./dot.ts";
import { flush32, outputBits, scaleToNumber } from "./float.ts";
import { kMultiple, matmul, unpackWeights } from "./matmul.ts";
import type { Activations } from "./quantize.ts";

// The truth of this file is docs/numerics.md written down plainly: BigInt sums element by element, and the slow `readField`.
const random = newRandom("sums");

/** Random bytes, or all bits alike, which gives the largest sums. */
function blocks(length: number): Uint8Array {
  const kind = random.below(4);
  return kind < 2 ? random.bytes(length) : new Uint8Array(length).fill(kind === 2 ? 0 : 0xff);
}

function randomActivations(format: Format, columns: number, k: number): Activations {
  const { block } = activationOf(format.activation);
  const scales = random.normals((columns * k) / block);
  const codes = new Int8Array(blocks(columns * k)).map((code) => (code === -1 ? -128 : code));
  return { name: format.activation, k, columns, codes, block, scales };
}

/** One field of every block of a matrix, element after element. */
function readAll(field: Field, format: Format, bytes: Uint8Array): Uint32Array {
  const count = bytes.length / format.bytes;
  const out = new Uint32Array(count * field.count);
  for (let b = 0; b < count; b++) readField(field, bytes, b * format.bytes, out, b * field.count);
  return out;
}

/** MatMul by the definition: one output. */
function define(format: Format, bytes: Uint8Array, a: Activations, row: number, column: number): number {
  const { k } = a;
  const { step, subBlock, scale, min, d } = format;
  const levels = levelTable(format);
  const codes = readAll(format.code, format, bytes);
  const scales = readAll(scale.field, format, bytes);
  const mins = min && readAll(min.field, format, bytes);
  const ds = readAll(d.field, format, bytes);
  let acc = 0;
  for (let from = 0; from < k; from += step) {
    let isum = 0n;
    let msum = 0n;
    let isNumber = true;
    let special = 0;
    for (let i = from; i < from + step; i++) {
      const w = row * k + i;
      const code = a.codes[column * k + i];
      const level = levels[codes[w]];
      const s = integerValue(scale, scales[Math.floor(w / subBlock)]);
      if (Number.isFinite(level)) isum += BigInt(s) * BigInt(level) * BigInt(code);
      else isNumber = false;
      // What infinities and NaNs come to: dots of a sub-block first, then times s.
      if (!Number.isFinite(level)) special += level * code * s;
      if (min && mins) msum += BigInt(integerValue(min, mins[Math.floor(w / subBlock)])) * BigInt(code);
    }
    const dRaw = scaleToNumber(d.type, ds[Math.floor((row * k + from) / d.group)]);
    const da = flush32(a.scales[Math.floor((column * k + from) / a.block)]);
    const sum = isNumber ? Math.fround(Number(isum)) : special;
    let p = flush32(flush32(flush32(dRaw * format.levels.unit) * da) * sum);
    if (min) p = flush32(p - flush32(flush32(flush32(dRaw) * da) * Math.fround(Number(msum))));
    acc = flush32(acc + p);
  }
  return outputBits(k % kMultiple === 0 ? acc : acc + 0);
}

describe("random formats, the largest sums included", () => {
  const formats = Array.from({ length: 150 }, () => randomFormat("random", random, "odd").format);

  it("fields read in words are those of readField", () => {
    for (const format of formats) {
      const bytes = random.bytes(3 * format.bytes);
      const fields = new BlockFields(format);
      for (let block = 0; block < 3; block++) {
        fields.read(bytes, block * format.bytes);
        for (const [got, field] of [
          [fields.code, format.code],
          [fields.scale, format.scale.field],
          [fields.d, format.d.field],
        ] as const) {
          const want = new Uint32Array(field.count);
          readField(field, bytes, block * format.bytes, want);
          expect([...got]).toEqual([...want]);
        }
      }
    }
  });

  it("MatMul is the definition", () => {
    for (const format of formats) {
      const unit = Math.max(format.elements, activationOf(format.activation).block);
      const k = unit * (1 + random.below(3));
      const [rows, columns] = [3, 2];
      const bytes = blocks((rows * k * format.bytes) / format.elements);
      // Finite scales, so that the sums are seen.
      for (let base = 0; base < bytes.length; base += format.bytes) bytes.set([random.below(256), 0x38], base);
      const a = randomActivations(format, columns, k);
      const got = matmul(unpackWeights(format, bytes, rows, k), a);
      got.forEach((bits, i) => {
        expect(bits).toBe(define(format, bytes, a, i % rows, Math.floor(i / rows)));
      });
    }
  });
});

/** Runs of levels and codes at the edge of what 32-bit sums can hold. */
function extremes(run: number, limit: number, random: Random) {
  const sign = () => (random.below(2) ? 1 : -1);
  const level = sign() * limit;
  const levels = new Int16Array(3 * run).map((_, i) => (i < run ? level : i < 2 * run ? -level : sign() * limit));
  const codes = new Int16Array(3 * run).map((_, i) => (i < 2 * run ? -128 : random.below(256) - 128));
  return { levels, codes };
}

it("integer sums are exact up to the largest levels that fitsIntegers lets in", () => {
  for (const run of [8, 16, 24, 32, 256, 504, 512, 520, 1000, 4096]) {
    const limit = Math.min(32767, Math.ceil(2 ** 24 / run) - 1);
    expect(fitsIntegers(Float64Array.of(limit, -limit), run)).toBe(true);
    expect(fitsIntegers(Float64Array.of(limit + 1), run)).toBe(false);
    const { levels, codes } = extremes(run, limit, random);
    const want = [0, 1, 2].map((r) => {
      let sum = 0n;
      for (let i = r * run; i < (r + 1) * run; i++) sum += BigInt(levels[i]) * BigInt(codes[i]);
      return Number(sum);
    });
    for (const kind of [levels, Float64Array.from(levels)]) {
      expect([...dotRuns(kind, codes, run)]).toEqual(want);
    }
  }
});

it("runs of other lengths than multiples of 8 keep to doubles", () => {
  expect(fitsIntegers(Float64Array.of(1), 16)).toBe(true);
  expect(fitsIntegers(Float64Array.of(1), 12)).toBe(false);
});

it.each([NaN, Infinity, 0.5])("a level of %s keeps to doubles", (level) => {
  expect(fitsIntegers(Float64Array.of(1, level), 16)).toBe(false);
});
