import { readdirSync, readFileSync } from "node:fs";
import { packageRoot } from "../../paths.ts";

const folder = `${packageRoot}hw-tests/data/vectors`;

/** Formats that have golden vectors from the real ggml (hw-tests/data/vectors/README.txt). */
export const vectorFormats = readdirSync(folder).filter((name) => !name.includes(".") && name !== "activations");

export function vectorBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(`${folder}/${path}`));
}

export function vectorFloats(path: string): Float32Array {
  return new Float32Array(vectorBytes(path).buffer);
}
