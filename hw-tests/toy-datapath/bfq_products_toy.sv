// The datapath `toy`: shift and add, a bit of the levels a cycle, so a row step takes LEVEL_BITS cycles. Ports as in
// bfq_products_multipliers. PAUSE: cycles that making the activations ready takes, as a table would.
`default_nettype none

module bfq_products_toy #(
    parameter int COLUMNS    = 1,
    parameter int LEVEL_BITS = 9,
    parameter int TOKEN_BITS = 10,
    parameter int PAUSE      = 5,
    localparam int X_BITS = LEVEL_BITS + 10
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic [3:0]             stage,
    input wire logic [COLUMNS*128-1:0] words,
    output wire logic                  prepared,
    input wire logic                   swap,

    input wire logic                     step_valid,
    output wire logic                    step_ready,
    input wire logic [64*LEVEL_BITS-1:0] levels,
    input wire logic [TOKEN_BITS-1:0]    token,

    output wire logic                        sums_valid,
    output wire logic [TOKEN_BITS-1:0]       sums_token,
    output wire logic [COLUMNS*4*X_BITS-1:0] x,
    output wire logic [COLUMNS*4*X_BITS-1:0] y
);
  localparam int BIT_BITS   = $clog2(LEVEL_BITS + 1);
  localparam int PAUSE_BITS = $clog2(PAUSE + 1);

  logic [BIT_BITS-1:0]   place;  // bit of the levels that is added
  logic [PAUSE_BITS-1:0] pause;  // cycles to go
  logic                  taken, summed;
  logic [TOKEN_BITS-1:0] held;

  wire logic last = place == BIT_BITS'(LEVEL_BITS - 1);

  assign step_ready = last;
  assign prepared   = stage == 4'd0 && pause == '0;
  assign sums_valid = summed;
  assign sums_token = held;
  assign y          = '0;

  always_ff @(posedge clk) begin
    held <= token;
    if (rst) begin
      place  <= '0;
      pause  <= '0;
      taken  <= 1'b0;
      summed <= 1'b0;
    end else begin
      taken  <= step_valid && last;
      summed <= taken;
      if (stage != 4'd0) pause <= PAUSE_BITS'(PAUSE);
      else if (pause != '0) pause <= pause - 1'b1;
      // The present set is there from the cycle after the first offer of its first row step on.
      if (step_valid) place <= last ? '0 : place + 1'b1;
    end
  end

  generate
    for (genvar c = 0; c < COLUMNS; c++) begin : gen_column
      for (genvar q = 0; q < 4; q++) begin : gen_quarter
        logic [127:0]      staged, present;
        logic [15:0]       ones, ones_1;
        logic              first_1, last_1, valid_1;
        logic [BIT_BITS-1:0] place_1;
        logic [X_BITS-1:0] so_far, sum;

        // Minus what this bit of the levels adds; the top bit counts negative.
        always_comb begin
          sum = '0;
          for (int i = 0; i < 16; i++) begin
            if (ones_1[i]) sum = sum + X_BITS'($signed(present[i*8 +: 8]));
          end
          sum = sum << place_1;
          if (!last_1) sum = -sum;
        end
        always_comb begin
          for (int i = 0; i < 16; i++) ones[i] = levels[(q*16+i)*LEVEL_BITS + 32'(place)];
        end
        always_ff @(posedge clk) begin
          if (stage[q]) staged <= words[c*128 +: 128];
          if (swap) present <= staged;
          ones_1  <= ones;
          place_1 <= place;
          first_1 <= place == '0;
          last_1  <= last;
          valid_1 <= step_valid;
          if (valid_1) so_far <= sum + (first_1 ? '0 : so_far);
        end
        assign x[(c*4+q)*X_BITS +: X_BITS] = so_far;
      end
    end
  endgenerate
endmodule

`default_nettype wire
