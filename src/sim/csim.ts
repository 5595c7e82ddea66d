import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratedFile } from "../emit/emitter.ts";
import { type AroundBuild, type Command, cachedBuild } from "./build.ts";

/** g++ knows no HLS pragma; a test of its own judges those (hw-tests/hls/pragmas.test.ts). */
const warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"];

/** How g++ compiles the kernel, in a folder of generated files: with our shim, or with AMD's headers. */
export function compileFlags(hlsInclude = process.env.BFQ_HLS_INCLUDE): string[] {
  const headers = hlsInclude ? ["-isystem", hlsInclude] : ["-I", "sim/hls_shim", "sim/hls_shim/hls_process.cpp"];
  return ["-std=c++17", "-O2", "-ffp-contract=off", ...warnings, ...headers, "-I", "hls", "-I", "sim"];
}

/**
 * Compiles the HLS C++ for C simulation: with our own ap_int and hls::stream, streams bounded to their depths; or with
 * AMD's headers, streams unbounded, where `hlsInclude` names their folder.
 * @param files of the HLS emitter
 * @returns path of the executable
 */
export async function buildCsim(
  files: readonly GeneratedFile[],
  hlsInclude = process.env.BFQ_HLS_INCLUDE,
  around?: AroundBuild,
): Promise<string> {
  const compile: Command = {
    tool: "g++",
    args: [...compileFlags(hlsInclude), "hls/bfq_kernel.cpp", "sim/csim_main.cpp", "-o", "csim"],
  };
  const outside = hlsInclude ? { outside: await folderHash(hlsInclude) } : {};
  return cachedBuild({ files, commands: [compile], product: "csim", ...outside }, around);
}

async function folderHash(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const entry of (await readdir(folder, { recursive: true, withFileTypes: true })).filter((e) => e.isFile())) {
    hash.update(entry.name).update(await readFile(join(entry.parentPath, entry.name)));
  }
  return hash.digest("hex");
}
