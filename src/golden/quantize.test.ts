import { describe, expect, it } from "vitest";
import { f16FromNumber, f16ToNumber } from "./float.ts";
import { activationBytes, quantize, readActivations } from "./quantize.ts";
import { vectorBytes, vectorFloats } from "./testing/vectors.ts";

describe("quantize is byte-equal to ggml's quantize_row_*_ref (vectors of ggml 0.25.1, corner rows included)", () => {
  it.each(["q8_0", "q8_1", "q8_K"] as const)("%s", (name) => {
    const got = quantize(name, vectorFloats(`activations/${name}/x.f32`), 1024);
    const want = vectorBytes(`activations/${name}/q.bin`);
    expect(got.length).toBe(want.length);
    const differing = Array.from(want.keys()).filter((i) => got[i] !== want[i]);
    expect(differing).toEqual([]);
  });
});

describe("f16", () => {
  it("rounds every fp32 midpoint, neighbour and f16 value as IEEE 754 (truth: exact doubles, ties to even)", () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      const low = f16ToNumber(bits);
      const high = bits === 0x7bff ? 65536 : f16ToNumber(bits + 1);
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      expect(f16FromNumber(low)).toBe(bits);
      expect(f16FromNumber(middle)).toBe(even);
      expect(f16FromNumber(middle * (1 - 2 ** -23))).toBe(bits);
      expect(f16FromNumber(-middle * (1 + 2 ** -23))).toBe(0x8000 | (bits + 1));
    }
  });
});

it("int8_token keeps one fp32 scale a row: codes within half a step of the input", () => {
  const k = 96;
  const x = Float32Array.from({ length: 2 * k }, (_, i) => Math.sin(i * 1.7) * (i < k ? 1 : 1e3));
  const bytes = quantize("int8_token", x, k);
  expect(bytes.length).toBe(2 * activationBytes("int8_token", k));
  const { codes, scales, columns } = readActivations("int8_token", bytes, k);
  expect(columns).toBe(2);
  for (let i = 0; i < x.length; i++) {
    const scale = scales[Math.floor(i / k)];
    expect(Math.abs(codes[i] * scale - x[i])).toBeLessThanOrEqual(scale * 0.5001);
  }
});
