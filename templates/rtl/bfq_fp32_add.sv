`default_nettype none

// y = a + b, or a - b where `subtract` is high. Latency 4 (bfq_latency::FP32_ADD), one result a cycle.
// fp32 as DESIGN.md 5: subnormal operands count as zero of their sign; round to nearest even; a subnormal
// result becomes zero of its sign; NaN is 7FC00000.
module bfq_fp32_add (
    input  wire         clk,
    input  wire  [31:0] a,
    input  wire  [31:0] b,
    input  wire         subtract,
    output wire  [31:0] y
);
  // Cycle 1: the larger magnitude to one side, the distance of the exponents, the classes.
  wire b_sign = b[31] ^ subtract;
  wire swap = a[30:0] < b[30:0];
  wire [7:0] a_above = a[30:23] - b[30:23];
  wire [7:0] b_above = b[30:23] - a[30:23];
  wire [23:0] significand_a = {1'b1, a[22:0]} & {24{a[30:23] != 8'd0}};
  wire [23:0] significand_b = {1'b1, b[22:0]} & {24{b[30:23] != 8'd0}};
  wire a_top = a[30:23] == 8'd255;
  wire b_top = b[30:23] == 8'd255;

  logic sign_1, differ_1, infinite_1, nan_1;
  logic [7:0] exponent_1, distance;
  logic [23:0] major, minor;

  always_ff @(posedge clk) begin
    sign_1 <= swap ? b_sign : a[31];
    differ_1 <= a[31] != b_sign;
    exponent_1 <= swap ? b[30:23] : a[30:23];
    distance <= swap ? b_above : a_above;
    major <= swap ? significand_b : significand_a;
    minor <= swap ? significand_a : significand_b;
    infinite_1 <= a_top || b_top;
    nan_1 <= (a_top && a[22:0] != 23'd0) || (b_top && b[22:0] != 23'd0) || (a_top && b_top && a[31] != b_sign);
  end

  // Cycle 2: align the smaller one, with guard, round and sticky bit, and add or subtract.
  wire far = distance[7:5] != 3'd0;
  wire [23:0] lost;
  for (genvar i = 0; i < 24; i++) assign lost[i] = minor[i] && (far || distance[4:0] > 5'(i + 3));
  wire [26:0] shifted = far ? 27'd0 : {minor, 3'd0} >> distance[4:0];
  wire [26:0] aligned = {shifted[26:1], shifted[0] || lost != 24'd0};

  logic sign_2, zero_sign_2, infinite_2, nan_2;
  logic [7:0] exponent_2;
  logic [27:0] sum;

  always_ff @(posedge clk) begin
    sign_2 <= sign_1;
    zero_sign_2 <= sign_1 && !differ_1;
    infinite_2 <= infinite_1;
    nan_2 <= nan_1;
    exponent_2 <= exponent_1;
    sum <= {1'b0, major, 3'd0} + ({1'b0, aligned} ^ {28{differ_1}}) + {27'd0, differ_1};
  end

  // Cycles 3 and 4. The top bit of the sum is the carry, one above the larger operand's leading bit.
  bfq_fp32_pack #(.WIDTH(28)) pack (
      .clk,
      .sign(sign_2),
      .zero_sign(zero_sign_2),
      .exponent($signed({2'd0, exponent_2}) + 10'sd1),
      .magnitude(sum),
      .infinite(infinite_2),
      .nan(nan_2),
      .y
  );
endmodule

`default_nettype wire
