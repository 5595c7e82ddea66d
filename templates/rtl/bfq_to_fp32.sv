`default_nettype none

// A stored block scale to fp32, times 2^-bias; y as in bfq_fp32_mul. Latency 2 (bfq_latency::TO_FP32), one result per cycle.
// Types not in D_TYPES cost nothing and mean nothing.
// The bias is subtracted from the exponent; what then lies below 2^-126 is zero of its sign; infinity and NaN stay.
module bfq_to_fp32 #(
    parameter int D_TYPES = 63  // bit t: type code t occurs
) (
    input  wire         clk,
    input  wire  [31:0] raw,     // narrower types in the low bits, the rest is ignored
    input  wire  [ 2:0] d_type,  // 0 f16, 1 bf16, 2 f32, 3 e8m0, 4 e8m0 with FF = NaN, 5 ue4m3
    input  wire  [ 7:0] bias,
    output logic [34:0] y
);
  localparam logic [5:0] TYPES = 6'(D_TYPES);
  localparam int SMALL = D_TYPES & 'b100001;  // short exponents and subnormals that are not flushed
  localparam int LARGE = D_TYPES & 'b011110;  // the exponent of fp32

  // One type needs no comparison.
  wire is_f16 = TYPES[0] && (D_TYPES == 1 || d_type == 3'd0);
  wire is_bf16 = TYPES[1] && (D_TYPES == 2 || d_type == 3'd1);
  wire is_f32 = TYPES[2] && (D_TYPES == 4 || d_type == 3'd2);
  wire is_e8m0_nan = TYPES[4] && (D_TYPES == 16 || d_type == 3'd4);
  wire is_ue4m3 = TYPES[5] && (D_TYPES == 32 || d_type == 3'd5);
  wire is_small = SMALL != 0 && (LARGE == 0 || is_f16 || is_ue4m3);
  wire is_float = is_bf16 || is_f32;

  // f16 and ue4m3 as one: ten bits of fraction below the leading bit. ggml's ue4m3 has no NaN: 7F is zero (FF is not).
  wire [4:0] small_exponent = is_ue4m3 ? {1'b0, raw[6:3]} : raw[14:10];
  wire [9:0] small_fraction = is_ue4m3 ? {raw[2:0], 7'd0} : raw[9:0];
  wire subnormal = is_small && small_exponent == 5'd0;
  wire [11:0] digits = {!subnormal, small_fraction, 1'b0};
  wire [1:0] nibble_shift = digits[11:8] != 4'd0 ? 2'd0 : digits[7:4] != 4'd0 ? 2'd1 : 2'd2;

  wire [7:0] large_exponent = is_f32 ? raw[30:23] : is_bf16 ? raw[14:7] : raw[7:0];
  wire [22:0] large_fraction = is_f32 ? raw[22:0] : is_bf16 ? {raw[6:0], 16'd0} : 23'd0;
  wire special = is_f16 ? raw[14:10] == 5'd31 : is_float ? large_exponent == 8'd255 : is_e8m0_nan && raw[7:0] == 8'd255;
  wire infinite = !is_e8m0_nan && (is_f16 ? raw[9:0] == 10'd0 : large_fraction == 23'd0);

  // Cycle 1: a subnormal is shifted left by whole nibbles; the exponent's origin.
  logic sign, special_1, infinite_1, zero_1, subnormal_1, small_1;
  logic [1:0] n;
  logic [7:0] exponent;
  logic [9:0] origin;
  logic [11:0] coarse;
  logic [22:0] fraction_1;

  always_ff @(posedge clk) begin
    sign <= is_f32 ? raw[31] : (is_f16 || is_bf16) && raw[15];
    special_1 <= special;
    infinite_1 <= infinite;
    zero_1 <= is_ue4m3 && raw[7:0] == 8'h7F;
    subnormal_1 <= subnormal;
    small_1 <= is_small;
    n <= nibble_shift;
    exponent <= is_small ? {3'd0, small_exponent} : large_exponent;
    origin <= (is_f16 ? 10'd112 : is_ue4m3 ? 10'd120 : 10'd0) - {2'd0, bias};
    coarse <= digits << {nibble_shift, 2'b00};
    fraction_1 <= large_fraction;
  end

  // Cycle 2: shift within the nibble; the exponent is 1 less the shift of 4n + b where the number was subnormal.
  wire [3:0] top = coarse[11:8];
  wire [1:0] b = top[3] ? 2'd0 : top[2] ? 2'd1 : top[1] ? 2'd2 : 2'd3;
  wire [12:0] spare = {coarse[10:0], 2'd0};
  wire [9:0] fine = b[1] ? (b[0] ? spare[9:0] : spare[10:1]) : b[0] ? spare[11:2] : spare[12:3];
  wire [5:0] minus_n = {{4{n != 2'd0}}, n[1] ^ n[0], n[0]};
  wire [7:0] change = {b[1] ? {4'b1111, ~n} : minus_n, b[1], ~b[0]};
  wire [9:0] biased = origin + (subnormal_1 ? {{2{change[7]}}, change} : {2'd0, exponent});
  wire zero = (zero_1 || (subnormal_1 && top == 4'd0) || biased[9] || biased == 10'd0) && !special_1;

  always_ff @(posedge clk) begin
    y[34] <= special_1 && !infinite_1;
    y[33] <= special_1 ? infinite_1 : LARGE != 0 && biased[9:0] == 10'd255;
    y[32] <= !zero;
    y[31] <= sign;
    if (zero) y[30:0] <= 31'd0;
    else y[30:0] <= {biased[7:0], small_1 ? {fine, 13'd0} : fraction_1};
  end
endmodule

`default_nettype wire
