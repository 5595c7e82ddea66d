import { lstatSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { makeFolder, writeFailed } from "../output/file.ts";
import { tryLock } from "../output/lock.ts";

/** What is built once and kept: simulators, and what scripts/llama-demo makes. */
export const cacheFolder = () => resolve(process.env.BFQ_CACHE || join(homedir(), ".cache", "bfq"));

/** In each folder of the cache that bfq made. scripts/fetch-llama and scripts/llama-demo write it too. */
const markName = "bfq-cache.json";
const mark = '{ "tool": "bfq" }\n';

/** Makes a folder of the cache. @throws UserError where the cache can't be written to */
export function makeCacheFolder(folder: string): void {
  try {
    makeFolder(folder);
    writeFileSync(join(folder, markName), mark);
  } catch (error) {
    throw writeFailed(folder, error, "name another folder for what is built: BFQ_CACHE=FOLDER");
  }
}

export interface Cleaned {
  folder: string;
  /** Names of what was removed. */
  removed: string[];
  bytes: number;
  /** Names of what is not bfq's, or being built at this moment. */
  kept: string[];
}

/** Removes what bfq built, and nothing else. @throws UserError where it can't */
export async function cleanCache(): Promise<Cleaned> {
  const folder = cacheFolder();
  const cleaned: Cleaned = { folder, removed: [], bytes: 0, kept: [] };
  for (const name of names(folder)) {
    const path = join(folder, name);
    const lock = await tryLock(path);
    if (!lock || !isMarked(path)) {
      cleaned.kept.push(name);
    } else {
      try {
        const bytes = bytesBelow(path);
        rmSync(path, { recursive: true });
        cleaned.bytes += bytes;
        cleaned.removed.push(name);
      } catch (error) {
        throw writeFailed(path, error);
      }
    }
    await lock?.release();
  }
  return cleaned;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw writeFailed(folder, error);
  }
}

/** A link to a folder is none: it may lead to one in use elsewhere. */
function isMarked(path: string): boolean {
  try {
    return lstatSync(path).isDirectory() && JSON.parse(readFileSync(join(path, markName), "utf8")).tool === "bfq";
  } catch {
    return false;
  }
}

/** On the disk. */
function bytesBelow(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).blocks * 512, 0);
}
