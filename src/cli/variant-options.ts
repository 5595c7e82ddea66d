import { judgePlan, type Verdict } from "../estimate/verdict.ts";
import { nearest } from "../nearest.ts";
import { planAccelerator, type Variant } from "../plan/plan.ts";
import { userError } from "../problem.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { type Engine, engines } from "../verify/engines.ts";

/** A variant that a verb works on. */
export interface JudgedVariant extends Variant {
  verdict: Verdict;
}

export async function readVariant(spec: string): Promise<JudgedVariant> {
  const accelerator = await readAccelerator(spec);
  const plan = planAccelerator(accelerator);
  return { accelerator, plan, verdict: judgePlan(accelerator, plan) };
}

/** Engines named by a comma-separated list. */
export function findEngines(names: string): Engine[] {
  return names.split(",").map((name) => {
    const engine = engines.get(name);
    if (engine) return engine;
    const known = [...engines.keys()];
    const guess = nearest(name, known);
    throw userError("unknown-engine", `no engine named '${name.slice(0, 40)}'`, {
      fix: guess ? `did you mean '${guess}'?` : `engines: ${known.join(", ")}`,
    });
  });
}

/** A flag that must be a positive integer. */
export function positiveInteger(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw userError("usage", `--${name} is ${value}; it must be an integer from 1 to ${most}`);
}
