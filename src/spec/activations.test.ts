import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { activationRecord } from "../plan/record.ts";
import { activationSchema, activations } from "./activations.ts";
import { SpecSource } from "./source.ts";

it("every file of specs/activations is named as its format, and numbers count from 0: they index the driver's table", () => {
  const stems = readdirSync(`${specsFolder}/activations`).map((file) => file.replace(/\.yaml$/, ""));
  expect([...activations.keys()].sort()).toEqual(stems.sort());
  expect([...activations.values()].map(({ number }) => number)).toEqual([...activations.keys()].map((_, i) => i));
});

it("blocks are ggml's (block_q8_0, block_q8_1 and block_q8_K of ggml-common.h, read by hand)", () => {
  const facts = [...activations.values()].map(({ name, block, scale, codes }) => [
    name,
    block,
    scale.type,
    scale.rule,
    codes.rounding,
  ]);
  expect(facts).toEqual([
    ["q8_0", 32, "f16", "magnitude", "away"],
    ["q8_1", 32, "f16", "magnitude", "away"],
    ["q8_K", 256, "f32", "extreme", "even"],
    ["int8_token", Infinity, "f32", "magnitude", "away"],
  ]);
});

it("a record of 8-bit codes has 20 words: 8 fp32, 16 int16, 256 codes (by hand)", () => {
  const parts = { scales: 0, sums: 2, codes: 4, words: 20 };
  expect(activationRecord).toMatchObject(parts);
  expect([8 * 4, 16 * 2, 256].map((bytes) => bytes / 16)).toEqual([2, 2, 16]);
});

describe("mistakes", () => {
  const text = (change: [string, string]) =>
    `bfq: 1
name: a
description: mine
number: 9
block: 32
codes: { bits: 8, level: integer, rounding: away }
scale: { type: f16, rule: magnitude }
stored: [scale, codes]
`.replace(...change);
  it.each([
    ["block: 32", "block: 48", "block", 5],
    ["bits: 8", "bits: 9", "bits", 6],
    ["rounding: away", "rounding: up", "rounding", 6],
    ["rule: magnitude", "rule: mean", "rule", 7],
    ["[scale, codes]", "[scale, code]", "stored", 8],
  ])("%s -> %s", (from, to, key, line) => {
    const result = SpecSource.parse(text([from, to]), "a.yaml").check(activationSchema);
    expect("problems" in result && result.problems).toMatchObject([{ line, what: expect.stringContaining(key) }]);
  });
});
