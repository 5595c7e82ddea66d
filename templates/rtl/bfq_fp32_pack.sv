`default_nettype none

// Two's complement number times a power of two to fp32, rounded to nearest even: the common end of adder and converter.
// Latency 2. The number is `value`, or value - 2^WIDTH where `negative`. The lowest bit of `value` may be sticky.
// A magnitude below 2^-126 must be exact (as every sum of two fp32 numbers is): it becomes zero, unrounded.
module bfq_fp32_pack #(
    parameter int WIDTH = 28,  // 24, 28, 32; a negative number has a zero as its lowest bit
    parameter int EXPONENT = 0  // biased, of the second bit of `value` where it is the same for all and safe; 0: it isn't
) (
    input  wire              clk,
    input  wire              sign,       // of a number that is not `negative`, and of infinity
    input  wire              zero_sign,  // of an exact zero
    input  wire  [      7:0] exponent,
    input  wire  [WIDTH-1:0] value,
    input  wire              negative,   // turns the sign round
    input  wire              infinite,   // the result is infinity whatever the value
    input  wire              nan,
    output logic [     34:0] y           // as in bfq_fp32_mul
);
  localparam int NIBBLES = WIDTH / 4;

  // Cycle 1: shift left by whole nibbles until the top nibble is not zero. What is shifted is the complement of a negative
  // number, its magnitude less one; the rounding makes up for that.
  logic [2:0] n;
  always_comb begin
    n = '0;
    for (int i = 0; i < NIBBLES; i++) if ((value[4*i+:4] ^ {4{negative}}) != 4'd0) n = 3'(NIBBLES - 1 - i);
  end
  wire [2:0] minus_n = {n[2] ^ (n[1] || n[0]), n[1] ^ n[0], n[0]};

  logic coarse_sign, coarse_zero_sign, coarse_negative, coarse_infinite, coarse_nan;
  logic [8:0] coarse_exponent;  // signed, of the top bit: one more than given, less 4 a nibble
  logic [WIDTH-1:0] coarse;

  always_ff @(posedge clk) begin
    coarse_sign <= sign ^ negative;
    coarse_zero_sign <= zero_sign;
    coarse_negative <= negative;
    coarse_infinite <= infinite;
    coarse_nan <= nan;
    coarse_exponent <= {1'b0, EXPONENT != 0 ? 8'(EXPONENT) : exponent} + {{4{n != 3'd0}}, minus_n, 2'b01};
    coarse <= (value << {n, 2'b00}) ^ {WIDTH{negative}};
  end

  // Cycle 2: shift within the nibble, round.
  wire [3:0] top = coarse[WIDTH-1-:4];
  wire [1:0] b = top[3] ? 2'd0 : top[2] ? 2'd1 : top[1] ? 2'd2 : 2'd3;
  wire [22:0] fraction;
  wire up;

  generate
    if (WIDTH == 24) begin : g_exact
      // Ones follow the complement.
      wire [25:0] digits = {coarse[22:0], {3{coarse_negative}}};
      assign fraction = b[1] ? (b[0] ? digits[22:0] : digits[23:1]) : b[0] ? digits[24:2] : digits[25:3];
      assign up = coarse_negative;
    end else begin : g_round
      wire [26:0] digits = coarse[WIDTH-2-:27];
      wire half;
      assign {fraction, half} = b[1] ? (b[0] ? digits[23:0] : digits[24:1]) : b[0] ? digits[25:2] : digits[26:3];
      // Below the half a magnitude has what its complement, plus one, has.
      wire [WIDTH-26:0] rest = (coarse[WIDTH-26:0] ^ {(WIDTH - 25) {coarse_negative}}) << b;
      wire exact = rest == '0;
      assign up = coarse_negative ? half || (fraction[0] && exact) : half && (fraction[0] || !exact);
    end
  endgenerate

  wire [7:0] change = {{6{b != 2'd0}}, b[1] ^ b[0], b[0]};  // -b
  wire [30:0] rounded = {coarse_exponent[7:0], fraction} + {change, 23'd0} + {30'd0, up};

  // Whether the exponent leaves its range is known beside the rounding: with its carry the limits are one lower. No sum that
  // carries out of its major operand (b is 0) rounds up to all ones.
  wire carry = up && fraction == '1;
  wire [8:0] e = coarse_exponent;  // the result's is e - b + carry
  wire small_e = e[8] || (e[7:2] == 6'd0 && (carry ? e[1:0] < b : e[1:0] <= b));
  wire large_e = !e[8] && e[7:0] == 8'd255 && (b == 2'd0 || (b == 2'd1 && carry));
  wire zero = top == 4'd0 || (EXPONENT == 0 && small_e);
  wire too_large = EXPONENT == 0 && large_e;

  always_ff @(posedge clk) begin
    y[34] <= coarse_nan;
    y[33] <= coarse_infinite || (too_large && top != 4'd0);
    y[32] <= !zero;
    y[31] <= top == 4'd0 && !coarse_infinite ? coarse_zero_sign : coarse_sign;
    if (zero) y[30:0] <= 31'd0;
    else y[30:0] <= rounded;
  end
endmodule

`default_nettype wire
