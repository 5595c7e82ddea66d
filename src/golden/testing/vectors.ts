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

/** Positions at which two float arrays differ in any bit; NaN equals NaN. */
export function differingBits(got: Float32Array, want: Float32Array): number[] {
  const a = new Uint32Array(got.buffer, got.byteOffset, got.length);
  const b = new Uint32Array(want.buffer, want.byteOffset, want.length);
  const differs = (i: number) => a[i] !== b[i] && !(Number.isNaN(got[i]) && Number.isNaN(want[i]));
  return Array.from(want.keys()).filter(differs);
}
