import { ExitCode, userError } from "../../problem.ts";
import { tableCells, unreadable } from "./report-text.ts";

/** One kind of slack: worst, total, and how many endpoints are late. In ns. */
export interface Slack {
  worst: number;
  total: number;
  failing: number;
  endpoints: number;
}

export interface TimingPath {
  slack: number;
  met: boolean;
  kind: "setup" | "hold";
  from: string;
  to: string;
  /** As the report has it: "7  (CARRY8=1 LUT6=6)". */
  levels: string;
}

/** What `report_timing_summary` says. */
export interface Timing {
  met: boolean;
  setup: Slack;
  hold: Slack;
  pulse: Slack;
  clocks: { name: string; period: number; mhz: number }[];
  /** Worst paths, worst first. */
  paths: TimingPath[];
}

/** @throws UserError, exit code 4, where it is no such report */
export function parseTiming(report: string): Timing {
  const lines = report.split(/\r?\n/);
  const at = lines.findIndex((line) => /^\s*WNS\(ns\)\s+TNS\(ns\)/.test(line));
  const values = lines[at + 2]?.trim().split(/\s+/).map(Number) ?? [];
  if (at < 0 || values.length !== 12 || values.some(Number.isNaN)) throw unreadable("Design Timing Summary");
  const slack = (from: number): Slack => {
    const [worst, total, failing, endpoints] = values.slice(from, from + 4);
    return { worst, total, failing, endpoints };
  };
  const [setup, hold, pulse] = [slack(0), slack(4), slack(8)];
  const met = [setup, hold, pulse].every(({ worst, failing }) => worst >= 0 && failing === 0);
  return { met, setup, hold, pulse, clocks: parseClocks(lines), paths: parsePaths(lines) };
}

function parseClocks(lines: string[]): Timing["clocks"] {
  const at = lines.findIndex((line) => /^Clock\s+Waveform\(ns\)\s+Period\(ns\)\s+Frequency\(MHz\)/.test(line));
  const clocks: Timing["clocks"] = [];
  for (const line of at < 0 ? [] : lines.slice(at + 2)) {
    const row = /^\s*(\S+)\s+\{[^}]*\}\s+([\d.]+)\s+([\d.]+)/.exec(line);
    if (!row) break;
    clocks.push({ name: row[1], period: Number(row[2]), mhz: Number(row[3]) });
  }
  return clocks;
}

function parsePaths(lines: string[]): TimingPath[] {
  const paths: TimingPath[] = [];
  lines.forEach((line, index) => {
    const head = /^Slack \((MET|VIOLATED)\) :\s+(-?[\d.]+)ns/.exec(line);
    if (!head) return;
    // The path's head ends where its table of cells begins.
    const rest = lines.slice(index + 1, index + 20);
    const value = (name: string) =>
      rest
        .find((text) => text.trimStart().startsWith(`${name}:`))
        ?.split(":")
        .slice(1)
        .join(":")
        .trim() ?? "";
    paths.push({
      slack: Number(head[2]),
      met: head[1] === "MET",
      kind: value("Path Type").startsWith("Hold") ? "hold" : "setup",
      from: value("Source"),
      to: value("Destination"),
      levels: value("Logic Levels").replace(/\s+/g, " "),
    });
  });
  return paths.sort((a, b) => a.slack - b.slack);
}

/** @throws UserError, exit code 4, with the worst paths */
export function refuseSlow(timing: Timing, report: string): void {
  if (timing.met) return;
  const { setup, hold, pulse, clocks, paths } = timing;
  const late = paths.filter(({ met }) => !met).slice(0, 3);
  const clock = clocks.map(({ name, mhz }) => `${name} ${mhz} MHz`).join(", ");
  const achieved =
    clocks.length === 1 && setup.worst < 0 ? Math.floor(1000 / (clocks[0].period - setup.worst)) : undefined;
  throw userError(
    "timing",
    `timing not met: worst slack ${setup.worst} ns setup (${setup.failing} of ${setup.endpoints} endpoints), ${hold.worst} ns hold, ${pulse.worst} ns pulse width; ${clock}`,
    {
      why: late
        .map(({ slack, from, to, levels }) => `${slack} ns: ${from} -> ${to}${levels && `, levels ${levels}`}`)
        .join("\n"),
      fix: `${achieved ? `set clock of the accelerator spec to ${achieved} or less` : "lower clock of the accelerator spec"}, or fewer lanes, columns or formats; the report: ${report}`,
    },
    ExitCode.toolFailed,
  );
}

export interface Use {
  used: number;
  available: number;
}

/** What `report_utilization` says, in the units of board specs. */
export type Utilisation = Record<"lut" | "ff" | "dsp" | "bram36" | "uram", Use>;

const siteTypes: Record<keyof Utilisation, RegExp> = {
  lut: /^CLB LUTs\*?$/,
  ff: /^CLB Registers$/,
  dsp: /^DSPs$/,
  bram36: /^Block RAM Tile$/,
  uram: /^URAM$/,
};

/** @throws UserError, exit code 4, where it is no such report */
export function parseUtilisation(report: string): Utilisation {
  const cells = tableCells(report);
  const uses = Object.entries(siteTypes).map(([key, name]) => {
    const at = cells.findIndex(([first]) => name.test(first));
    // Columns differ from release to release: the table's own header says which is which.
    const header = cells
      .slice(0, Math.max(at, 0))
      .reverse()
      .find(([first]) => first === "Site Type");
    const cell = (column: string) => Number(cells[at]?.[header?.indexOf(column) ?? -1] ?? Number.NaN);
    const use: Use = { used: cell("Used"), available: cell("Available") };
    if (Number.isNaN(use.used + use.available)) throw unreadable(`row for ${key}`);
    return [key, use] as const;
  });
  return Object.fromEntries(uses) as Utilisation;
}
