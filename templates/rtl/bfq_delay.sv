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
  // Stage by stage, as a vector of all of them would be taken apart and put together in every cycle of a simulation.
  generate
    for (genvar i = 0; i < STAGES; i++) begin : gen_stage
      logic [WIDTH-1:0] stage;
      if (i == 0) begin : gen_first
        always_ff @(posedge clk) stage <= in;
      end else begin : gen_next
        always_ff @(posedge clk) stage <= gen_stage[i-1].stage;
      end
    end
  endgenerate
  assign out = gen_stage[STAGES-1].stage;
endmodule

`default_nettype wire
