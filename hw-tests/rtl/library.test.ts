import { describe } from "vitest";
import { testBenches, testDefects } from "./bench-tests.ts";
import { latency } from "./latency.ts";
import type { Bench, Mutation } from "./verilate.ts";

const mul = (bits: number): Bench => ({
  top: "bfq_fp32_mul",
  bench: "fp32_tb.cpp",
  parameters: { B_BITS: bits },
  defines: { UNIT_MUL: 1, LATENCY: latency(bits <= 17 ? "FP32_MUL_NARROW" : "FP32_MUL") },
});
const adder = (others: 0 | 1): Bench => ({
  top: "bfq_fp32_add",
  bench: "fp32_tb.cpp",
  parameters: { OTHERS: others },
  defines: { UNIT_ADD: 1, LATENCY: latency("FP32_ADD") },
});
const add = adder(1);
const fromInteger = (width: number): Bench => ({
  top: "bfq_int_to_fp32",
  bench: "int_to_fp32_tb.cpp",
  parameters: { INT_WIDTH: width },
  defines: { LATENCY: latency("INT_TO_FP32") },
});
const scale = (types: number): Bench => ({
  top: "bfq_to_fp32",
  bench: "to_fp32_tb.cpp",
  parameters: { D_TYPES: types },
  defines: { LATENCY: latency("TO_FP32") },
});
const fifo = (log2: number): Bench => ({
  top: "bfq_fifo",
  bench: "stream_tb.cpp",
  parameters: { WIDTH: 32, DEPTH_LOG2: log2 },
  defines: { DELAY: 1, CAPACITY: 1 << log2, INTERVAL: 1 },
});
const fifoBlock = (log2: number): Bench => ({
  top: "bfq_fifo_block",
  bench: "stream_tb.cpp",
  parameters: { WIDTH: 32, DEPTH_LOG2: log2 },
  defines: { DELAY: 3, CAPACITY: (1 << log2) + 2, INTERVAL: 1 },
});
const queue = (depth: number): Bench => ({
  top: "bfq_queue",
  bench: "stream_tb.cpp",
  parameters: { WIDTH: 32, DEPTH: depth },
  defines: { DELAY: depth, CAPACITY: depth, INTERVAL: 2 },
});
const axi = (direction: "read" | "write", burst: number, outstanding: number): Bench => ({
  top: `bfq_axi_${direction}`,
  bench: `axi_${direction}_tb.cpp`,
  parameters: { MAX_BURST: burst, OUTSTANDING: outstanding, WORDS_BITS: 20 },
});
const lite = (lanes: number): Bench => ({
  top: "bfq_axi_lite",
  bench: "axi_lite_tb.cpp",
  parameters: { LANES: lanes, CONFIG_HASH: 0x9e3779b9, INTERFACE_VERSION: 0x7f4a7c15, CAPABILITIES: 0x81c2a3f4 },
});

const benches: Bench[] = [
  ...[24, 11, 17].map(mul),
  ...[adder(0), add],
  ...[2, 16, 22, 24, 25, 29, 32].map(fromInteger),
  ...[63, 0b100101, 0b001010, 1, 0b111001].map(scale),
  ...[1, 5].map(fifo),
  ...[1, 9].map(fifoBlock),
  ...[1, 2, 3].map(queue),
  axi("read", 64, 8),
  axi("read", 256, 4),
  axi("read", 16, 2),
  axi("read", 2, 2),
  axi("write", 64, 8),
  axi("write", 256, 2),
  axi("write", 2, 4),
  ...[1, 4, 8].map(lite),
];

/** Defects that their bench must find, each a mistake that is easily made. */
const mutants: [Bench, Mutation][] = [
  [mul(24), { file: "bfq_fp32_mul.sv", from: " || subnormal;", to: ";" }],
  [mul(24), { file: "bfq_fp32_mul.sv", from: "(rest || fraction[0])", to: "rest" }],
  [mul(24), { file: "bfq_fp32_mul.sv", from: "!a_normal || !b_normal;", to: "!a_normal;" }],
  [mul(24), { file: "bfq_fp32_mul.sv", from: "(carry && product[5])", to: "product[5]" }],
  [mul(24), { file: "bfq_fp32_mul.sv", from: "is_0 && !carry", to: "is_0" }],
  [mul(24), { file: "bfq_fp32_product.sv", from: "low[16:0] != 17'd0", to: "low[15:0] != 16'd0" }],
  [mul(11), { file: "bfq_fp32_product.sv", from: "aligned[16:0] != 17'd0", to: "1'b0" }],
  [add, { file: "bfq_fp32_add.sv", from: "pairs_lost || by_pairs[0]", to: "pairs_lost" }],
  [add, { file: "bfq_fp32_add.sv", from: " || (distance[0] && by_pairs[1])", to: "" }],
  [add, { file: "bfq_fp32_add.sv", from: "(bytes[1] && middle_lost)", to: "(bytes[1] && low_lost)" }],
  [add, { file: "bfq_fp32_add.sv", from: "sign_1 && !differ_1", to: "sign_1" }],
  [add, { file: "bfq_fp32_add.sv", from: "distance[7:5] != 3'd0", to: "1'b0" }],
  [add, { file: "bfq_fp32_add.sv", from: "(swap || b_infinite) && !a_infinite", to: "swap" }],
  [add, { file: "bfq_fp32_pack.sv", from: "(fraction[0] || !exact)", to: "!exact" }],
  [add, { file: "bfq_fp32_pack.sv", from: "coarse_sign <= sign ^ negative", to: "coarse_sign <= sign" }],
  [add, { file: "bfq_fp32_pack.sv", from: "carry ? e[1:0] < b : e[1:0] <= b", to: "e[1:0] <= b" }],
  [add, { file: "bfq_fp32_pack.sv", from: "(b == 2'd1 && carry)", to: "b == 2'd1" }],
  [fromInteger(24), { file: "bfq_fp32_pack.sv", from: "assign up = coarse_negative;", to: "assign up = 1'b0;" }],
  [fromInteger(29), { file: "bfq_fp32_pack.sv", from: "(fraction[0] && exact)", to: "fraction[0]" }],
  [scale(63), { file: "bfq_to_fp32.sv", from: "raw[7:0] == 8'h7F", to: "raw[6:0] == 7'h7F" }],
  [scale(63), { file: "bfq_to_fp32.sv", from: "biased[9] || ", to: "" }],
  [scale(1), { file: "bfq_to_fp32.sv", from: "b[1] ? {4'b1111, ~n} : minus_n", to: "minus_n" }],
  [fifo(1), { file: "bfq_fifo.sv", from: "fills = next_write ==", to: "fills = write_count ==" }],
  [queue(3), { file: "bfq_queue.sv", from: "full[i-1] && (out_ready ||", to: "full[i-1] && (1'b0 ||" }],
  [queue(2), { file: "bfq_queue.sv", from: "in_valid && !full[1]", to: "in_valid" }],
  [fifoBlock(9), { file: "bfq_fifo_block.sv", from: "if (latch_load) latch_data", to: "if (out_load) latch_data" }],
  [axi("read", 64, 8), { file: "bfq_axi_read.sv", from: "&& !open[OPEN_BITS-1]", to: "" }],
  [axi("read", 64, 8), { file: "bfq_axi_read.sv", from: "&& !hold", to: "" }],
  [axi("read", 64, 8), { file: "bfq_axi_read.sv", from: "asking = !bursts_idle", to: "asking = burst_valid" }],
  [axi("read", 64, 8), { file: "bfq_axi_bursts.sv", from: "else if (step) offset <= '0;", to: "" }],
  [axi("write", 64, 8), { file: "bfq_axi_write.sv", from: "open_bursts == '0;", to: "!m_axi_wvalid;" }],
  ...[
    { from: "(burst_last || (settled && enough))", to: "1'b1" },
    { from: "(settled && enough)", to: "enough" },
    { from: "(word_valid || halt)", to: "word_valid" },
    { from: "rst || cut", to: "rst" },
    { from: "rst || cut", to: "rst || halt" },
    { from: "(halt && bursts_idle && !open)", to: "1'b0" },
    { from: "if (rst || (halt && bursts_idle)) held", to: "if (rst) held" },
  ].map((change): [Bench, Mutation] => [axi("write", 64, 8), { file: "bfq_axi_write.sv", ...change }]),
  [axi("write", 64, 8), { file: "bfq_axi_bursts.sv", from: "next_is_last && tail == '0", to: "next_is_last" }],
  [
    lite(4),
    {
      file: "bfq_axi_lite.sv",
      from: "if (ap_done) done <= 1'b1;\n      else if (",
      to: "if (ap_done) done <= 1'b1;\n      if (",
    },
  ],
  [lite(4), { file: "bfq_axi_lite.sv", from: "aw_full && w_full &&", to: "aw_full &&" }],
];

// Outside truth: IEEE 754 by this machine for the fp32 units; for streams, what went in; for AXI, the memory model.
describe("Verilator benches of the RTL library", () => testBenches(benches));

describe("the benches find deliberate defects", () => testDefects(mutants));
