import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll } from "vitest";
import type { CacheType } from "../../src/eval/cache.ts";
import { packageRoot } from "../../src/paths.ts";
import { llamaLibraries, llamaSource } from "../driver/build.ts";

/** What the real llama.cpp makes of a text. */
export interface LlamaLogits {
  tokens: Int32Array;
  vocabularySize: number;
  /** Of every position of the windows, one after the other. */
  logits: Float32Array;
}

export interface LlamaRun {
  model: string;
  text: string;
  window: number;
  count: number;
  cache?: { k: CacheType; v: CacheType };
}

/** A folder of the importing test file, and llama.cpp in it. */
export const judge = { folder: "" };

beforeAll(async () => {
  judge.folder = await mkdtemp(join(tmpdir(), "bfq-eval-"));
  const source = await llamaSource();
  // The one CPU backend without FMA and without quantised kernels of its own: ggml's generic C kernels.
  await symlink(join(llamaLibraries, "libggml-cpu-x64.so"), join(judge.folder, "libggml-cpu-x64.so"));
  const include = ["-I", join(source, "include"), "-I", join(source, "ggml/include")];
  const libraries = ["libllama.v0.5.0.so", "libggml.v0.5.0.so", "libggml-base.so"].map((name) => `-l:${name}`);
  const link = ["-L", llamaLibraries, `-Wl,-rpath,${llamaLibraries}`, ...libraries];
  const program = join(packageRoot, "scripts/llama/run.cpp");
  await execa("g++", ["-std=c++17", "-O1", ...include, program, "-o", join(judge.folder, "run"), ...link]);
});
afterAll(() => rm(judge.folder, { recursive: true }));

/** Logits by the real libllama. */
export async function llamaLogits({ model, text, window, count, cache }: LlamaRun): Promise<LlamaLogits> {
  const { k, v } = cache ?? { k: "f16", v: "f16" };
  const out = join(judge.folder, "logits");
  const args = ["logits", judge.folder, model, text, String(window), String(count), k, v, out];
  await execa(join(judge.folder, "run"), args);
  const { buffer, byteOffset, length } = await readFile(out);
  const bytes = buffer.slice(byteOffset, byteOffset + length);
  const [tokens] = new Int32Array(bytes, 0, 1);
  const [vocabularySize] = new Int32Array(bytes, 4 + 4 * tokens, 1);
  return {
    tokens: new Int32Array(bytes, 4, tokens),
    vocabularySize,
    logits: new Float32Array(bytes, 8 + 4 * tokens),
  };
}
