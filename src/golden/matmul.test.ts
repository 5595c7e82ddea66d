import { describe, expect, it } from "vitest";
import type { Format } from "../spec/format.ts";
import { readLibrary } from "../spec/library.ts";
import { decode } from "./decode.ts";
import { f32FromBits } from "./float.ts";
import { matmul, traceOutput, unpackWeights } from "./matmul.ts";
import { readActivations } from "./quantize.ts";
import { agreement, nmse } from "./testing/agreement.ts";
import { differingBits, vectorBytes, vectorFloats, vectorFormats } from "./testing/vectors.ts";

const formats = await readLibrary();
const k = 1024;
const rows = 64;

/** Rows whose block scales are subnormal in fp32: MatMul flushes them, ggml does not. */
const flushedRows: Record<string, number[]> = { mxfp4: [61] };

/** The golden MatMul on the dot rows of the vectors: row r of the weights times activation row r. */
function dots(format: Format): Float32Array {
  const weights = unpackWeights(format, vectorBytes(`${format.name}/dot.w.bin`), rows, k);
  const activations = readActivations(format.activation, vectorBytes(`${format.name}/dot.y.bin`), k);
  const bits = matmul(weights, activations);
  return Float32Array.from({ length: rows }, (_, row) => f32FromBits(bits[row * rows + row]));
}

/** The same dot products in float64 on the same quantised operands. */
function exactDots(format: Format): Float64Array {
  const w = decode(format, vectorBytes(`${format.name}/dot.w.bin`));
  const { codes, scales, block } = readActivations(format.activation, vectorBytes(`${format.name}/dot.y.bin`), k);
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = row * k; i < (row + 1) * k; i++) sum += w[i] * (codes[i] * scales[Math.floor(i / block)]);
    return sum;
  });
}

describe("MatMul against ggml's un-fused generic kernel (vectors of ggml 0.25.1)", () => {
  it.each(vectorFormats.filter((name) => formats.has(name)))("%s", (name) => {
    const format = formats.get(name)!;
    const got = dots(format);
    const want = vectorFloats(`${name}/dot.f32`);
    const finiteRows = 56;
    expect(nmse(got.subarray(0, finiteRows), exactDots(format).subarray(0, finiteRows))).toBeLessThanOrEqual(1e-12);
    const rule = agreement(name);
    if (rule === "bits") expect(differingBits(got, want)).toEqual(flushedRows[name] ?? []);
    else expect(nmse(got.subarray(0, finiteRows), want.subarray(0, finiteRows))).toBeLessThanOrEqual(rule.nmse);
  });
});

it("the trace of an output ends at the output", () => {
  const format = formats.get("q3_K")!;
  const weights = unpackWeights(format, vectorBytes("q3_K/dot.w.bin"), rows, k);
  const activations = readActivations("q8_K", vectorBytes("q3_K/dot.y.bin"), k);
  const bits = matmul(weights, activations);
  const steps = traceOutput(weights, activations, 5, 3);
  expect(steps).toHaveLength(k / 256);
  expect(steps.at(-1)!.acc).toBe(f32FromBits(bits[3 * rows + 5]));
});
