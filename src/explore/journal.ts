import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import type { Synthesis } from "../estimate/yosys.ts";
import { makeFolder, writeFailed } from "../output/file.ts";
import { userError } from "../problem.ts";
import type { PointRecord } from "./evaluate.ts";
import type { Space } from "./space.ts";

/** What a tool found out about a point of the front. */
export interface Confirmation {
  n: number;
  yosys?: Pick<Synthesis["total"], "lut" | "ff" | "dsp" | "bram36" | "uram">;
  rtl?: { tokenCycles: number; promptCycles: number };
}

export type JournalRecord = PointRecord | Confirmation;

const headerSchema = z.object({
  tool: z.literal("bfq"),
  journal: z.literal(1),
  space: z.string(),
  hash: z.string(),
});

/**
 * What is known of a space so far: a line of JSON for each record, the first names the space. Lines are only ever added, and
 * are on the disk before `append` returns; of a run that died in the middle of a line the rest of it is ignored.
 */
export class Journal {
  private constructor(
    readonly file: string,
    private readonly descriptor: number,
  ) {}

  /**
   * Opens a journal, or begins one where there is none.
   * @throws UserError where the file is not bfq's or is of another space
   */
  static open(file: string, space: Pick<Space, "name" | "hash">): { journal: Journal; records: JournalRecord[] } {
    const { records, isNew, isTorn } = readJournal(file, space);
    try {
      makeFolder(dirname(file));
      const journal = new Journal(file, openSync(file, "a"));
      if (isTorn) journal.write("\n");
      if (isNew) journal.write(`${JSON.stringify({ tool: "bfq", journal: 1, space: space.name, hash: space.hash })}\n`);
      return { journal, records };
    } catch (error) {
      throw writeFailed(file, error, "name another folder with -o");
    }
  }

  append(records: readonly JournalRecord[]): void {
    try {
      this.write(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    } catch (error) {
      throw writeFailed(this.file, error, "what was found so far stays: start again");
    }
  }

  private write(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
    fsyncSync(this.descriptor);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** The records of a journal; none where there is no file. @throws UserError where it is not this space's */
export function readJournal(file: string, { name, hash }: Pick<Space, "name" | "hash">) {
  const status = statSync(file, { throwIfNoEntry: false });
  if (!status) return { records: [], isNew: true, isTorn: false };
  if (!status.isFile()) throw foreign(file, "it is not a file");
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n");
  // A run that died while it wrote the first line left a part of it.
  if (lines.length === 1 && begin.startsWith(text.slice(0, begin.length))) {
    return { records: [], isNew: true, isTorn: text !== "" };
  }
  const isTornHeader = lines[0].length > 0 && begin.startsWith(lines[0].slice(0, begin.length)) && !parseLine(lines[0]);
  const header = headerSchema.safeParse(parseLine(lines[isTornHeader ? 1 : 0]));
  if (!header.success) throw foreign(file, "it is not a journal of bfq's");
  if (header.data.hash !== hash) {
    throw userError(
      "other-space",
      `the journal is of another space (${header.data.space}), or of one before a change`,
      {
        why: `the figures of ${name}'s points would not be comparable`,
        fix: "name another folder with -o, or move this one away",
        file,
      },
    );
  }
  const records = lines.map(parseLine).filter(isRecord);
  return { records, isNew: false, isTorn: !text.endsWith("\n") };
}

const begin = '{"tool":"bfq","journal":1,';

const isRecord = (value: unknown): value is JournalRecord =>
  typeof value === "object" && value !== null && Number.isInteger((value as { n?: unknown }).n);

function parseLine(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? "");
  } catch {
    return undefined;
  }
}

const foreign = (file: string, what: string) =>
  userError("foreign-file", what, {
    file,
    why: "bfq adds only to files that it began",
    fix: "name another folder with -o",
  });
