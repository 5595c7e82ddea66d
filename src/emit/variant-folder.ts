import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { OutputFolder, readRecord } from "../output/folder.ts";
import type { GeneratedFile } from "./emitter.ts";
import { manifestName } from "./variant.ts";

/** How a variant's folder differs from what its spec gives: a line for each file, none where it is fresh. What is not bfq's is not looked at. */
export async function compareVariant(folder: string, files: readonly GeneratedFile[]): Promise<string[]> {
  const stale: string[] = [];
  for (const { path, text } of files) {
    const found = await readFile(join(folder, path), "utf8").catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error) stale.push(`${path} ${found.code === "ENOENT" ? "is missing" : "can't be read"}`);
    else if (found !== text) stale.push(`${path} differs`);
  }
  const wanted = new Set(files.map(({ path }) => path));
  for (const path of Object.keys(readRecord(folder, manifestName)?.files ?? {}))
    if (!wanted.has(path) && existsSync(join(folder, path))) stale.push(`${path} is not generated any more`);
  return stale;
}

/**
 * Writes a variant, or brings a folder that bfq wrote up to date. Only files of bfq's own are replaced or removed.
 * @param force also those that were changed since bfq wrote them
 * @throws UserError where the folder is not bfq's, or in use
 */
export async function writeVariant(folder: string, files: readonly GeneratedFile[], force = false): Promise<void> {
  const writes = files.map(({ path }) => path).filter((path) => path !== manifestName);
  const output = await OutputFolder.claim(folder, { record: manifestName, writes, force });
  try {
    output.replace(files);
  } finally {
    await output.release();
  }
}
