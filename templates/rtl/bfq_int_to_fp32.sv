`default_nettype none

// y = float(a) of a signed integer, rounded to nearest even. Latency 3 (bfq_latency::INT_TO_FP32), one result a cycle.
module bfq_int_to_fp32 #(
    parameter int INT_WIDTH = 32  // 2..32
) (
    input  wire                  clk,
    input  wire  [INT_WIDTH-1:0] a,
    output wire  [         31:0] y
);
  logic sign;
  logic [INT_WIDTH-1:0] magnitude;  // unsigned, so it holds that of the most negative integer too

  always_ff @(posedge clk) begin
    sign <= a[INT_WIDTH-1];
    magnitude <= (a ^ {INT_WIDTH{a[INT_WIDTH-1]}}) + {{(INT_WIDTH - 1) {1'b0}}, a[INT_WIDTH-1]};
  end

  bfq_fp32_pack #(.WIDTH(32)) pack (
      .clk,
      .sign,
      .zero_sign(1'b0),
      .exponent(10'sd158),  // 127 + 31
      .magnitude(32'(magnitude)),
      .infinite(1'b0),
      .nan(1'b0),
      .y
  );
endmodule

`default_nettype wire
