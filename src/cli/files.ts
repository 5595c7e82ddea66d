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
