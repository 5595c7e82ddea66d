import { isInterrupted } from "../output/interrupt.ts";
import { safeLines } from "../printable.ts";
import { ExitCode, formatProblem, UserError } from "../problem.ts";
import { wrap } from "../wrap.ts";

/** What a verb found: an object for `--json`, text for people, and whether its check held. */
export interface Outcome {
  ok: boolean;
  json: Record<string, unknown>;
  text: string;
  /** Said on stderr; part of the object under `--json`. */
  warnings?: readonly string[];
  /** What the process ends with where `ok` is false; a failed check if not given. */
  exitCode?: ExitCode;
}

export interface CommonOptions {
  json: boolean;
  verbose: boolean;
}

/** A line on stderr, of whatever it was put together. Nothing else in src writes there but what src/printable.test.ts names. */
export function sayLine(text: string): void {
  process.stderr.write(`${safeLines(text)}\n`);
}

/** Runs a verb and prints its outcome; under `--json` one object and nothing else on stdout. Sets the exit code. */
export async function report(options: CommonOptions, verb: () => Promise<Outcome>): Promise<void> {
  try {
    const outcome = await verb();
    const { ok, json, text, warnings } = outcome;
    if (options.json) printJson({ ok, ...json, ...(warnings && { warnings }) });
    else {
      for (const warning of warnings ?? []) sayLine(`warning: ${warning}`);
      process.stdout.write(`${safeLines(text)}\n`);
    }
    if (!outcome.ok) process.exitCode = outcome.exitCode ?? ExitCode.checkFailed;
  } catch (error) {
    if (isInterrupted()) return; // its tools were ended, and the process is about to
    if (!(error instanceof UserError)) throw error;
    process.exitCode = error.exitCode;
    if (options.json) printJson({ ok: false, problems: error.problems });
    else sayLine(error.problems.map(formatProblem).join("\n"));
  }
}

/** JSON is shown on terminals too; an escape is the same string to who parses it. */
function printJson(value: object): void {
  const json = JSON.stringify(value, null, 2).replace(/[^\P{C}\n]|[\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => escapeUnit(character.charCodeAt(i))).join(""),
  );
  process.stdout.write(`${json}\n`);
}

const escapeUnit = (unit: number) => `\\u${unit.toString(16).padStart(4, "0")}`;

/** Columns of the terminal, or of COLUMNS where there is none (a test, a pipe that wants it); else no limit. */
export function terminalWidth(): number {
  const wanted = Number(process.env.COLUMNS);
  return process.stdout.columns || (Number.isInteger(wanted) && wanted > 0 ? wanted : Infinity);
}

/** Rows of cells to aligned lines, numbers right; where they are wider than the terminal, a paragraph for each row. */
export function table(header: string[], rows: (string | number)[][], width = terminalWidth()): string {
  const lines = alignedRows(header, rows);
  if (lines.every((line) => line.length <= width)) return lines.join("\n");
  const paragraph = ([first, ...cells]: (string | number)[]) => {
    const pairs = cells.map((cell, i) => `${header[i + 1]} ${cell}`.trim()).filter((pair, i) => pair !== header[i + 1]);
    return wrap(`${first}: ${pairs.join(", ")}`, width - 2).join("\n  ");
  };
  return rows.map(paragraph).join("\n");
}

function alignedRows(header: string[], rows: (string | number)[][]): string[] {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => String(row[i]).length)));
  const line = (cells: (string | number)[]) =>
    cells
      .map((cell, i) => (typeof cell === "number" ? String(cell).padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
