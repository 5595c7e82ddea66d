import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bfq } from "../src/cli/testing/bfq.ts";
import { plainToFloats } from "../src/eval/model.ts";
import { findTensor, readTensor } from "../src/gguf/gguf.ts";
import { writeGguf } from "../src/gguf/testing/write-gguf.ts";
import { stringsKey } from "../src/gguf/write.ts";
import { decode } from "../src/golden/decode.ts";
import { quantizeChunk } from "../src/golden/testing/ggml.ts";
import { modelOfGguf } from "../src/model/gguf-model.ts";
import { openWeights } from "../src/model/open-model.ts";
import { ownFormatsKey } from "../src/model/own-formats.ts";
import { packageRoot, specsFolder } from "../src/paths.ts";
import { quantizeRows } from "../src/quantise/rows.ts";
import { findFormat, readLibrary } from "../src/spec/library.ts";
import { randomFormat } from "../src/testing/random-format.ts";
import { isLong, newRandom } from "../src/testing/run.ts";

const data = `${packageRoot}hw-tests/data/kjv-2.5m`;
const f16 = `${data}/kjv2.5M-f16.gguf`;
const library = await readLibrary();
const { file } = await openWeights(f16);
const plain = [...library.values()].filter(({ code }) => !code.codec);
const folder = await mkdtemp(join(tmpdir(), "bfq-quantise-"));
afterAll(() => rm(folder, { recursive: true }));

const names = isLong
  ? file.tensors.filter(({ shape }) => shape.length > 1).map(({ name }) => name)
  : ["blk.0.attn_q.weight", "blk.1.ffn_down.weight", "token_embd.weight"];
const tensors = await Promise.all(
  names.map(async (name) => {
    const tensor = findTensor(file, name);
    const floats = plainToFloats(tensor.type, await readTensor(tensor));
    return { name, x: isLong ? floats : floats.subarray(0, 24 * 768) };
  }),
);

function squaredError(x: Float32Array, y: Float32Array): number {
  return x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0);
}

// Outside truth: ggml's own quantisers.
describe.each(plain.filter(({ ggmlType }) => ggmlType !== undefined))("$name has at most ggml's RMSE", (format) => {
  // Of q1_0 ggml has the least squares already, so that counting otherwise must have more.
  const byMagnitude = format.name === "q1_0" ? [] : [["by magnitude", undefined] as const];
  it.each([...byMagnitude, ["counting all alike", Float32Array.of(1)] as const])("%s", (_, importance) => {
    for (const { name, x } of tensors) {
      const ours = squaredError(x, decode(format, quantizeRows(format, x, importance)));
      const ggml = squaredError(x, decode(format, quantizeChunk(format, x)));
      expect(Math.sqrt(ours / ggml), name).toBeLessThanOrEqual(1.01);
    }
  });
});

// Properties, no outside truth: nothing is worse than zeros, and zeros stay what they are.
const random = newRandom("quantise");
const strange = Array.from({ length: isLong ? 200 : 20 }, () => randomFormat("random", random, "odd").format);
it.each([...plain, ...strange])("$name: the error is at most the weights' own, and zeros give no NaN", (format) => {
  const x = Float32Array.from({ length: 4 * format.elements }, (_, i) => Math.sin(i * i) / 20);
  const error = squaredError(x, decode(format, quantizeRows(format, x, Float32Array.of(1))));
  expect(error).toBeLessThanOrEqual(squaredError(x, new Float32Array(x.length)));
  const zeros = decode(format, quantizeRows(format, new Float32Array(format.elements)));
  expect(zeros.every((value) => Math.abs(value) < 1e-6)).toBe(true);
});

it("counts a column by its importance", () => {
  const format = findFormat(library, "q2_K");
  const x = Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i * i));
  const importance = Float32Array.from({ length: 256 }, (_, i) => (i % 16 === 3 ? 100 : 1));
  const errorOf = (bytes: Uint8Array) => {
    const y = decode(format, bytes);
    return squaredError(
      x.filter((_, i) => i % 16 === 3),
      y.filter((_, i) => i % 16 === 3),
    );
  };
  expect(errorOf(quantizeRows(format, x, importance))).toBeLessThan(
    0.5 * errorOf(quantizeRows(format, x, Float32Array.of(1))),
  );
});

it.each([
  ["iq2_xs", new Float32Array(256), undefined, "bfq does not quantise to grids"],
  ["q4_0", new Float32Array(33), undefined, "33 weights in rows of 32 are no whole blocks"],
  ["q4_0", new Float32Array(64), new Float32Array(48), "64 weights in rows of 48 are no whole blocks"],
  ["q4_0", Float32Array.from({ length: 32 }, () => NaN), undefined, "weight 0 is NaN"],
])("refuses: %s, case %#", (name, x, importance, says) => {
  expect(() => quantizeRows(findFormat(library, name), x, importance)).toThrow(says);
});

describe("quantize-model", () => {
  const quantise = (out: string, ...more: string[]) =>
    bfq(["quantize-model", "--in", f16, "--out", `${folder}/${out}`, ...more]);

  it("keeps the metadata, and gives the types of llama-quantize's mix", async () => {
    const { exitCode, stderr } = await quantise("q2.gguf", "--mix", "Q2_K");
    expect(stderr).toBe(`quantising ${f16}`); // one plain line where there is no terminal
    expect(exitCode).toBe(0);
    const made = await openWeights(`${folder}/q2.gguf`);
    const theirs = await openWeights(`${data}/kjv2.5M-q2_k.gguf`);
    const typesOf = ({ file, typeNames }: typeof made) =>
      Object.fromEntries(modelOfGguf(file, typeNames).tensors.map(({ name, type }) => [name, type]));
    expect(typesOf(made)).toEqual(typesOf(theirs));
    const kept = [...file.metadata].filter(([key]) => !/^general\.(file_type|quantization_version)$/.test(key));
    expect([...made.file.metadata]).toEqual([...kept, ["general.quantization_version", 2]]);
  });

  it("writes a format of one's own, which eval and matmul read", async () => {
    const mine = `${folder}/mine3.yaml`;
    const spec = await readFile(`${specsFolder}/formats/bipolar3.yaml`, "utf8");
    await writeFile(mine, spec.replace("name: bipolar3", "name: mine3"));
    const text = `${folder}/text.txt`;
    await writeFile(text, (await readFile(`${data}/val.txt`, "utf8")).slice(0, 1024));
    const made = await quantise("mine.gguf", "--format", mine, "--calibrate", text, "--json");
    expect(JSON.parse(made.stdout)).toMatchObject({
      ok: true,
      isForLlama: false,
      kept: [],
      formats: [
        { format: "mine3", tensors: 22, bits: 3.125 },
        { format: "q6_K", tensors: 1, bits: 6.5625 },
      ],
    });
    const judged = await bfq(["eval", `${folder}/mine.gguf`, "--text", text, "--chunks", "2", "--json"]);
    expect(JSON.parse(judged.stdout).perplexity.value).toBeLessThan(5);
    await writeFile(`${folder}/x.f32`, new Uint8Array(new Float32Array(256).fill(0.5).buffer));
    const gguf = ["--gguf", `${folder}/mine.gguf`, "--tensor", "blk.0.attn_q.weight"];
    const product = await bfq(["matmul", ...gguf, "--x", `${folder}/x.f32`, "--out", `${folder}/y.f32`, "--json"]);
    expect(JSON.parse(product.stdout)).toMatchObject({ ok: true, format: "mine3", rows: 256, k: 256 });
    const fit = await bfq(["fit", `${specsFolder}/accelerators/everything.yaml`, "--model", `${folder}/mine.gguf`]);
    expect(fit.stdout).toMatch(/attn_q +mine3 .*mine3 is not in the variant, but fits the bitstream/);
  });

  it.each([
    [[], "give --format or --mix"],
    [["--format", "iq3_s"], "iq3_s takes its levels from a grid"],
    [["--format", "q4_L"], "did you mean"],
    [["--format", "q4_0", "--in", `${data}/kjv2.5M-q2_k.gguf`], 'tensor "output.weight" is q6_K'],
  ])("refuses %j", async (more, says) => {
    const { exitCode, stderr } = await quantise("no.gguf", ...more);
    expect(stderr).toContain(says);
    expect(exitCode).toBe(2);
    await expect(readFile(`${folder}/no.gguf`)).rejects.toThrow("ENOENT");
  });

  it("refuses a format with the name of another one", async () => {
    const other = `${folder}/q4_0.yaml`;
    const spec = await readFile(`${specsFolder}/formats/bipolar3.yaml`, "utf8");
    await writeFile(other, spec.replace("name: bipolar3", "name: q4_0"));
    expect((await quantise("no.gguf", "--format", other)).stderr).toContain("q4_0 is the name of another format");
  });

  it("refuses a weight that is no number", async () => {
    const bad = `${folder}/bad.gguf`;
    const values = new Float32Array(64).fill(Infinity);
    const tensor = { name: "blk.0.attn_q.weight", type: 0, shape: [32, 2], data: new Uint8Array(values.buffer) };
    await writeFile(bad, writeGguf({ tensors: [tensor] }));
    const { stderr } = await quantise("no.gguf", "--in", bad, "--format", "q4_0");
    expect(stderr).toContain('tensor "blk.0.attn_q.weight": weight 0 is Infinity');
  });
});

describe("formats that a file brings along", () => {
  const grid = `bfq: 1\nname: evil\nlevel: { grid: /etc/passwd.txt }\n`;
  const other = async () =>
    (await readFile(`${specsFolder}/formats/bipolar3.yaml`, "utf8")).replace("name: bipolar3", "name: bipolar2");
  it.each([
    ["a grid", async () => grid, "names a grid"],
    ["another format's name", other, "its format bipolar2 is not the one that bfq knows"],
    ["no YAML", async () => "{", "bfq.formats[0]"],
  ])("refuses %s", async (_, text, says) => {
    const path = `${folder}/evil.gguf`;
    const key = stringsKey(ownFormatsKey, [await text()]);
    // The key and its value, apart as the writer of the tests takes them.
    const at = 8 + ownFormatsKey.length;
    const value = { type: 9, bytes: key.subarray(at + 4) };
    await writeFile(path, writeGguf({ keys: [[ownFormatsKey, value]] }));
    const { problems } = await openWeights(path).then(
      () => ({ problems: [] }),
      (error) => error,
    );
    expect(JSON.stringify(problems)).toContain(says);
  });
});
