`default_nettype none

// First-word fall-through FIFO of 2^DEPTH_LOG2 words in LUT RAM; for more than 32 words use bfq_fifo_block.
// `in_ready` and `out_valid` are registers. A word is at the output one cycle after it went in.
module bfq_fifo #(
    parameter int WIDTH = 8,
    parameter int DEPTH_LOG2 = 4  // 1..5
) (
    input wire clk,
    input wire rst,

    input  wire             in_valid,
    output logic            in_ready,
    input  wire [WIDTH-1:0] in_data,

    output logic            out_valid,
    input  wire             out_ready,
    output wire [WIDTH-1:0] out_data
);
  localparam int DEPTH = 1 << DEPTH_LOG2;

  (* ram_style = "distributed" *) logic [WIDTH-1:0] memory[DEPTH];

  // One bit more than an address: equal means empty, apart by DEPTH means full.
  logic [DEPTH_LOG2:0] write_count;
  logic [DEPTH_LOG2:0] read_count;

  wire [DEPTH_LOG2:0] next_write = write_count + 1'b1;
  wire [DEPTH_LOG2:0] next_read = read_count + 1'b1;
  wire fills = next_write == {~read_count[DEPTH_LOG2], read_count[DEPTH_LOG2-1:0]};
  wire empties = next_read == write_count;
  wire push = in_valid && in_ready;
  wire pop = out_valid && out_ready;

  assign out_data = memory[read_count[DEPTH_LOG2-1:0]];

  always_ff @(posedge clk) begin
    if (push) memory[write_count[DEPTH_LOG2-1:0]] <= in_data;
    if (rst) begin
      write_count <= '0;
      read_count <= '0;
      in_ready <= 1'b1;
      out_valid <= 1'b0;
    end else begin
      if (push) write_count <= next_write;
      if (pop) read_count <= next_read;
      in_ready <= pop || (in_ready && !(push && fills));
      out_valid <= push || (out_valid && !(pop && empties));
    end
  end
endmodule

`default_nettype wire
