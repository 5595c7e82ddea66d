`default_nettype none

// First-word fall-through FIFO of at least 2^DEPTH_LOG2 words in block RAM, one word per cycle.
// Two registers follow the memory, the RAM's own read latch and its output register, so a word is at the
// output three cycles after it went in, and up to 2^DEPTH_LOG2 + 2 words fit.
// `in_ready`, `out_valid` and `out_data` come from registers alone.
module bfq_fifo_block #(
    parameter int WIDTH = 128,
    parameter int DEPTH_LOG2 = 9  // 1..12
) (
    input wire clk,
    input wire rst,

    input  wire             in_valid,
    output wire             in_ready,
    input  wire [WIDTH-1:0] in_data,

    output logic             out_valid,
    input  wire              out_ready,
    output logic [WIDTH-1:0] out_data
);
  localparam int DEPTH = 1 << DEPTH_LOG2;

  (* ram_style = "block" *) logic [WIDTH-1:0] memory[DEPTH];

  // One bit more than an address: equal means empty, apart by DEPTH means full.
  logic [DEPTH_LOG2:0] write_count;
  logic [DEPTH_LOG2:0] read_count;
  logic [WIDTH-1:0] latch_data;
  logic latch_valid;

  wire empty = write_count == read_count;
  wire out_load = !out_valid || out_ready;
  wire latch_load = !latch_valid || out_load;

  assign in_ready = write_count != {~read_count[DEPTH_LOG2], read_count[DEPTH_LOG2-1:0]};

  always_ff @(posedge clk) begin
    if (in_valid && in_ready) memory[write_count[DEPTH_LOG2-1:0]] <= in_data;
    if (latch_load) latch_data <= memory[read_count[DEPTH_LOG2-1:0]];
    if (out_load) out_data <= latch_data;
    if (rst) begin
      write_count <= '0;
      read_count  <= '0;
      latch_valid <= 1'b0;
      out_valid   <= 1'b0;
    end else begin
      if (in_valid && in_ready) write_count <= write_count + 1'b1;
      if (latch_load && !empty) read_count <= read_count + 1'b1;
      if (latch_load) latch_valid <= !empty;
      if (out_load) out_valid <= latch_valid;
    end
  end
endmodule

`default_nettype wire
