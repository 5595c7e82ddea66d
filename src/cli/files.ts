import { readFile } from "node:fs/promises";
import { userError } from "../problem.ts";

/** Reads a file the user named. */
export async function readInput(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw userError("no-such-file", `cannot read the file (${error.code})`, { file: path, fix: "check the path" });
  });
  // A copy starts at an aligned address, so typed arrays can lie over it.
  return new Uint8Array(bytes);
}

/** Raw little-endian float32 values. */
export async function readFloats(path: string): Promise<Float32Array> {
  const bytes = await readInput(path);
  if (bytes.length % 4 !== 0) {
    throw userError("float-file", `${bytes.length} bytes are not whole float32 values`, { file: path });
  }
  return new Float32Array(bytes.buffer);
}

/** A text for a model's tokenizer: UTF-8 or nothing, as other bytes would become other tokens than llama.cpp's. */
export async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readInput(path));
  } catch (error) {
    if (error instanceof TypeError)
      throw userError("text-encoding", "the text is not UTF-8", { fix: "convert it", file: path });
    throw error;
  }
}
