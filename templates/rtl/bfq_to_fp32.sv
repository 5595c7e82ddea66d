`default_nettype none

// A stored block scale to fp32, times 2^-bias. Latency 2 (bfq_latency::TO_FP32), one result a cycle.
// Types not in D_TYPES cost nothing and decode as +0.
// The bias is subtracted from the exponent; what then lies below 2^-126 is zero of its sign; infinity and NaN stay.
module bfq_to_fp32 #(
    parameter int D_TYPES = 63  // bit t: type code t occurs
) (
    input  wire         clk,
    input  wire  [31:0] raw,     // narrower types in the low bits, the rest is ignored
    input  wire  [ 2:0] d_type,  // 0 f16, 1 bf16, 2 f32, 3 e8m0, 4 e8m0 with FF = NaN, 5 ue4m3
    input  wire  [ 7:0] bias,
    output logic [31:0] y
);
  localparam logic [5:0] TYPES = 6'(D_TYPES);

  wire is_f16 = TYPES[0] && d_type == 3'd0;
  wire is_bf16 = TYPES[1] && d_type == 3'd1;
  wire is_f32 = TYPES[2] && d_type == 3'd2;
  wire is_e8m0 = TYPES[3] && d_type == 3'd3;
  wire is_e8m0_nan = TYPES[4] && d_type == 3'd4;
  wire is_ue4m3 = TYPES[5] && d_type == 3'd5;

  // f16 and ue4m3 as one: exponent, ten bits of fraction, and the fp32 exponent of the exponent code 0.
  wire [4:0] small_exponent = is_f16 ? raw[14:10] : {1'b0, raw[6:3]};
  wire [9:0] small_fraction = is_f16 ? raw[9:0] : {raw[2:0], 7'd0};
  wire [7:0] small_origin = is_f16 ? 8'd112 : 8'd120;

  // ggml's ue4m3 has no NaN: 7F is zero (FF is not).
  wire small_zero = small_exponent == 5'd0 && small_fraction == 10'd0 || is_ue4m3 && raw[7:0] == 8'h7F;

  logic [3:0] leading_zeros;
  always_comb begin
    leading_zeros = '0;
    for (int i = 0; i < 10; i++) if (small_fraction[i]) leading_zeros = 4'(9 - i);
  end

  // Cycle 1: sign, exponent and fraction. An exponent of 0 stands for zero.
  logic sign, special;  // special: infinity or NaN, which no bias moves
  logic [7:0] exponent, bias_1;
  logic [22:0] fraction;

  always_ff @(posedge clk) begin
    bias_1 <= bias;
    sign <= 1'b0;
    special <= 1'b0;
    exponent <= 8'd0;
    fraction <= 23'd0;
    if (is_f16 || is_ue4m3) begin
      sign <= is_f16 && raw[15];
      if (is_f16 && small_exponent == 5'd31) begin
        special <= 1'b1;
        exponent <= 8'd255;
        if (small_fraction != 10'd0) begin
          sign <= 1'b0;
          fraction <= 23'h400000;
        end
      end else if (!small_zero) begin
        if (small_exponent == 5'd0) begin
          exponent <= small_origin - {4'd0, leading_zeros};
          fraction <= {10'(small_fraction << leading_zeros << 1), 13'd0};
        end else begin
          exponent <= small_origin + {3'd0, small_exponent};
          fraction <= {small_fraction, 13'd0};
        end
      end
    end else if (is_f32 || is_bf16) begin
      sign <= is_f32 ? raw[31] : raw[15];
      exponent <= is_f32 ? raw[30:23] : raw[14:7];
      fraction <= is_f32 ? raw[22:0] : {raw[6:0], 16'd0};
      if ((is_f32 ? raw[30:23] : raw[14:7]) == 8'd255) begin
        special <= 1'b1;
        if ((is_f32 ? raw[22:0] : {raw[6:0], 16'd0}) != 23'd0) begin
          sign <= 1'b0;
          fraction <= 23'h400000;
        end
      end
    end else if (is_e8m0 || is_e8m0_nan) begin
      exponent <= raw[7:0];
      if (is_e8m0_nan && raw[7:0] == 8'd255) begin
        special <= 1'b1;
        fraction <= 23'h400000;
      end
    end
  end

  // Cycle 2: the bias.
  wire [8:0] difference = {1'b0, exponent} - {1'b0, bias_1};
  wire zero = difference[8] || difference[7:0] == 8'd0;

  always_ff @(posedge clk) begin
    if (special) y <= {sign, exponent, fraction};
    else if (zero) y <= {sign, 31'd0};
    else y <= {sign, difference[7:0], fraction};
  end
endmodule

`default_nettype wire
