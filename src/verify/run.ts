import { machineOption, memoryMode } from "../emit/sim-protocol.ts";
import { wordBytes } from "../plan/interface.ts";
import type { MachineParameters } from "../plan/parameters.ts";
import { buildImage, type Image, type Job, outputBits } from "../repack/image.ts";
import type { Machine, RunResult } from "../sim/machine.ts";

/** Starts a machine with a memory of the given size. */
export type StartMachine = (memoryBytes: number) => Promise<Machine>;

export interface ListRun {
  /** Each job's fp32 bits, columns x rows. */
  outputs: Uint32Array[];
  result: RunResult;
  /** Cycles of each job run alone on the same started machine; empty where the engine has no cycles. */
  cycles: number[];
}

/**
 * Runs jobs as one descriptor list, then, on an engine with cycles, each job alone on the same machine.
 * @param stallSeed random latency and stalls on every channel; 0 for none
 */
export async function runJobs(
  start: StartMachine,
  jobs: readonly Job[],
  parameters: MachineParameters,
  stallSeed = 0,
): Promise<ListRun> {
  const image = buildImage(jobs, parameters);
  const machine = await start(image.bytes);
  try {
    if (stallSeed !== 0) {
      machine.option(machineOption.stallSeed, stallSeed);
      machine.option(machineOption.memoryMode, memoryMode.randomLatency);
    }
    const { outputs, result } = await runImage(machine, image);
    const cycles: number[] = [];
    if (result.cycles > 0 && result.status === 0) {
      for (let i = 0; i < jobs.length; i++) {
        const alone = await machine.run(image.descriptors + i * parameters.DESC_WORDS * wordBytes, 1);
        cycles.push(alone.cycles);
      }
    }
    return { outputs, result, cycles };
  } finally {
    await machine.close();
  }
}

/** Writes an image, runs its list and reads the outputs back. */
export async function runImage(machine: Machine, image: Image): Promise<{ outputs: Uint32Array[]; result: RunResult }> {
  for (const { address, bytes } of image.chunks) machine.write(address, bytes);
  const result = await machine.run(image.descriptors, image.count);
  const outputs: Uint32Array[] = [];
  for (const region of image.outputs) {
    outputs.push(outputBits(region, await machine.read(region.address, region.columns * region.stride * 4)));
  }
  return { outputs, result };
}
