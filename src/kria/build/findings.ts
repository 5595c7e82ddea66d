import { tableCells, unreadable } from "./report-text.ts";

/** What `report_power` says: an estimate from the routed design, no measurement. W, and degrees Celsius. */
export interface Power {
  total: number;
  dynamic: number;
  static: number;
  junction: number;
  /** How much Vivado believes in it: "Low" without activity of a simulation. */
  confidence: string;
}

/** @throws UserError, exit code 4, where it is no such report */
export function parsePower(report: string): Power {
  const cells = tableCells(report);
  const text = (name: string) => {
    const value = cells.find(([first]) => first === name)?.[1];
    if (value === undefined) throw unreadable(`row ${name}`);
    return value;
  };
  const number = (name: string) => {
    const value = Number.parseFloat(text(name));
    if (Number.isNaN(value)) throw unreadable(`figure of ${name}`);
    return value;
  };
  return {
    total: number("Total On-Chip Power (W)"),
    dynamic: number("Dynamic (W)"),
    static: number("Device Static (W)"),
    junction: number("Junction Temperature (C)"),
    confidence: text("Confidence Level"),
  };
}

/** A rule of UltraFast that the design breaks, as `report_methodology` lists it. */
export interface BrokenRule {
  rule: string;
  severity: string;
  description: string;
  violations: number;
}

/** @returns none where no rule is broken. @throws UserError, exit code 4, where it is no such report */
export function parseMethodology(report: string): BrokenRule[] {
  const found = Number(/^\s*Violations found:\s*(\d+)\s*$/m.exec(report)?.[1] ?? Number.NaN);
  if (Number.isNaN(found)) throw unreadable("count of violations");
  const cells = tableCells(report);
  const header = cells.findIndex(([first, second]) => first === "Rule" && second === "Severity");
  const rows = header < 0 ? [] : cells.slice(header + 1);
  const broken = rows.map(([rule, severity, description, count]) => {
    return { rule, severity, description, violations: Number(count) };
  });
  if (broken.reduce((sum, { violations }) => sum + violations, 0) !== found) throw unreadable(`${found} violations`);
  return broken;
}

/** Paths from one clock to another, as a row of `report_cdc` has them; endpoints. */
export interface Crossing {
  severity: string;
  from: string;
  to: string;
  kind: string;
  endpoints: number;
  safe: number;
  unsafe: number;
  unknown: number;
}

/** @returns none where no path leaves its clock. @throws UserError, exit code 4, where it is no such report */
export function parseCrossings(report: string): Crossing[] {
  const lines = report.split(/\r?\n/);
  if (!lines.includes("CDC Report")) throw unreadable("title CDC Report");
  const at = lines.findIndex((line) => /^Severity +Source Clock +Destination Clock/.test(line));
  if (at < 0) return [];
  // Cells have spaces in them; the dashes under the header say where columns begin and end.
  const columns = [...(lines[at + 1] ?? "").matchAll(/-+/g)].map(({ index, 0: dashes }) => {
    return { name: lines[at].slice(index, index + dashes.length).trim(), from: index, to: index + dashes.length };
  });
  const rows = lines.slice(at + 2);
  const end = rows.findIndex((line) => line.trim() === "");
  return rows.slice(0, end < 0 ? rows.length : end).map((line) => {
    const cell = (name: string) => {
      const column = columns.find((each) => each.name === name);
      return column ? line.slice(column.from, column.to).trim() : "";
    };
    const count = (name: string) => {
      if (!/^\d+$/.test(cell(name))) throw unreadable(`count of ${name} in the row of ${cell("Source Clock")}`);
      return Number(cell(name));
    };
    return {
      severity: cell("Severity"),
      from: cell("Source Clock"),
      to: cell("Destination Clock"),
      kind: cell("CDC Type"),
      endpoints: count("Endpoints"),
      safe: count("Safe"),
      unsafe: count("Unsafe"),
      unknown: count("Unknown"),
    };
  });
}
