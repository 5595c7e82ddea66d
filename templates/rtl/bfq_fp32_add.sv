`default_nettype none

// y = a + b, numbers as in bfq_fp32_mul. Latency 4 (bfq_latency::FP32_ADD), one result per cycle.
// fp32 as docs/numerics.md: round to nearest even; a subnormal result becomes zero of its sign.
// With OTHERS each operand comes as two numbers, one of them zero: an OR replaces a multiplexer.
module bfq_fp32_add #(
    parameter int OTHERS = 0
) (
    input  wire         clk,
    input  wire  [34:0] a,
    input  wire  [34:0] a_other,
    input  wire  [34:0] b,
    input  wire  [34:0] b_other,
    output wire  [34:0] y
);
  wire a_nan, a_infinite, a_normal, a_sign, b_nan, b_infinite, b_normal, b_sign;
  wire [7:0] a_exponent, b_exponent;
  wire [22:0] a_fraction, b_fraction;

  generate
    if (OTHERS != 0) begin : g_others
      assign {a_nan, a_infinite, a_normal, a_sign, a_exponent, a_fraction} = a | a_other;
      assign {b_nan, b_infinite, b_normal, b_sign, b_exponent, b_fraction} = b | b_other;
    end else begin : g_alone
      wire unused = &{1'b0, a_other, b_other};
      assign {a_nan, a_infinite, a_normal, a_sign, a_exponent, a_fraction} = a;
      assign {b_nan, b_infinite, b_normal, b_sign, b_exponent, b_fraction} = b;
    end
  endgenerate

  // Cycle 1: the larger exponent to one side, and the distance between them. Where they change sides it is given one too
  // small, and the minor operand is a place lower to make up for that.
  wire [8:0] difference = {1'b0, a_exponent} - {1'b0, b_exponent};
  wire swap = difference[8];

  logic sign_1, differ_1, infinite_1, nan_1;
  logic [7:0] exponent_1, distance;
  logic [23:0] major;
  logic [24:0] minor;

  always_ff @(posedge clk) begin
    sign_1 <= (swap || b_infinite) && !a_infinite ? b_sign : a_sign;
    differ_1 <= a_sign != b_sign;
    exponent_1 <= swap ? b_exponent : a_exponent;
    distance <= difference[7:0] ^ {8{swap}};
    major <= swap ? {b_normal, b_fraction} : {a_normal, a_fraction};
    minor <= swap ? {1'b0, a_normal, a_fraction} : {b_normal, b_fraction, 1'b0};
    infinite_1 <= a_infinite || b_infinite;
    nan_1 <= a_nan || b_nan || (a_infinite && b_infinite && a_sign != b_sign);
  end

  // Cycle 2: align the minor one, with guard, round and sticky bit, and add or subtract. The sticky bit comes late: it only
  // stops the carry that a subtraction begins with. From 32 places away nothing but it is left, and it changes nothing.
  wire far = distance[7:5] != 3'd0;
  wire [1:0] bytes = distance[4:3];
  wire [26:0] by_bytes = {minor, 2'd0} >> {bytes, 3'd0};
  wire [26:0] by_pairs = by_bytes >> {distance[2:1], 1'b0};
  wire [25:0] aligned = far ? 26'd0 : distance[0] ? {1'b0, by_pairs[26:2]} : by_pairs[26:1];  // but for the sticky bit

  wire low_lost = minor[5:0] != 6'd0;
  wire middle_lost = minor[13:6] != 8'd0;
  wire high_lost = minor[21:14] != 8'd0;
  wire bytes_lost = (bytes != 2'd0 && low_lost) || (bytes[1] && middle_lost) || (bytes == 2'd3 && high_lost);
  wire pairs_lost = (distance[2:1] != 2'd0 && by_bytes[1:0] != 2'd0) || (distance[2] && by_bytes[3:2] != 2'd0) ||
      (distance[2:1] == 2'd3 && by_bytes[5:4] != 2'd0);
  wire sticky = bytes_lost || pairs_lost || by_pairs[0] || (distance[0] && by_pairs[1]);

  logic sign_2, zero_sign_2, differ_2, infinite_2, nan_2;
  logic [7:0] exponent_2;
  logic [27:0] sum;

  always_ff @(posedge clk) begin
    sign_2 <= sign_1;
    zero_sign_2 <= sign_1 && !differ_1;
    differ_2 <= differ_1 && !infinite_1;  // nothing may turn the sign of infinity
    infinite_2 <= infinite_1;
    nan_2 <= nan_1;
    exponent_2 <= exponent_1;
    sum[27:1] <= {1'b0, major, 2'd0} + ({1'b0, aligned} ^ {27{differ_1}}) + {26'd0, differ_1 && !sticky};
    sum[0] <= sticky;
  end

  // Cycles 3 and 4. The top bit of a sum is its carry, one above the major operand's leading bit; that of a difference is its
  // sign: operands with the same exponent, which lost nothing, may have changed sides in their fractions.
  bfq_fp32_pack #(.WIDTH(28)) pack (
      .clk,
      .sign(sign_2),
      .zero_sign(zero_sign_2),
      .exponent(exponent_2),
      .value(sum),
      .negative(differ_2 && sum[27]),
      .infinite(infinite_2),
      .nan(nan_2),
      .y
  );
endmodule

`default_nettype wire
