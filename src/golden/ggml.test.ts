import { describe, expect, it } from "vitest";
import { activationOf } from "../spec/activations.ts";
import type { Format } from "../spec/format.ts";
import type { ScaleType } from "../spec/format-schema.ts";
import { readLibrary } from "../spec/library.ts";
import { newRandom } from "../testing/run.ts";
import { decode } from "./decode.ts";
import { f32FromBits } from "./float.ts";
import { matmul, unpackWeights } from "./matmul.ts";
import { activationBytes, quantize, readActivations } from "./quantize.ts";
import { agreement, nmse } from "./testing/agreement.ts";
import { dequantize, type GgmlActivation, quantizeActivation, quantizeChunk, vecDotGeneric } from "./testing/ggml.ts";
import { differingBits } from "./testing/vectors.ts";

// The outside truth of this file is the real ggml 0.25.1, called live on data of a fresh seed.
const formats = [...(await readLibrary()).values()].filter((format) => format.ggmlType !== undefined);
const cases = formats.map((format) => [format.name, format] as const);
const random = newRandom("golden model against ggml");

/** Bytes of a block that hold bits of d or dmin. */
function scaleBytes({ d, dmin }: Format): number[] {
  const fields = [d.field, ...(dmin && dmin !== "d" ? [dmin.field] : [])];
  const bytes = fields.flatMap(({ parts }) =>
    parts.flatMap(({ position, bits }) => Array.from(position, (at) => [at >> 3, (at + bits - 1) >> 3]).flat()),
  );
  return [...new Set(bytes)].sort((a, b) => a - b);
}

/** Zeros, subnormals, the smallest normals, the largest numbers, infinities and NaNs of a scale type, with their signs. */
const scaleClasses: Partial<Record<ScaleType, number[]>> = {
  f16: [0, 1, 0x3ff, 0x400, 0x3c00, 0x7bff, 0x7c00, 0x7c01, 0x7e00].flatMap((bits) => [bits, bits | 0x8000]),
  e8m0: [0, 1, 2, 126, 127, 254, 255],
  ue4m3: [0, 1, 7, 8, 0x7e, 0x7f, 0x80, 0xfe, 0xff],
};

/** Blocks of every byte pattern with every class of scale, in pairs where there are two. */
function cornerBlocks(format: Format): Uint8Array {
  const classes = scaleClasses[format.d.type]!;
  const width = format.d.type === "f16" ? 2 : 1;
  const at = scaleBytes(format);
  const blocks: number[] = [];
  for (const fill of [0x00, 0xff, 0x55, 0xaa, 0x0f, 0xf0, 0x80, 0x7f]) {
    for (const [i] of classes.entries()) {
      for (const [j] of classes.entries()) {
        const block = new Array<number>(format.bytes).fill(fill);
        at.forEach((byte, n) => {
          const scale = classes[Math.floor(n / width) % 2 === 0 ? i : j];
          block[byte] = (scale >> (8 * (n % width))) & 255;
        });
        blocks.push(...block);
      }
    }
  }
  return Uint8Array.from(blocks);
}

describe("decode is bit-equal to ggml's dequantize_row", () => {
  it.each(cases)("%s", (_, format) => {
    for (const bytes of [random.bytes(2000 * format.bytes), cornerBlocks(format)]) {
      const got = decode(format, bytes);
      expect(differingBits(got, dequantize(format, bytes, got.length))).toEqual([]);
    }
  });
});

/** Rows of 1024 floats: random ones of many magnitudes, then zeros, ties of both rounding rules, outliers, extremes. */
function activationRows(): Float32Array {
  const k = 1024;
  const corner: ((i: number) => number)[] = [
    () => 0,
    () => -0,
    (i) => (i % 256 === 0 ? 127 : (i % 255) - 126.5),
    (i) => (i % 256 === 3 ? -127 : (i % 255) - 126.5),
    (i) => (i % 32 === 31 ? 1e4 : Math.sin(i)),
    (i) => (i % 64 < 32 ? 0 : -1),
    (i) => (i % 2 ? 3.4e38 : -3.4e38),
    (i) => (1 + (i % 7)) * 1e-36 * (i % 3 ? 1 : -1),
    (i) => (i % 2 ? 65504 * 127 : 6e-8),
    (i) => (i === 700 ? -1e-30 : 0),
  ];
  const wild = Array.from({ length: 200 }, () => {
    const scale = 2 ** (random.below(60) - 40);
    return random.normals(k).map((x) => x * scale * (random.below(64) === 0 ? 50 : 1));
  });
  const rows = [...wild, ...corner.map((value) => Float32Array.from({ length: k }, (_, i) => value(i)))];
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

describe("activations are byte-equal to ggml's quantize_row_*_ref (sums of all-zero q8_K blocks: unset there, zero here)", () => {
  it.each(["q8_0", "q8_1", "q8_K"] as const)("%s", (name) => {
    const x = activationRows();
    const got = quantize(name, x, 1024);
    const want = quantizeActivation(name, x, 1024);
    expect(got.length).toBe(want.length);
    expect(Array.from(want.keys()).filter((i) => got[i] !== want[i])).toEqual([]);
  });
});

/** Realistic weights, and as many of random codes under the same d and dmin. */
function weightRows(format: Format, rows: number, k: number): Uint8Array {
  const real = quantizeChunk(format, random.normals(rows * k));
  const wild = random.bytes(real.length);
  const keep = scaleBytes(format);
  for (let base = 0; base < wild.length; base += format.bytes) {
    for (const byte of keep) wild[base + byte] = real[base + byte];
  }
  return Uint8Array.from([...real, ...wild]);
}

describe("MatMul against ggml_vec_dot_*_generic: same bits where the order is the same, else the error of testing/agreement.ts", () => {
  const rows = 12;
  const columns = 5;
  it.each(cases)("%s", (_, format) => {
    const activation = format.activation as GgmlActivation;
    const shortest = Math.max(format.elements, activationOf(activation).block);
    const dot = vecDotGeneric(format, activation);
    for (const k of [shortest, 3 * shortest, 2048]) {
      const stored = weightRows(format, rows, k);
      const y = quantizeActivation(activation, random.normals(columns * k), k);
      const bits = matmul(unpackWeights(format, stored, 2 * rows, k), readActivations(activation, y, k));
      const got = Float32Array.from(bits, f32FromBits);
      const wBytes = stored.length / (2 * rows);
      const yBytes = activationBytes(activation, k);
      const want = Float32Array.from(got, (_, i) => {
        const row = i % (2 * rows);
        const column = (i - row) / (2 * rows);
        const w = stored.subarray(row * wBytes, (row + 1) * wBytes);
        return dot(k, w, y.subarray(column * yBytes, (column + 1) * yBytes));
      });
      expect(want.every(Number.isFinite)).toBe(true);
      const rule = agreement(format.name);
      if (rule === "bits") expect(differingBits(got, want)).toEqual([]);
      else expect(nmse(got, want)).toBeLessThanOrEqual(rule.nmse);
    }
  });
});
