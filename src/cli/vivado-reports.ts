import type { BrokenRule } from "../kria/build/findings.ts";
import type { Reports } from "../kria/build/read-reports.ts";
import { table } from "./outcome.ts";

/** What Vivado found, for people. */
export function describeReports({ timing, utilisation, power, methodology, crossings }: Reports): string[] {
  const lines: string[] = [];
  if (timing) lines.push(`timing met: worst slack ${timing.setup.worst} ns setup, ${timing.hold.worst} ns hold`);
  if (utilisation) {
    const rows = Object.entries(utilisation).map(([name, { used, available }]) => [
      name,
      used,
      available,
      `${((100 * used) / available).toFixed(1)} %`,
    ]);
    lines.push(table(["resource", "used", "available", ""], rows));
  }
  if (power) {
    const { total, dynamic, junction, confidence } = power;
    lines.push(
      `power by Vivado's estimate: ${total} W on the chip, ${dynamic} of it dynamic, ${junction} C (confidence ${confidence})`,
    );
  }
  if (methodology) lines.push(`methodology: ${count(methodology)}`);
  for (const { rule, severity, description, violations } of methodology ?? [])
    lines.push(`  ${rule}, ${severity}, ${violations}: ${description}`);
  if (crossings) lines.push(`clock crossings: ${crossings.length === 0 ? "none" : ""}`.trimEnd());
  for (const { from, to, kind, endpoints, unsafe, unknown } of crossings ?? [])
    lines.push(`  ${from} to ${to}, ${kind}: ${endpoints} endpoints, ${unsafe} unsafe, ${unknown} unknown`);
  return lines;
}

const count = (broken: readonly BrokenRule[]) =>
  broken.length === 0 ? "no rule broken" : `${broken.length} ${broken.length === 1 ? "rule" : "rules"} broken`;
