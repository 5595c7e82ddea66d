import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../problem.ts";
import {
  type BrokenRule,
  type Crossing,
  type Power,
  parseCrossings,
  parseMethodology,
  parsePower,
} from "./findings.ts";
import { parseTiming, parseUtilisation, refuseSlow, type Timing, type Utilisation } from "./reports.ts";

/** What Vivado's reports say of a design; those that are there. */
export interface Reports {
  timing?: Timing;
  utilisation?: Utilisation;
  power?: Power;
  methodology?: BrokenRule[];
  crossings?: Crossing[];
}

/** Each report's file, as templates/deploy/vivado/bitstream.tcl names it, and who reads it. */
const parsers = {
  timing: ["timing.rpt", parseTiming],
  utilisation: ["utilization.rpt", parseUtilisation],
  power: ["power.rpt", parsePower],
  methodology: ["methodology.rpt", parseMethodology],
  crossings: ["cdc.rpt", parseCrossings],
} as const satisfies { [K in keyof Reports]-?: readonly [string, (report: string) => Required<Reports>[K]] };

export const reportFiles: readonly string[] = Object.values(parsers).map(([file]) => file);

/** The reports of a folder. @throws UserError, exit code 4, where one can't be read or timing is not met */
export async function readReports(folder: string): Promise<Reports> {
  const reports: Reports = {};
  for (const [name, [file, parse]] of Object.entries(parsers)) {
    const path = join(folder, file);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (text === undefined) continue;
    try {
      Object.assign(reports, { [name]: parse(text) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(
        error.problems.map((problem) => ({ ...problem, file: path })),
        error.exitCode,
      );
    }
  }
  if (reports.timing) refuseSlow(reports.timing, join(folder, parsers.timing[0]));
  return reports;
}
