import type { MachineParameters } from "../plan/parameters.ts";
import { type SectionName, tileSections } from "../plan/sections.ts";

/** A stream of the dataflow region. */
interface Stream {
  name: string;
  /** Of an array of streams, as C++ has it. */
  dimension: string;
  /** Name of its depth in bfq_config.hpp. */
  depth: string;
  /** C++ type of an element. */
  type: string;
  /** What holds it: shift registers, or LUT RAM where it is deeper than one of them. */
  impl: "srl" | "lutram";
}

/** The streams of a tile's sections in each lane. */
const ofSection: Readonly<Record<SectionName, { name: string; depth: string }>> = {
  d: { name: "d", depth: "D_DEPTH" },
  dmin: { name: "dmin", depth: "D_DEPTH" },
  scale: { name: "scale_planes", depth: "SCALE_DEPTH" },
  min: { name: "min_planes", depth: "MIN_DEPTH" },
  code: { name: "codes", depth: "CODE_DEPTH" },
};

/** Their names without the lane, in the order of the sections. */
export const sectionStreams = tileSections.map(({ name }) => ofSection[name].name);

/** Places of a shift register in one LUT. */
const srlDepth = 32;

/** Every stream of the top function, in the order of the processes. */
export function streams(lanes: readonly number[], depths: readonly Depth[]): Stream[] {
  const one = (name: string, depth: string, dimension = "", type = "word_t"): Stream => {
    const places = depths.find((given) => given.name === depth)!.value;
    return { name, dimension, depth, type, impl: places > srlDepth ? "lutram" : "srl" };
  };
  return [
    one("jobs", "JOB_DEPTH"),
    one("load_jobs", "JOB_DEPTH"),
    one("gather_jobs", "JOB_DEPTH"),
    ...lanes.flatMap((lane) => [
      one(`read_jobs_${lane}`, "JOB_DEPTH"),
      one(`hold_jobs_${lane}`, "JOB_DEPTH"),
      one(`split_jobs_${lane}`, "JOB_DEPTH"),
      one(`factor_jobs_${lane}`, "JOB_DEPTH"),
      one(`assemble_jobs_${lane}`, "JOB_DEPTH"),
      one(`replay_jobs_${lane}`, "JOB_DEPTH"),
      one(`product_jobs_${lane}`, "JOB_DEPTH"),
      one(`step_jobs_${lane}`, "JOB_DEPTH"),
      one(`accumulate_jobs_${lane}`, "JOB_DEPTH"),
      one(`loads_${lane}`, "LOAD_DEPTH"),
      one(`tiles_${lane}`, "TILE_DEPTH"),
      ...tileSections.map((section) => one(`${ofSection[section.name].name}_${lane}`, ofSection[section.name].depth)),
      one(`factors_${lane}`, "FACTOR_DEPTH"),
      one(`planes_${lane}`, "PLANE_DEPTH", "[STEP_WORDS]"),
      one(`step_planes_${lane}`, "STEP_DEPTH", "[STEP_WORDS]"),
      one(`step_factors_${lane}`, "STEP_FACTOR_DEPTH"),
      one(`activations_${lane}`, "ACTIVATION_DEPTH", "[COLUMNS]"),
      one(`column_sums_${lane}`, "COLUMN_SUM_DEPTH", "[COLUMNS]"),
      one(`scales_${lane}`, "ACTIVATION_SCALE_DEPTH", "[COLUMNS]"),
      one(`dots_${lane}`, "STEP_DEPTH", "[COLUMNS]"),
      one(`sums_${lane}`, "SUM_DEPTH", "[COLUMNS * STEP_PARTS]", "step_sum_t"),
      one(`results_${lane}`, "RESULT_DEPTH", "[PASS_COLUMNS]"),
      one(`total_${lane}`, "STATUS_DEPTH"),
    ]),
    one("gathered", "GATHER_DEPTH"),
    one("bursts", "BURST_DEPTH"),
    one("finished", "STATUS_DEPTH"),
  ];
}

/** A named depth in elements. */
interface Depth {
  name: string;
  value: number;
  /** What the order of reads and writes needs: with less, some descriptor list deadlocks. */
  needed: number;
  /** How `needed` was found: a comment in bfq_config.hpp. */
  reason: string;
}

/** Row tiles of a burst of one column, and of one of several; BURST_TILES and RUN_TILES in bfq_types.hpp. */
const burstTiles = 32;
const runTiles = 16;

/** Row steps that are inside a datapath's products at once, at most: cycles from a row step's planes to its sums. */
const productLatency = 24;

/** Depths of all streams: mostly twice what is needed, so that a process runs on while its neighbour waits. */
export function streamDepths(parameters: MachineParameters): Depth[] {
  const { LANES, REPLAY, CODE_BITS, SCALE_BITS, MIN_BITS, D_BITS, MIN_STEP_LOG2, DESC_WORDS } = parameters;
  const dSection = Math.max(1, (D_BITS * (256 >> MIN_STEP_LOG2)) / 16);
  const dAhead = 1 + 1 / Math.min(4, 256 >> MIN_STEP_LOG2);
  const stepBeats = 8;
  const ahead = REPLAY > 1 ? 32 : 16;
  const laneRun = 2 * Math.ceil(runTiles / LANES);
  const depth = (name: string, value: number, needed: number, reason: string): Depth => ({
    name,
    value: Math.max(value, 2),
    needed: Math.max(needed, 1),
    reason,
  });
  return [
    depth(
      "JOB_DEPTH",
      2 * DESC_WORDS,
      2 * DESC_WORDS,
      "hold_activations needs job i + 1 while all others have job i; where its lane has no tiles of job i, job i + 2 before it takes activations that another lane waits for",
    ),
    depth("LOAD_DEPTH", 64, 1, "one burst of activations"),
    depth("TILE_DEPTH", 64, 1, "one burst of weights"),
    depth(
      "D_DEPTH",
      Math.max(2 * dSection, 3),
      Math.ceil(dSection * dAhead),
      "a section d stands before its tile's scales, and the last row steps of the tile before, with a step's d, go on after those: 5/4 sections, two with one step per tile; three tiles are in the pipeline",
    ),
    depth("SCALE_DEPTH", 2 * SCALE_BITS, SCALE_BITS, "a section scale stands before the first min"),
    depth("MIN_DEPTH", 2 * MIN_BITS, MIN_BITS, "a section min stands before the first code"),
    depth(
      "CODE_DEPTH",
      8 * CODE_BITS,
      4 * CODE_BITS,
      "a tile's last group goes on when the next tile's scales are there",
    ),
    depth(
      "FACTOR_DEPTH",
      ahead,
      1,
      REPLAY > 1 ? "a tile, while the one before is replayed" : "the row steps of two groups",
    ),
    depth("PLANE_DEPTH", ahead, 1, "the same"),
    depth("STEP_DEPTH", 2, 1, "one row step"),
    depth("STEP_FACTOR_DEPTH", productLatency, 1, "the row steps that are inside the products"),
    depth("ACTIVATION_DEPTH", 16, 1, "the codes of a record"),
    depth("COLUMN_SUM_DEPTH", 4, 1, "the sums of two records"),
    depth(
      "ACTIVATION_SCALE_DEPTH",
      4,
      3,
      "a record's two words of scales come before its codes, which the record before waits for",
    ),
    depth("SUM_DEPTH", 2 * stepBeats, stepBeats, "all rows of one step drain before the first row of the next"),
    depth("RESULT_DEPTH", 2 * laneRun, laneRun, "a run of row tiles is read one column after the other"),
    depth("GATHER_DEPTH", 4 * burstTiles, 2 * burstTiles, "a burst of results is whole before it begins"),
    depth("BURST_DEPTH", 2, 1, "a burst is written while the next one is gathered"),
    depth("STATUS_DEPTH", 2, 1, "one word a run"),
  ];
}
