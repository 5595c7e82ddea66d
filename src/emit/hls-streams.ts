import type { Parameters } from "../plan/parameters.ts";

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
      one(`assemble_jobs_${lane}`, "JOB_DEPTH"),
      one(`replay_jobs_${lane}`, "JOB_DEPTH"),
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
      one(`planes_${lane}`, "PLANE_DEPTH", "[STEP_WORDS]"),
      one(`step_planes_${lane}`, "STEP_DEPTH", "[STEP_WORDS]"),
      one(`step_factors_${lane}`, "STEP_DEPTH"),
      one(`activations_${lane}`, "ACTIVATION_DEPTH", "[COLUMNS]"),
      one(`scales_${lane}`, "ACTIVATION_SCALE_DEPTH", "[COLUMNS]"),
      one(`sums_${lane}`, "SUM_DEPTH", "[COLUMNS * PARTS]"),
      one(`results_${lane}`, "RESULT_DEPTH", "[PASS_COLUMNS]"),
      one(`total_${lane}`, "STATUS_DEPTH"),
    ]),
    one("gathered", "GATHER_DEPTH"),
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

/** Row tiles that are written column by column; RUN_TILES in bfq_types.hpp. */
const runTiles = 16;

/** Depths of all streams: mostly twice what is needed, so that a process runs on while its neighbour waits. */
export function streamDepths(parameters: Parameters): Depth[] {
  const { LANES, REPLAY, CODE_BITS, SCALE_BITS, MIN_BITS, D_BITS, MIN_STEP_LOG2, DESC_WORDS, FP_UNITS } = parameters;
  const dSection = (D_BITS * (256 >> MIN_STEP_LOG2)) / 16;
  const stepBeats = FP_UNITS > 1 ? 4 : 8;
  const ahead = REPLAY > 1 ? 32 : 16;
  const laneRun = 2 * Math.ceil(runTiles / LANES);
  const depth = (name: string, value: number, needed: number, reason: string): Depth => ({
    name,
    value: Math.max(value, 2),
    needed: Math.max(needed, 1),
    reason,
  });
  return [
    depth("JOB_DEPTH", 2 * DESC_WORDS, DESC_WORDS, "hold_activations needs job i + 1 while all others have job i"),
    depth("LOAD_DEPTH", 64, 1, "one burst of activations"),
    depth("TILE_DEPTH", 64, 1, "one burst of weights"),
    depth(
      "D_DEPTH",
      2 * dSection,
      Math.ceil(dSection * 1.25),
      "a section d stands before its tile's scales, the last group of the tile before goes on after those: 5/4 sections",
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
    depth("ACTIVATION_DEPTH", 18, 1, "the codes and sums of a record"),
    depth("ACTIVATION_SCALE_DEPTH", 4, 2, "a record's two words of scales come before its codes"),
    depth("SUM_DEPTH", 2 * stepBeats, stepBeats, "all rows of one step drain before the first row of the next"),
    depth("RESULT_DEPTH", 2 * laneRun, laneRun, "a run of row tiles is read one column after the other"),
    depth("GATHER_DEPTH", 2 * runTiles, 1, "one burst of results"),
    depth("STATUS_DEPTH", 2, 1, "one word a run"),
  ];
}
