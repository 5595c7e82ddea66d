import { ExitCode, userError } from "../../problem.ts";

export const unreadable = (what: string) =>
  userError(
    "report",
    `the report has no ${what}`,
    { why: "it is cut short, or not in the format of Vivado's text reports" },
    ExitCode.toolFailed,
  );

/** The cells of every table that is drawn with |, row by row. */
export const tableCells = (report: string): string[][] =>
  report
    .split(/\r?\n/)
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
