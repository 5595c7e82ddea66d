import type { Parameters } from "../plan/plan.ts";

/** A stream of the dataflow region. */
interface Stream {
  name: string;
  /** Of an array of streams, as C++ has it. */
  dimension: string;
  /** Name of its depth in bfq_config.hpp. */
  depth: string;
}

/** Every stream of the top function, in the order of the processes. */
export function streams(lanes: readonly number[]): Stream[] {
  const one = (name: string, depth: string, dimension = ""): Stream => ({ name, dimension, depth });
  return [
    one("jobs", "JOB_DEPTH"),
    one("load_jobs", "JOB_DEPTH"),
    one("gather_jobs", "JOB_DEPTH"),
    one("write_jobs", "JOB_DEPTH"),
    ...lanes.flatMap((lane) => [
      one(`read_jobs_${lane}`, "JOB_DEPTH"),
      one(`hold_jobs_${lane}`, "JOB_DEPTH"),
      one(`split_jobs_${lane}`, "JOB_DEPTH"),
      one(`factor_jobs_${lane}`, "JOB_DEPTH"),
      one(`multiply_jobs_${lane}`, "JOB_DEPTH"),
      one(`accumulate_jobs_${lane}`, "JOB_DEPTH"),
      one(`loads_${lane}`, "LOAD_DEPTH"),
      one(`tiles_${lane}`, "TILE_DEPTH"),
      one(`d_${lane}`, "D_DEPTH"),
      one(`dmin_${lane}`, "D_DEPTH"),
      one(`scale_planes_${lane}`, "SCALE_DEPTH"),
      one(`min_planes_${lane}`, "MIN_DEPTH"),
      one(`codes_${lane}`, "CODE_DEPTH"),
      one(`factors_${lane}`, "FACTOR_DEPTH"),
      one(`activations_${lane}`, "ACTIVATION_DEPTH", "[COLUMNS]"),
      one(`scales_${lane}`, "ACTIVATION_SCALE_DEPTH", "[COLUMNS]"),
      one(`sums_${lane}`, "SUM_DEPTH", "[COLUMNS * PARTS]"),
      one(`results_${lane}`, "RESULT_DEPTH", "[COLUMNS]"),
      one(`total_${lane}`, "STATUS_DEPTH"),
    ]),
    one("gathered", "GATHER_DEPTH"),
    one("finished", "STATUS_DEPTH"),
  ];
}

/** A named depth in elements, with how it was found: that goes into bfq_config.hpp as a comment. */
interface Depth {
  name: string;
  value: number;
  reason: string;
}

/** Row tiles that are written column by column; RUN_TILES in bfq_types.hpp. */
const runTiles = 16;

/** Depths of all streams. Half of each (or less) is what the order of reads needs; the rest lets neighbours run on. */
export function streamDepths(parameters: Parameters): Depth[] {
  const { LANES, SCALE_BITS, MIN_BITS, D_BITS, MIN_STEP_LOG2, DESC_WORDS, FP_UNITS } = parameters;
  const dSection = (D_BITS * (256 >> MIN_STEP_LOG2)) / 16;
  const rowBeats = FP_UNITS > 1 ? 4 : 8;
  const laneRun = 2 * Math.ceil(runTiles / LANES);
  const depth = (name: string, value: number, reason: string): Depth => ({ name, value: Math.max(value, 2), reason });
  return [
    depth("JOB_DEPTH", 2 * DESC_WORDS, "two jobs: hold_activations needs job i + 1 while all others have job i"),
    depth("LOAD_DEPTH", 64, "one burst of activations"),
    depth("TILE_DEPTH", 64, "one burst of weights"),
    depth("D_DEPTH", 2 * dSection, "a tile's longest section d comes whole before its first step, twice"),
    depth("SCALE_DEPTH", 2 * SCALE_BITS, "the section scale comes whole before the first min, twice"),
    depth("MIN_DEPTH", 2 * MIN_BITS, "the section min comes whole before the first code, twice"),
    depth("CODE_DEPTH", 32, "two groups of 64 columns with 4-bit codes"),
    depth("FACTOR_DEPTH", 16, "the row steps of two groups"),
    depth("ACTIVATION_DEPTH", 18, "one record: two groups ahead and the two that are multiplied"),
    depth("ACTIVATION_SCALE_DEPTH", 4, "two words come before a tile's first step, twice"),
    depth("SUM_DEPTH", 2 * rowBeats, "all rows of step 0 drain before the first row of step 1, twice"),
    depth("RESULT_DEPTH", 2 * laneRun, "a run of row tiles is read one column after the other, twice"),
    depth("GATHER_DEPTH", 2 * runTiles, "one burst of results"),
    depth("STATUS_DEPTH", 2, "one word a run"),
  ];
}
