// Offers each pass as one job to every lane, once its activations are in the buffers or on their way. Lanes take it each in
// their own time; the next pass follows when all have. The row tiles are a cycle behind the pass. Every job releases its half
// when it ends: the loader does the accounting.
`default_nettype none

module bfq_dispatcher #(
    parameter int LANES = 4
) (
    input  wire clk,
    input  wire rst,

    input  wire        pass_valid,
    output wire        pass_ready,
    input  wire [31:0] pass_row_tiles,

    input  wire        announced_valid,   // the activations of this pass are there, or loading
    output wire        announced_ready,

    output wire [LANES-1:0]    job_valid,
    input  wire [LANES-1:0]    job_ready,
    output logic [LANES*32-1:0] job_row_tiles
);
  logic [LANES-1:0] taken;  // lanes that have this pass
  logic settled;            // job_row_tiles are this pass's

  wire offered = pass_valid && announced_valid && settled;
  wire done    = offered && (taken | job_ready) == '1;

  assign job_valid      = offered ? ~taken : '0;
  assign pass_ready     = done;
  assign announced_ready = done;

  generate
    for (genvar l = 0; l < LANES; l++) begin : gen_lane
      // Row tiles l, l + LANES, ...
      always_ff @(posedge clk) job_row_tiles[l*32 +: 32] <= (pass_row_tiles + 32'(LANES - 1 - l)) >> $clog2(LANES);
    end
  endgenerate

  always_ff @(posedge clk) begin
    settled <= !rst && pass_valid && !done;
    if (rst || done) taken <= '0;
    else taken <= taken | (job_valid & job_ready);
  end
endmodule

`default_nettype wire
