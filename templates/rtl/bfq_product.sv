// p = (d * da) * float(sum), each operation rounded by itself; numbers as in bfq_fp32_mul. One a cycle, latency
// FP32_MUL_NARROW or FP32_MUL for short or long d, and FP32_MUL.
`default_nettype none

module bfq_product #(
    parameter int SUM_BITS = 32,
    parameter int D_BITS   = 24  // significant bits of d
) (
    input wire logic                clk,
    input wire logic [34:0]         d,
    input wire logic [34:0]         da,
    input wire logic [SUM_BITS-1:0] sum,
    output wire logic [34:0]        p
);
  localparam int SCALED = D_BITS <= 17 ? bfq_latency::FP32_MUL_NARROW : bfq_latency::FP32_MUL;

  wire logic [34:0]         scaled, number;
  wire logic [SUM_BITS-1:0] sum_late;

  bfq_fp32_mul #(.B_BITS(D_BITS)) scale (.clk, .a(da), .b(d), .y(scaled));
  bfq_delay #(.WIDTH(SUM_BITS), .STAGES(SCALED - bfq_latency::INT_TO_FP32)) delay_sum (.clk, .in(sum), .out(sum_late));
  bfq_int_to_fp32 #(.INT_WIDTH(SUM_BITS)) convert (.clk, .a(sum_late), .y(number));
  bfq_fp32_mul multiply (.clk, .a(scaled), .b(number), .y(p));
endmodule

`default_nettype wire
