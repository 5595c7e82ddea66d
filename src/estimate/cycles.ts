import { activationRecord, planeColumns, tileColumns, tileRows } from "../plan/interface.ts";
import type { Parameters, Plan } from "../plan/plan.ts";
import { type MemoryTiming, machineTiming } from "./timing.ts";
import type { Matmul } from "./workload.ts";

/** What sets the pace of a MatMul. */
export type Pace = "stream" | "memory" | "multipliers" | "fp32" | "writer";

/** Where the cycles of one descriptor go: gap, stream, memory and compute sum up to `cycles`. */
export interface MatmulCycles {
  name: string;
  /** From the last weights of the descriptor before (or the start of the run) to its first: loads, checks. */
  gap: number;
  /** Weights of the busiest lane, a word a cycle. */
  stream: number;
  /** What the memory takes beyond a word a cycle. */
  memory: number;
  /** What arithmetic or the writer take beyond the stream. */
  compute: number;
  cycles: number;
  limit: Pace;
}

export interface RunCycles {
  /** From start to done. */
  cycles: number;
  /** Until the first weights enter the lanes. */
  start: number;
  /** From the last weights to done. */
  drain: number;
  matmuls: MatmulCycles[];
  /** Cycles in which all multipliers would have done the active columns' work. */
  multiplierCycles: number;
}

/** One run over all rows with the columns that fit the machine at once. */
interface Pass {
  matmul: number;
  columns: number;
  kTiles: number;
  /** Of the busiest lane, which is lane 0. */
  rowTiles: number;
  reuse: boolean;
}

/**
 * Cycles of one descriptor list from start to done, as the RTL counts them. Passes follow each other through loader,
 * row steps, fp32 units and writer; in each stage a pass begins when the stage is free and its input is there.
 * @param prefetched the read buffers hold the first weights at the start
 */
export function estimateRun(
  matmuls: readonly Matmul[],
  plan: Plan,
  memory: MemoryTiming,
  prefetched = false,
): RunCycles {
  const { parameters } = plan;
  const timing = machineTiming;
  const passes = matmuls.flatMap((matmul, index) => passesOf(matmul, index, parameters));
  const results = matmuls.map(({ name }): MatmulCycles => {
    return { name, gap: 0, stream: 0, memory: 0, compute: 0, cycles: 0, limit: "stream" };
  });

  // Ends of the passes so far, stage by stage; a pass is sent when its descriptor is checked.
  let sent = timing.start + memory.latency + parameters.DESC_WORDS;
  let loaded = 0;
  let supplied = 0;
  let stepped = 0;
  let added = 0;
  let written = 0;
  let multiplierCycles = 0;
  const halves: [number, number] = [0, 0]; // when the halves of the activation buffer come free, the older one first

  passes.forEach((pass, index) => {
    const matmul = matmuls[pass.matmul];
    if (index > 0) sent += passes[index - 1].matmul === pass.matmul ? timing.pass : timing.descriptor;
    if (!pass.reuse) {
      loaded = Math.max(loaded, sent, halves[0]) + loadCycles(pass, memory);
      halves[0] = halves[1];
    }
    const weightsThere = prefetched && index === 0 ? 0 : sent + memory.latency;
    const begin = Math.max(loaded + timing.dispatch, stepped, weightsThere + timing.firstWord);
    const work = passWork(matmul, pass, parameters);

    // Weights run ahead of the lanes by as much as the read buffers hold.
    const ahead = Math.max(0, work.stream - timing.bufferWords);
    supplied = Math.max(
      Math.max(supplied, weightsThere) + work.stream / memory.wordsPerCycle,
      begin + ahead / memory.wordsPerCycle,
    );
    // Row steps run ahead of the fp32 units by the ring of windows, and these ahead of the writer by the result FIFOs.
    added = Math.max(added, begin) + work.fp32;
    written = Math.max(written, begin) + work.writer;
    const paces: [Pace, number][] = [
      ["stream", begin + work.stream],
      ["memory", supplied],
      ["multipliers", begin + work.multipliers],
      ["fp32", added - timing.windows * work.window],
      ["writer", written - timing.resultRounds * work.round],
    ];
    const [limit, end] = paces.reduce((worst, pace) => (pace[1] > worst[1] ? pace : worst));
    added = Math.max(added, end + work.window);
    written = Math.max(written, added + work.round);

    const result = results[pass.matmul];
    const slow = end - begin - work.stream;
    result.gap += begin - stepped;
    result.stream += work.stream;
    result[limit === "memory" ? "memory" : "compute"] += slow;
    result.cycles += end - stepped;
    if (slow > 0) result.limit = limit;
    multiplierCycles += work.active;
    stepped = end;
    halves[1] = end;
  });
  const cycles = Math.round(written + timing.drain + memory.writeLatency);
  return { cycles, start: results[0].gap, drain: cycles - stepped, matmuls: results, multiplierCycles };
}

function passesOf({ rows, k, columns, sameActivations }: Matmul, matmul: number, parameters: Parameters): Pass[] {
  const most = parameters.COLUMNS;
  const rowTiles = Math.ceil(Math.ceil(rows / tileRows) / parameters.LANES);
  const kTiles = Math.ceil(k / tileColumns);
  const reuse = sameActivations && columns <= most; // else later passes have overwritten them
  return Array.from({ length: Math.ceil(columns / most) }, (_, i): Pass => {
    return { matmul, columns: Math.min(most, columns - i * most), kTiles, rowTiles, reuse };
  });
}

/** Activation records of a pass: the columns follow each other without a gap. */
function loadCycles({ columns, kTiles }: Pass, memory: MemoryTiming): number {
  return memory.latency + machineTiming.load + (columns * kTiles * activationRecord.words) / memory.loadWordsPerCycle;
}

/** Cycles of a pass in each stage; of the busiest lane. */
function passWork(matmul: Matmul, { columns, kTiles, rowTiles }: Pass, parameters: Parameters) {
  const { COLUMNS, LANES } = parameters;
  const { tileWords, steps } = matmul.format;
  const tiles = rowTiles * kTiles;
  const rowSteps = tileRows * (tileColumns / planeColumns);
  const step = floatCycles(columns, parameters);
  const stepsOfTile = steps / tileRows;
  const stepsOfWindow = Math.ceil((stepsOfTile * planeColumns) / tileColumns);
  const round = columns * (2 * LANES + machineTiming.writeColumn);
  return {
    stream: tiles * tileWords,
    multipliers: tiles * rowSteps * Math.ceil(columns / COLUMNS),
    active: (tiles * rowSteps * columns) / COLUMNS,
    fp32: tiles * stepsOfTile * step,
    /** The steps of 8 rows that are summed together: 64 columns of K, or one longer step. */
    window: stepsOfWindow * step,
    writer: rowTiles * round,
    /** One row tile of every lane. */
    round,
  };
}

/** Cycles that the fp32 units take for one step of a tile's 8 rows; two units share the rows, more share the columns. */
function floatCycles(columns: number, { COLUMNS, FP_UNITS }: Parameters): number {
  const unitRows = FP_UNITS === 1 ? 1 : 2;
  const unitColumns = Math.min(COLUMNS, 2 ** Math.floor(Math.log2(FP_UNITS / unitRows)));
  const wholeGroups = Math.floor(columns / COLUMNS);
  const turns = wholeGroups * (COLUMNS / unitColumns) + Math.ceil((columns % COLUMNS) / unitColumns);
  return (turns * tileRows) / unitRows;
}
