import type { Parameters } from "../plan/plan.ts";
import { buildImage, type Job, outputBits } from "../repack/image.ts";
import type { Machine, RunResult } from "../sim/machine.ts";

/** Starts a machine with a memory of the given size. */
export type StartMachine = (memoryBytes: number) => Promise<Machine>;

/** Runs jobs as one descriptor list. @returns each job's fp32 bits, columns x rows, and the run's counters */
export async function runJobs(
  start: StartMachine,
  jobs: readonly Job[],
  parameters: Parameters,
): Promise<{ outputs: Uint32Array[]; result: RunResult }> {
  const image = buildImage(jobs, parameters);
  const machine = await start(image.bytes);
  try {
    for (const { address, bytes } of image.chunks) machine.write(address, bytes);
    const result = await machine.run(image.descriptors, image.count);
    const outputs: Uint32Array[] = [];
    for (const region of image.outputs) {
      const bytes = await machine.read(region.address, region.columns * region.stride * 4);
      outputs.push(outputBits(region, bytes));
    }
    return { outputs, result };
  } finally {
    await machine.close();
  }
}
