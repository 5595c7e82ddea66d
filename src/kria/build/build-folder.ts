import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { GeneratedFile } from "../../emit/emitter.ts";
import { writeFailed } from "../../output/file.ts";
import { OutputFolder } from "../../output/folder.ts";
import { onInterrupt } from "../../output/interrupt.ts";
import { toolVersion } from "../../version.ts";

/** bfq's record in the folder; says at the end what was made. */
const record = "build.json";

interface FolderOptions {
  /** Paths that bfq itself writes. */
  writes: readonly string[];
  /** Folders in which tools work: what is not bfq's there is moved aside. */
  fresh: readonly string[];
  /** Whether files of an earlier build go that were changed since. */
  force: boolean;
  say(line: string): void;
}

/** Works in a folder that is cleared of the build before; whatever ends the work, the record lists what there is, for the next one to clear. */
export async function inBuildFolder<Made extends object>(
  folder: string,
  { writes, fresh, force, say }: FolderOptions,
  work: () => Promise<Made>,
): Promise<Made> {
  const output = await OutputFolder.claim(folder, { record, writes, force });
  const list = (more: object) => output.list([...writes, ...fresh], { version: toolVersion, ...more });
  const forget = onInterrupt(() => list({}));
  let made: Made | undefined;
  try {
    for (const [from, to] of output.clear(fresh)) say(`${from} held files that bfq did not write: they are in ${to}`);
    made = await work();
    return made;
  } catch (error) {
    throw error instanceof Error && "syscall" in error ? writeFailed(folder, error) : error;
  } finally {
    forget();
    list({ ...made });
    await output.release();
  }
}

export async function writeFiles(folder: string, files: readonly GeneratedFile[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
