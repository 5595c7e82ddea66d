`default_nettype none

// Sign, exponent and integer magnitude to fp32, rounded to nearest even: the common end of adder and converter.
// Latency 2. The lowest bit of `magnitude` may be sticky where WIDTH > 26.
// A magnitude below 2^-126 must be exact (as every sum of two fp32 numbers is): it becomes zero, unrounded.
module bfq_fp32_pack #(
    parameter int WIDTH = 28  // 28 or 32
) (
    input  wire                     clk,
    input  wire                     sign,
    input  wire                     zero_sign,   // of an exact zero
    input  wire signed [       9:0] exponent,    // biased, of the top bit of `magnitude`
    input  wire        [ WIDTH-1:0] magnitude,
    input  wire                     infinite,    // the result is infinity whatever the magnitude
    input  wire                     nan,
    output logic       [      31:0] y
);
  localparam int NIBBLES = WIDTH / 4;

  // Cycle 1: shift left by whole nibbles until the top nibble is not zero.
  logic [2:0] nibble_shift;
  always_comb begin
    nibble_shift = '0;
    for (int i = 0; i < NIBBLES; i++) if (magnitude[4*i+:4] != 4'd0) nibble_shift = 3'(NIBBLES - 1 - i);
  end

  logic coarse_sign, coarse_zero_sign, coarse_infinite, coarse_nan;
  logic signed [9:0] coarse_exponent_next;  // of the top bit, plus one
  logic [WIDTH-1:0] coarse;

  always_ff @(posedge clk) begin
    coarse_sign <= sign;
    coarse_zero_sign <= zero_sign;
    coarse_infinite <= infinite;
    coarse_nan <= nan;
    coarse_exponent_next <= exponent + 10'sd1 - $signed({5'd0, nibble_shift, 2'b00});
    coarse <= magnitude << {nibble_shift, 2'b00};
  end

  // Cycle 2: shift within the nibble, round, choose.
  wire [3:0] top = coarse[WIDTH-1-:4];
  wire [1:0] bit_shift = top[3] ? 2'd0 : top[2] ? 2'd1 : top[1] ? 2'd2 : 2'd3;
  wire [WIDTH-1:0] fine = coarse << bit_shift;
  wire half = fine[WIDTH-25];
  wire rest = fine[WIDTH-26:0] != '0;
  wire up = half && (rest || fine[WIDTH-24]);

  // Exponent minus shift plus the carry of the rounding in one carry chain: adding the complement subtracts
  // one too many, which the exponent had been given before.
  wire [32:0] rounded =
      {coarse_exponent_next, fine[WIDTH-2-:23]} + {8'hFF, ~bit_shift, 23'd0} + {32'd0, up};
  wire underflow = rounded[32] || rounded[31:23] == 9'd0;
  wire overflow = !rounded[32] && (rounded[31] || rounded[30:23] == 8'd255);

  always_ff @(posedge clk) begin
    y[31] <= coarse_sign;
    if (coarse_nan) y <= 32'h7FC00000;
    else if (coarse_infinite) y[30:0] <= {8'd255, 23'd0};
    else if (top == 4'd0) y <= {coarse_zero_sign, 31'd0};
    else if (underflow) y[30:0] <= 31'd0;
    else if (overflow) y[30:0] <= {8'd255, 23'd0};
    else y[30:0] <= rounded[30:0];
  end
endmodule

`default_nettype wire
