import type { Argv } from "yargs";
import { boardMemory, idealMemory, type MemoryTiming } from "../estimate/timing.ts";
import type { Plan } from "../plan/plan.ts";
import { userError } from "../problem.ts";
import type { Board } from "../spec/board.ts";

export interface MemoryOptions {
  memory: string;
}

export const withMemory = <T>(yargs: Argv<T>) =>
  yargs.option("memory", {
    choices: ["board", "ideal"],
    default: "board",
    describe: "the board's memory as published figures have it, or one without stalls",
  });

export function memoryTiming({ memory }: MemoryOptions, { board, clockMHz }: Plan): MemoryTiming {
  return memory === "board" ? boardMemory(board, clockMHz) : idealMemory;
}

/** Microseconds that the host needs from the end of a run to the next start. */
export function hostGap({ name, "host-gap": gap }: Board): number {
  if (gap !== undefined) return gap;
  throw userError("no-host-gap", `board ${name} has no host-gap`, {
    fix: "add it to its YAML file, as specs/modules/k26.yaml has it",
  });
}
