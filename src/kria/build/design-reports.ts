/** Watts that `report_power` estimates. */
export interface Power {
  total: number;
  dynamic: number;
  static: number;
}

/** Findings of `report_methodology` by severity. */
export type Methodology = Record<string, number>;

/** Cells of a report's tables, row by row. */
const rows = (report: string) =>
  report.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    return line.startsWith("|") ? [cells.slice(1, -1)] : [];
  });

/** These reports inform and decide nothing, so a form that isn't known is no error: the figure is left out. */
export function parsePower(report: string): { power?: Power } {
  const watts = (name: string) => Number.parseFloat(rows(report).find(([first]) => first === name)?.[1] ?? "");
  const power = {
    total: watts("Total On-Chip Power (W)"),
    dynamic: watts("Dynamic (W)"),
    static: watts("Device Static (W)"),
  };
  return Object.values(power).some(Number.isNaN) ? {} : { power };
}

/** As `parsePower`. The summary has a row for each rule: its name, severity, description, violations. */
export function parseMethodology(report: string): { methodology?: Methodology } {
  const table = rows(report);
  const at = table.findIndex((cells) => cells.join() === "Rule,Severity,Description,Violations");
  if (at < 0) return {};
  const methodology: Methodology = {};
  for (const [, severity, , violations] of table.slice(at + 1)) {
    if (!/^\d+$/.test(violations ?? "")) break;
    methodology[severity] = (methodology[severity] ?? 0) + Number(violations);
  }
  return { methodology };
}
