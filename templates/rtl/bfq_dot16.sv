// Minus the dot product of 16 levels and 16 int8 activations, for one column or a pair, as two addends that the scale DSPs
// add; one per cycle, latency bfq_dot_chain's, and one more for chains of four, of which there are four to add in pairs.
`default_nettype none

module bfq_dot16 #(
    parameter int LEVEL_BITS = 9,
    parameter int CHAIN      = 4,  // 4, 8: as bfq_dot_chain's LENGTH
    parameter int PAIR       = 1,
    localparam int COLUMNS = 1 + PAIR,
    localparam int X_BITS  = LEVEL_BITS + 10
) (
    input wire logic clk,

    input wire logic                     stage,
    input wire logic                     swap,
    input wire logic [COLUMNS*128-1:0]   words,  // a column's 16 int8 each
    input wire logic [LEVEL_BITS*16-1:0] levels,

    output wire logic [COLUMNS*X_BITS-1:0] x,
    output wire logic [COLUMNS*X_BITS-1:0] y
);
  /*verilator no_inline_module*/
  localparam int CHAINS   = 16 / CHAIN;
  localparam int SUM_BITS = LEVEL_BITS + 7 + $clog2(CHAIN);

  wire logic [CHAINS*COLUMNS*SUM_BITS-1:0] sums;

  generate
    for (genvar k = 0; k < CHAINS; k++) begin : gen_chain
      wire logic [COLUMNS*CHAIN*8-1:0] activations;
      for (genvar c = 0; c < COLUMNS; c++) begin : gen_part
        assign activations[c*CHAIN*8 +: CHAIN*8] = words[c*128+k*CHAIN*8 +: CHAIN*8];
      end
      bfq_dot_chain #(.LEVEL_BITS(LEVEL_BITS), .LENGTH(CHAIN), .PAIR(PAIR)) chain (
          .clk, .stage, .swap, .activations, .levels(levels[k*CHAIN*LEVEL_BITS +: CHAIN*LEVEL_BITS]),
          .sums(sums[k*COLUMNS*SUM_BITS +: COLUMNS*SUM_BITS])
      );
    end

    for (genvar c = 0; c < COLUMNS; c++) begin : gen_column
      if (CHAINS == 2) begin : gen_two
        assign x[c*X_BITS +: X_BITS] = sums[c*SUM_BITS +: SUM_BITS];
        assign y[c*X_BITS +: X_BITS] = sums[(COLUMNS+c)*SUM_BITS +: SUM_BITS];
      end else begin : gen_four
        logic signed [X_BITS-1:0] x_sum, y_sum;
        always_ff @(posedge clk) begin
          x_sum <= $signed(sums[c*SUM_BITS +: SUM_BITS]) + $signed(sums[(COLUMNS+c)*SUM_BITS +: SUM_BITS]);
          y_sum <= $signed(sums[(2*COLUMNS+c)*SUM_BITS +: SUM_BITS]) + $signed(sums[(3*COLUMNS+c)*SUM_BITS +: SUM_BITS]);
        end
        assign x[c*X_BITS +: X_BITS] = x_sum;
        assign y[c*X_BITS +: X_BITS] = y_sum;
      end
    end
  endgenerate
endmodule

`default_nettype wire
