`default_nettype none

// FIFO of DEPTH words as a chain of registers: no LUT a bit, for wide words that come seldom. A word is at the output
// DEPTH cycles after it went in; at most one goes in every second cycle. Words that wait follow each other without a gap.
// `in_ready` and `out_valid` come from registers.
module bfq_queue #(
    parameter int WIDTH = 8,
    parameter int DEPTH = 2
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
  // Register 1 is the first, register DEPTH the output.
  logic [DEPTH:1] full;
  logic [WIDTH-1:0] data[DEPTH:1];

  assign in_ready = !full[1];
  assign out_valid = full[DEPTH];
  assign out_data = data[DEPTH];

  for (genvar i = 1; i <= DEPTH; i++) begin : g_register
    wire leave = out_ready || (i < DEPTH && full[DEPTH:i] != '1);
    if (i == 1) begin : g_first
      wire fill = in_valid && !full[1];
      always_ff @(posedge clk) begin
        if (fill) data[1] <= in_data;
        full[1] <= !rst && (fill || (full[1] && !leave));
      end
    end else begin : g_next
      wire fill = full[i-1] && (out_ready || full[DEPTH:i] != '1);
      always_ff @(posedge clk) begin
        if (fill) data[i] <= data[i-1];
        full[i] <= !rst && (fill || (full[i] && !leave));
      end
    end
  end
endmodule

`default_nettype wire
