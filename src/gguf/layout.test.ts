import { describe, expect, it } from "vitest";
import { bytes, errorText, f32, good, openBytes, q4, unknown } from "./testing/fixtures.ts";
import { type RawTensor, writeGguf } from "./testing/write-gguf.ts";

const withTensor = (change: Partial<RawTensor>) => writeGguf({ tensors: [{ ...f32, ...change }] });

const damaged = "  fix: download or convert the file again: it is damaged";
const cutOff = "  fix: download the file again: it is cut off or damaged";
const shortHeader = "  why: the file is cut off, or a length in its header is wrong";

const refusals: { name: string; make: () => Uint8Array; want: string[] }[] = [
  {
    name: "row not a multiple of the block",
    make: () => writeGguf({ tensors: [{ ...q4, shape: [48, 2] }] }),
    want: [
      'model.gguf: error[gguf-row]: tensor "blk.0.attn_q.weight" (byte 24) has rows of 48 elements, no whole number of blocks',
      "  why: a q4_0 block holds 32 elements of a row",
      damaged,
    ],
  },
  {
    name: "unaligned offset",
    make: () => withTensor({ offset: 8n, data: bytes(64) }),
    want: [
      'model.gguf: error[gguf-offset]: tensor "norm.weight" (byte 24) has the unaligned offset 8',
      "  why: the alignment of this file is 32 bytes",
      damaged,
    ],
  },
  {
    name: "offset past the end",
    make: () => withTensor({ offset: 4096n }),
    want: [
      'model.gguf: error[gguf-offset]: tensor "norm.weight" (byte 24) starts at byte 4192, but the file ends at byte 128',
      "  why: the file is cut off, or the offset is wrong",
      cutOff,
    ],
  },
  {
    name: "offset at the end",
    make: () => withTensor({ offset: 32n }),
    want: [
      'model.gguf: error[gguf-offset]: tensor "norm.weight" (byte 24) starts at byte 128, but the file ends at byte 128',
      "  why: the file is cut off, or the offset is wrong",
      cutOff,
    ],
  },
  {
    name: "offset that wraps 2^64",
    make: () => withTensor({ offset: (1n << 64n) - 32n }),
    want: [
      'model.gguf: error[gguf-offset]: tensor "norm.weight" (byte 24) starts at byte 18446744073709551680, but the file ends at byte 128',
      "  why: the file is cut off, or the offset is wrong",
      cutOff,
    ],
  },
  {
    name: "offset past the end of an unknown type",
    make: () => writeGguf({ tensors: [f32, { ...unknown, offset: 64n, data: bytes(0) }] }),
    want: [
      'model.gguf: error[gguf-offset]: tensor "future.weight" (byte 67) starts at byte 192, but the file ends at byte 160',
      "  why: the file is cut off, or the offset is wrong",
      cutOff,
    ],
  },
  {
    name: "data of 16 TB",
    make: () => withTensor({ shape: [1n << 32n, 1024] }),
    want: [
      'model.gguf: error[gguf-data]: tensor "norm.weight" (byte 24) ends at byte 17592186044512, but the file at byte 128',
      "  why: the file is cut off, or the shape is wrong",
      cutOff,
    ],
  },
  {
    name: "data cut off by one byte",
    make: () => writeGguf({ tensors: [f32] }).slice(0, -1),
    want: [
      'model.gguf: error[gguf-data]: tensor "norm.weight" (byte 24) ends at byte 128, but the file at byte 127',
      "  why: the file is cut off, or the shape is wrong",
      cutOff,
    ],
  },
  {
    name: "file cut off after the header",
    make: () => writeGguf(good).slice(0, 460),
    want: [
      "model.gguf: error[gguf-truncated]: the file ends at byte 460, but the name of tensor 1 at byte 447 takes 19 bytes",
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "tensors at the same place",
    make: () => writeGguf({ tensors: [f32, { ...q4, offset: 0n }] }),
    want: [
      'model.gguf: error[gguf-overlap]: tensors "norm.weight" and "blk.0.attn_q.weight" overlap at byte 128',
      "  why: the first starts at byte 128, its size is 32",
      damaged,
    ],
  },
  {
    name: "tensors that overlap, the later one first in the header",
    make: () =>
      writeGguf({
        tensors: [
          { ...f32, offset: 96n },
          { ...q4, offset: 0n },
        ],
      }),
    want: [
      'model.gguf: error[gguf-overlap]: tensors "blk.0.attn_q.weight" and "norm.weight" overlap at byte 224',
      "  why: the first starts at byte 128, its size is 108",
      damaged,
    ],
  },
  {
    name: "unknown type inside a known one",
    make: () => writeGguf({ tensors: [q4, { ...unknown, offset: 64n }] }),
    want: [
      'model.gguf: error[gguf-overlap]: tensors "blk.0.attn_q.weight" and "future.weight" overlap at byte 224',
      "  why: the first starts at byte 160, its size is 108",
      damaged,
    ],
  },
  {
    name: "two unknown types at the same place",
    make: () => writeGguf({ tensors: [unknown, { ...unknown, name: "other.weight", offset: 0n }] }),
    want: [
      'model.gguf: error[gguf-overlap]: tensors "future.weight" and "other.weight" overlap at byte 160',
      "  why: the first starts at byte 160, its size is unknown",
      damaged,
    ],
  },
];

// Type 42: blocks of 64 weights in 18 bytes in ggml, of 128 in 34 in a fork. Type 2 stands for it here.
it.each([
  [64, 2, "64 weights in 18 bytes"],
  [128, 4, "128 weights in 66 bytes"],
])("blocks of %d weights of %d bits under a number that means others", async (elements, bits, want) => {
  const stored = (rows: number) => bytes((rows * 256 * bits) / 8 + (2 * rows * 256) / elements);
  const tensor = (name: string, rows: number) => ({ name, type: 2, shape: [256, rows], data: stored(rows) });
  const file = writeGguf({ tensors: [tensor("a.weight", 64), tensor("b.weight", 32), f32] });
  expect((await errorText(openBytes(file))).split("\n")).toEqual([
    "model.gguf: error[gguf-layout]: tensors of type 2 do not have the blocks of q4_0: 32 weights in 18 bytes",
    `  why: their distances fit blocks of ${want}`,
    "  fix: describe these blocks as a format of their own, or quantise the model again with a current llama.cpp",
  ]);
});

describe("malformed layouts, each with its error", () => {
  it.each(refusals)("$name", async ({ make, want }) => {
    expect((await errorText(openBytes(make()))).split("\n")).toEqual(want);
  });
});
