`default_nettype none

// First-word fall-through FIFO of 2^DEPTH_LOG2 words in LUT RAM; for more than 32 words use bfq_fifo_block.
// `in_ready` and `out_valid` come from registers alone. A word is at the output one cycle after it went in.
module bfq_fifo #(
    parameter int WIDTH = 8,
    parameter int DEPTH_LOG2 = 4  // 1..5
) (
    input wire clk,
    input wire rst,

    input  wire             in_valid,
    output wire             in_ready,
    input  wire [WIDTH-1:0] in_data,

    output wire             out_valid,
    input  wire             out_ready,
    output wire [WIDTH-1:0] out_data
);
  localparam int DEPTH = 1 << DEPTH_LOG2;

  (* ram_style = "distributed" *) logic [WIDTH-1:0] memory[DEPTH];

  // One bit more than an address: equal means empty, apart by DEPTH means full.
  logic [DEPTH_LOG2:0] write_count;
  logic [DEPTH_LOG2:0] read_count;

  assign in_ready  = write_count != {~read_count[DEPTH_LOG2], read_count[DEPTH_LOG2-1:0]};
  assign out_valid = write_count != read_count;
  assign out_data  = memory[read_count[DEPTH_LOG2-1:0]];

  always_ff @(posedge clk) begin
    if (in_valid && in_ready) memory[write_count[DEPTH_LOG2-1:0]] <= in_data;
    if (rst) begin
      write_count <= '0;
      read_count  <= '0;
    end else begin
      if (in_valid && in_ready) write_count <= write_count + 1'b1;
      if (out_valid && out_ready) read_count <= read_count + 1'b1;
    end
  end
endmodule

`default_nettype wire
