import type { ResourceUse, Verdict } from "../estimate/verdict.ts";
import { formatProblem } from "../problem.ts";
import { table } from "./outcome.ts";

/** What `check` prints of a variant on its board. */
export function describeVerdict({ uses, fits, problems, warnings }: Verdict): string {
  return [
    table(["resource", "needed", "board", ""], uses.map(row)),
    ...problems.map(formatProblem),
    ...warnings.map((warning) => `warning: ${warning}`),
    fits ? "fits the board" : "does NOT fit the board",
  ].join("\n");
}

const row = ({ resource, needed, available }: ResourceUse) => [
  resource,
  needed,
  available,
  available === 0 ? "" : `${((100 * needed) / available).toFixed(1)} %`,
];
