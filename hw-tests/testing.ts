import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { packageRoot, specsFolder } from "../src/paths.ts";
import { planAccelerator, type Variant } from "../src/plan/plan.ts";
import { parseAccelerator } from "../src/spec/accelerator.ts";
import { SpecSource } from "../src/spec/source.ts";

/** Long sweeps run only with BFQ_LONG=1. */
export const isLong = process.env.BFQ_LONG === "1";

export const sampleModel = `${packageRoot}hw-tests/data/kjv-2.5m/kjv2.5M-q2_k.gguf`;

/** BFQ_SEED repeats a run; else each run has a new seed, which is printed. */
export function newSeed(what: string): number {
  const seed = process.env.BFQ_SEED ? Number(process.env.BFQ_SEED) : randomInt(1, 2 ** 31);
  console.log(`${what}: seed ${seed} (repeat with BFQ_SEED=${seed})`);
  return seed;
}

/** A variant of specs/accelerators, with some of its keys changed. */
export async function variant(name: string, changes: Record<string, string | number> = {}): Promise<Variant> {
  const file = `${specsFolder}/accelerators/${name}.yaml`;
  let text = await readFile(file, "utf8");
  for (const [key, value] of Object.entries(changes))
    text = text.replace(new RegExp(`^${key}: .*$`, "m"), `${key}: ${value}`);
  const accelerator = await parseAccelerator(SpecSource.parse(text, file));
  return { accelerator, plan: planAccelerator(accelerator) };
}
