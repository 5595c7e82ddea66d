import { type GgufFile, openGguf, plainTypes, type TypeSizes } from "../gguf/gguf.ts";
import { nearest } from "../nearest.ts";
import { type Plan, planAccelerator } from "../plan/plan.ts";
import { userError } from "../problem.ts";
import { type Accelerator, readAccelerator } from "../spec/accelerator.ts";
import type { Format } from "../spec/format.ts";
import { readLibrary, withFormats } from "../spec/library.ts";
import { type Engine, engines } from "../verify/engines.ts";

/** A variant that a verb works on. */
export interface Variant {
  accelerator: Accelerator;
  plan: Plan;
}

export async function readVariant(spec: string): Promise<Variant> {
  const accelerator = await readAccelerator(spec);
  return { accelerator, plan: planAccelerator(accelerator) };
}

/** Opens a GGUF file with the block sizes of all known formats and of `formats`, a user's own. */
export async function openModel(
  path: string,
  formats: readonly Format[] = [],
): Promise<{ file: GgufFile; typeNames: ReadonlyMap<number, string> }> {
  const sizes = typeSizes(withFormats(await readLibrary(), formats));
  const names = [...plainTypes, ...sizes].map(([type, { name }]) => [type, name] as const);
  return { file: await openGguf(path, sizes), typeNames: new Map(names) };
}

function typeSizes(library: ReadonlyMap<string, Format>): TypeSizes {
  const known = [...library.values()].filter((format) => format.ggmlType !== undefined);
  return new Map(known.map(({ ggmlType, elements, bytes, name }) => [ggmlType!, { elements, bytes, name }]));
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
