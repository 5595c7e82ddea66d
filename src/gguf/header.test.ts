import { describe, expect, it } from "vitest";
import { bytes, errorText, f32, good, openBytes } from "./testing/fixtures.ts";
import {
  arrayValue,
  concat,
  type RawTensor,
  stringValue,
  text,
  u32,
  u32Value,
  u64,
  valueType,
  writeGguf,
} from "./testing/write-gguf.ts";

const withTensor = (change: Partial<RawTensor>) => writeGguf({ tensors: [{ ...f32, ...change }] });
const withKey = (key: string | Uint8Array, value = u32Value(1)) => writeGguf({ keys: [[key, value]], tensors: [f32] });
const withAlignment = (value: number) => withKey("general.alignment", u32Value(value));
const zeros = (count: number) => arrayValue(valueType.u8, [new Uint8Array(count)], BigInt(count));
const name = text(f32.name);

/** A header whose only tensor says what the bytes say. */
const rawTensor = (...fields: Uint8Array[]) => concat(writeGguf({ tensorCount: 1n }), ...fields, bytes(256));

const damaged = "  fix: download or convert the file again: it is damaged";
const cutOff = "  fix: download the file again: it is cut off or damaged";
const removeKey = "  fix: remove the key from the file";
const shortHeader = "  why: the file is cut off, or a length in its header is wrong";

const refusals: { name: string; make: () => Uint8Array; want: string[] }[] = [
  {
    name: "empty file",
    make: () => new Uint8Array(0),
    want: [
      "model.gguf: error[gguf-truncated]: the file ends at byte 0, but the magic at byte 0 takes 4 bytes",
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "10 bytes, an empty model to the library",
    make: () => writeGguf({}).slice(0, 10),
    want: [
      "model.gguf: error[gguf-truncated]: the file ends at byte 10, but the tensor count at byte 8 takes 8 bytes",
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "bad magic",
    make: () => writeGguf({ ...good, magic: "vers" }),
    want: [
      "model.gguf: error[gguf-magic]: not a GGUF file",
      '  why: it starts with "vers", not with "GGUF"',
      "  fix: give the .gguf file itself; a web page or a Git LFS pointer may have been saved in its place",
    ],
  },
  {
    name: "bad magic of control characters",
    make: () => writeGguf({ ...good, magic: "\u001b[2J" }),
    want: [
      "model.gguf: error[gguf-magic]: not a GGUF file",
      '  why: it starts with "\\u{1b}[2J", not with "GGUF"',
      "  fix: give the .gguf file itself; a web page or a Git LFS pointer may have been saved in its place",
    ],
  },
  {
    name: "version 0",
    make: () => writeGguf({ ...good, version: 0 }),
    want: [
      "model.gguf: error[gguf-version]: version 0 (byte 4) is not supported",
      "  why: versions 2 and 3 are; version 1 has other lengths and is no longer written",
      "  fix: use a newer bfq, or another file",
    ],
  },
  {
    name: "version 1",
    make: () => writeGguf({ ...good, version: 1 }),
    want: [
      "model.gguf: error[gguf-version]: version 1 (byte 4) is not supported",
      "  why: versions 2 and 3 are; version 1 has other lengths and is no longer written",
      "  fix: convert the model again with a current llama.cpp",
    ],
  },
  {
    name: "version 4",
    make: () => writeGguf({ ...good, version: 4 }),
    want: [
      "model.gguf: error[gguf-version]: version 4 (byte 4) is not supported",
      "  why: versions 2 and 3 are; version 1 has other lengths and is no longer written",
      "  fix: use a newer bfq, or another file",
    ],
  },
  {
    name: "big-endian",
    make: () => writeGguf({ ...good, version: 3 << 24 }),
    want: [
      "model.gguf: error[gguf-big-endian]: the file is big-endian (version field at byte 4)",
      "  why: bfq reads little-endian",
      "  fix: convert the file with gguf_convert_endian.py, which comes with llama.cpp's gguf-py",
    ],
  },
  {
    name: "2^63 tensors",
    make: () => writeGguf({ ...good, tensorCount: 1n << 63n }),
    want: [
      "model.gguf: error[gguf-count]: 9223372036854775808 tensors and 8 keys (byte 8) can't fit into the 776 bytes that follow",
      "  why: a tensor takes at least 33 bytes, a key 14",
      damaged,
    ],
  },
  {
    name: "2^64 - 1 keys",
    make: () => writeGguf({ ...good, keyCount: (1n << 64n) - 1n }),
    want: [
      "model.gguf: error[gguf-count]: 3 tensors and 18446744073709551615 keys (byte 8) can't fit into the 776 bytes that follow",
      "  why: a tensor takes at least 33 bytes, a key 14",
      damaged,
    ],
  },
  {
    name: "100001 keys",
    make: () => concat(writeGguf({ keyCount: 100_001n }), new Uint8Array(1_500_000)),
    want: [
      "model.gguf: error[gguf-limit]: the file has 100001 keys (byte 16)",
      "  why: at most 100000 are read",
      "  fix: remove keys from the file",
    ],
  },
  {
    name: "one key too many",
    make: () => writeGguf({ keys: good.keys!, keyCount: 9n }),
    want: [
      "model.gguf: error[gguf-truncated]: the file ends at byte 396, but the length of key 8 at byte 396 takes 8 bytes",
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "one tensor too many",
    make: () => writeGguf({ ...good, tensorCount: 4n }),
    want: [
      "model.gguf: error[gguf-name]: tensor 3 at byte 551 has a name of 0 bytes",
      "  why: GGUF allows 1 to 64",
      damaged,
    ],
  },
  {
    name: "header cut off",
    make: () => writeGguf(good).slice(0, 150),
    want: [
      "model.gguf: error[gguf-count]: 3 tensors and 8 keys (byte 8) can't fit into the 126 bytes that follow",
      "  why: a tensor takes at least 33 bytes, a key 14",
      damaged,
    ],
  },
  {
    name: "empty key",
    make: () => withKey(""),
    want: [
      "model.gguf: error[gguf-name]: key 0 at byte 24 has a name of 0 bytes",
      "  why: GGUF allows 1 to 65535",
      damaged,
    ],
  },
  {
    name: "key of 65536 bytes",
    make: () => withKey("k".repeat(65_536)),
    want: [
      "model.gguf: error[gguf-name]: key 0 at byte 24 has a name of 65536 bytes",
      "  why: GGUF allows 1 to 65535",
      damaged,
    ],
  },
  {
    name: "key length 2^60",
    make: () => withKey(text("key", 1n << 60n)),
    want: [
      "model.gguf: error[gguf-name]: key 0 at byte 24 has a name of 1152921504606846976 bytes",
      "  why: GGUF allows 1 to 65535",
      damaged,
    ],
  },
  {
    name: "key length past the end",
    make: () => withKey(text("key", 60_000n)),
    want: [
      "model.gguf: error[gguf-truncated]: the file ends at byte 128, but the name of key 0 at byte 32 takes 60000 bytes",
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "key that is not UTF-8",
    make: () => withKey(text(Uint8Array.of(0x6b, 0xff, 0x79))),
    want: [
      'model.gguf: error[gguf-name]: key 0 at byte 24 is named "k�y"',
      "  why: names are UTF-8 without control characters and byte order marks",
      damaged,
    ],
  },
  {
    name: "key with a terminal escape",
    make: () => withKey("\u001b]0;owned\u0007"),
    want: [
      'model.gguf: error[gguf-name]: key 0 at byte 24 is named "\\u{1b}]0;owned\\u{7}"',
      "  why: names are UTF-8 without control characters and byte order marks",
      damaged,
    ],
  },
  {
    name: "duplicate key",
    make: () =>
      writeGguf({
        keys: [
          ["a.b", u32Value(1)],
          ["c", u32Value(1)],
          ["a.b", u32Value(2)],
        ],
      }),
    want: [
      'model.gguf: error[gguf-duplicate-key]: key "a.b" at byte 60 was there before',
      "  why: a key has one value",
      damaged,
    ],
  },
  {
    name: "value type 13",
    make: () => withKey("key", { type: 13, bytes: u64(0) }),
    want: [
      'model.gguf: error[gguf-value-type]: the value of key "key" at byte 35 has the unknown type 13',
      "  why: GGUF has types 0 to 12",
      damaged,
    ],
  },
  {
    name: "element type 2^31",
    make: () => withKey("key", arrayValue(2 ** 31, [u64(0)])),
    want: [
      'model.gguf: error[gguf-value-type]: the value of key "key" at byte 35 has the unknown type 2147483648',
      "  why: GGUF has types 0 to 12",
      damaged,
    ],
  },
  {
    name: "array of arrays",
    make: () => withKey("key", arrayValue(valueType.array, [u32(0), u64(0)], 1n)),
    want: [
      'model.gguf: error[gguf-value-type]: the value of key "key" at byte 35 is an array of arrays',
      "  why: ggml refuses them too",
      removeKey,
    ],
  },
  {
    name: "arrays nested 10000 deep",
    make: () =>
      withKey(
        "key",
        arrayValue(
          9,
          Array.from({ length: 10_000 }, () => concat(u32(9), u64(1))),
          1n,
        ),
      ),
    want: [
      'model.gguf: error[gguf-value-type]: the value of key "key" at byte 35 is an array of arrays',
      "  why: ggml refuses them too",
      removeKey,
    ],
  },
  {
    name: "array of 2^40 bytes",
    make: () => withKey("key", arrayValue(valueType.u8, [], 1n << 40n)),
    want: [
      'model.gguf: error[gguf-truncated]: the file ends at byte 128, but the value of key "key" at byte 51 takes 1099511627776 bytes',
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "array of 2^40 strings",
    make: () => withKey("key", arrayValue(valueType.string, [], 1n << 40n)),
    want: [
      'model.gguf: error[gguf-truncated]: the file ends at byte 128, but the value of key "key" at byte 51 takes 8796093022208 bytes',
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "array whose bytes wrap 2^64",
    make: () => withKey("key", arrayValue(valueType.u64, [], 1n << 61n)),
    want: [
      'model.gguf: error[gguf-truncated]: the file ends at byte 128, but the value of key "key" at byte 51 takes 18446744073709551616 bytes',
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "string length past the end",
    make: () => withKey("key", { type: 8, bytes: text("abc", 1000n) }),
    want: [
      'model.gguf: error[gguf-truncated]: the file ends at byte 128, but a string in the value of key "key" at byte 47 takes 1000 bytes',
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "string length 2^64 - 1",
    make: () => withKey("key", { type: 8, bytes: text("abc", (1n << 64n) - 1n) }),
    want: [
      'model.gguf: error[gguf-truncated]: the file ends at byte 128, but a string in the value of key "key" at byte 47 takes 18446744073709551615 bytes',
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "string length past the end in an array",
    make: () => withKey("key", arrayValue(valueType.string, [text("a"), text("b", 1n << 40n)])),
    want: [
      'model.gguf: error[gguf-truncated]: the file ends at byte 160, but a string in the value of key "key" at byte 68 takes 1099511627776 bytes',
      shortHeader,
      cutOff,
    ],
  },
  {
    name: "string of more than 1 MiB",
    make: () => withKey("key", stringValue("x".repeat(2 ** 20 + 1))),
    want: [
      'model.gguf: error[gguf-limit]: the value of key "key" has a string of 1048577 bytes at byte 39',
      "  why: at most 1048576 are read",
      removeKey,
    ],
  },
  {
    name: "header of 65 MB",
    make: () => writeGguf({ keys: Array.from({ length: 65 }, (_, i) => [`key.${i}`, zeros(1_000_000)]) }),
    want: [
      'model.gguf: error[gguf-limit]: the header goes on past byte 64000000, with the value of key "key.63"',
      "  why: headers of real models take up to some 20 MB",
      "  fix: remove the large metadata from the file",
    ],
  },
  {
    name: "alignment 0",
    make: () => withAlignment(0),
    want: [
      "model.gguf: error[gguf-alignment]: general.alignment is 0 (byte 53)",
      "  why: it must be a power of two up to 1048576",
      damaged,
    ],
  },
  {
    name: "alignment 48",
    make: () => withAlignment(48),
    want: [
      "model.gguf: error[gguf-alignment]: general.alignment is 48 (byte 53)",
      "  why: it must be a power of two up to 1048576",
      damaged,
    ],
  },
  {
    name: "alignment 2^21",
    make: () => withAlignment(2 ** 21),
    want: [
      "model.gguf: error[gguf-alignment]: general.alignment is 2097152 (byte 53)",
      "  why: it must be a power of two up to 1048576",
      damaged,
    ],
  },
  {
    name: "alignment 2^31, a negative offset in the library",
    make: () => withAlignment(2 ** 31),
    want: [
      "model.gguf: error[gguf-alignment]: general.alignment is 2147483648 (byte 53)",
      "  why: it must be a power of two up to 1048576",
      damaged,
    ],
  },
  {
    name: "alignment as uint64",
    make: () => withKey("general.alignment", { type: valueType.u64, bytes: u64(32) }),
    want: [
      "model.gguf: error[gguf-alignment]: general.alignment at byte 49 has value type 10",
      "  why: it is a uint32 (4)",
      damaged,
    ],
  },
  {
    name: "tensor without a name",
    make: () => withTensor({ name: "" }),
    want: [
      "model.gguf: error[gguf-name]: tensor 0 at byte 24 has a name of 0 bytes",
      "  why: GGUF allows 1 to 64",
      damaged,
    ],
  },
  {
    name: "tensor name of 65 bytes",
    make: () => withTensor({ name: "n".repeat(65) }),
    want: [
      "model.gguf: error[gguf-name]: tensor 0 at byte 24 has a name of 65 bytes",
      "  why: GGUF allows 1 to 64",
      damaged,
    ],
  },
  {
    name: "tensor name with a line break",
    make: () => withTensor({ name: "a\nb" }),
    want: [
      'model.gguf: error[gguf-name]: tensor 0 at byte 24 is named "a\\u{a}b"',
      "  why: names are UTF-8 without control characters and byte order marks",
      damaged,
    ],
  },
  {
    name: "tensor name with a byte order mark",
    make: () => withTensor({ name: "\ufeffa" }),
    want: [
      'model.gguf: error[gguf-name]: tensor 0 at byte 24 is named "\\u{feff}a"',
      "  why: names are UTF-8 without control characters and byte order marks",
      damaged,
    ],
  },
  {
    name: "duplicate tensor",
    make: () => writeGguf({ tensors: [f32, f32] }),
    want: [
      'model.gguf: error[gguf-duplicate-tensor]: tensor "norm.weight" at byte 67 was there before',
      "  why: tensors are found by name",
      damaged,
    ],
  },
  {
    name: "tensor with 5 dimensions",
    make: () => withTensor({ shape: [8, 1, 1, 1, 1] }),
    want: [
      'model.gguf: error[gguf-dimensions]: tensor "norm.weight" at byte 24 has 5 dimensions',
      "  why: a tensor has 0 to 4",
      damaged,
    ],
  },
  {
    name: "tensor with 2^32 - 1 dimensions",
    make: () => rawTensor(name, u32(2 ** 32 - 1)),
    want: [
      'model.gguf: error[gguf-dimensions]: tensor "norm.weight" at byte 24 has 4294967295 dimensions',
      "  why: a tensor has 0 to 4",
      damaged,
    ],
  },
  {
    name: "dimension -1",
    make: () => withTensor({ shape: [8, (1n << 64n) - 1n] }),
    want: [
      'model.gguf: error[gguf-shape]: tensor "norm.weight" at byte 24 has the shape [8, -1]',
      "  why: each dimension must lie in 0 to 4294967296",
      damaged,
    ],
  },
  {
    name: "dimension above 2^32",
    make: () => withTensor({ shape: [(1n << 32n) + 1n] }),
    want: [
      'model.gguf: error[gguf-shape]: tensor "norm.weight" at byte 24 has the shape [4294967297]',
      "  why: each dimension must lie in 0 to 4294967296",
      damaged,
    ],
  },
  {
    name: "shape product that wraps 2^64 to 0",
    make: () => withTensor({ shape: [1n << 32n, 1n << 32n] }),
    want: [
      'model.gguf: error[gguf-shape]: tensor "norm.weight" at byte 24 has the shape [4294967296, 4294967296]',
      "  why: no file holds its 18446744073709551616 elements",
      damaged,
    ],
  },
  {
    name: "shape product that wraps 2^64, of an unknown type",
    make: () => withTensor({ type: 99, shape: [1n << 32n, 1n << 30n, 8, 1] }),
    want: [
      'model.gguf: error[gguf-shape]: tensor "norm.weight" at byte 24 has the shape [4294967296, 1073741824, 8, 1]',
      "  why: no file holds its 36893488147419103232 elements",
      damaged,
    ],
  },
  {
    name: "message without the reversed, hidden and endless text of a name",
    make: () => withKey(`\u202eabc\u200b"\\${"x".repeat(60)}`, { type: 77, bytes: u32(0) }),
    want: [
      'model.gguf: error[gguf-value-type]: the value of key "\\u{202e}abc\\u{200b}\\u{22}\\u{5c}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" at byte 103 has the unknown type 77',
      "  why: GGUF has types 0 to 12",
      damaged,
    ],
  },
];

describe("malformed headers, each with its error", () => {
  it.each(refusals)("$name", async ({ make, want }) => {
    expect((await errorText(openBytes(make()))).split("\n")).toEqual(want);
  });
});
