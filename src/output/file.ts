import { randomUUID } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type UserError, userError } from "../problem.ts";
import { onInterrupt } from "./interrupt.ts";

/** An error of the file system, in words of ours. */
export function writeFailed(path: string, error: unknown, instead = "name another place"): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  const fix: Record<string, string> = {
    ENOSPC: "the disk is full: make room",
  };
  const what = `cannot write it (${code ?? message})`;
  return userError("write-failed", what, { file: path, fix: fix[code ?? ""] ?? instead });
}

/** Makes a folder and its parents. (Node's own, with `recursive`, calls a read-only disk ENOENT and does not end on /proc.) */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(folder).isDirectory()) return;
    if (code !== "ENOENT" || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    mkdirSync(folder);
  }
}

/** Writes a file that the user named. @throws UserError; then what was there is as it was */
export async function writeOutput(path: string, data: Uint8Array | string): Promise<void> {
  await makeOutput(path, async (file) => writeFileSync(file, data));
}

/**
 * Lets `make` write beside the path that the user named, and renames then: a reader never sees half a file. A link stays
 * and its target is replaced; devices and pipes are written to directly.
 */
export async function makeOutput<T>(path: string, make: (file: string) => Promise<T>): Promise<T> {
  let target: ReturnType<typeof outputTarget>;
  try {
    target = outputTarget(path);
    if (target.isStream) return await make(target.file);
  } catch (error) {
    throw asUserError(path, error);
  }
  const beside = `${target.file}.${randomUUID()}.part`;
  const remove = () => rmSync(beside, { force: true });
  const forget = onInterrupt(remove);
  try {
    makeFolder(dirname(target.file));
    const made = await make(beside);
    renameSync(beside, target.file);
    return made;
  } catch (error) {
    remove();
    throw asUserError(path, error);
  } finally {
    forget();
  }
}

const asUserError = (path: string, error: unknown) =>
  error instanceof Error && "syscall" in error ? writeFailed(path, error) : error;

function outputTarget(path: string): { file: string; isStream: boolean } {
  // With a slash at its end a name means a folder.
  if (path.endsWith("/") || path === "") throw notAFile(path, "it is the name of a folder");
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (link?.isDirectory()) throw notAFile(path, "it is a folder");
  if (!link) return { file: resolve(path), isStream: false };
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) throw notAFile(path, "it is a symbolic link to nothing");
  if (info.isDirectory()) throw notAFile(path, "it is a symbolic link to a folder");
  return info.isFile() ? { file: realpathSync(path), isStream: false } : { file: path, isStream: true };
}

const notAFile = (file: string, what: string) => userError("not-a-file", what, { file, fix: "name a file" });
