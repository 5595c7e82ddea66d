import { machineOption, memoryMode, mostLanes } from "../emit/sim-protocol.ts";
import { userError } from "../problem.ts";
import type { Board } from "../spec/board.ts";
import type { Machine } from "./machine.ts";

/**
 * Gives an `rtl` machine the board's memory. Its numbers are fitted to published figures: no board was used
 * (docs/memory.md). Ports are those of the lanes (HP0..), and one for activations, descriptors and output.
 */
export function useBoardMemory(machine: Machine, board: Board, mhz = board.clock.mhz): void {
  for (const [i, value] of boardNumbers(board, mhz).entries()) machine.option(machineOption.dramNumbers + i, value);
  machine.option(machineOption.memoryMode, memoryMode.board);
}

/** In the order of DramNumbers in dram.hpp; times in ps. */
export function boardNumbers({ name, clock, memory }: Board, mhz = clock.mhz): number[] {
  const { model } = memory;
  if (!model) {
    throw userError("no-memory-model", `board ${name} says nothing of how its memory behaves`, {
      fix: "add memory.model to its YAML file; specs/modules/k26.yaml has one",
    });
  }
  const { dram, controller, port } = model;
  const ps = (ns: number) => Math.round(ns * 1000);
  return [
    Math.round(1e6 / mhz),
    ps(dram.burst),
    ps(dram.activate),
    ps(dram.precharge),
    ps(dram["row-cycle"]),
    ps(dram["read-to-precharge"]),
    ps(dram.column),
    ps(dram["refresh-interval"]),
    ps(dram.refresh),
    ps(dram["read-to-write"]),
    ps(dram["write-to-read"]),
    dram["row-bytes"],
    dram.banks,
    ps(controller.burst),
    controller.queue,
    controller["row-streak"],
    ps(controller["longest-wait"]),
    controller["write-batch"],
    ps(port.request),
    ps(port.reply),
    port.commands,
    port.slice,
    port.words,
    controller.shared,
    ...Array.from({ length: mostLanes }, (_, lane) => controller.lanes[lane % controller.lanes.length]),
  ];
}
