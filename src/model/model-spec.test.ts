import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { specsFolder } from "../paths.ts";
import { readLibrary } from "../spec/library.ts";
import { SpecSource } from "../spec/source.ts";
import { type BadSpec, complaint, edited } from "../spec/testing/bad-spec.ts";
import { mixNames } from "./llama-mix.ts";
import { modelOfMix } from "./model-mix.ts";
import { parseModelSpec, readModelSpec } from "./model-spec.ts";
import { smallModel } from "./testing/small-model.ts";

const parse = (yaml: string) => parseModelSpec(SpecSource.parse(yaml, "mine.yaml"));
const changed = (...edits: [string, string][]) => edited(smallModel, edits);

const table: BadSpec[] = [
  {
    name: "no matrices",
    yaml: changed([smallModel.slice(smallModel.indexOf("matrices:"), smallModel.indexOf("head:")), "matrices: []\n"]),
    want: "mine.yaml:5:11: error[wrong-value]: matrices: expected at least 1 entry; found a list of 0",
  },
  {
    name: "rows of nothing",
    yaml: changed(["rows: 100", "rows: 0"]),
    want: "mine.yaml:8:29: error[wrong-value]: matrices.2.rows: expected at least 1; found 0",
  },
  {
    name: "head without rows",
    yaml: changed(["rows: 300, ", ""]),
    want: "mine.yaml:9:7: error[missing-key]: head.rows is missing",
  },
  {
    name: "a call of an unknown matrix, and one that no call has",
    yaml: changed(["[[attn_q]", "[[attn_p]"]),
    want:
      "mine.yaml:10:8: error[missing-call]: no call has attn_q\n  fix: add it to a call\n" +
      "mine.yaml:10:10: error[unknown-matrix]: no matrix named 'attn_p'\n  fix: did you mean 'attn_q'?",
  },
  {
    name: "a matrix called twice",
    yaml: changed(["[ffn_down]]", "[ffn_down, attn_q]]"]),
    want: "mine.yaml:10:40: error[duplicate-call]: attn_q is called twice",
  },
  {
    name: "a matrix twice",
    yaml: changed(["- { name: attn_k, rows: 128, k: 256 }", "- { name: attn_q, rows: 128, k: 256 }"]),
    want: expect.stringContaining("mine.yaml:7:13: error[duplicate-matrix]: attn_q is there twice"),
  },
  {
    name: "a mix without a matrix",
    yaml: changed(["    attn_k: q2_K\n", ""]),
    want: "mine.yaml:13:5: error[missing-type]: Q2_K gives no type for attn_k\n  fix: add it",
  },
  {
    name: "a mix with a matrix too many",
    yaml: changed(["    attn_k: q2_K\n", "    attn_k: q2_K\n    attn_v: q2_K\n"]),
    want: "mine.yaml:15:13: error[unknown-matrix]: no matrix named 'attn_v'\n  fix: did you mean 'attn_q'?",
  },
  {
    name: "an unknown type",
    yaml: changed(["output: q6_K", "output: q6_k"]),
    want: "mine.yaml:17:13: error[unknown-format]: no format named 'q6_k'\n  fix: did you mean 'q6_K'?",
  },
  {
    name: "rows that are no whole blocks",
    yaml: changed(["k: 768", "k: 700"]),
    want:
      "mine.yaml:15:24: error[k-multiple]: rows of 700 are no whole blocks of q3_K\n  why: a block of q3_K has 256 weights\n" +
      "mine.yaml:15:56: error[k-multiple]: rows of 700 are no whole blocks of q2_K\n  why: a block of q2_K has 256 weights",
  },
  {
    name: "a layer that isn't there, and one with two types",
    yaml: changed(["layers: [0, 2]", "layers: [0, 0, 3]"]),
    want:
      "mine.yaml:15:42: error[duplicate-layer]: layer 0 has a type already\n" +
      "mine.yaml:15:45: error[layer-range]: layer 3; the model has 0..2",
  },
  {
    name: "no type for the other layers",
    yaml: changed([", { type: q2_K }]", "]"]),
    want:
      "mine.yaml:15:16: error[layer-pieces]: no type for the other layers\n" +
      "  fix: the last piece, and only that, has no `layers`: it is for the others",
  },
  {
    name: "types by layer for the head",
    yaml: changed(["output: q6_K", "output: [{ type: q6_K }]"]),
    want: "mine.yaml:17:13: error[no-layers]: only matrices of the layers have types by layer\n  fix: give one type",
  },
];

describe("mistakes in a model spec", () => {
  it.each(table)("$name", async ({ yaml, want }) => {
    expect(await complaint(() => parse(yaml))).toEqual(want);
  });

  it.each([
    ["Q2K", "no mix 'Q2K'\n  fix: did you mean 'Q2_K'? (mixes: Q2_K, and pure-<format>)"],
    ["constructor", "no mix 'constructor'\n  fix: mixes: Q2_K, and pure-<format>"],
  ])("no such mix: %s", async (mix, want) => {
    const [yaml, library] = [await parse(smallModel), await readLibrary()];
    expect(await complaint(() => modelOfMix(yaml, mix, library))).toBe(`error[unknown-mix]: small-1 has ${want}`);
  });

  it("no such format for a pure mix", async () => {
    const [yaml, library] = [await parse(smallModel), await readLibrary()];
    const want = "error[unknown-mix]: no format named 'Q2_L' for a pure mix\n  fix: did you mean 'pure-q2_0'?";
    expect(await complaint(() => modelOfMix(yaml, "pure-Q2_L", library))).toBe(want);
  });
});

it("a model has each tensor of each layer, with the type of the layer", async () => {
  const model = modelOfMix(await parse(smallModel), "Q2_K", await readLibrary());
  expect(model.tensors).toHaveLength(3 * 3 + 2);
  const types = model.tensors.filter(({ role }) => role === "ffn_down").map(({ name, type }) => `${name} ${type}`);
  expect(types).toEqual(["blk.0.ffn_down.weight q3_K", "blk.1.ffn_down.weight q2_K", "blk.2.ffn_down.weight q3_K"]);
  expect(model.tensors.slice(-2)).toMatchObject([
    { name: "token_embd.weight", use: "lookup" },
    { name: "output.weight", use: "head", rows: 300 },
  ]);
});

it("every model of the library is good and has the name of its file", async () => {
  for (const file of await readdir(`${specsFolder}/models`)) {
    const yaml = await readModelSpec(`${specsFolder}/models/${file}`);
    expect(`${yaml.name}.yaml`).toBe(file);
    expect(Object.keys(yaml.mixes)).toEqual(mixNames);
  }
});

/** Bytes of all weights that a token takes, in MB. */
async function megabytes(name: string, mix: string): Promise<number> {
  const library = await readLibrary();
  const model = modelOfMix(await readModelSpec(`${specsFolder}/models/${name}.yaml`), mix, library);
  const bytes = model.tensors.map(({ use, rows, k, type }) => {
    const { bytes, elements } = library.get(type)!;
    return use === "layer" || use === "head" ? (rows * k * bytes) / elements : 0;
  });
  return Math.round(bytes.reduce((sum, part) => sum + part) / 1e6);
}

// Outside truth: the published shapes behind the roofline of the founder's board facts.
it.each([
  ["tinyllama-1.1b", "pure-Q2_K", 372],
  ["tinyllama-1.1b", "pure-Q3_K", 470],
  ["tinyllama-1.1b", "pure-Q4_K", 599],
  ["mobilellama-1.4b", "pure-Q3_K", 584],
  ["llama-3.2-1b", "pure-Q4_K", 763],
])("%s, %s: %d MB a token", async (name, mix, want) => {
  expect(await megabytes(name, mix)).toBe(want);
});
