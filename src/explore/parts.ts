import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { writeOutput } from "../output/file.ts";
import { readRecord } from "../output/folder.ts";
import { tryLock } from "../output/lock.ts";
import { userError } from "../problem.ts";
import { Evaluator, type PointRecord } from "./evaluate.ts";
import { Journal, type JournalRecord, readJournal } from "./journal.ts";
import type { Space } from "./space.ts";

/** One of `of` equal parts of a space, numbered from 0: every so many'th point. */
export interface Part {
  part: number;
  of: number;
}

/** bfq's record in the folder of an exploration. */
export const recordName = "exploration.json";

const folder = "parts";
const fileOf = ({ part, of }: Part) => join(folder, `${part}-of-${of}.jsonl`);
export const isInPart = (n: number, { part, of }: Part) => n % of === part;

/** Points that a part's journal gets at once: what is lost where its task is killed. */
const chunkSize = 64;

/**
 * Evaluates what is missing of a part into a journal of its own, for `explore` to take in: for a task of a cluster, on another
 * machine that has the folder.
 * @returns how many points it evaluated
 */
export async function explorePart(space: Space, out: string, part: Part): Promise<number> {
  await claim(out);
  const file = join(out, fileOf(part));
  const lock = await tryLock(file);
  if (!lock) throw userError("in-use", "another bfq is at this part", { file, fix: "wait for its end" });
  try {
    const { journal, records } = Journal.open(file, space);
    try {
      const done = new Set([...readJournal(join(out, "journal.jsonl"), space).records, ...records].map(({ n }) => n));
      const evaluator = new Evaluator(space);
      const missing: number[] = [];
      for (let n = part.part; n < space.size; n += part.of) if (!done.has(n)) missing.push(n);
      for (let at = 0; at < missing.length; at += chunkSize) {
        journal.append(missing.slice(at, at + chunkSize).map((n) => evaluator.evaluate(n)));
      }
      return missing.length;
    } finally {
      journal.close();
    }
  } finally {
    await lock.release();
  }
}

/** Makes a new or empty folder an exploration's, as the first of many tasks may do at the same time. */
async function claim(out: string): Promise<void> {
  if (readRecord(out, recordName)) return;
  const names = existsSync(out) ? readdirSync(out) : [];
  const own = names.filter((name) => name === folder || name.startsWith(recordName));
  if (own.length < names.length) {
    throw userError("foreign-folder", `it holds files but no ${recordName} of bfq`, {
      file: out,
      why: "bfq writes only into folders that it made",
      fix: "name a new or empty folder with -o",
    });
  }
  await writeOutput(join(out, recordName), `${JSON.stringify({ tool: "bfq", files: {} }, null, 2)}\n`);
}

/** What tasks have found so far, of any number of parts. @throws UserError where a part is of another space */
export function readParts(space: Space, out: string): PointRecord[] {
  let names: string[];
  try {
    names = readdirSync(join(out, folder)).filter((name) => /^\d+-of-\d+\.jsonl$/.test(name));
  } catch {
    return []; // no task has begun
  }
  const isPoint = (record: JournalRecord): record is PointRecord => !("yosys" in record || "rtl" in record);
  return names.sort().flatMap((name) => readJournal(join(out, folder, name), space).records.filter(isPoint));
}
