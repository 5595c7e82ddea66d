import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../../src/cli/testing/bfq.ts";
import { channelExponents } from "../../src/eval/fold.ts";
import { type AttentionOptions, Forward, plainAttention } from "../../src/eval/forward.ts";
import { loadModel } from "../../src/eval/model.ts";
import { type Multiply, multiplyFast } from "../../src/eval/multiply.ts";
import { pruningRules } from "../../src/eval/pruning.ts";
import { multiplySites, parseSites } from "../../src/eval/sites.ts";
import { writeGguf } from "../../src/gguf/testing/write-gguf.ts";
import { openWeights } from "../../src/model/open-model.ts";
import { readLibrary } from "../../src/spec/library.ts";
import { newRandom } from "../../src/testing/run.ts";
import { bpeVocabulary, spmVocabulary, type TinyShape, tinyModel } from "./tiny-model.ts";

const random = newRandom("eval methods");
const formats = await readLibrary();
const text = "And the king said unto him, The LORD hath sent me to the children of Israel. ".repeat(8);

let folder: string;
let model: string;
let textFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-methods-"));
  model = join(folder, "tiny.gguf");
  textFile = join(folder, "text");
  await writeFile(textFile, text);
});
afterAll(() => rm(folder, { recursive: true }));

const f32: TinyShape["store"] = (values) => ({ type: 0, data: new Uint8Array(values.buffer) });
const llama: TinyShape = {
  ...{ architecture: "llama", width: 128, layers: 2, heads: 4, kvHeads: 2, headSize: 32, hidden: 160, context: 64 },
  ...{ tied: false, biases: false, vocabulary: spmVocabulary(false), store: f32 },
};
const qwen2: TinyShape = {
  ...llama,
  ...{ architecture: "qwen2", biases: true, tied: true, vocabulary: bpeVocabulary("qwen2", text, 60) },
};

const write = (shape: TinyShape) => writeFile(model, writeGguf(tinyModel(shape, random)));
const load = async (path: string) => loadModel((await openWeights(path)).file, formats);
const tokens = (count: number, size: number) => Int32Array.from({ length: count }, () => random.below(size));
const exact: AttentionOptions = { ...plainAttention, cache: { k: "f32", v: "f32" } };

describe("bfq fold", () => {
  it.each([
    ["llama", llama, "all", 20],
    ["qwen2: biases, tied head", qwen2, "all", 8],
    ["outliers only", llama, "outliers", 8],
  ] as const)("%s: the folded model's fp32 logits have the same bits", async (_, shape, channels, steps) => {
    await write(shape);
    const out = join(folder, "folded.gguf");
    const args = [
      "fold",
      model,
      "--calibrate",
      textFile,
      "--out",
      out,
      "--channels",
      channels,
      "--steps",
      String(steps),
    ];
    const { exitCode, stdout } = await bfq([...args, "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, channels, steps });
    if (channels === "all") expect(JSON.parse(stdout).folded).toBeGreaterThan(100);
    const input = tokens(40, shape.vocabulary.size);
    const [before, after] = [await load(model), await load(out)];
    expect(await readFile(out)).not.toEqual(await readFile(model));
    const logits = await new Forward(before, multiplyFast, exact).logits(input, 0);
    const folded = await new Forward(after, multiplyFast, exact).logits(input, 0);
    expect(new Uint32Array(folded.buffer)).toEqual(new Uint32Array(logits.buffer));
  });

  it("gives each channel the power of two that its size asks for", () => {
    const channels = 64;
    const values = random.normals(channels * 200).map((value, i) => value * (i % channels < 4 ? 32 : 1));
    const found = channelExponents(values, channels, { bits: 4, steps: 8, channels: "all" });
    for (const [channel, exponent] of found.entries()) {
      expect(Math.abs(exponent - (channel < 4 ? 5 : 0)), `channel ${channel}`).toBeLessThanOrEqual(1);
    }
    const outliers = channelExponents(values, channels, { bits: 8, steps: 8, channels: "outliers" });
    expect([...outliers.subarray(4)]).toEqual(new Array(60).fill(0));
    expect(Math.min(...outliers.subarray(0, 4))).toBeGreaterThanOrEqual(4);
  });

  it("refuses weights with block scales", async () => {
    const sample = "hw-tests/data/kjv-2.5m/kjv2.5M-q2_k.gguf";
    const out = join(folder, "refused.gguf");
    const { exitCode, stderr } = await bfq([
      "fold",
      sample,
      "--calibrate",
      "hw-tests/data/kjv-2.5m/val.txt",
      "--out",
      out,
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("has block scales, which folding would make inexact");
    await expect(readFile(out)).rejects.toThrow("ENOENT");
  });
});

describe("sites", () => {
  it("more bits, and finer scales, come nearer to the exact logits", async () => {
    await write(llama);
    const loaded = await load(model);
    const input = tokens(40, llama.vocabulary.size);
    const truth = await new Forward(loaded, multiplyFast, exact).logits(input, 0);
    const error = async (sites: string) => {
      const logits = await new Forward(loaded, multiplySites(parseSites(sites)), exact).logits(input, 0);
      return Math.sqrt(logits.reduce((sum, value, i) => sum + (value - truth[i]) ** 2, 0) / logits.length);
    };
    const [int8, int8Token, int4, int4Token] = [
      await error("all=int8"),
      await error("all=int8_token"),
      await error("all=int4"),
      await error("all=int4_token"),
    ];
    expect(int8).toBeGreaterThan(0);
    expect(int8).toBeLessThan(int8Token);
    expect(int8Token).toBeLessThan(int4);
    expect(int4).toBeLessThan(int4Token);
    expect(await error("down=int4")).toBeLessThan(int4);
  });
});

describe("token pruning", () => {
  it.each(pruningRules)("%s: MatMuls get the kept columns only, and what is kept is bit-equal", async (rule) => {
    await write({ ...llama, layers: 1 });
    const loaded = await load(model);
    const input = tokens(32, llama.vocabulary.size);
    const counted: Record<string, number> = {};
    const counting: Multiply = (matrices, x, columns, place) => {
      counted[place.site] = columns;
      return multiplyFast(matrices, x, columns, place);
    };
    const dense = await new Forward(loaded, multiplyFast, exact).logits(input, 16);
    const pruning = { rule, keep: 0.5, seed: 3 };
    const pruned = await new Forward(loaded, counting, { ...exact, pruning }).logits(input, 16);
    // One layer: the cut comes after its attention, so that all that follows is of each token alone.
    expect(counted).toEqual({ attention: 32, output: 32, "feed-forward": 24, down: 24, head: 16 });
    expect(new Uint32Array(pruned.buffer)).toEqual(new Uint32Array(dense.buffer));
  });

  it("goes on from layer to layer, and a pruned token is gone for the next", async () => {
    await write({ ...llama, layers: 2 });
    const loaded = await load(model);
    const input = tokens(32, llama.vocabulary.size);
    const columns: number[] = [];
    const counting: Multiply = (matrices, x, count, place) => {
      if (place.site === "attention" || place.site === "down") columns.push(count);
      return multiplyFast(matrices, x, count, place);
    };
    const oldest = { ...exact, pruning: { rule: "oldest", keep: 0.25, seed: 1 } as const };
    const pruned = await new Forward(loaded, counting, oldest).logits(input, 16);
    expect(columns).toEqual([32, 24, 24, 20]);
    const dense = await new Forward(loaded, multiplyFast, exact).logits(input, 16);
    expect(pruned).not.toEqual(dense);
  });
});

describe("bfq eval", () => {
  const problem = async (...args: string[]) => {
    const { exitCode, stderr } = await bfq(["eval", ...args]);
    return `${exitCode} ${stderr.replaceAll(folder, "FOLDER").trim()}`;
  };

  it("says what is wrong with what it is given", async () => {
    const good = ["hw-tests/data/kjv-2.5m/kjv2.5M-q2_k.gguf", "--text", textFile];
    await writeFile(join(folder, "short"), "In the end");
    const short = await problem(good[0], "--text", join(folder, "short"));
    expect(short).toBe(
      "2 error[eval-text]: the text has 11 tokens; a window takes 256\n  fix: give a longer text or a smaller --context",
    );
    expect(await problem(...good, "--context", "7")).toContain("--context is 7; it must be even and at least 4");
    expect(await problem(...good, "--engine", "csim")).toContain("--engine csim needs --spec");
    expect(await problem(...good, "--sites", "atention=int8")).toContain("did you mean 'attention'?");
    expect(await problem(...good, "--sites", "down=fp8")).toContain("'down=fp8' is not SITE=TYPE");
    expect(await problem(...good, "--sites", "down=int8_static")).toContain("static scales need --calibrate TEXT");
    await writeFile(join(folder, "latin1"), Uint8Array.of(0x4c, 0xe9, 0x20));
    expect(await problem(good[0], "--text", join(folder, "latin1"))).toContain("the text is not UTF-8");
  });

  it("refuses architectures that it does not know by name", async () => {
    const raw = tinyModel(llama, random);
    const other = raw.keys!.map(
      ([key, value]) => [key, key === "general.architecture" ? spell("gemma3") : value] as const,
    );
    await writeFile(model, writeGguf({ ...raw, keys: other.map(([key, value]) => [key, value]) }));
    expect(await problem(model, "--text", textFile)).toContain('the architecture is "gemma3"');
    const extra = { name: "blk.0.attn_sub_norm.weight", type: 0, shape: [128], data: new Uint8Array(512) };
    await writeFile(model, writeGguf({ ...raw, tensors: [...raw.tensors!, extra] }));
    expect(await problem(model, "--text", textFile)).toContain(
      'tensor "blk.0.attn_sub_norm.weight" is no part of a llama model',
    );
  });
});

const spell = (name: string) => {
  const bytes = new TextEncoder().encode(name);
  const data = new Uint8Array(8 + bytes.length);
  data[0] = bytes.length;
  data.set(bytes, 8);
  return { type: 8, bytes: data };
};
