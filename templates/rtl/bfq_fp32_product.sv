`default_nettype none

// Product of significands, left-aligned as one of 24 x 24 bits: its bits 47 to 17, and whether any below is set.
// Latency 4, with b of up to 17 bits 3: all registers are in the DSP48E2s.
module bfq_fp32_product #(
    parameter int B_BITS = 24  // 8..17, 24
) (
    input  wire               clk,
    input  wire  [      23:0] a,
    input  wire  [B_BITS-1:0] b,
    output wire  [      30:0] product,
    output wire               below
);
  generate
    if (B_BITS <= 17) begin : g_narrow
      logic [23:0] a_1;
      logic [B_BITS-1:0] b_1;
      logic [B_BITS+23:0] multiplied, whole;
      wire [47:0] aligned = {whole, {(24 - B_BITS) {1'b0}}};

      always_ff @(posedge clk) begin
        a_1 <= a;
        b_1 <= b;
        multiplied <= a_1 * b_1;
        whole <= multiplied;
      end
      assign product = aligned[47:17];
      assign below = aligned[16:0] != 17'd0;
    end else begin : g_wide
      // The upper part of b comes a cycle later, when the lower product is there to be added.
      logic [23:0] a_1, a_2;
      logic [16:0] low_1;
      logic [6:0] high_1, high_2;
      logic [40:0] low_multiplied, low;
      logic [30:0] high_multiplied;
      logic [30:0] sum;
      logic low_below;

      always_ff @(posedge clk) begin
        a_1 <= a;
        a_2 <= a_1;
        low_1 <= b[16:0];
        high_1 <= b[23:17];
        high_2 <= high_1;
        low_multiplied <= a_1 * low_1;
        low <= low_multiplied;
        high_multiplied <= a_2 * high_2;
        sum <= high_multiplied + {7'd0, low[40:17]};
        low_below <= low[16:0] != 17'd0;
      end
      assign product = sum;
      assign below = low_below;
    end
  endgenerate
endmodule

`default_nettype wire
