import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type GgufFile, openGguf, plainTypes } from "../gguf/gguf.ts";
import { packageRoot, specsFolder } from "../paths.ts";
import type { Format } from "../spec/format.ts";
import { readLibrary } from "../spec/library.ts";
import { modelOfGguf } from "./gguf-model.ts";
import { llamaType, mixNames } from "./llama-mix.ts";
import type { ModelTensor } from "./model.ts";
import { modelOfMix } from "./model-mix.ts";
import { readModelSpec } from "./model-spec.ts";

let library: ReadonlyMap<string, Format>;
let names: Map<number, string>;

beforeAll(async () => {
  library = await readLibrary();
  names = new Map([...plainTypes].map(([type, { name }]) => [type, name]));
  for (const { ggmlType, name } of library.values()) if (ggmlType !== undefined) names.set(ggmlType, name);
});

function open(file: string): Promise<GgufFile> {
  const known = [...library.values()].filter(({ ggmlType }) => ggmlType !== undefined);
  const sizes = new Map(known.map(({ ggmlType, elements, bytes, name }) => [ggmlType!, { elements, bytes, name }]));
  return openGguf(`${packageRoot}hw-tests/data/kjv-2.5m/${file}`, sizes);
}

describe("a model from a GGUF header", () => {
  it("has heads, layers, calls and types of the file", async () => {
    const model = modelOfGguf(await open("kjv2.5M-q2_k.gguf"), names);
    expect(model).toMatchObject({
      layers: 3,
      heads: Array(3).fill({ query: 4, kv: 2, size: 64 }),
      calls: [["attn_q"], ["attn_v", "attn_k"], ["attn_output"], ["ffn_up", "ffn_gate"], ["ffn_down"]],
    });
    const used = (as: ModelTensor["use"]) => model.tensors.filter(({ use }) => use === as).map(({ name }) => name);
    expect(used("head")).toEqual(["output.weight"]);
    expect(used("lookup")).toEqual(["token_embd.weight"]);
    expect(used("layer")).toHaveLength(21);
    expect(used("other")).toHaveLength(7);
  });

  it("parts a call where a bias follows a product", async () => {
    const file = await open("kjv2.5M-q2_k.gguf");
    const bias = { ...file.tensors[0], name: "blk.0.attn_v.bias", shape: [128] };
    const { calls } = modelOfGguf({ ...file, tensors: [...file.tensors, bias] }, names);
    expect(calls).toEqual([["attn_q"], ["attn_v"], ["attn_k"], ["attn_output"], ["ffn_up", "ffn_gate"], ["ffn_down"]]);
  });
});

// Outside truth: files that llama.cpp's llama-quantize wrote.
it.each([
  ["Q2_K", "q2_k"],
  ["Q3_K_M", "q3_k_m"],
  ["Q4_K_M", "q4_k_m"],
])("the rules of the mix %s are those of a real file", async (mix, stem) => {
  const { tensors, layers, heads } = modelOfGguf(await open(`kjv2.5M-${stem}.gguf`), names);
  const shape = { layers, groupedQueries: heads[0]!.query / heads[0]!.kv, tied: false };
  for (const { name, role, k, layer = 0, type, use } of tensors) {
    if (use !== "other") expect(llamaType(mix, role, k, layer, shape), name).toBe(type);
  }
});

// The rules are judged above; here the specs are judged by the rules.
describe.each(readdirSync(`${specsFolder}/models`))("specs/models/%s", (file) => {
  it.each(mixNames)("%s has the types that llama-quantize gives", async (mix) => {
    const yaml = await readModelSpec(`${specsFolder}/models/${file}`);
    const { query, kv } = yaml.heads;
    const shape = { layers: yaml.layers, groupedQueries: query / kv, tied: yaml.head.tied };
    for (const { name, role, k, layer = 0, type } of modelOfMix(yaml, mix, library).tensors) {
      expect(llamaType(mix, role, k, layer, shape), `${basename(file)} ${name}`).toBe(type);
    }
  });
});
