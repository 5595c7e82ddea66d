import { describe, expect, it } from "vitest";
import type { Format } from "../spec/format.ts";
import { type Field, readField, writeField } from "../spec/layout.ts";
import { readLibrary } from "../spec/library.ts";
import { decode, levelTable } from "./decode.ts";
import { f16FromNumber, f32FromBits } from "./float.ts";
import { matmul, unpackWeights } from "./matmul.ts";
import { quantize, readActivations } from "./quantize.ts";

const formats = [...(await readLibrary()).values()].filter((format) => format.ggmlType === undefined);
const seed = 20240607;

/** Deterministic random numbers below 2^32. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 13)) >>> 0;
  };
}

/** Blocks of random codes that are numbers, random scales and mins, each block with its own d near 1. */
function randomBlocks(format: Format, count: number, next: () => number): Uint8Array {
  const { code, scale, min, d } = format;
  const bytes = new Uint8Array(count * format.bytes);
  const table = levelTable(format);
  const codes = [...table.keys()].filter((c) => Number.isFinite(table[c]));
  const draw = (field: Field, base: number, value: () => number) =>
    writeField(field, Uint32Array.from({ length: field.count }, value), bytes, base);
  for (let base = 0; base < bytes.length; base += format.bytes) {
    draw(code, base, () => codes[next() % codes.length]);
    draw(scale.field, base, next);
    if (min) draw(min.field, base, next);
    draw(d.field, base, () => (d.type === "f16" ? f16FromNumber(1 + (next() % 1024) / 1024) : 125 + (next() % 4)));
  }
  return bytes;
}

describe(`MatMul of the formats that ggml does not have, against float64 on the same operands (seed ${seed})`, () => {
  it.each(formats.map((format) => [format.name, format] as const))("%s", (_, format) => {
    const next = randomNumbers(seed);
    const [rows, k] = [16, 512];
    const stored = randomBlocks(format, (rows * k) / format.elements, next);
    const w = decode(format, stored);
    const x = Float32Array.from({ length: k }, () => (next() % 2001) / 1000 - 1);
    const activations = readActivations(format.activation, quantize(format.activation, x, k), k);
    const got = matmul(unpackWeights(format, stored, rows, k), activations);
    let error = 0;
    let power = 0;
    for (let row = 0; row < rows; row++) {
      let want = 0;
      for (let i = 0; i < k; i++) {
        want += w[row * k + i] * activations.codes[i] * activations.scales[Math.floor(i / activations.block)];
      }
      error += (f32FromBits(got[row]) - want) ** 2;
      power += want ** 2;
    }
    expect(power).toBeGreaterThan(0);
    expect(error).toBeLessThanOrEqual(1e-12 * power);
  });
});

describe("gptq4: weight = d (c - zero), zero in the low half of byte 2 (truth: the formula)", () => {
  it.each(formats.filter(({ name }) => name.startsWith("gptq")).map((format) => [format.name, format] as const))(
    "%s",
    (_, format) => {
      const block = randomBlocks(format, 1, randomNumbers(seed));
      const codes = new Uint8Array(format.elements);
      readField(format.code, block, 0, codes);
      const d = (1024 + ((block[1] & 3) * 256 + block[0])) / 1024;
      expect([...decode(format, block)]).toEqual([...codes].map((c) => d * (c - (block[2] & 15))));
      expect(codes[1]).toBe(block[3] >> 4);
    },
  );
});
