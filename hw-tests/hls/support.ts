import { join } from "node:path";
import type { GeneratedFile } from "../../src/emit/emitter.ts";
import { hlsEmitter } from "../../src/emit/hls.ts";
import { specsFolder } from "../../src/paths.ts";
import { derivedParameters, type MachineParameters } from "../../src/plan/parameters.ts";
import { type Plan, planAccelerator } from "../../src/plan/plan.ts";
import { readAccelerator } from "../../src/spec/accelerator.ts";

/** A plan of the whole envelope; tests change single parameters. */
export async function planWith(changes: Partial<MachineParameters> = {}): Promise<Plan> {
  const plan = planAccelerator(await readAccelerator(join(specsFolder, "accelerators", "everything.yaml")));
  const parameters = { ...plan.parameters, ...changes };
  return { ...plan, parameters: { ...parameters, ...derivedParameters(parameters) } };
}

export async function kernelFiles(changes: Partial<MachineParameters> = {}): Promise<GeneratedFile[]> {
  return hlsEmitter.files(await planWith(changes));
}

/** Widest parameters that the interface allows. */
export const widest: Partial<MachineParameters> = {
  MAX_K_TILES: 6,
  CODE_BITS: 8,
  LEVEL_BITS: 9,
  CODEBOOK: 64,
  SCALE_BITS: 8,
  SCALE_WIDTH: 9,
  MIN_BITS: 8,
  MIN_WIDTH: 9,
  HAS_MIN: 1,
  D_TYPES: 63,
  D_BITS: 32,
  MIN_STEP_LOG2: 4,
  ISUM_BITS: 32,
  MSUM_BITS: 32,
  DESC_WORDS: 10,
};
