`default_nettype none

// y = float(a) of a signed integer, rounded to nearest even; y as in bfq_fp32_mul, and never NaN nor infinite.
// Latency 2 (bfq_latency::INT_TO_FP32), one result per cycle.
module bfq_int_to_fp32 #(
    parameter int INT_WIDTH = 32  // 2..32
) (
    input  wire                  clk,
    input  wire  [INT_WIDTH-1:0] a,
    output wire  [         34:0] y
);
  // Up to 24 bits nothing is rounded.
  localparam int WIDTH = INT_WIDTH <= 24 ? 24 : INT_WIDTH <= 28 ? 28 : 32;

  bfq_fp32_pack #(.WIDTH(WIDTH), .EXPONENT(127 + INT_WIDTH - 3)) pack (
      .clk,
      .sign(1'b0),
      .zero_sign(1'b0),
      .exponent(8'd0),
      .value({a[INT_WIDTH-2:0], {(WIDTH - INT_WIDTH + 1) {1'b0}}}),
      .negative(a[INT_WIDTH-1]),
      .infinite(1'b0),
      .nan(1'b0),
      .y
  );
endmodule

`default_nettype wire
