import { describe, expect, it } from "vitest";
import { modelOfMix } from "../../model/model-mix.ts";
import { readModelSpec } from "../../model/model-spec.ts";
import { specsFolder } from "../../paths.ts";
import { readLibrary } from "../../spec/library.ts";
import { type Benchmark, busyWatts, speedOf, tokenSpeed } from "./benchmark.ts";

const model = modelOfMix(
  await readModelSpec(`${specsFolder}/models/tinyllama-1.1b.yaml`),
  "pure-q4_K",
  await readLibrary(),
);

/** A format that streams at 12.7 GB/s, 4096 x 4096, 8 MatMuls. */
function at(format: string, bitsPerWeight: number, watts?: number): Benchmark {
  const bytes = (4096 * 4096 * 8 * bitsPerWeight) / 8;
  const power = watts === undefined ? {} : { microwatts: watts * 1e6 };
  return { format, rows: 4096, k: 4096, matmuls: 8, bytes, cycles: 1, seconds: bytes / 12.7e9, ...power };
}

describe("tokenSpeed", () => {
  it("gives the roofline of docs/board-facts.md: TinyLlama in Q4_K with a Q6_K head at 12.7 GB/s makes 21 tok/s", () => {
    const speed = tokenSpeed(model, [at("q4_K", 4.5, 6.2), at("q6_K", 6.5625, 6.2)]);
    expect(Math.round(speed.tokensPerSecond)).toBe(21);
    expect(speed.joulesPerToken).toBeCloseTo(6.2 / speed.tokensPerSecond);
    expect(speed.notCounted).toEqual([]);
  });

  it("takes each format's own power", () => {
    const [body, head] = [tokenSpeed(model, [at("q4_K", 4.5, 5)]), tokenSpeed(model, [at("q6_K", 6.5625, 9)])];
    const both = tokenSpeed(model, [at("q4_K", 4.5, 5), at("q6_K", 6.5625, 9)]);
    expect(both.joulesPerToken).toBeCloseTo(body.joulesPerToken! + head.joulesPerToken!);
    expect(tokenSpeed(model, [at("q4_K", 4.5, 5), at("q6_K", 6.5625)]).joulesPerToken).toBeUndefined();
  });

  it("says which types it did not count", () => {
    const speed = tokenSpeed(model, [at("q4_K", 4.5)]);
    expect(speed.notCounted).toEqual(["q6_K"]);
    expect(speed.joulesPerToken).toBeUndefined();
    expect(tokenSpeed(model, []).tokensPerSecond).toBe(0);
  });
});

it("speedOf: 12.7 GB/s at 6.2 W", () => {
  expect(speedOf(at("q4_K", 4.5, 6.2))).toMatchObject({ gbPerSecond: 12.7, joulesPerGB: 6.2 / 12.7 });
});

it("busyWatts: a format that runs twice as long counts twice", () => {
  const [short, long] = [at("q4_K", 4, 5), at("q8_0", 8, 8)];
  expect(busyWatts([short, long])).toBeCloseTo(7);
  expect(busyWatts([short, at("q8_0", 8)])).toBeUndefined();
  expect(busyWatts([])).toBeUndefined();
});
