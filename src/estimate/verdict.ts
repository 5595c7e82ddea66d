import { wordBytes } from "../plan/interface.ts";
import { type Plan, planAccelerator } from "../plan/plan.ts";
import { type Problem, UserError } from "../problem.ts";
import type { Accelerator } from "../spec/accelerator.ts";
import { plannedFfs } from "./flip-flops.ts";
import { plannedLuts } from "./luts.ts";
import { plannedDsps } from "./resources.ts";

/** What the SystemVerilog kernel takes of one resource of the board. */
export interface ResourceUse {
  resource: "LUT" | "FF" | "DSP" | "BRAM36" | "URAM";
  needed: number;
  available: number;
}

/** A plan beside its board. */
export interface Verdict {
  uses: ResourceUse[];
  /** Within all of the board's resources. */
  fits: boolean;
  /** A resource of which there is too little, and what would fit. */
  problems: Problem[];
  /** What is likely to cost time: full resources, a clock or a bandwidth beyond the board's. */
  warnings: string[];
}

/** Percent of a resource above which placing and routing at the full clock becomes unlikely. */
const crowded: Partial<Record<ResourceUse["resource"], number>> = { LUT: 75, DSP: 90 };

export function resourceUses(plan: Plan): ResourceUse[] {
  const { parameters, memory, board } = plan;
  const { lut, ff, dsp, bram36, uram } = board.resources;
  return [
    { resource: "LUT", needed: plannedLuts(plan).total, available: lut },
    { resource: "FF", needed: plannedFfs(parameters), available: ff },
    { resource: "DSP", needed: plannedDsps(plan).total, available: dsp },
    { resource: "BRAM36", needed: memory.bram36, available: bram36 },
    { resource: "URAM", needed: memory.uram, available: uram },
  ];
}

/** For verbs that go on all the same. */
export const verdictWarnings = ({ problems, warnings }: Verdict): string[] => [
  ...problems.map(({ what, fix }) => `${what}; ${fix}`),
  ...warnings,
];

const isOver = ({ needed, available }: ResourceUse) => needed > available;
const doesFit = (plan: Plan) => !resourceUses(plan).some(isOver);

/** What every verb says of a variant and its board. */
export function judgePlan(accelerator: Accelerator, plan: Plan): Verdict {
  const uses = resourceUses(plan);
  const over = uses.filter(isOver);
  const fix = over.length > 0 ? smaller(accelerator) : "";
  const problems = over.map(({ resource, needed, available }) => ({
    rule: "does-not-fit",
    what: `${plan.name} needs ${needed} ${resource} of ${plan.board.name}'s ${available}`,
    fix,
    ...accelerator.source.at([]),
  }));
  return { uses, fits: over.length === 0, problems, warnings: [...crowdedUses(uses), ...beyondTheBoard(plan)] };
}

function crowdedUses(uses: readonly ResourceUse[]): string[] {
  return uses.flatMap(({ resource, needed, available }) => {
    const percent = (100 * needed) / available;
    const most = crowded[resource] ?? 100;
    if (percent <= most || percent > 100) return [];
    return [`${resource}: ${percent.toFixed(0)} % of the board's; above ${most} % timing is seldom met`];
  });
}

function beyondTheBoard({ board, clockMHz, bytesPerCycle }: Plan): string[] {
  const ports = (bytesPerCycle * clockMHz) / 1000;
  const warnings: string[] = [];
  if (clockMHz > board.clock.mhz) {
    warnings.push(`clock: ${clockMHz} MHz; the board's designs are expected to reach ${board.clock.mhz}`);
  }
  if (ports > board.memory.peak) {
    const lanes = Math.floor((board.memory.peak * 1000) / (clockMHz * wordBytes));
    warnings.push(
      `bandwidth: the ports take ${ports.toFixed(1)} GB/s, the DRAM gives ${board.memory.peak} at most: ${lanes} lanes use it up`,
    );
  }
  return warnings;
}

/** Machines of the same formats that fit: one number of the spec changed, or else lanes and columns together. */
function smaller(accelerator: Accelerator): string {
  const { lanes, columns, maxK } = accelerator;
  const below = (value: number, least: number) => {
    const values: number[] = [];
    for (let next = value / 2; next >= least; next /= 2) values.push(next);
    return values;
  };
  const longest = below(2 ** Math.ceil(Math.log2(maxK)), 1024).filter((value) => value < maxK);
  const first = (changes: Partial<Accelerator>[]) => changes.find((change) => fitsWith(accelerator, change));
  const single = [
    first(below(columns, 1).map((value) => ({ columns: value }))),
    first(longest.map((value) => ({ maxK: value }))),
    first(below(lanes, 1).map((value) => ({ lanes: value }))) as Partial<Accelerator> | undefined,
  ].filter((change) => change !== undefined);
  const pairs = [columns, ...below(columns, 1)].flatMap((fewer) =>
    below(lanes, 1).map((value) => ({ columns: fewer, lanes: value })),
  );
  const found = single.length > 0 ? single : [first(pairs)].filter((change) => change !== undefined);
  if (found.length === 0)
    return "use fewer or narrower formats, or a larger board: no choice of lanes and columns fits";
  const key = (name: string) => (name === "maxK" ? "max-k" : name);
  const say = (change: object) =>
    Object.entries(change)
      .map(([name, value]) => `${key(name)}: ${value}`)
      .join(" with ");
  return `what fits: ${found.map(say).join(", or ")}`;
}

function fitsWith(accelerator: Accelerator, change: Partial<Accelerator>): boolean {
  try {
    return doesFit(planAccelerator({ ...accelerator, ...change }));
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
