`default_nettype none

// y = a * b, latency 4 (bfq_latency::FP32_MUL), one result a cycle.
// fp32 as DESIGN.md 5: subnormal operands count as zero of their sign; round to nearest even with gradual
// underflow, then a subnormal result becomes zero of its sign; NaN is 7FC00000.
module bfq_fp32_mul (
    input  wire         clk,
    input  wire  [31:0] a,
    input  wire  [31:0] b,
    output logic [31:0] y
);
  // Cycles 1 to 3: operand, multiplier and product registers, the three that a DSP48E2 has inside.
  logic [23:0] significand_a, significand_b;
  logic [47:0] multiplied, product;

  always_ff @(posedge clk) begin
    significand_a <= {1'b1, a[22:0]};
    significand_b <= {1'b1, b[22:0]};
    multiplied <= significand_a * significand_b;
    product <= multiplied;
  end

  // Beside it, sign, class and biased exponent (-125..381 for products of normal numbers).
  logic sign_1, sign_2, sign_3;
  logic a_zero, b_zero, a_top, b_top, a_fraction, b_fraction;
  logic zero_2, infinite_2, nan_2;
  logic zero_3, infinite_3, nan_3;
  logic signed [9:0] exponent_1, exponent_2, exponent_3, exponent_3_next;

  always_ff @(posedge clk) begin
    sign_1 <= a[31] ^ b[31];
    a_zero <= a[30:23] == 8'd0;
    b_zero <= b[30:23] == 8'd0;
    a_top <= a[30:23] == 8'd255;
    b_top <= b[30:23] == 8'd255;
    a_fraction <= a[22:0] != 23'd0;
    b_fraction <= b[22:0] != 23'd0;
    exponent_1 <= $signed({2'b0, a[30:23]}) + $signed({2'b0, b[30:23]});

    sign_2 <= sign_1;
    zero_2 <= a_zero || b_zero;
    infinite_2 <= a_top || b_top;
    nan_2 <= (a_top && (a_fraction || b_zero)) || (b_top && (b_fraction || a_zero));
    exponent_2 <= exponent_1 - 10'sd127;

    sign_3 <= sign_2;
    zero_3 <= zero_2;
    infinite_3 <= infinite_2;
    nan_3 <= nan_2;
    exponent_3 <= exponent_2;
    exponent_3_next <= exponent_2 + 10'sd1;
  end

  // Cycle 4: the product is in [1, 4), so normalising is a shift by one place or none.
  wire carry = product[47];
  wire signed [9:0] exponent = carry ? exponent_3_next : exponent_3;
  wire [22:0] fraction = carry ? product[46:24] : product[45:23];
  wire half = carry ? product[23] : product[22];
  wire rest = (product[21:0] != 22'd0) || (carry && product[22]);

  // In the binade below 2^-126 gradual underflow has numbers 2^-149 apart, so what rounds up to 2^-126 starts
  // 2^-150 below it: where all 24 bits of the significand are ones. Everything else there is subnormal, then zero.
  // Always adding one in the last place and keeping only the carry into the exponent says just that.
  wire negative_exponent = exponent[9];
  wire subnormal = negative_exponent || exponent == 10'sd0;
  wire up = (half && (rest || fraction[0])) || subnormal;

  // A carry out of 254 arrives at the code of infinity by itself.
  wire [30:0] rounded = {exponent[7:0], fraction} + {30'd0, up};
  wire overflow = !negative_exponent && (exponent[8] || exponent[7:0] == 8'd255);

  always_ff @(posedge clk) begin
    y[31] <= sign_3;
    if (nan_3) y <= 32'h7FC00000;
    else if (infinite_3) y[30:0] <= {8'd255, 23'd0};
    else if (zero_3 || negative_exponent) y[30:0] <= 31'd0;
    else if (overflow) y[30:0] <= {8'd255, 23'd0};
    else y[30:0] <= {rounded[30:23], rounded[22:0] & {23{!subnormal}}};
  end
endmodule

`default_nettype wire
