import { createHash } from "node:crypto";
import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { z } from "zod";
import type { GeneratedFile } from "../emit/emitter.ts";
import { type Problem, UserError, userError } from "../problem.ts";
import { makeFolder, writeFailed } from "./file.ts";
import { type Lock, tryLock } from "./lock.ts";

/**
 * A folder that bfq writes into. It is claimed by the content of bfq's own record in it (`manifest.json` of a variant,
 * `build.json` of a build), which lists every file with its SHA-256: only those are ever replaced or removed.
 * While files are replaced the record also lists what they replace, so that the next run knows them whenever this one ends.
 */
export interface FolderRecord {
  tool: "bfq";
  /** SHA-256 by path. */
  files: Record<string, string>;
  /** Only while files are replaced: hashes that a path may still have. */
  replaces?: Record<string, string[]> | undefined;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** A record is a file that anybody may have written: no path of it leads out of the folder. */
const path = z.string().refine((text) => text.split("/").every((part) => !/^\.{0,2}$|\0/.test(part)));
const recordSchema = z.object({
  tool: z.literal("bfq"),
  files: z.record(path, hash),
  replaces: z.record(path, z.array(hash)).optional(),
});

/** Files on their way, named by the SHA-256 of their path. */
const staging = ".bfq-new";

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
/** Of a file's content; of a link's own, not of what it points to. */
const hashOf = (file: string, found: Stats) =>
  sha256(found.isSymbolicLink() ? `link to ${readlinkSync(file)}` : readFileSync(file));
const isOwn = (found: Stats) => found.isFile() || found.isSymbolicLink();
const info = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

/** The record of bfq in a folder, or nothing where there is none. */
export function readRecord(folder: string, name: string): FolderRecord | undefined {
  try {
    const file = join(folder, name);
    if (!info(file)?.isFile()) return undefined;
    return recordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

export interface ClaimOptions {
  /** Name of bfq's record in the folder. */
  record: string;
  /** Paths that will be written, the record's aside. */
  writes: readonly string[];
  /** Whether listed files go that were changed by hand. */
  force: boolean;
}

export class OutputFolder {
  private constructor(
    readonly folder: string,
    private readonly name: string,
    private readonly lock: Lock,
    /** Hashes that the record has for each path. */
    private listed: ReadonlyMap<string, readonly string[]>,
    private readonly isNew: boolean,
  ) {}

  /**
   * Takes a folder for this process alone, and changes nothing in it.
   * @throws UserError where it isn't bfq's, where something would be lost, or where another bfq writes into it
   */
  static async claim(named: string, { record, writes, force }: ClaimOptions): Promise<OutputFolder> {
    if (named === "") throw userError("usage", "the output folder has no name");
    const folder = resolve(named);
    const lock = await tryLock(folder);
    if (!lock) {
      throw userError("in-use", "another bfq is writing into the folder", {
        file: folder,
        fix: "wait for its end, or name another folder with -o",
      });
    }
    try {
      const known = knownFiles(folder, record);
      const claimed = new OutputFolder(folder, record, lock, known ?? new Map(), known === undefined);
      claimed.refuseLosses(writes, force);
      return claimed;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  release(): Promise<void> {
    return this.lock.release();
  }

  /** Replaces all files that are listed by others, of which the record is one. */
  replace(files: readonly GeneratedFile[]): void {
    this.write(() => {
      const record = files.find(({ path }) => path === this.name)!;
      const others = files.filter((file) => file !== record);
      const now = JSON.parse(record.text) as FolderRecord;
      const replaces = Object.fromEntries(this.listed);
      const journal = `${JSON.stringify({ ...now, replaces }, null, 2)}\n`;
      // The old record stands until all that is new lies beside; where there is none, the folder is bfq's from here on.
      if (this.isNew) this.put(this.name, journal);
      for (const { path, text } of others) writeFileSync(this.staged(path), text);
      if (!this.isNew) this.put(this.name, journal);
      const wanted = new Set(others.map(({ path }) => path));
      for (const path of this.listed.keys()) if (!wanted.has(path)) this.remove(path);
      for (const { path } of others) this.place(path);
      this.put(this.name, record.text);
      this.listed = new Map(Object.entries(now.files).map(([path, value]) => [path, [value]]));
    });
  }

  /**
   * Removes every listed file. What then still lies in one of the folders `fresh` is not bfq's: such a folder is renamed,
   * as tools that work there would take it for their own.
   * @returns the renamed folders: from, to
   */
  clear(fresh: readonly string[]): [string, string][] {
    const moved: [string, string][] = [];
    this.write(() => {
      if (this.isNew) this.put(this.name, printRecord({}, {}));
      for (const path of this.listed.keys()) this.remove(path);
      for (const name of fresh) {
        removeEmptyFolders(join(this.folder, name));
        if (!info(join(this.folder, name))) continue;
        let number = 1;
        while (info(join(this.folder, `${name}.${number}`))) number++;
        renameSync(join(this.folder, name), join(this.folder, `${name}.${number}`));
        moved.push([name, `${name}.${number}`]);
      }
      this.put(this.name, printRecord({}, {}));
      this.listed = new Map();
    });
    return moved;
  }

  /** Lists in the record what bfq and its tools wrote: files, and all that folders hold. @param more goes into the record */
  list(written: readonly string[], more: object): void {
    this.write(() => {
      const files = written.flatMap((path) => filesBelow(this.folder, path)).sort();
      const hashes = files.map((path) => {
        const file = join(this.folder, path);
        return [path, hashOf(file, lstatSync(file))];
      });
      this.put(this.name, printRecord(Object.fromEntries(hashes), more));
    });
  }

  private write(work: () => void): void {
    const made = firstMissing(this.folder);
    try {
      makeFolder(join(this.folder, staging));
      work();
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (this.isNew) this.removeBegun(made);
      throw writeFailed(this.folder, error);
    } finally {
      this.sweep();
    }
  }

  /** Empties the staging folder of what bfq put there. */
  private sweep(): void {
    const beside = join(this.folder, staging);
    if (!info(beside)?.isDirectory()) return;
    for (const name of readdirSync(beside)) if (hash.safeParse(name).success) unlinkSync(join(beside, name));
    removeEmpty(beside);
  }

  /** A folder that holds nothing yet but the record goes again, with the parents from `made` on that were made for it. */
  private removeBegun(made: string | undefined): void {
    try {
      this.sweep();
      if (readdirSync(this.folder).some((name) => name !== this.name)) return;
      rmSync(join(this.folder, this.name), { force: true });
      if (made === undefined) return;
      for (let folder = this.folder; removeEmpty(folder) && folder !== made; ) folder = dirname(folder);
    } catch {
      // The next run knows it by its record.
    }
  }

  private staged(path: string): string {
    return join(this.folder, staging, sha256(path));
  }

  private put(path: string, text: string): void {
    writeFileSync(this.staged(path), text);
    this.place(path);
  }

  private place(path: string): void {
    makeFolder(dirname(join(this.folder, path)));
    renameSync(this.staged(path), join(this.folder, path));
  }

  private remove(path: string): void {
    const file = join(this.folder, path);
    if (info(file)) unlinkSync(file);
    for (let folder = dirname(file); folder !== this.folder && removeEmpty(folder); ) folder = dirname(folder);
  }

  private refuseLosses(writes: readonly string[], force: boolean): void {
    const problems: Problem[] = [];
    for (const [path, hashes] of this.listed) {
      const problem = this.refuseListed(path, hashes, force);
      if (problem) problems.push(problem);
    }
    problems.push(...this.refuseUnlisted(`${staging}/file`));
    for (const path of writes) if (!this.listed.has(path)) problems.push(...this.refuseUnlisted(path));
    const most = 10;
    if (problems.length === 0) return;
    const more = problems.length - most;
    if (more > 0) problems.splice(most, more, { rule: "folder-changed", what: `${more} more`, file: this.folder });
    throw new UserError(problems);
  }

  private refuseListed(path: string, hashes: readonly string[], force: boolean): Problem | undefined {
    const file = join(this.folder, path);
    const link = this.foreignParent(path);
    if (link) return inTheWay(link);
    const found = info(file);
    if (!found) return undefined;
    if (!isOwn(found)) return inTheWay(file);
    if (force || hashes.includes(hashOf(file, found))) return undefined;
    return {
      rule: "file-changed",
      what: "it is not as bfq wrote it",
      why: "it would be replaced, and the change lost",
      file,
      fix: "keep a copy elsewhere, then give --force; or name another folder with -o",
    };
  }

  private refuseUnlisted(path: string): Problem[] {
    const file = join(this.folder, path);
    const parent = this.foreignParent(path);
    if (parent) return [inTheWay(parent)];
    return info(file) ? [inTheWay(file)] : [];
  }

  /** The first folder on the way to a path that is none, but for a listed file; a link may lead anywhere. */
  private foreignParent(path: string): string | undefined {
    const parts = path.split("/");
    for (let i = 1; i < parts.length; i++) {
      const parent = parts.slice(0, i).join("/");
      const found = info(join(this.folder, parent));
      if (!found || (found.isFile() && this.listed.has(parent))) return undefined;
      if (!found.isDirectory()) return join(this.folder, parent);
    }
    return undefined;
  }
}

const inTheWay = (file: string): Problem => ({
  rule: "in-the-way",
  what: "bfq did not write it, and would write something of that name",
  file,
  fix: "move it elsewhere, or name another folder with -o",
});

/** What a folder's record lists; nothing where it has to be made or is empty. @throws UserError where it isn't bfq's */
function knownFiles(folder: string, record: string): Map<string, string[]> | undefined {
  const found = info(folder);
  if (!found) return undefined;
  if (found.isSymbolicLink()) throw foreign(folder, "it is a symbolic link", "name the folder that it points to");
  if (!found.isDirectory()) throw foreign(folder, "it is a file", "name a new or empty folder with -o");
  let names: string[];
  try {
    // All that is left where the first run into a folder died before it had a record.
    names = readdirSync(folder).filter((name) => name !== staging);
  } catch (error) {
    throw writeFailed(folder, error);
  }
  if (names.length === 0) return undefined;
  const listed = readRecord(folder, record);
  if (!listed) {
    const what = names.includes(record) ? `its ${record} is not bfq's` : `it holds files but no ${record} of bfq`;
    throw foreign(folder, what, "name a new or empty folder with -o");
  }
  const known = new Map(Object.entries(listed.files).map(([path, value]) => [path, [value]]));
  for (const [path, hashes] of Object.entries(listed.replaces ?? {}))
    known.set(path, [...(known.get(path) ?? []), ...hashes]);
  known.delete(record);
  return known;
}

const foreign = (file: string, what: string, fix: string) =>
  userError("foreign-folder", what, { file, why: "bfq writes only into folders that it made", fix });

const printRecord = (files: Record<string, string>, more: object) =>
  `${JSON.stringify({ tool: "bfq", ...more, files }, null, 2)}\n`;

/** A file, or the files of a folder; links are not followed. */
function filesBelow(folder: string, path: string): string[] {
  const found = info(join(folder, path));
  if (found && isOwn(found)) return [path];
  if (!found?.isDirectory()) return [];
  return readdirSync(join(folder, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Of a folder and its parents the first that is not there. */
function firstMissing(folder: string): string | undefined {
  if (info(folder)) return undefined;
  return firstMissing(dirname(folder)) ?? folder;
}

/** A folder that holds nothing but folders goes; of others what is empty in them. */
function removeEmptyFolders(folder: string): void {
  if (!info(folder)?.isDirectory()) return;
  for (const name of readdirSync(folder)) removeEmptyFolders(join(folder, name));
  removeEmpty(folder);
}

function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
