import { bufferWords, longestBurst, openBursts } from "../plan/masters.ts";
import type { Board } from "../spec/board.ts";

/** Cycles of the machine's own parts, measured on the RTL with ideal memory (hw-tests/estimate.test.ts holds them true). */
export const machineTiming = {
  /** From the start bit to the read of the first descriptor. */
  start: 5,
  /** Of a descriptor's read, beside the memory's latency and its words. */
  fetch: 7,
  /** From a descriptor to its first pass, beside the bits of two products. */
  check: 9,
  /** Between the passes of one descriptor. */
  pass: 1,
  /** Before and after the reads of the activation loader. */
  load: 9,
  /** Of a pass with the activations of the one before. */
  announce: 3,
  /** Of a codebook, beside a cycle an entry. */
  codebook: 2,
  /** From the activations of the first K tile, of all columns, to the first weights taken. */
  dispatch: 5,
  firstWord: 10,
  /** Words that the reader of a lane holds. */
  bufferWords: bufferWords({ reads: openBursts.weights }),
  /** Tiles that a lane holds for replay. */
  storeTiles: 2,
  /** Windows of sums between row steps and fp32 units. */
  windows: 4,
  /** Words that gather before they are written. */
  writeBurst: longestBurst,
  /** From the last weights to their results at the writer. */
  results: 45,
  /** From the last weights to done, without the memory's latency: dot products, fp32, results, end of the run. */
  drain: 50,
} as const;

/** What the cycle model knows of a memory. */
export interface MemoryTiming {
  name: string;
  /** Cycles from a read request to its first word, and from the last written word to its response. */
  latency: number;
  writeLatency: number;
  /** Words per cycle that all ports together can read. */
  wordsPerCycle: number;
  /** In weight words that could have been read instead: the cost of one activation word, and of one read-write turnaround. */
  loadCost: number;
  /** Cycles by which a short write holds up a load beside it, a word of it in each such cycle. */
  loadWait: number;
  turnCost: number;
  /** Short writes between two such turns. */
  writeBatch: number;
  /** Cycles from one short write to the next while there is something to read: these, and a part of its words. */
  writeWait: number;
  writeShare: number;
}

/** Memory without stalls (templates/sim/rtl/axi_behaviour.hpp). */
export const idealMemory: MemoryTiming = {
  name: "ideal",
  latency: 30,
  writeLatency: 30,
  wordsPerCycle: Number.POSITIVE_INFINITY,
  loadCost: 0,
  loadWait: 0,
  turnCost: 0,
  writeBatch: 1,
  writeWait: 0,
  writeShare: 0,
};

/** The board's memory (docs/memory.md) as the cycle model sees it, from the numbers of the board spec. */
export function boardMemory({ clock, memory }: Board, mhz = clock.mhz): MemoryTiming {
  const { model } = memory;
  if (!model) return idealMemory;
  const { dram, controller, port } = model;
  const cycles = (ns: number) => (ns * mhz) / 1000;
  const latency = Math.ceil(cycles(port.request + dram.activate + dram.column + dram.burst + port.reply));
  const peak = burstWords / cycles(dram.burst);
  const refresh = (dram.precharge + dram.refresh) / dram["refresh-interval"];
  // Writes go in batches: the data bus turns twice, a row is opened for them, and not closed for the next reads before its time.
  const batch = controller["write-batch"];
  const turn = cycles(
    dram["read-to-write"] + dram["write-to-read"] + dram.precharge + dram.activate + dram["row-cycle"],
  );
  return {
    name: "board",
    latency,
    writeLatency: latency,
    wordsPerCycle: peak * (1 - refresh),
    // Fitted to the RTL, as is loadWait: an activation lies in a lane's bank, whose row is closed and opened again for it.
    loadCost: 1.05,
    loadWait: 11,
    turnCost: turn * peak,
    writeBatch: batch,
    // The writes that are open go together, and the next are asked for when these are answered. Fitted: the share of their words.
    writeWait: (latency + turn) / port.commands,
    writeShare: 0.4,
  };
}

/** 128-bit words in 64 bytes. */
const burstWords = 4;
