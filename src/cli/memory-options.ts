import type { Argv } from "yargs";
import { boardMemory, idealMemory, type MemoryTiming } from "../estimate/timing.ts";
import type { Plan } from "../plan/plan.ts";

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
