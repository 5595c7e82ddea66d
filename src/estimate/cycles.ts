import { planeColumns, rowSteps, tileColumns, tileRows } from "../plan/interface.ts";
import type { MachineParameters } from "../plan/parameters.ts";
import type { Plan } from "../plan/plan.ts";
import { activationRecord } from "../plan/record.ts";
import { passColumns } from "./fit.ts";
import { type MemoryTiming, machineTiming } from "./timing.ts";
import type { Matmul } from "./workload.ts";

/** What sets the pace of a MatMul. */
export type Pace = "stream" | "memory" | "multipliers" | "fp32" | "writer";

/** Where the cycles of one descriptor go: gap, stream, memory and compute sum up to `cycles`. */
export interface MatmulCycles {
  name: string;
  /** From the last weights of the descriptor before (or the start of the run) to its first: loads, checks. */
  gap: number;
  /** Weights of the busiest lane, a word per cycle. */
  stream: number;
  /** What the memory takes beyond a word per cycle. */
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
}

/** One run over all rows with the columns that fit the machine at once. */
interface Pass {
  matmul: number;
  columns: number;
  kTiles: number;
  /** Of all lanes. */
  allRowTiles: number;
  /** Of the busiest lane, which is lane 0. */
  rowTiles: number;
  /** Lanes that have a tile in the last round. */
  lastLanes: number;
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
  return new Stages(matmuls, plan, memory, prefetched).run();
}

/** Ends of the passes so far, stage by stage, in cycles from the start; a pass is sent to all stages when their queues have room for it. */
class Stages {
  private sent = 0;
  private loaded = 0;
  private streamed = 0;
  private storeAhead = 0;
  private supplied = 0;
  private stepped = 0;
  private shortWrites = 0; // a cycle of the last pass
  private added = 0;
  private written = 0;
  private readonly halves: [number, number] = [0, 0]; // when the halves of the activation buffer come free, the older one first
  private readonly writes: [number, number] = [0, 0]; // when the places of the writer's queue come free, likewise
  private codebook: readonly number[] | undefined; // in the lanes' tables
  // Descriptors and activations share a read port. A descriptor is asked for when the one before it goes to the check.
  private readonly fetch: number;
  private fetched: number; // the descriptor after those so far
  private portFree: number;
  private readonly parameters: MachineParameters;
  private readonly passes: Pass[];
  private readonly results: MatmulCycles[];

  constructor(
    private readonly matmuls: readonly Matmul[],
    private readonly plan: Plan,
    private readonly memory: MemoryTiming,
    private readonly prefetched: boolean,
  ) {
    const { parameters } = plan;
    this.parameters = parameters;
    this.fetch = memory.latency + machineTiming.fetch + parameters.DESC_WORDS;
    this.fetched = machineTiming.start + this.fetch;
    this.portFree = this.fetched;
    this.passes = matmuls.flatMap((matmul, index) => passesOf(matmul, index, parameters));
    this.results = matmuls.map(({ name }): MatmulCycles => {
      return { name, gap: 0, stream: 0, memory: 0, compute: 0, cycles: 0, limit: "stream" };
    });
  }

  run(): RunCycles {
    for (const [index, pass] of this.passes.entries()) this.runPass(pass, index);
    const cycles = Math.round(this.written + machineTiming.drain + this.memory.writeLatency);
    return { cycles, start: this.results[0].gap, drain: cycles - this.stepped, matmuls: this.results };
  }

  private runPass(pass: Pass, index: number): void {
    const checked = this.check(pass, index);
    this.load(pass, checked);
    const weightsThere = this.prefetched && index === 0 ? 0 : checked + this.memory.latency;
    const { ready, begin } = this.dispatch(pass, weightsThere);
    const work = passWork(this.matmuls[pass.matmul], pass, this.plan, this.memory);
    this.supply(pass, this.passes.at(index + 1), work, { weightsThere, ready, begin });
    this.compute(pass, work, begin);
  }

  /** @returns when the pass is known to be sound */
  private check(pass: Pass, index: number): number {
    let checked = this.sent + machineTiming.pass;
    if (index === 0 || this.passes[index - 1].matmul !== pass.matmul) {
      const arrived = Math.max(this.sent, this.fetched);
      checked = arrived + checkCycles(pass, this.parameters);
      if (pass.matmul + 1 < this.matmuls.length)
        this.portFree = this.fetched = Math.max(arrived, this.portFree) + this.fetch;
    }
    this.sent = Math.max(checked, this.loaded, this.writes[0]);
    return checked;
  }

  /** The pass's activations. */
  private load(pass: Pass, checked: number): void {
    if (pass.reuse) {
      this.loaded = Math.max(this.loaded, checked) + machineTiming.announce;
      return;
    }
    const { memory, halves } = this;
    const begins = Math.max(this.loaded, checked, halves[0], this.portFree);
    // While the pass before is at work, its short writes take turns from the load: they share a port of the controller.
    const slower = memory.loadWait * this.shortWrites;
    const beside = Math.min(recordWords(pass), Math.max(0, this.stepped - begins - memory.latency) / (1 + slower));
    this.loaded = begins + loadCycles(pass, memory) + beside * slower;
    this.portFree = this.loaded;
    halves[0] = halves[1];
  }

  /** When the lanes have all that they wait for, and when they begin. */
  private dispatch(pass: Pass, weightsThere: number): { ready: number; begin: number } {
    const { format } = this.matmuls[pass.matmul];
    const timing = machineTiming;
    // A codebook is compared first, and written if it is new, when the row steps of the pass before are done.
    const entries = format.codebook ? this.parameters.CODEBOOK + timing.codebook : 0;
    const isNew = entries > 0 && format.codebook !== this.codebook;
    if (entries > 0) this.codebook = format.codebook;
    const dispatched = this.loaded - loadedLate(pass) + timing.dispatch + (isNew ? 2 : 1) * entries;
    const ready = Math.max(dispatched, weightsThere + timing.firstWord);
    return { ready, begin: Math.max(ready, this.stepped + (isNew ? entries : 0)) };
  }

  /** The pass's weights, through the lanes and out of the memory. */
  private supply(
    pass: Pass,
    next: Pass | undefined,
    work: PassWork,
    { weightsThere, ready, begin }: { weightsThere: number; ready: number; begin: number },
  ): void {
    const { memory, parameters } = this;
    // Weights run ahead of their row steps by at most the tile store; the rest waits in the read buffers.
    this.streamed = Math.max(ready, this.streamed, this.stepped - this.storeAhead) + work.stream;
    // Meanwhile the next pass's activations are read and results are written.
    const load = next === undefined || next.reuse ? 0 : recordWords(next);
    const others = load * memory.loadCost + work.written + work.turns * memory.turnCost;
    // In step, the lanes all read until those with a row tile less are done; what else there is to do, is done by then.
    const shared = Math.min(others, work.sharedStream * memory.wordsPerCycle);
    const alone = work.stream - work.sharedStream;
    this.supplied =
      Math.max(this.supplied, weightsThere, begin - machineTiming.bufferWords) +
      Math.max(work.sharedStream, (parameters.LANES * work.sharedStream + shared) / memory.wordsPerCycle) +
      Math.max(alone, (pass.lastLanes * alone + others - shared) / memory.wordsPerCycle);
    const tiles = pass.rowTiles * pass.kTiles;
    this.storeAhead = parameters.REPLAY > 1 ? (machineTiming.storeTiles * work.multipliers) / tiles : 0;
  }

  /** Row steps, fp32 units and writer; the slowest of all stages says when the pass ends. */
  private compute(pass: Pass, work: PassWork, begin: number): void {
    const hasPaused = begin > this.stepped;
    // Row steps run ahead of the fp32 units by the ring of windows, and these ahead of the writer by the result FIFOs.
    this.added = Math.max(this.added, begin + (hasPaused ? work.firstWindow : 0)) + work.fp32;
    const rest = 1 - 1 / pass.rowTiles;
    const firstRowTile =
      Math.max(begin + work.multipliers / pass.rowTiles, this.streamed - work.stream * rest) - work.tail;
    this.written = Math.max(this.written, firstRowTile) + work.writer;
    const paces: [Pace, number][] = [
      ["stream", this.streamed],
      ["memory", this.supplied],
      ["multipliers", begin + work.multipliers + (hasPaused ? work.firstTile : 0)],
      ["fp32", this.added - work.sumsAhead],
      ["writer", this.written - work.resultsAhead],
    ];
    const [limit, end] = paces.reduce((worst, pace) => (pace[1] > worst[1] ? pace : worst));
    this.added = Math.max(this.added, end + work.window, this.streamed + work.tail + work.window);
    this.written = Math.max(this.written, this.added + work.lastRound);
    this.writes[0] = this.writes[1];
    this.writes[1] = this.written + machineTiming.results;
    this.account(this.results[pass.matmul], { begin, end, limit, stream: work.stream });
    this.shortWrites = pass.columns === 1 ? 0 : (pass.rowTiles * pass.columns) / Math.max(1, end - begin);
    this.stepped = end;
    this.halves[1] = end;
  }

  private account(
    result: MatmulCycles,
    { begin, end, limit, stream }: { begin: number; end: number; limit: Pace; stream: number },
  ): void {
    const slow = Math.max(0, end - begin - stream);
    result.gap += begin - this.stepped;
    result.stream += end - begin - slow;
    result[limit === "memory" ? "memory" : "compute"] += slow;
    result.cycles += end - this.stepped;
    if (slow > 0) result.limit = limit;
  }
}

function passesOf(
  { rows, k, columns, sameActivations }: Matmul,
  matmul: number,
  parameters: MachineParameters,
): Pass[] {
  const most = passColumns(parameters);
  const allRowTiles = Math.ceil(rows / tileRows);
  const rowTiles = Math.ceil(allRowTiles / parameters.LANES);
  const lastLanes = allRowTiles - (rowTiles - 1) * parameters.LANES;
  const kTiles = Math.ceil(k / tileColumns);
  const reuse = sameActivations && columns <= most; // else later passes have overwritten them
  return Array.from({ length: Math.ceil(columns / most) }, (_, i): Pass => {
    return { matmul, columns: Math.min(most, columns - i * most), kTiles, allRowTiles, rowTiles, lastLanes, reuse };
  });
}

/** From a descriptor to its first pass: two products, a bit of kTiles and of the lanes' row tiles per cycle. */
function checkCycles({ kTiles, allRowTiles }: Pass, { LANES }: MachineParameters): number {
  const bits = (value: number) => 32 - Math.clz32(value);
  return machineTiming.check + bits(kTiles) + bits(Math.floor(allRowTiles / LANES));
}

/** Words of a pass's activation records. */
const recordWords = ({ columns, kTiles }: Pass) => columns * kTiles * activationRecord.words;

/** Activation records of a pass: the columns follow each other without a gap. */
function loadCycles(pass: Pass, memory: MemoryTiming): number {
  return memory.latency + machineTiming.load + recordWords(pass);
}

/** Of a load, the words that come while the first K tile is at work: those of the last column beyond its first record. */
const loadedLate = ({ kTiles, reuse }: Pass) => (reuse ? 0 : (kTiles - 1) * activationRecord.words);

type PassWork = ReturnType<typeof passWork>;

/** Cycles of a pass in each stage; of the busiest lane. */
function passWork(matmul: Matmul, pass: Pass, { parameters, datapath }: Plan, memory: MemoryTiming) {
  const { columns, kTiles, allRowTiles, rowTiles, lastLanes } = pass;
  const { COLUMNS, LANES } = parameters;
  const { tileWords, steps } = matmul.format;
  const tiles = rowTiles * kTiles;
  const cyclesPerRowStep = datapath.cyclesPerRowStep[matmul.format.name];
  const walk = rowSteps * cyclesPerRowStep; // through a tile, for one batch of columns
  const batches = Math.ceil(columns / COLUMNS);
  const stepsOfTile = steps / tileRows;
  const stepsOfWindow = Math.ceil((stepsOfTile * planeColumns) / tileColumns);
  const windowsOfRowTile = (kTiles * stepsOfTile) / stepsOfWindow;
  const window = stepsOfWindow * floatCycles(Math.min(columns, COLUMNS), parameters);
  // Of one column all words are one write, in long bursts; of more each round of lanes.
  const isOneWrite = columns === 1;
  const columnCycles = (words: number) =>
    isOneWrite ? words : Math.max(words, memory.writeWait + memory.writeShare * words);
  const column = columnCycles(2 * LANES);
  const lastColumn = columnCycles(2 * lastLanes);
  const lastColumns = ((columns - 1) % COLUMNS) + 1;
  return {
    stream: tiles * tileWords,
    /** Of a lane, while all lanes have row tiles. */
    sharedStream: (rowTiles - (lastLanes < LANES ? 1 : 0)) * kTiles * tileWords,
    multipliers: tiles * walk * batches,
    fp32: tiles * stepsOfTile * floatCycles(columns, parameters),
    /** The steps of 8 rows and one batch of columns that are summed together: 64 columns of K, or one longer step. */
    window,
    /** Words until the first window is there, and its row steps. */
    firstWindow: (tileWords * stepsOfWindow) / stepsOfTile + tileRows * cyclesPerRowStep,
    /** What the ring of windows holds. */
    sumsAhead: (machineTiming.windows * stepsOfWindow * floatCycles(columns, parameters)) / batches,
    /** With nothing on chip yet, the first walk takes as long as its tile's words. */
    firstTile: batches > 1 ? Math.max(0, tileWords - walk) : 0,
    /** All batches but the first go through the last tile when its words are there. */
    tail: walk * (batches - 1),
    /** Words, and how often the memory turns from reads to writes for them. */
    written: 2 * allRowTiles * columns,
    turns: isOneWrite ? (2 * allRowTiles) / machineTiming.writeBurst : (rowTiles * columns) / memory.writeBatch,
    writer: ((rowTiles - 1) * column + lastColumn) * columns,
    /** Columns of the last batch follow each other through fp32 units and writer. */
    lastRound: lastColumns * lastColumn - window * (1 - 1 / lastColumns),
    /** What windows and FIFOs hold of results. */
    resultsAhead:
      (resultBatches(COLUMNS) + machineTiming.windows / windowsOfRowTile) * Math.min(columns, COLUMNS) * column,
  };
}

/** Row tiles of one batch of columns on their way out: 32 words in the FIFO behind the fp32 units, then the writer's. */
const resultBatches = (columns: number) => 32 / (2 * columns) + 2;

/** Cycles that the fp32 units take for a step of a tile's 8 rows. */
function floatCycles(columns: number, { COLUMNS, UNIT_ROWS, UNIT_COLUMNS, FP_INTERVAL }: MachineParameters): number {
  const turns =
    Math.floor(columns / COLUMNS) * (COLUMNS / UNIT_COLUMNS) + Math.ceil((columns % COLUMNS) / UNIT_COLUMNS);
  return ((turns * tileRows) / UNIT_ROWS) * FP_INTERVAL;
}
