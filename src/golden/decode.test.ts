import { describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { readLibrary } from "../spec/library.ts";
import { readFormat } from "../spec/parse-format.ts";
import { decode } from "./decode.ts";
import { differingBits, vectorBytes, vectorFloats, vectorFormats } from "./testing/vectors.ts";

const formats = await readLibrary();

describe("decode is bit-equal to ggml's dequantize_row (vectors of ggml 0.25.1: real, random and corner blocks)", () => {
  const known = vectorFormats.filter((name) => formats.has(name));

  it("covers every ggml format of specs/formats", () => {
    const ggml = [...formats.values()].filter((format) => format.ggmlType !== undefined).map((format) => format.name);
    expect(known.toSorted()).toEqual(ggml.toSorted());
  });

  it.each(known)("%s", async (name) => {
    const format = await readFormat(`${specsFolder}/formats/${name}.yaml`);
    const got = decode(format, vectorBytes(`${name}/blocks.bin`));
    const want = vectorFloats(`${name}/values.f32`);
    expect(got.length).toBe(want.length);
    expect(differingBits(got, want)).toEqual([]);
  });
});
