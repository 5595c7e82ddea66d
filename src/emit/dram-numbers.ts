import type { Board } from "../spec/board.ts";
import { mostLanes } from "./sim-protocol.ts";

/** In the order of DramNumbers in dram_port.hpp; times in ps. None where the board says nothing of how its memory behaves. */
export function dramNumbers({ memory: { model } }: Board, mhz: number): number[] {
  if (!model) return [];
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
