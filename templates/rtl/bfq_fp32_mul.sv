`default_nettype none

// y = a * b, one result per cycle, latency 5 (bfq_latency::FP32_MUL), or 4 (FP32_MUL_NARROW) where b is short.
// Numbers inside the fp32 units are {nan, infinite, normal, sign, exponent, fraction}: exponent and fraction as in IEEE 754
// where `normal` is high, all zero in a zero; they mean nothing in NaN and infinity. NaN goes before infinity.
// Rounding as docs/numerics.md: to nearest even with gradual underflow, then a subnormal result becomes zero of its sign.
module bfq_fp32_mul #(
    parameter int B_BITS = 24  // significant bits of b: 8..17, 24
) (
    input  wire         clk,
    input  wire  [34:0] a,
    input  wire  [34:0] b,
    output logic [34:0] y
);
  localparam int NARROW = B_BITS <= 17 ? 1 : 0;

  // Cycles 1 to 3 or 4: bits 47 to 17 of the product of 24-bit significands, and whether there are any below.
  wire [30:0] product;
  wire below;

  bfq_fp32_product #(.B_BITS(B_BITS)) significands (
      .clk, .a({a[32], a[22:0]}), .b({b[32], b[22-:B_BITS-1]}), .product, .below
  );

  generate
    if (B_BITS < 24) begin : g_short
      wire unused = &{1'b0, b[23-B_BITS:0]};
    end
  endgenerate

  // Beside it the classes and the biased exponent (-125..381), for a product in [1, 2).
  wire a_nan, a_infinite, a_normal, a_sign, b_nan, b_infinite, b_normal, b_sign;
  wire [7:0] a_exponent, b_exponent;

  bfq_delay #(.WIDTH(24), .STAGES(NARROW != 0 ? 1 : 2)) operands (
      .clk, .in({a[34:23], b[34:23]}),
      .out({a_nan, a_infinite, a_normal, a_sign, a_exponent, b_nan, b_infinite, b_normal, b_sign, b_exponent})
  );

  logic nan_early, infinite_early, zero_early, sign_early;
  logic nan, infinite, zero, sign, is_0;
  logic [9:0] exponent_early, exponent;

  always_ff @(posedge clk) begin
    nan_early <= a_nan || b_nan || (a_infinite && !b_normal && !b_infinite) || (b_infinite && !a_normal && !a_infinite);
    infinite_early <= a_infinite || b_infinite;
    zero_early <= !a_normal || !b_normal;
    sign_early <= a_sign ^ b_sign;
    exponent_early <= {2'b00, a_exponent} + {{3{!b_exponent[7]}}, b_exponent[6:0]} + 10'd1;  // a + (b - 128) + 1

    nan <= nan_early;
    infinite <= infinite_early;
    zero <= zero_early;
    sign <= sign_early;
    exponent <= exponent_early;
    is_0 <= exponent_early == 10'd0;
  end

  // Last cycle: the product is in [1, 4), so normalising is a shift by one place or none.
  wire carry = product[30];
  wire [22:0] fraction = carry ? product[29:7] : product[28:6];
  wire half = carry ? product[6] : product[5];
  wire rest = below || product[4:0] != 5'd0 || (carry && product[5]);

  // In the binade below 2^-126 gradual underflow has numbers 2^-149 apart, so what rounds up to 2^-126 starts
  // 2^-150 below it: where all 24 bits of the significand are ones. Everything else there is subnormal, then zero.
  // Always adding one in the last place and keeping only the carry into the exponent says just that. A product of 2 or
  // more needs it not: the largest, (2 - 2^-23)^2, has no 24 ones.
  wire subnormal = is_0 && !carry;
  wire up = (half && (rest || fraction[0])) || subnormal;
  wire [32:0] rounded = {exponent, fraction} + {9'd0, carry, 23'd0} + {32'd0, up};
  wire too_small = rounded[32] || rounded[31:23] == 9'd0;
  wire too_large = !rounded[32] && (rounded[31] || rounded[30:23] == 8'd255);
  wire flushed = zero || too_small;

  always_ff @(posedge clk) begin
    y[34] <= nan;
    y[33] <= infinite || (!zero && too_large);
    y[32] <= !flushed;
    y[31] <= sign;
    if (flushed) y[30:0] <= 31'd0;
    else y[30:0] <= rounded[30:0];
  end
endmodule

`default_nettype wire
