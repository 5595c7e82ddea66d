// bfq_fifo of 2^DEPTH_LOG2 words that can be read several times: words taken with `keep` hold their place, and `rewind` takes
// the reader back to the first of them.
`default_nettype none

module bfq_replay_fifo #(
    parameter int WIDTH      = 8,
    parameter int DEPTH_LOG2 = 4  // 1..5
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic             in_valid,
    output logic                 in_ready,
    input wire logic [WIDTH-1:0] in_data,

    output wire logic             out_valid,
    input wire logic              out_ready,
    output wire logic [WIDTH-1:0] out_data,
    input wire logic              keep,
    input wire logic              rewind  // with the last word of a reading that keeps, or without any
);
  localparam int DEPTH = 1 << DEPTH_LOG2;

  (* ram_style = "distributed" *) logic [WIDTH-1:0] memory[DEPTH];

  // One bit more than an address: equal means empty, apart by DEPTH means full.
  logic [DEPTH_LOG2:0] write_count;
  logic [DEPTH_LOG2:0] read_count;
  logic [DEPTH_LOG2:0] kept_count;  // the oldest word that may be read again

  wire logic [DEPTH_LOG2:0] next_write = write_count + 1'b1;
  wire logic fills = next_write == {~kept_count[DEPTH_LOG2], kept_count[DEPTH_LOG2-1:0]};
  wire logic push  = in_valid && in_ready;
  wire logic pop   = out_valid && out_ready;
  wire logic drop  = pop && !keep;

  assign out_valid = write_count != read_count;
  assign out_data  = memory[read_count[DEPTH_LOG2-1:0]];

  always_ff @(posedge clk) begin
    if (push) memory[write_count[DEPTH_LOG2-1:0]] <= in_data;
    if (rst) begin
      write_count <= '0;
      read_count  <= '0;
      kept_count  <= '0;
      in_ready    <= 1'b1;
    end else begin
      if (push) write_count <= next_write;
      if (rewind) read_count <= kept_count;
      else if (pop) read_count <= read_count + 1'b1;
      if (drop) kept_count <= kept_count + 1'b1;
      in_ready <= drop || (in_ready && !(push && fills));
    end
  end
endmodule

`default_nettype wire
