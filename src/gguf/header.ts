import { quote } from "../printable.ts";
import { userError } from "../problem.ts";
import type { HeaderReader } from "./reader.ts";

/** How much of a file is asked for: `header` takes one whose data is missing, wholly or in part, and keeps no vocabulary. */
export type Wanted = "data" | "header";

/** 64-bit integers are bigint. An array that is too long to be kept has its length only. */
export type MetadataValue = number | bigint | boolean | string | MetadataValue[] | { elements: number };

export interface HeaderTensor {
  name: string;
  /** Byte offset of this entry in the header. */
  at: number;
  type: number;
  /** ggml order, K first; none for a scalar. */
  shape: bigint[];
  /** Byte offset from the start of the data. */
  offset: bigint;
}

export interface Header {
  metadata: ReadonlyMap<string, MetadataValue>;
  /** Where each key with its value lies in the file: first byte and the one behind the last. */
  keyRanges: ReadonlyMap<string, readonly [number, number]>;
  tensors: HeaderTensor[];
  alignment: number;
  /** Absolute byte offset of the data: the end of the header, rounded up to the alignment. */
  dataStart: bigint;
}

const UINT32 = 4;
const STRING = 8;
const ARRAY = 9;

/** Bytes of a value by GGUF value type; for a string those of its length, for an array those of its type and count. */
const VALUE_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

/** Values of fixed size, by GGUF value type. */
const readers: Readonly<Record<number, (view: DataView) => MetadataValue>> = {
  0: (view) => view.getUint8(0),
  1: (view) => view.getInt8(0),
  2: (view) => view.getUint16(0, true),
  3: (view) => view.getInt16(0, true),
  4: (view) => view.getUint32(0, true),
  5: (view) => view.getInt32(0, true),
  6: (view) => view.getFloat32(0, true),
  7: (view) => view.getUint8(0) !== 0,
  10: (view) => view.getBigUint64(0, true),
  11: (view) => view.getBigInt64(0, true),
  12: (view) => view.getFloat64(0, true),
};

/** The least a key and a tensor take: a length, one letter, and the fixed fields. */
const LEAST_KEY = 8n + 1n + 4n + 1n;
const LEAST_TENSOR = 8n + 1n + 4n + 8n + 4n + 8n;

/** The GGUF specification's limits on names, in bytes. */
const LONGEST_KEY = 65_535n;
const LONGEST_TENSOR_NAME = 64n;

const MOST_KEYS = 100_000n;
const LARGEST_DIMENSION = 1n << 32n;

/** Longer arrays are walked and not kept: per-layer values have a few hundred entries, merges of a tokenizer millions. */
const MOST_KEPT = { header: 4096n, data: 2_000_000n };

/** Chat templates, the longest of real files, take some 10 KB. */
const LONGEST_STRING = 1n << 20n;

const DEFAULT_ALIGNMENT = 32;
const LARGEST_ALIGNMENT = 1 << 20;

const REMOVE_KEY = "remove the key from the file";

/**
 * Walks a GGUF header (versions 2 and 3, little-endian) from the first byte to the last and checks every length, count,
 * type, name and shape in it.
 */
export function walkHeader(reader: HeaderReader, wanted: Wanted): Header {
  const fail = failing(reader);
  checkMagicAndVersion(reader);
  const tensorCount = reader.u64("the tensor count");
  const keyCount = reader.u64("the key count");
  const left = reader.size - BigInt(reader.position);
  if (tensorCount * LEAST_TENSOR + keyCount * LEAST_KEY > left) {
    const what = `${tensorCount} tensors and ${keyCount} keys (byte 8) can't fit into the ${left} bytes that follow`;
    throw fail("gguf-count", what, `a tensor takes at least ${LEAST_TENSOR} bytes, a key ${LEAST_KEY}`);
  }
  if (keyCount > MOST_KEYS) {
    const what = `the file has ${keyCount} keys (byte 16)`;
    throw fail("gguf-limit", what, `at most ${MOST_KEYS} are read`, "remove keys from the file");
  }

  const metadata = new Map<string, MetadataValue>();
  const keyRanges = new Map<string, readonly [number, number]>();
  let alignment = DEFAULT_ALIGNMENT;
  for (let i = 0; i < keyCount; i++) {
    const at = reader.position;
    const key = readName(reader, `key ${i}`, LONGEST_KEY);
    if (metadata.has(key)) {
      throw fail("gguf-duplicate-key", `key ${quote(key)} at byte ${at} was there before`, "a key has one value");
    }
    if (key === "general.alignment") alignment = readAlignment(reader);
    metadata.set(key, key === "general.alignment" ? alignment : readValue(reader, key, MOST_KEPT[wanted]));
    keyRanges.set(key, [at, reader.position]);
  }

  const tensors = new Map<string, HeaderTensor>();
  for (let i = 0; i < tensorCount; i++) {
    const tensor = readTensorEntry(reader, i);
    const { name, at } = tensor;
    if (tensors.has(name)) {
      const what = `tensor ${quote(name)} at byte ${at} was there before`;
      throw fail("gguf-duplicate-tensor", what, "tensors are found by name");
    }
    tensors.set(name, tensor);
  }

  const dataStart = BigInt(Math.ceil(reader.position / alignment) * alignment);
  return { metadata, keyRanges, tensors: [...tensors.values()], alignment, dataStart };
}

/** Errors about this file. */
function failing(reader: HeaderReader) {
  return (rule: string, what: string, why: string, fix = "download or convert the file again: it is damaged") =>
    userError(rule, what, { why, fix, file: reader.file });
}

function checkMagicAndVersion(reader: HeaderReader): void {
  const fail = failing(reader);
  const magic = String.fromCharCode(...reader.bytes(4, "the magic"));
  if (magic !== "GGUF") {
    const why = `it starts with ${quote(magic)}, not with "GGUF"`;
    const fix = "give the .gguf file itself; a web page or a Git LFS pointer may have been saved in its place";
    throw fail("gguf-magic", "not a GGUF file", why, fix);
  }
  const version = reader.u32("the version");
  if (version === 2 || version === 3) return;
  if ((version & 0xffff) === 0 && version !== 0) {
    const fix = "convert the file with gguf_convert_endian.py, which comes with llama.cpp's gguf-py";
    throw fail("gguf-big-endian", `the file is big-endian (version field at byte 4)`, "bfq reads little-endian", fix);
  }
  const why = "versions 2 and 3 are; version 1 has other lengths and is no longer written";
  const fix = version === 1 ? "convert the model again with a current llama.cpp" : "use a newer bfq, or another file";
  throw fail("gguf-version", `version ${version} (byte 4) is not supported`, why, fix);
}

/** A key or tensor name: 1 to `longest` bytes of printable UTF-8. */
function readName(reader: HeaderReader, what: string, longest: bigint): string {
  const fail = failing(reader);
  const at = reader.position;
  const length = reader.u64(`the length of ${what}`);
  if (length === 0n || length > longest) {
    throw fail("gguf-name", `${what} at byte ${at} has a name of ${length} bytes`, `GGUF allows 1 to ${longest}`);
  }
  const name = reader.text(Number(length), `the name of ${what}`);
  if (/[\p{Cc}\ufeff\ufffd]/u.test(name)) {
    const why = "names are UTF-8 without control characters and byte order marks";
    throw fail("gguf-name", `${what} at byte ${at} is named ${quote(name)}`, why);
  }
  return name;
}

/** The only value that the data section depends on. */
function readAlignment(reader: HeaderReader): number {
  const fail = failing(reader);
  const at = reader.position;
  const type = reader.u32("the value type of general.alignment");
  if (type !== UINT32) {
    throw fail(
      "gguf-alignment",
      `general.alignment at byte ${at} has value type ${type}`,
      `it is a uint32 (${UINT32})`,
    );
  }
  const alignment = reader.u32("the value of general.alignment");
  if (!Number.isInteger(Math.log2(alignment)) || alignment > LARGEST_ALIGNMENT) {
    const what = `general.alignment is ${alignment} (byte ${at + 4})`;
    throw fail("gguf-alignment", what, `it must be a power of two up to ${LARGEST_ALIGNMENT}`);
  }
  return alignment;
}

/** A value, or what is kept of it. Arrays of arrays are refused, as ggml does. */
function readValue(reader: HeaderReader, key: string, mostKept: bigint): MetadataValue {
  const fail = failing(reader);
  const at = reader.position;
  const what = `the value of key ${quote(key)}`;
  const outer = reader.u32(`the value type of key ${quote(key)}`);
  const type = outer === ARRAY ? reader.u32(`the element type of key ${quote(key)}`) : outer;
  if (type >= VALUE_BYTES.length) {
    throw fail("gguf-value-type", `${what} at byte ${at} has the unknown type ${type}`, "GGUF has types 0 to 12");
  }
  if (type === ARRAY) {
    throw fail("gguf-value-type", `${what} at byte ${at} is an array of arrays`, "ggml refuses them too", REMOVE_KEY);
  }
  if (outer !== ARRAY) return readElement(reader, type, what);
  const count = reader.u64(`the element count of key ${quote(key)}`);
  const bytes = count * BigInt(VALUE_BYTES[type]);
  reader.require(bytes, what);
  if (count <= mostKept) return Array.from({ length: Number(count) }, () => readElement(reader, type, what));
  if (type !== STRING) reader.skip(bytes, what);
  else for (let i = 0; i < count; i++) reader.skip(BigInt(stringLength(reader, what)), what);
  return { elements: Number(count) };
}

function readElement(reader: HeaderReader, type: number, what: string): MetadataValue {
  if (type === STRING) return reader.text(stringLength(reader, what), what);
  return readers[type](reader.view(VALUE_BYTES[type], what));
}

function stringLength(reader: HeaderReader, what: string): number {
  const at = reader.position;
  const length = reader.u64(`a string length in ${what}`);
  reader.require(length, `a string in ${what}`);
  if (length > LONGEST_STRING) {
    const string = `${what} has a string of ${length} bytes at byte ${at}`;
    throw failing(reader)("gguf-limit", string, `at most ${LONGEST_STRING} are read`, REMOVE_KEY);
  }
  return Number(length);
}

function readTensorEntry(reader: HeaderReader, index: number): HeaderTensor {
  const fail = failing(reader);
  const at = reader.position;
  const name = readName(reader, `tensor ${index}`, LONGEST_TENSOR_NAME);
  const what = `tensor ${quote(name)}`;
  const dimensions = reader.u32(`the number of dimensions of ${what}`);
  if (dimensions > 4) {
    throw fail("gguf-dimensions", `${what} at byte ${at} has ${dimensions} dimensions`, "a tensor has 0 to 4");
  }
  const shape = Array.from({ length: dimensions }, () => reader.u64(`the shape of ${what}`));
  const shown = `${what} at byte ${at} has the shape [${shape.map((size) => BigInt.asIntN(64, size)).join(", ")}]`;
  if (shape.some((size) => size > LARGEST_DIMENSION)) {
    throw fail("gguf-shape", shown, `each dimension must lie in 0 to ${LARGEST_DIMENSION}`);
  }
  const elements = shape.reduce((product, size) => product * size, 1n);
  if (elements > Number.MAX_SAFE_INTEGER) {
    throw fail("gguf-shape", shown, `no file holds its ${elements} elements`);
  }
  const type = reader.u32(`the type of ${what}`);
  const offset = reader.u64(`the offset of ${what}`);
  return { name, at, type, shape, offset };
}
