import { open, readFile, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { gguf } from "@huggingface/gguf";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../paths.ts";
import { findTensor, openGguf, plainTypes, readTensor } from "./gguf.ts";
import { blockTypes, bytes, errorText, f32, folder, good, model, openBytes, q4 } from "./testing/fixtures.ts";
import { arrayValue, type RawGguf, stringValue, text, u32Value, valueType, writeGguf } from "./testing/write-gguf.ts";

describe("good files", () => {
  it("gives tensors, metadata and bytes as they were written", async () => {
    const file = await openBytes(writeGguf(good));
    expect(file.alignment).toBe(32);
    expect(Object.fromEntries(file.metadata)).toEqual({
      "general.architecture": "llama",
      "general.alignment": 32,
      "llama.rope.freq_base": 10000,
      "llama.parameters": 1n << 60n,
      "tokenizer.ggml.tokens": ["a", "ß", ""],
      "tokenizer.ggml.token_type": [1, 2, 3],
      "tokenizer.ggml.empty": [],
      "tokenizer.ggml.add_bos_token": true,
    });
    const size = (await stat(model)).size;
    const dataStart = size - 32 - 128 - 64;
    expect(file.tensors).toEqual([
      { name: "norm.weight", type: 0, shape: [8], path: model, offset: dataStart, bytes: 32 },
      { name: "blk.0.attn_q.weight", type: 2, shape: [64, 3], path: model, offset: dataStart + 32, bytes: 108 },
      { name: "future.weight", type: 99, shape: [32, 2], path: model, offset: dataStart + 160 },
    ]);
    expect(await readTensor(findTensor(file, "norm.weight"))).toEqual(f32.data);
    expect(await readTensor(findTensor(file, "blk.0.attn_q.weight"))).toEqual(q4.data);
  });

  it("reads version 2, a custom alignment, data in another order with gaps, and files without tensors", async () => {
    const tensors = [
      { ...f32, offset: 256n, data: bytes(0) },
      { ...q4, offset: 0n, data: bytes(320) },
    ];
    const keys: RawGguf["keys"] = [["general.alignment", u32Value(64)]];
    const file = await openBytes(writeGguf({ version: 2, alignment: 64, keys, tensors }));
    expect(file.alignment).toBe(64);
    expect(await readTensor(file.tensors[0])).toEqual(bytes(320).slice(256, 288));
    expect((await openBytes(writeGguf({ keys: good.keys! }))).tensors).toEqual([]);
  });

  it("reads strings whole, however far apart", async () => {
    const filler = (count: number) => arrayValue(valueType.u8, [new Uint8Array(count)], BigInt(count));
    const long = "0123456789".repeat(60_000);
    const file = await openBytes(
      writeGguf({
        keys: [
          ["filler", filler(999_000)],
          ["long.string", stringValue(long)],
          ["long.array", arrayValue(valueType.string, [text("first"), text(long)])],
        ],
        tensors: [f32],
      }),
    );
    expect(file.metadata.get("filler")).toHaveLength(999_000);
    expect(file.metadata.get("long.string") === long).toBe(true);
    expect((file.metadata.get("long.array") as string[])[1] === long).toBe(true);
    expect(await readTensor(file.tensors[0])).toEqual(f32.data);
  });

  it("passes over a tokenizer with 1.2 million merges: its length is kept, not its words", async () => {
    const merges = Array.from({ length: 1_200_000 }, (_, i) => text(`token ${i}`));
    const words = arrayValue(valueType.string, merges);
    const bytes = writeGguf({ keys: [["tokenizer.ggml.merges", words]], tensors: [q4] });
    const held = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const before = held();
    await writeFile(model, bytes);
    const file = await openGguf(model, blockTypes, "header");
    expect(held() - before).toBeLessThan(64 * 2 ** 20);
    expect(file.metadata.get("tokenizer.ggml.merges")).toEqual({ elements: 1_200_000 });
    expect(await readTensor(file.tensors[0])).toEqual(q4.data);
  });

  it("takes keys that objects have by themselves", async () => {
    const keys = ["__proto__", "constructor", "toString"];
    const file = await openBytes(writeGguf({ keys: keys.map((key, i) => [key, u32Value(i)]), tensors: [f32] }));
    expect([...file.metadata]).toEqual(keys.map((key, i) => [key, i]));
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it("takes scalars and empty tensors, as ggml does; an empty one is nowhere", async () => {
    const scalar = { ...f32, name: "scalar", shape: [], data: bytes(4) };
    const empty = { ...f32, name: "empty", shape: [4, 0], data: bytes(0) };
    const file = await openBytes(writeGguf({ tensors: [scalar, empty, f32, { ...empty, name: "last" }] }));
    expect(file.tensors.map(({ shape, bytes }) => [shape, bytes])).toEqual([
      [[], 4],
      [[4, 0], 0],
      [[8], 32],
      [[4, 0], 0],
    ]);
    expect(await readTensor(file.tensors[0])).toEqual(scalar.data);
    expect(await readTensor(file.tensors[1])).toHaveLength(0);
  });

  it("tells how much of the data is missing where the header was wanted", async () => {
    await writeFile(model, writeGguf(good).slice(0, -100));
    const file = await openGguf(model, blockTypes, "header");
    expect(file.tensors).toHaveLength(3);
    expect(file.missing).toBe(100 - 64 + 1); // of the last tensor's padded 64 bytes one is known to be there
    expect(await errorText(readTensor(file.tensors[1]))).toContain("error[gguf-changed]");
  });
});

describe("the sample models against what their README.txt says (written by llama.cpp)", () => {
  const models = [
    { name: "q2_k", size: 965_248, types: { q6_K: 1, q2_K: 13, q3_K: 9, f32: 7 } },
    { name: "q3_k_s", size: 1_122_496, types: { q6_K: 1, q3_K: 22, f32: 7 } },
    { name: "q3_k_m", size: 1_248_192, types: { q6_K: 1, q3_K: 13, q4_K: 7, q5_K: 2, f32: 7 } },
  ];
  const layer = {
    "attn_q.weight": [256, 256],
    "attn_k.weight": [256, 128],
    "attn_v.weight": [256, 128],
    "attn_output.weight": [256, 256],
    "attn_norm.weight": [256],
    "ffn_gate.weight": [256, 768],
    "ffn_up.weight": [256, 768],
    "ffn_down.weight": [768, 256],
    "ffn_norm.weight": [256],
  };
  const shapes: Record<string, number[]> = {
    "token_embd.weight": [256, 288],
    "output_norm.weight": [256],
    "output.weight": [256, 288],
  };
  for (const block of [0, 1, 2]) {
    for (const [name, shape] of Object.entries(layer)) shapes[`blk.${block}.${name}`] = shape;
  }

  it.each(models)("$name: shapes, types, and sizes that add up to the file", async ({ name, size, types }) => {
    const path = join(packageRoot, `hw-tests/data/kjv-2.5m/kjv2.5M-${name}.gguf`);
    const file = await openGguf(path, blockTypes);
    expect(file.tensors).toHaveLength(30);
    expect(Object.fromEntries(file.tensors.map((tensor) => [tensor.name, tensor.shape]))).toEqual(shapes);
    expect(file.tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0)).toBe(2_508_544);

    const counts: Record<string, number> = {};
    const judge = await gguf(path, { allowLocalFile: true });
    for (const [key, value] of file.metadata)
      expect(value, key).toEqual(Object.entries(judge.metadata).find(([name]) => name === key)?.[1]);
    for (const { type } of file.tensors) {
      const { name } = (blockTypes.get(type) ?? plainTypes.get(type))!;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(counts).toEqual(types);

    // llama.cpp leaves no gaps: each tensor starts where the one before it ends, and the last ends the file.
    let next = file.tensors[0].offset;
    for (const { offset, bytes } of file.tensors) {
      expect(offset).toBe(next);
      next = Math.ceil((offset + bytes!) / 32) * 32;
    }
    expect(next).toBe(size);

    expect(Object.fromEntries(file.metadata)).toMatchObject({
      "general.architecture": "llama",
      "general.name": "kjv2.5M",
      "llama.context_length": 256,
      "llama.block_count": 3,
      "llama.attention.head_count": 4,
      "llama.attention.head_count_kv": 2,
      "llama.rope.freq_base": 10000,
    });
    const tokens = file.metadata.get("tokenizer.ggml.tokens") as string[];
    expect([tokens.length, tokens[0], tokens[3 + 255], tokens[259]]).toEqual([288, "<unk>", "<0xFF>", "\u2581"]);

    const whole = await readFile(path);
    const tensor = findTensor(file, "blk.2.ffn_down.weight");
    const stored = whole.subarray(tensor.offset, tensor.offset + tensor.bytes!);
    expect(stored.equals(await readTensor(tensor))).toBe(true);
  });
});

describe("paths", () => {
  it("reads through a symbolic link and with a relative path", async () => {
    await openBytes(writeGguf(good));
    const link = join(folder, "link.gguf");
    await symlink(model, link);
    const relativeLink = relative(process.cwd(), link);
    expect((await openGguf(relativeLink, blockTypes)).tensors).toHaveLength(3);
  });

  const refusals = [
    {
      path: "https://example.org/model.gguf",
      want: [
        'error[gguf-path]: "https://example.org/model.gguf" is a URL; bfq reads local files only',
        "  fix: download the file and give its path",
      ],
    },
    {
      path: "https:/missing.gguf",
      want: [
        "https:/missing.gguf: error[gguf-path]: the file can't be opened",
        "  why: Error: ENOENT: no such file or directory, stat 'https:/missing.gguf'",
        "  fix: check the path",
      ],
    },
    {
      path: "/dev/zero",
      want: ["/dev/zero: error[gguf-path]: not a regular file", "  fix: give the path of a .gguf file"],
    },
    { path: "/", want: ["/: error[gguf-path]: not a regular file", "  fix: give the path of a .gguf file"] },
  ];
  it.each(refusals)("refuses $path", async ({ path, want }) => {
    expect((await errorText(openGguf(path, blockTypes))).split("\n")).toEqual(want);
  });
});

describe("findTensor and readTensor", () => {
  it("names the nearest tensors for a missing one", async () => {
    const file = await openBytes(writeGguf(good));
    expect(await errorText((async () => findTensor(file, "blk.0.attn_k"))())).toBe(
      'model.gguf: error[gguf-no-tensor]: there is no tensor "blk.0.attn_k" among the 3 of the file\n' +
        '  fix: the nearest names are "blk.0.attn_q.weight", "norm.weight", "future.weight"',
    );
    const empty = await openBytes(writeGguf({}));
    expect(await errorText((async () => findTensor(empty, "a"))())).toBe(
      'model.gguf: error[gguf-no-tensor]: there is no tensor "a" among the 0 of the file\n' +
        "  fix: give a model file: this one has no tensors",
    );
  });

  it("refuses the data of an unknown type", async () => {
    const file = await openBytes(writeGguf(good));
    expect(await errorText(readTensor(findTensor(file, "future.weight")))).toBe(
      'model.gguf: error[gguf-type]: tensor "future.weight" has the unknown type 99 and can\'t be read\n' +
        "  fix: describe the type in specs/formats, or quantise the model to a known one",
    );
  });

  it("notices a file that shrank after it was opened", async () => {
    const file = await openBytes(writeGguf({ tensors: [f32] }));
    await truncate(model, 100);
    expect(await errorText(readTensor(file.tensors[0]))).toBe(
      "model.gguf: error[gguf-changed]: the file ends at byte 100, but was longer when it was opened\n" +
        "  fix: wait until whatever writes the file is done, then try again",
    );
  });

  it("reads one tensor of a file of 4 GB (sparse), and refuses one larger than a buffer", async () => {
    const rows = 2 ** 28 + 1;
    const huge = { name: "huge", type: 0, shape: [4, rows], data: bytes(0) };
    const last = { ...f32, offset: BigInt(rows * 16 + 16), data: bytes(0) };
    await writeFile(model, writeGguf({ tensors: [huge, last] }));
    const handle = await open(model, "r+");
    const dataStart = (await handle.stat()).size;
    await handle.write(f32.data, 0, 32, dataStart + rows * 16 + 16);
    await handle.close();
    const file = await openGguf(model, blockTypes);
    expect(await readTensor(findTensor(file, f32.name))).toEqual(f32.data);
    expect(await errorText(readTensor({ ...file.tensors[0], bytes: 2 ** 53 - 1 }))).toMatch(
      /^model.gguf: error\[gguf-limit\]: tensor "huge" has 9007199254740991 bytes\n {2}why: Node .* holds at most \d+ bytes/,
    );
  });
});
