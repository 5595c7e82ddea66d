import { describe } from "vitest";
import { testBenches, testDefects, unit } from "./bench-tests.ts";
import type { Bench, Mutation } from "./verilate.ts";

/** How the fp32 units share columns and rows. */
const units = (columns: number, unitColumns: number, unitRows: number) => ({
  COLUMNS: columns,
  UNIT_COLUMNS: unitColumns,
  UNIT_ROWS: unitRows,
});

const full = {
  CODE_BITS: 8,
  LEVEL_BITS: 9,
  CODEBOOK: 16,
  SCALE_BITS: 8,
  SCALE_WIDTH: 10,
  MIN_BITS: 8,
  MIN_WIDTH: 10,
  HAS_MIN: 1,
  D_TYPES: 63,
  MIN_STEP_LOG2: 4,
  ISUM_BITS: 32,
  MSUM_BITS: 32,
};
/** The envelope of q2_K and q3_K. */
const fBfq = {
  CODE_BITS: 3,
  LEVEL_BITS: 3,
  CODEBOOK: 0,
  SCALE_BITS: 6,
  SCALE_WIDTH: 6,
  MIN_BITS: 4,
  MIN_WIDTH: 5,
  HAS_MIN: 1,
  D_TYPES: 1,
  MIN_STEP_LOG2: 8,
  ISUM_BITS: 24,
  MSUM_BITS: 20,
};
/** The envelope of q4_0 alone: no stored factors, no mins. */
const plain = {
  CODE_BITS: 4,
  LEVEL_BITS: 4,
  CODEBOOK: 0,
  SCALE_BITS: 0,
  SCALE_WIDTH: 2,
  MIN_BITS: 0,
  MIN_WIDTH: 1,
  HAS_MIN: 0,
  D_TYPES: 1,
  MIN_STEP_LOG2: 5,
  ISUM_BITS: 17,
  MSUM_BITS: 1,
};
/** The envelope of q2_K to q6_K. */
const kQuants = {
  ...{ ...fBfq, CODE_BITS: 6, LEVEL_BITS: 6, SCALE_BITS: 8, SCALE_WIDTH: 8 },
  ...{ MIN_BITS: 6, MIN_WIDTH: 7, ISUM_BITS: 29, MSUM_BITS: 22 },
};
/** `rounds` of random jobs after the named formats. */
const lane = (
  envelope: Record<string, number>,
  columns: number,
  fpUnits: number,
  kTiles: number,
  replay = 1,
  rounds = 30,
  fpInterval = 1,
): Bench => ({
  top: "bfq_lane",
  bench: "lane_tb.cpp",
  parameters: {
    ...envelope,
    ...{ COLUMNS: columns, REPLAY: replay, FP_UNITS: fpUnits, FP_INTERVAL: fpInterval, MAX_K_TILES: kTiles },
  },
  defines: { ROUNDS: rounds },
});

const twoUnits = lane({ ...full, CODEBOOK: 64 }, 1, 2, 5);
const replayed = lane(full, 2, 2, 3, 3);
const prompts = lane(kQuants, 4, 1, 8, 3, 12);

const gearbox = (bits: number) => unit("code_gearbox", { CODE_BITS: bits });
const unpack = (bits: number, rows: number, trits: 0 | 1) =>
  unit("unpack", { CODE_BITS: bits, TABLE_ROWS: rows, TRITS: trits });
const levels = unit("levels16", { CODE_BITS: 6, LEVEL_BITS: 8, CODEBOOK: 16 });
const wideLevels = unit("levels16", { CODE_BITS: 8, LEVEL_BITS: 9, CODEBOOK: 64 });
const chain = (bits: number, length: number, pair: number) =>
  unit("dot_chain", { LEVEL_BITS: bits, LENGTH: length, PAIR: pair });
const dot = (bits: number, chainLength: number, pair: number) =>
  unit("dot16", { LEVEL_BITS: bits, CHAIN: chainLength, PAIR: pair });
const sums = unit("step_sums", { X_BITS: 19, S_BITS: 10, SUM_BITS: 32, SUBS: 4, BANKS: 1, NEGATED: 1 });
/** The same bench of the same module, as synthesis sees it. */
const primitives = (bench: Bench): Bench => ({ ...bench, primitives: true });
const factors = unit("factors", { BITS: 8, WIDTH: 10 });
const fetch = unit("activation_fetch", { ADDRESS_BITS: 7 });
const column = unit("activation_column", { ACT_WORDS: 80, DA_BLOCKS: 2 });
const walks = unit("tile_walks", { REPLAY: 3, MAX_K_TILES: 5, NOTE_BITS: 6, ADDRESS_BITS: 10 });
const store = unit("replay_store", { WIDTH: 32 });
const demux = unit("tile_demux", { NOTE_BITS: 7 });
const codebook = unit("codebook_writer", { CODEBOOK: 16 });
const rowSteps = unit("row_steps", { BATCH_BITS: 2 });
const dStore = (sections: number) => unit("d_store", { SECTIONS: sections });
const dSelect = (rows: number, row: number, types: number) =>
  unit("d_select", { ROWS: rows, ROW: row, D_TYPES: types });
const float = unit("step_float", {
  ...{ ISUM_BITS: 32, MSUM_BITS: 32, HAS_MIN: 1, SHARED: 0, D_BITS: 24, ACCUMULATORS: 8, DISTANCE: 8 },
});
const shortFloat = unit("step_float", {
  ...{ ISUM_BITS: 20, MSUM_BITS: 1, HAS_MIN: 0, SHARED: 0, D_BITS: 11, ACCUMULATORS: 4, DISTANCE: 4 },
});
const sharedFloat = unit("step_float", {
  ...{ ISUM_BITS: 24, MSUM_BITS: 1, HAS_MIN: 1, SHARED: 1, D_BITS: 11, ACCUMULATORS: 8, DISTANCE: 16 },
});
const drain = (shape: Record<string, number>, types: number, replay = 1, interval = 1) =>
  unit("drain", { ...shape, REPLAY: replay, INTERVAL: interval, D_TYPES: types });
const floats = (shape: Record<string, number>, types: number, interval = 1) =>
  unit("floats", { ...shape, INTERVAL: interval, D_TYPES: types, ISUM_BITS: 32, MSUM_BITS: 30, HAS_MIN: 1 });
const pack = (shape: Record<string, number>) => unit("result_pack", shape);

const benches: Bench[] = [
  unit("delay", { WIDTH: 8, STAGES: 3 }),
  unit("byte_select"),
  unit("shift_add", { IN_BITS: 3, OUT_BITS: 5 }),
  unit("shift_add", { IN_BITS: 8, OUT_BITS: 3 }),
  ...[1, 3, 8].map(gearbox),
  unpack(6, 1024, 1),
  unpack(4, 2048, 0),
  unpack(2, 0, 1),
  levels,
  wideLevels,
  unit("levels16", { CODE_BITS: 3, LEVEL_BITS: 3, CODEBOOK: 0 }),
  ...[chain(9, 4, 1), chain(8, 8, 1), chain(3, 8, 0)].flatMap((bench) => [bench, primitives(bench)]),
  dot(8, 8, 1),
  dot(9, 4, 1),
  dot(3, 8, 0),
  ...[
    sums,
    unit("step_sums", { X_BITS: 16, S_BITS: 5, SUM_BITS: 20, SUBS: 2, BANKS: 1, NEGATED: 0 }),
    unit("step_sums", { X_BITS: 15, S_BITS: 6, SUM_BITS: 24, SUBS: 1, BANKS: 2, NEGATED: 1 }),
  ].flatMap((bench) => [bench, primitives(bench)]),
  factors,
  unit("factors", { BITS: 4, WIDTH: 5 }),
  unit("factors", { BITS: 0, WIDTH: 2 }),
  fetch,
  column,
  unit("activation_column", { ACT_WORDS: 1280, DA_BLOCKS: 1 }),
  walks,
  unit("tile_walks", { REPLAY: 1, MAX_K_TILES: 3, NOTE_BITS: 6, ADDRESS_BITS: 7 }),
  store,
  demux,
  codebook,
  rowSteps,
  ...[1, 2].map(dStore),
  ...[1, 4, 8, 63].map((types) => dSelect(1, 0, types)),
  ...[1, 57, 63].flatMap((types) => [dSelect(2, 0, types), dSelect(2, 1, types)]),
  float,
  shortFloat,
  sharedFloat,
  unit("step_float", {
    ...{ ISUM_BITS: 29, MSUM_BITS: 1, HAS_MIN: 1, SHARED: 1, D_BITS: 24, ACCUMULATORS: 4, DISTANCE: 8 },
  }),
  unit("step_float", {
    ...{ ISUM_BITS: 29, MSUM_BITS: 22, HAS_MIN: 1, SHARED: 0, D_BITS: 11, ACCUMULATORS: 16, DISTANCE: 4 },
  }),
  unit("step_float", {
    ...{ ISUM_BITS: 29, MSUM_BITS: 22, HAS_MIN: 1, SHARED: 0, D_BITS: 11, ACCUMULATORS: 96, DISTANCE: 8 },
  }),
  drain(units(1, 1, 1), 63),
  drain(units(4, 2, 2), 63),
  drain(units(8, 2, 1), 0b011000),
  drain(units(4, 1, 1), 1, 3),
  drain(units(2, 2, 2), 63, 4),
  drain(units(1, 1, 1), 1, 5),
  drain(units(4, 2, 2), 63, 1, 2),
  drain(units(1, 1, 1), 1, 3, 2),
  floats(units(1, 1, 1), 63),
  floats(units(4, 2, 2), 63),
  floats(units(4, 1, 1), 1),
  floats(units(1, 1, 1), 1, 2),
  floats(units(2, 1, 2), 63, 2),
  pack(units(1, 1, 1)),
  pack(units(4, 2, 2)),
  pack(units(8, 2, 1)),
  lane(fBfq, 1, 1, 8),
  lane(fBfq, 1, 1, 8, 1, 30, 2),
  lane(plain, 1, 1, 8),
  lane(full, 1, 1, 5),
  twoUnits,
  lane({ ...full, MIN_STEP_LOG2: 5 }, 2, 4, 3),
  lane({ ...full, CODEBOOK: 32 }, 4, 2, 3, 1, 12),
  replayed,
  prompts,
  lane({ ...full, MIN_STEP_LOG2: 5 }, 1, 1, 4, 4),
];

/** Defects that their bench must find, each a mistake that is easily made. */
const mutants: [Bench, Mutation][] = [
  [gearbox(3), { file: "bfq_code_gearbox.sv", from: "position[0] ? spare", to: "position[1] ? spare" }],
  [gearbox(8), { file: "bfq_code_gearbox.sv", from: "if (unused) plane <= 64'd0;\n          else ", to: "" }],
  [gearbox(8), { file: "bfq_code_gearbox.sv", from: "b % 2 == 0 ? even : odd", to: "b % 4 == 0 ? even : odd" }],
  [gearbox(8), { file: "bfq_code_gearbox.sv", from: "load && word_valid && !spare_whole;", to: "load && word_valid;" }],
  [unpack(6, 1024, 1), { file: "bfq_unpack.sv", from: "{even, own[6:0]}", to: "{1'b0, own[6:0]}" }],
  [unpack(6, 1024, 1), { file: "bfq_unpack.sv", from: "highs & {24{uses_aux}}", to: "highs" }],
  [unpack(6, 1024, 1), { file: "bfq_unpack.sv", from: "(indexed || at_work == 2'd0)", to: "1'b1" }],
  [unpack(6, 1024, 1), { file: "bfq_aux_planes.sv", from: "filled && (!set_valid || set_done)", to: "filled" }],
  [unpack(6, 1024, 1), { file: "bfq_aux_planes.sv", from: "word_highs <= 2'(i)", to: "word_highs < 2'(i)" }],
  [unpack(6, 1024, 1), { file: "bfq_grid_decode.sv", from: "odd_2[J] ? odd", to: "odd_1[J] ? odd" }],
  [unpack(2, 0, 1), { file: "bfq_trits.sv", from: "both ? b[1:0]", to: "both ? b[5:4]" }],
  [levels, { file: "bfq_levels16.sv", from: "i < g + 7 &&", to: "i < g + 6 &&" }],
  [wideLevels, { file: "bfq_levels16.sv", from: "$signed(entries[index])", to: "entries[index]" }],
  // In the bodies for simulators, and in what synthesis takes.
  [chain(9, 4, 1), { file: "bfq_dot_chain.sv", from: "if (swap) present", to: "present" }],
  [
    primitives(chain(8, 8, 1)),
    { file: "bfq_dot_chain.sv", from: "low = {!total[17], total[16:0]}", to: "low = total[17:0]" },
  ],
  ...[chain(9, 4, 1), chain(8, 8, 1)].map(primitives).flatMap((bench): [Bench, Mutation][] => [
    [bench, { file: "bfq_dot_chain.sv", from: "48'hFFFF_FFFE_0000", to: "48'hFFFF_FFFE_0001" }],
    [bench, { file: "bfq_dot_chain.sv", from: ".present(swaps[i/2])", to: ".present(swap)" }],
    [bench, { file: "bfq_dot_chain.sv", from: "i / 2 == 0 ? 1 : 2", to: "1" }],
    [bench, { file: "bfq_dot_chain.sv", from: "second[7], second, 18'd0", to: "1'b0, second, 18'd0" }],
    [bench, { file: "bfq_dsp.sv", from: ".INMODE(5'b00100)", to: ".INMODE(5'b00000)" }],
    [bench, { file: "bfq_dsp.sv", from: "4'b0011 :", to: "4'b0000 :" }],
  ]),
  [primitives(chain(8, 8, 1)), { file: "bfq_dot_chain.sv", from: "STAGES(i / 2 - 1)", to: "STAGES(1)" }],
  [dot(9, 4, 1), { file: "bfq_dot16.sv", from: "sums[(3*COLUMNS+c)", to: "sums[(2*COLUMNS+c)" }],
  [sums, { file: "bfq_step_sums.sv", from: "so_far_3 <= start_2 ?", to: "so_far_3 <= start_2 && row_2 != 3'd5 ?" }],
  [sums, { file: "bfq_step_sums.sv", from: "split_4 != 2'd0 ?", to: "split_4[1] ?" }],
  [
    sums,
    {
      file: "bfq_step_sums.sv",
      from: "{where_5, where_4, where_4, where_3}",
      to: "{where_5, where_4, where_4, where_4}",
    },
  ],
  [primitives(sums), { file: "bfq_step_sums.sv", from: "start_2 ? 3'b000", to: "start_2 && row_2 != 3'd5 ? 3'b000" }],
  [primitives(sums), { file: "bfq_step_sums.sv", from: "z_2 = split_3 != 2'd0 ?", to: "z_2 = split_3[1] ?" }],
  [primitives(sums), { file: "bfq_step_sums.sv", from: ".B_REGISTERS(2)", to: ".B_REGISTERS(1)" }],
  [factors, { file: "bfq_scale_planes.sv", from: "(word_end || walk_end)", to: "word_end" }],
  [factors, { file: "bfq_scale_planes.sv", from: "staged && (!present || set_done)", to: "staged" }],
  [fetch, { file: "bfq_activation_fetch.sv", from: "staged && prepared &&", to: "staged &&" }],
  [
    rowSteps,
    {
      file: "bfq_row_steps.sv",
      from: "start            = step_valid && step_ready",
      to: "start            = step_valid",
    },
  ],
  [fetch, { file: "bfq_activation_fetch.sv", from: "(out_empty || !staged)", to: "1'b1" }],
  [fetch, { file: "bfq_activation_fetch.sv", from: "walk_release && last_of_walk", to: "walk_release" }],
  [column, { file: "bfq_activation_column.sv", from: "stage_high ? word[127:64]", to: "!stage_high ? word[127:64]" }],
  [demux, { file: "bfq_tile_demux.sv", from: "(!first_word || tile_ready)", to: "1'b1" }],
  [demux, { file: "bfq_tile_demux.sv", from: "k_last && row_tile == row_tiles", to: "k_last" }],
  // Replay: what must wait for a tile's last walk, and what must begin again with each.
  [factors, { file: "bfq_replay_fifo.sv", from: "pop && !keep", to: "pop" }],
  [factors, { file: "bfq_factors.sv", from: ".rewind(token_ready && !token_last)", to: ".rewind(1'b0)" }],
  [store, { file: "bfq_replay_store.sv", from: "{1'b0, tile_end && last}", to: "{1'b0, tile_end}" }],
  [store, { file: "bfq_replay_store.sv", from: "read && last;", to: "read;" }],
  [store, { file: "bfq_replay_store.sv", from: "fills = next_write ==", to: "fills = write_count ==" }],
  [store, { file: "bfq_replay_store.sv", from: "walking && ahead", to: "walking" }],
  [walks, { file: "bfq_tile_walks.sv", from: "walk_ready && walk_last) walk_valid", to: "walk_ready) walk_valid" }],
  [walks, { file: "bfq_tile_walks.sv", from: "tile_half ? HALF", to: "tile_half ? BATCH" }],
  [walks, { file: "bfq_tile_walks.sv", from: "(tile_k_first ? none : next_missing)", to: "none" }],
  [walks, { file: "bfq_tile_walks.sv", from: "(tile_k_first ? none : next_missing)", to: "next_missing" }],
  [walks, { file: "bfq_tile_walks.sv", from: "next_tile >= limit", to: "next_tile > limit" }],
  [walks, { file: "bfq_tile_walks.sv", from: "tile_half == loading_half", to: "1'b1" }],
  [rowSteps, { file: "bfq_row_steps.sv", from: "walk_batch, walk_last\n", to: "walk_batch, walk_k_last\n" }],
  [
    drain(units(4, 1, 1), 1, 3),
    { file: "bfq_drain.sv", from: "window_batch_last ? job_last_column", to: "1'b1 ? job_last_column" },
  ],
  [drain(units(4, 1, 1), 1, 3), { file: "bfq_drain.sv", from: "4'd0 && window_batch_last", to: "4'd0" }],
  [
    replayed,
    {
      file: "bfq_lane_products.sv",
      from: "walk_job_last && walk_last, walk_address",
      to: "walk_job_last, walk_address",
    },
  ],
  [
    replayed,
    { file: "bfq_lane_products.sv", from: "walk_job_last && walk_last, walk_batch", to: "walk_job_last, walk_batch" },
  ],
  [codebook, { file: "bfq_codebook_writer.sv", from: "(!writing || idle)", to: "1'b1" }],
  [codebook, { file: "bfq_codebook_writer.sv", from: "!known || wanted", to: "wanted" }],
  [codebook, { file: "bfq_codebook_writer.sv", from: "&& !entry_valid", to: "" }],
  [codebook, { file: "bfq_codebook_writer.sv", from: "if (rst || job_take)", to: "if (rst)" }],
  [rowSteps, { file: "bfq_row_steps.sv", from: "!used[3]", to: "1'b1" }],
  [rowSteps, { file: "bfq_row_steps.sv", from: "walk_k_last && last_window", to: "walk_k_last" }],
  [dStore(1), { file: "bfq_d_store.sv", from: "ready <= held < 6'd32", to: "ready <= 1'b1" }],
  [dStore(2), { file: "bfq_d_store.sv", from: "first_turn || shared", to: "first_turn" }],
  [dSelect(2, 1, 57), { file: "bfq_d_select.sv", from: "is_one ? one", to: "1'b0 ? one" }],
  [float, { file: "bfq_step_float.sv", from: "subtrahend_off <= !use_soon ||", to: "subtrahend_off <=" }],
  [float, { file: "bfq_step_float.sv", from: "!min_product[31])", to: "min_product[31])" }],
  [shortFloat, { file: "bfq_step_float.sv", from: "fresh ? sum : ", to: "" }],
  [sharedFloat, { file: "bfq_step_float.sv", from: "if (step_off) step <= 35'd0;\n          else ", to: "" }],
  [
    sharedFloat,
    { file: "bfq_step_float.sv", from: "first_soon || (SHARED != 0 && !flight[STEP-3])", to: "first_soon" },
  ],
  [drain(units(4, 2, 2), 63), { file: "bfq_drain.sv", from: "(!window_k_last || row_tile_ready)", to: "1'b1" }],
  [drain(units(1, 1, 1), 63), { file: "bfq_drain.sv", from: "{2'd0, element}", to: "{1'b0, element, 1'b0}" }],
  [floats(units(4, 2, 2), 63), { file: "bfq_floats.sv", from: "min_is_d ? piece", to: "min_mode_1[1] ? piece" }],
  [
    floats(units(1, 1, 1), 1, 2),
    { file: "bfq_floats.sv", from: "SHARED != 0 && read_min ? min_bias_1", to: "1'b0 ? min_bias_1" },
  ],
  [drain(units(4, 2, 2), 63, 1, 2), { file: "bfq_drain.sv", from: "in_turn && window_valid", to: "window_valid" }],
  [
    pack(units(4, 2, 2)),
    { file: "bfq_result_pack.sv", from: "DEPTH_LOG2(WORDS_LOG2 + TOKENS_LOG2)", to: "DEPTH_LOG2(TOKENS_LOG2)" },
  ],
  [pack(units(1, 1, 1)), { file: "bfq_result_pack.sv", from: "job_last && row_tile_end;", to: "row_tile_end;" }],
  // Mistakes in the lane itself: what belongs together is apart by a cycle, or a job's field by a job.
  [lane(fBfq, 1, 1, 8), { file: "bfq_products_multipliers.sv", from: "STAGES(LATENCY - 1)", to: "STAGES(LATENCY)" }],
  [
    twoUnits,
    { file: "bfq_lane_products.sv", from: "complete = completing[TO_RING-1]", to: "complete = start && step_end" },
  ],
  [
    lane(fBfq, 1, 1, 8),
    { file: "bfq_lane_products.sv", from: "walk_release && walk_job_last &&", to: "walk_release &&" },
  ],
  [replayed, { file: "bfq_lane_jobs.sv", from: ".loading(act_loading)", to: ".loading(1'b0)" }],
  [
    replayed,
    { file: "bfq_lane_jobs.sv", from: ".loading_half(act_loading_half)", to: ".loading_half(!act_loading_half)" },
  ],
  [lane(full, 1, 1, 5), { file: "bfq_lane_jobs.sv", from: ".idle(step_ready && !step_job_valid)", to: ".idle(1'b1)" }],
];

// Outside truth: IEEE 754 by this machine for the fp32 unit. All else shows that the modules agree with a second reading of
// the device interface and of docs/numerics.md (lane_reference.hpp); the golden model judges the whole machine.
describe("Verilator benches of the lane", () => testBenches(benches));

describe("the benches find deliberate defects", () => testDefects(mutants));
