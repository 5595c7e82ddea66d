import { closeSync, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import type { GgufFile, GgufTensor } from "./gguf.ts";
import { readRange } from "./reader.ts";

/** A tensor of a file that is to be written: its place in the header, and its bytes when their turn comes. */
export interface NewTensor extends Pick<GgufTensor, "name" | "type" | "shape"> {
  bytes: number;
  read: () => Promise<Uint8Array>;
}

const uint32Type = 4;
const stringType = 8;
const arrayType = 9;

const utf8 = new TextEncoder();

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function u64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}

function text(value: string): Uint8Array {
  const bytes = utf8.encode(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

/** A key with a value as GGUF stores it. */
export const uint32Key = (key: string, value: number): Uint8Array =>
  Buffer.concat([text(key), u32(uint32Type), u32(value)]);

export const stringsKey = (key: string, values: readonly string[]): Uint8Array =>
  Buffer.concat([text(key), u32(arrayType), u32(stringType), u64(values.length), ...values.map(text)]);

/** The keys of a file as they are stored, but for those that `isLeft` leaves out. */
export async function storedKeys(
  { path, keyRanges }: GgufFile,
  isLeft: (key: string) => boolean,
): Promise<Uint8Array[]> {
  const handle = await open(path, "r");
  try {
    const kept = [...keyRanges].filter(([key]) => !isLeft(key));
    return kept.map(([, [start, end]]) => readRange(path, handle.fd, start, end - start));
  } finally {
    await handle.close();
  }
}

/** Writes a GGUF file of version 3, one tensor after another, so that no more than one is in memory. */
export async function writeGgufFile(
  path: string,
  keys: readonly Uint8Array[],
  alignment: number,
  tensors: readonly NewTensor[],
): Promise<void> {
  const aligned = (size: number) => Math.ceil(size / alignment) * alignment;
  let offset = 0;
  const entries = tensors.map(({ name, shape, type, bytes }) => {
    const entry = Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(type), u64(offset)]);
    offset += aligned(bytes);
    return entry;
  });
  const header = Buffer.concat([
    utf8.encode("GGUF"),
    u32(3),
    u64(tensors.length),
    u64(keys.length),
    ...keys,
    ...entries,
  ]);
  const fd = openSync(path, "w");
  try {
    const put = (bytes: Uint8Array) => {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      writeSync(fd, new Uint8Array(aligned(bytes.length) - bytes.length));
    };
    put(header);
    for (const { read } of tensors) put(await read());
  } finally {
    closeSync(fd);
  }
}
