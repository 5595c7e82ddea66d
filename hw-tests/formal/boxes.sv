`default_nettype none

// Boxes with the ports of bfq_axi_bursts and bfq_fifo that may do anything: bfq_axi_read.svh assumes of them what
// their own proofs show, and no more.
module bfq_axi_bursts #(
    parameter int MAX_BURST = 64,
    parameter int WORDS_BITS = 28
) (
    input wire clk,
    input wire rst,
    input wire command_valid,
    output wire command_ready,
    input wire [39:0] command_address,
    input wire [WORDS_BITS-1:0] command_words,
    output wire burst_valid,
    input wire burst_ready,
    output wire [39:0] burst_address,
    output wire [8:0] burst_beats,
    output wire burst_last,
    output wire idle
);
  (* anyseq *) logic [52:0] any;
  assign {command_ready, burst_valid, burst_address, burst_beats, burst_last, idle} = any;
endmodule

module bfq_fifo #(
    parameter int WIDTH = 8,
    parameter int DEPTH_LOG2 = 4
) (
    input wire clk,
    input wire rst,
    input wire in_valid,
    output wire in_ready,
    input wire [WIDTH-1:0] in_data,
    output wire out_valid,
    input wire out_ready,
    output wire [WIDTH-1:0] out_data
);
  (* anyseq *) logic [WIDTH+1:0] any;
  assign {in_ready, out_valid, out_data} = any;
endmodule

`default_nettype wire
