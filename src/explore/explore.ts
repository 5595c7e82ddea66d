import { join, resolve } from "node:path";
import { sha256 } from "../emit/variant.ts";
import { OutputFolder, readRecord } from "../output/folder.ts";
import { type Confirm, confirmFront } from "./confirm.ts";
import type { PointRecord } from "./evaluate.ts";
import { type Findings, judgeSpace } from "./front.ts";
import { type Confirmation, Journal, type JournalRecord } from "./journal.ts";
import { runLocal } from "./local.ts";
import { readParts, recordName } from "./parts.ts";
import { type Space, valuesOf } from "./space.ts";
import { winnerSpec } from "./winner.ts";

/** Evaluates points, and gives their records as they come. */
export type RunPoints = (
  space: Space,
  numbers: readonly number[],
  onRecords: (records: PointRecord[]) => void,
) => Promise<void>;

export interface ExploreOptions {
  /** Folder for journal, front and winner. */
  out: string;
  /** Where the points are evaluated; all cores of this machine if not given. */
  run?: RunPoints;
  /** What the points of the front are put to beside the formulas. */
  confirm?: readonly Confirm[];
  /** Replace files of bfq's that were changed since. */
  force?: boolean;
  say?: (line: string) => void;
}

export interface Exploration extends Findings {
  /** What tools said of points of the front. */
  confirmations: Confirmation[];
  /** Points that this run evaluated, and in how many seconds; the others were in the journal. */
  evaluated: number;
  seconds: number;
  files: string[];
}

/**
 * Evaluates what is missing in the journal of a space, then writes its front, and the winner as a spec. Started again after
 * any end, it goes on where it was.
 * @throws UserError where the folder isn't bfq's, or is of another space
 */
export async function explore(space: Space, options: ExploreOptions): Promise<Exploration> {
  const { run = runLocal, confirm = [], say = () => {} } = options;
  const folder = resolve(options.out);
  const writes = ["front.json", "winner.yaml"];
  const output = await OutputFolder.claim(folder, { record: recordName, writes, force: options.force ?? false });
  try {
    // From here on the folder is bfq's, however this run ends.
    const listed = Object.keys(readRecord(folder, recordName)?.files ?? {});
    output.list(listed, {});
    const { journal, records } = Journal.open(join(folder, "journal.jsonl"), space);
    try {
      const known = collect(records);
      take(known.points, readParts(space, folder), journal);
      const begin = performance.now();
      const evaluated = await evaluateMissing(space, known, journal, run, say);
      const seconds = (performance.now() - begin) / 1000;
      const findings = judgeSpace(space, [...known.points.values()]);
      for (const what of confirm) await confirmFront(space, findings.front, what, known.confirmations, journal, say);
      const confirmations = findings.front.flatMap(({ n }) => known.confirmations.get(n) ?? []);
      const files = resultFiles(space, findings, confirmations, folder);
      const hashes = Object.fromEntries(files.map(({ path, text }) => [path, sha256(text)]));
      const record = { tool: "bfq", space: space.name, hash: space.hash, files: hashes };
      output.replace([...files, { path: recordName, text: `${JSON.stringify(record, null, 2)}\n` }]);
      const paths = ["journal.jsonl", ...files.map(({ path }) => path)].map((path) => join(options.out, path));
      return { ...findings, confirmations, evaluated, seconds, files: paths };
    } finally {
      journal.close();
    }
  } finally {
    await output.release();
  }
}

/** Of two records of a point the first counts; what tools said is put together. */
export function collect(records: readonly JournalRecord[]) {
  const points = new Map<number, PointRecord>();
  const confirmations = new Map<number, Confirmation>();
  for (const record of records) {
    const { n } = record;
    if ("yosys" in record || "rtl" in record) confirmations.set(n, { ...confirmations.get(n), ...record });
    else if (!points.has(n)) points.set(n, record as PointRecord);
  }
  return { points, confirmations };
}

async function evaluateMissing(
  space: Space,
  { points }: ReturnType<typeof collect>,
  journal: Journal,
  run: RunPoints,
  say: (line: string) => void,
): Promise<number> {
  const missing: number[] = [];
  for (let n = 0; n < space.size; n++) if (!points.has(n)) missing.push(n);
  let done = 0;
  if (missing.length === 0) return 0;
  const begin = performance.now();
  await run(space, missing, (records) => {
    done += take(points, records, journal);
    const rate = (1000 * done) / (performance.now() - begin);
    say(`${points.size} of ${space.size} points, ${rate.toFixed(0)} a second`);
  });
  return done;
}

/** Records of points that aren't known yet, into the journal first. */
function take(points: Map<number, PointRecord>, records: readonly PointRecord[], journal: Journal): number {
  const fresh = new Map<number, PointRecord>();
  for (const record of records) if (!points.has(record.n) && !fresh.has(record.n)) fresh.set(record.n, record);
  if (fresh.size > 0) journal.append([...fresh.values()]);
  for (const [n, record] of fresh) points.set(n, record);
  return fresh.size;
}

function resultFiles(
  space: Space,
  { counts, front, winner, sensitivity }: Findings,
  confirmations: readonly Confirmation[],
  folder: string,
) {
  const confirmed = new Map(confirmations.map((one) => [one.n, one]));
  const described = front.map(({ n, point }) => {
    const { n: _, ...tools } = confirmed.get(n) ?? { n };
    return { n, values: valuesOf(space, n), point, ...tools };
  });
  const json = {
    ...{ space: space.name, model: space.model.name, mix: space.model.mix, objectives: space.objectives },
    ...{ bounds: space.bounds, counts, winner: winner?.n, front: described, sensitivity },
  };
  const files = [{ path: "front.json", text: `${JSON.stringify(json, null, 2)}\n` }];
  if (winner) files.push({ path: "winner.yaml", text: winnerSpec(space, winner, folder) });
  return files;
}
