import type { Board } from "../spec/board.ts";

/** Cycles of the machine's own parts, measured on the RTL with ideal memory (hw-tests/estimate.test.ts holds them true). */
export const machineTiming = {
  /** From the start bit to the first descriptor's passes, without the memory's latency: fetch, check, two products. */
  start: 21,
  /** Between the passes of one descriptor, and between descriptors. */
  pass: 1,
  descriptor: 40,
  /** Before and after the reads of the activation loader. */
  load: 9,
  /** From loaded activations to the first weights taken. */
  dispatch: 5,
  firstWord: 10,
  /** Idle cycles of the writer for each column. */
  writeColumn: 0,
  /** Words that the reader of a lane holds. */
  bufferWords: 512,
  /** Tiles that a lane holds for replay. */
  storeTiles: 2,
  /** Windows of sums between row steps and fp32 units. */
  windows: 4,
  /** From the last weights to done, without the memory's latency: dot products, fp32, results, end of the run. */
  drain: 50,
} as const;

/** What the cycle model knows of a memory. */
export interface MemoryTiming {
  name: string;
  /** Cycles from a read request to its first word, and from the last written word to its response. */
  latency: number;
  writeLatency: number;
  /** Words a cycle that each weight port gets while all of them stream. */
  wordsPerCycle: number;
  /** The same for activations. */
  loadWordsPerCycle: number;
}

/** Memory without stalls (templates/sim/rtl/axi_behaviour.hpp). */
export const idealMemory: MemoryTiming = {
  name: "ideal",
  latency: 30,
  writeLatency: 30,
  wordsPerCycle: 1,
  loadWordsPerCycle: 1,
};

/** The board's memory (specs/boards) as the cycle model sees it: latencies of its parts, the rate of all ports together. */
export function boardMemory({ clock, memory }: Board): MemoryTiming {
  const { model } = memory;
  if (!model) return idealMemory;
  const { dram, port } = model;
  const cycles = (ns: number) => Math.ceil((ns * clock.mhz) / 1000);
  const latency = cycles(port.request + dram.activate + dram.column + dram.burst + port.reply);
  return { name: "board", latency, writeLatency: latency, wordsPerCycle: 1, loadWordsPerCycle: 1 };
}
