// `out` is `in` of STAGES cycles ago. No reset, so that it maps to shift-register LUTs.
`default_nettype none

module bfq_delay #(
    parameter int WIDTH  = 8,
    parameter int STAGES = 1  // at least 1
) (
    input wire logic              clk,
    input wire logic [WIDTH-1:0]  in,
    output wire logic [WIDTH-1:0] out
);
  wire logic [(STAGES+1)*WIDTH-1:0] tap;

  assign tap[0 +: WIDTH] = in;
  assign out = tap[STAGES*WIDTH +: WIDTH];

  generate
    for (genvar i = 0; i < STAGES; i++) begin : gen_stage
      logic [WIDTH-1:0] stage;
      always_ff @(posedge clk) stage <= tap[i*WIDTH +: WIDTH];
      assign tap[(i+1)*WIDTH +: WIDTH] = stage;
    end
  endgenerate
endmodule

`default_nettype wire
