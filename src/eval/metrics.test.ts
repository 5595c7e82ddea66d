import { expect, it } from "vitest";
import { f16FromNumber, f16ToNumber } from "../golden/float.ts";
import { newRandom } from "../testing/run.ts";
import { toF16 } from "./activations.ts";
import { klOf, lossOf, perplexityOf, sameTopOf } from "./metrics.ts";
import { divergence, score } from "./score.ts";

it("a fair choice of four has perplexity 4, and no error", () => {
  const { value, error } = perplexityOf(new Float64Array(10).fill(Math.log(4)));
  expect(value).toBeCloseTo(4, 12);
  expect(error).toBeCloseTo(0, 12);
});

it("losses are of pairs: a constant difference has no error, however the positions differ", () => {
  const reference = Float64Array.of(1, 2, 5, 0.5);
  const { value, error } = lossOf(
    reference.map((nll) => nll + Math.log(1.02)),
    reference,
  );
  expect(value).toBeCloseTo(0.02, 12);
  expect(error).toBeLessThan(1e-12);
});

it("quantiles lie between the values around them; the error is that of a mean", () => {
  const kl = klOf(Float64Array.from({ length: 101 }, (_, i) => 100 - i));
  expect(kl).toMatchObject({ mean: 50, median: 50, p95: 95, p99: 99, max: 100 });
  expect(kl.p999).toBeCloseTo(99.9, 10);
  expect(kl.error).toBeCloseTo(Math.sqrt(850 / 100), 10);
});

it("scores and divergences by hand", () => {
  const logits = Float32Array.of(0, Math.log(3), 1, 1);
  const { nll, top } = score(logits, Int32Array.of(0, 1));
  expect(nll[0]).toBeCloseTo(Math.log(4), 6);
  expect(nll[1]).toBeCloseTo(Math.log(2), 6);
  expect([...top]).toEqual([1, 0]);
  const reference = new Float32Array(4);
  const expected = 0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75);
  const [first, second] = divergence(logits, reference, 2);
  expect(first).toBeCloseTo(expected, 6);
  expect(second).toBeCloseTo(0, 12);
  expect(sameTopOf(top, Int32Array.of(1, 1)).value).toBe(0.5);
});

it("f16 in bulk is f16 one by one", () => {
  const random = newRandom("metrics");
  const bits = Uint32Array.from({ length: 20000 }, () => random.bits());
  const some = [0, 65519, 65520, -70000, 2 ** -14, 2 ** -25, 3 * 2 ** -26, 2047.5, 2048.5, Infinity];
  const values = new Float32Array([...new Float32Array(bits.buffer).filter((value) => !Number.isNaN(value)), ...some]);
  expect(toF16(values)).toEqual(values.map((value) => f16ToNumber(f16FromNumber(value)) + 0));
});
