import { readFile } from "node:fs/promises";
import { packageRoot, specsFolder } from "../paths.ts";
import { planAccelerator, type Variant } from "../plan/plan.ts";
import { parseAccelerator } from "../spec/accelerator.ts";
import { SpecSource } from "../spec/source.ts";

export const sampleModel = `${packageRoot}hw-tests/data/kjv-2.5m/kjv2.5M-q2_k.gguf`;

/** A variant of specs/accelerators, with some of its keys changed or added. */
export async function variant(name: string, changes: Record<string, string | number> = {}): Promise<Variant> {
  const file = `${specsFolder}/accelerators/${name}.yaml`;
  let text = await readFile(file, "utf8");
  for (const [key, value] of Object.entries(changes)) {
    const line = new RegExp(`^${key}: .*$`, "m");
    const changed = `${key}: ${value}`;
    text = line.test(text) ? text.replace(line, changed) : `${text}${changed}\n`;
  }
  const accelerator = await parseAccelerator(SpecSource.parse(text, file));
  return { accelerator, plan: planAccelerator(accelerator) };
}
