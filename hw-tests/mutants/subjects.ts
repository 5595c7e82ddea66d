import { latency } from "../rtl/latency.ts";
import type { ModuleBench } from "./benches.ts";

/** A bench that is named after its module. */
const unit = (name: string, parameters: Record<string, number> = {}): ModuleBench => ({
  top: `bfq_${name}`,
  bench: `${name}_tb.cpp`,
  parameters,
});

const units = { COLUMNS: 4, UNIT_COLUMNS: 2, UNIT_ROWS: 2 };

const envelope = {
  ...{ MAX_K_TILES: 8, CODE_BITS: 6, LEVEL_BITS: 7, CODEBOOK: 16, SCALE_BITS: 6, SCALE_WIDTH: 7 },
  ...{ MIN_BITS: 4, MIN_WIDTH: 6, HAS_MIN: 1, D_TYPES: 0b111111, D_BITS: 32, MIN_STEP_LOG2: 5 },
};

const step = { ISUM_BITS: 32, MSUM_BITS: 32, HAS_MIN: 1, D_BITS: 24 };

/** What a module belongs to in the report. */
export type Area = "decode" | "gearbox" | "dot product" | "scales" | "fp32" | "AXI" | "streams" | "control";

/**
 * Modules with a bench in ../rtl, in a wide form that the bench takes. bfq_shift_add is mutated within levels16 and factors.
 */
export const subjects: { area: Area; bench: ModuleBench }[] = [
  { area: "gearbox", bench: unit("code_gearbox", { CODE_BITS: 8 }) },
  { area: "gearbox", bench: unit("replay_store", { WIDTH: 32 }) },
  { area: "decode", bench: unit("levels16", { CODE_BITS: 6, LEVEL_BITS: 8, CODEBOOK: 16 }) },
  { area: "decode", bench: unit("byte_select") },
  { area: "decode", bench: unit("codebook_writer", { CODEBOOK: 16 }) },
  { area: "decode", bench: unit("tile_demux", { NOTE_BITS: 7 }) },
  { area: "decode", bench: unit("tile_walks", { REPLAY: 3, MAX_K_TILES: 8, NOTE_BITS: 6, ADDRESS_BITS: 10 }) },
  { area: "dot product", bench: unit("dot16", { LEVEL_BITS: 9, CHAIN: 4, PAIR: 1 }) },
  { area: "dot product", bench: unit("activation_column", { ACT_WORDS: 80, DA_BLOCKS: 2 }) },
  { area: "dot product", bench: unit("activation_fetch", { ADDRESS_BITS: 7 }) },
  {
    area: "scales",
    bench: unit("step_sums", { X_BITS: 19, S_BITS: 10, SUM_BITS: 32, SUBS: 4, BANKS: 1, NEGATED: 1 }),
  },
  { area: "scales", bench: unit("factors", { BITS: 8, WIDTH: 10 }) },
  { area: "scales", bench: unit("d_store", { SECTIONS: 2 }) },
  { area: "scales", bench: unit("d_select", { ROWS: 2, ROW: 1, D_TYPES: 63 }) },
  {
    area: "fp32",
    bench: {
      top: "bfq_fp32_mul",
      bench: "fp32_tb.cpp",
      parameters: { B_BITS: 24 },
      defines: { UNIT_MUL: 1, LATENCY: latency("FP32_MUL") },
    },
  },
  {
    area: "fp32",
    bench: {
      top: "bfq_fp32_add",
      bench: "fp32_tb.cpp",
      parameters: { OTHERS: 1 },
      defines: { UNIT_ADD: 1, LATENCY: latency("FP32_ADD") },
    },
  },
  {
    area: "fp32",
    bench: { ...unit("int_to_fp32", { INT_WIDTH: 32 }), defines: { LATENCY: latency("INT_TO_FP32") } },
  },
  { area: "fp32", bench: { ...unit("to_fp32", { D_TYPES: 63 }), defines: { LATENCY: latency("TO_FP32") } } },
  { area: "fp32", bench: unit("step_float", { ...step, SHARED: 0, ACCUMULATORS: 8, DISTANCE: 8 }) },
  { area: "fp32", bench: unit("step_float", { ...step, SHARED: 1, ACCUMULATORS: 8, DISTANCE: 16 }) },
  {
    area: "fp32",
    bench: unit("floats", { ...units, INTERVAL: 1, D_TYPES: 63, ISUM_BITS: 32, MSUM_BITS: 30, HAS_MIN: 1 }),
  },
  { area: "AXI", bench: unit("axi_read", { MAX_BURST: 64, OUTSTANDING: 8, WORDS_BITS: 20 }) },
  { area: "AXI", bench: unit("axi_write", { MAX_BURST: 64, OUTSTANDING: 8, WORDS_BITS: 14 }) },
  {
    area: "AXI",
    bench: unit("axi_lite", {
      LANES: 4,
      CONFIG_HASH: 0x9e3779b9,
      INTERFACE_VERSION: 0x7f4a7c15,
      CAPABILITIES: 0x81c2a3f4,
    }),
  },
  {
    area: "streams",
    bench: {
      top: "bfq_fifo",
      bench: "stream_tb.cpp",
      parameters: { WIDTH: 32, DEPTH_LOG2: 5 },
      defines: { DELAY: 1, CAPACITY: 32, INTERVAL: 1 },
    },
  },
  {
    area: "streams",
    bench: {
      top: "bfq_fifo_block",
      bench: "stream_tb.cpp",
      parameters: { WIDTH: 32, DEPTH_LOG2: 9 },
      defines: { DELAY: 3, CAPACITY: 514, INTERVAL: 1 },
    },
  },
  { area: "streams", bench: unit("delay", { WIDTH: 8, STAGES: 3 }) },
  { area: "control", bench: unit("descriptor_fetch", { DESC_WORDS: 10 }) },
  { area: "control", bench: unit("descriptor_check", envelope) },
  {
    area: "control",
    bench: {
      ...unit("sequencer", { ...envelope, MAX_K_TILES: 65535, LANES: 4, COLUMNS: 2, REPLAY: 3, DESC_WORDS: 7 }),
      spared: ["bfq_descriptor_check"],
    },
  },
  { area: "control", bench: unit("run_control", { TIMEOUT_LOG2: 11, QUIET_LOG2: 9 }) },
  { area: "control", bench: unit("read_mux") },
  { area: "control", bench: unit("activation_loader", { LANES: 4, COLUMNS: 2, REPLAY: 3, MAX_K_TILES: 500 }) },
  { area: "control", bench: unit("dispatcher", { LANES: 4 }) },
  { area: "control", bench: unit("weight_port") },
  { area: "control", bench: unit("pace", { LANES: 4, LEAD: 2 }) },
  { area: "control", bench: unit("writer", { LANES: 4 }) },
  { area: "control", bench: unit("row_steps", { BATCH_BITS: 2 }) },
  { area: "control", bench: unit("drain", { ...units, REPLAY: 3, INTERVAL: 2, D_TYPES: 63 }) },
  { area: "control", bench: unit("result_pack", { COLUMNS: 8, UNIT_COLUMNS: 2, UNIT_ROWS: 1 }) },
  {
    area: "control",
    bench: {
      top: "bfq_lane",
      bench: "lane_tb.cpp",
      parameters: {
        ...{ CODE_BITS: 8, LEVEL_BITS: 9, CODEBOOK: 16, SCALE_BITS: 8, SCALE_WIDTH: 10, MIN_BITS: 8, MIN_WIDTH: 10 },
        ...{
          HAS_MIN: 1,
          D_TYPES: 63,
          MIN_STEP_LOG2: 4,
          ISUM_BITS: 32,
          MSUM_BITS: 32,
          COLUMNS: 1,
          REPLAY: 2,
          FP_UNITS: 1,
          MAX_K_TILES: 5,
        },
      },
      defines: { ROUNDS: 30 },
    },
  },
];
