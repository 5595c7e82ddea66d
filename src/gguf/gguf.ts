import { constants } from "node:buffer";
import { open, stat } from "node:fs/promises";
import { ranked } from "../nearest.ts";
import { quote } from "../printable.ts";
import { userError } from "../problem.ts";
import { type MetadataValue, type Wanted, walkHeader } from "./header.ts";
import { placeTensors } from "./layout.ts";
import { HeaderReader, readRange } from "./reader.ts";
import type { GgufTensor, TypeSizes } from "./types.ts";

export type { MetadataValue, Wanted } from "./header.ts";
export { type GgufTensor, plainTypes, type TypeSize, type TypeSizes } from "./types.ts";

export interface GgufFile {
  path: string;
  metadata: ReadonlyMap<string, MetadataValue>;
  /** Where each key with its value lies in the file: first byte and the one behind the last. */
  keyRanges: ReadonlyMap<string, readonly [number, number]>;
  /** Of tensor offsets, in bytes. */
  alignment: number;
  /** In the order of the header; each lies inside the file unless data is missing. */
  tensors: GgufTensor[];
  /** Bytes after the end of the file that tensors would take; 0 unless only the header was wanted. */
  missing: number;
}

/**
 * Opens a local GGUF file (version 2 or 3, little-endian) and checks all of it but the tensor data. `typeSizes` are the
 * block formats; the plain types are known anyway. A tensor of any other type is listed without its size.
 * @param wanted `header` also takes the first part of a download
 */
export async function openGguf(path: string, typeSizes: TypeSizes, wanted: Wanted = "data"): Promise<GgufFile> {
  const handle = await openLocal(path);
  try {
    const { size } = await handle.stat({ bigint: true });
    const header = walkHeader(new HeaderReader(path, handle.fd, size), wanted);
    const { metadata, keyRanges, alignment } = header;
    return { path, metadata, keyRanges, alignment, ...placeTensors(header, typeSizes, size, path, wanted) };
  } finally {
    await handle.close();
  }
}

/** The stored bytes of one tensor, read by range: `shape[1] * shape[2] * ...` rows of whole blocks. */
export async function readTensor({ name, path, type, offset, bytes }: GgufTensor): Promise<Uint8Array> {
  if (bytes === undefined) {
    throw userError("gguf-type", `tensor ${quote(name)} has the unknown type ${type} and can't be read`, {
      fix: "describe the type in specs/formats, or quantise the model to a known one",
      file: path,
    });
  }
  if (bytes > constants.MAX_LENGTH) {
    throw userError("gguf-limit", `tensor ${quote(name)} has ${bytes} bytes`, {
      why: `Node ${process.versions.node} holds at most ${constants.MAX_LENGTH} bytes in one buffer`,
      file: path,
    });
  }
  const handle = await openLocal(path);
  try {
    return readRange(path, handle.fd, offset, bytes);
  } finally {
    await handle.close();
  }
}

/** The tensor of this name; a missing one is an error that lists the nearest names. */
export function findTensor(file: GgufFile, name: string): GgufTensor {
  const found = file.tensors.find((tensor) => tensor.name === name);
  if (found) return found;
  const names = file.tensors.map((tensor) => tensor.name);
  const near = ranked(name, names, 3).map(quote);
  throw userError("gguf-no-tensor", `there is no tensor ${quote(name)} among the ${names.length} of the file`, {
    fix: near.length > 0 ? `the nearest names are ${near.join(", ")}` : "give a model file: this one has no tensors",
    file: file.path,
  });
}

/** Opens a regular file. Anything else is refused before it is opened, as opening a pipe may wait for ever. */
async function openLocal(path: string) {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
    throw userError("gguf-path", `${quote(path)} is a URL; bfq reads local files only`, {
      fix: "download the file and give its path",
    });
  }
  try {
    if ((await stat(path)).isFile()) return await open(path, "r");
  } catch (error) {
    throw userError("gguf-path", "the file can't be opened", { why: String(error), fix: "check the path", file: path });
  }
  throw userError("gguf-path", "not a regular file", { fix: "give the path of a .gguf file", file: path });
}
