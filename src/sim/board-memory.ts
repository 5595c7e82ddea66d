import { dramNumbers } from "../emit/dram-numbers.ts";
import { machineOption, memoryMode } from "../emit/sim-protocol.ts";
import { userError } from "../problem.ts";
import type { Board } from "../spec/board.ts";
import type { Machine } from "./machine.ts";

/**
 * Gives an `rtl` machine the board's memory. Its numbers are fitted to published figures: no board was used
 * (docs/memory.md). Ports are those of the lanes (HP0..), and one for activations, descriptors and output.
 */
export function useBoardMemory(machine: Machine, board: Board, mhz = board.clock.mhz): void {
  const numbers = dramNumbers(board, mhz);
  if (numbers.length === 0) {
    throw userError("no-memory-model", `board ${board.name} says nothing of how its memory behaves`, {
      fix: "add memory.model to its YAML file; specs/modules/k26.yaml has one",
    });
  }
  for (const [i, value] of numbers.entries()) machine.option(machineOption.dramNumbers + i, value);
  machine.option(machineOption.memoryMode, memoryMode.board);
}
