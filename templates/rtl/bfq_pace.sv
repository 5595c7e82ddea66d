// Keeps the weight readers abreast. The lanes' regions lie in different banks of the DRAM: at the same place of their regions
// they don't meet in one, wherever that is. So all begin a pass together, and none is more than LEAD bursts ahead of another
// that still has some to ask for.
// No reader waits for ever: one that waits has asked for every word that the reader it waits for has asked for, so its lane
// holds up no other.
`default_nettype none

module bfq_pace #(
    parameter int LANES = 4,
    parameter int LEAD  = 2  // 2 or 3: in a lead of one, the words behind it could be those of a shorter first burst
) (
    input wire clk,
    input wire rst,

    input  wire             loaded,  // one cycle: the ports have their regions of the next pass
    input  wire [LANES-1:0] asking,  // has bursts of its region to ask for
    input  wire [LANES-1:0] asked,   // asks for one
    output wire             start,   // the ports take their next regions
    output wire [LANES-1:0] hold
);
  logic waiting;  // regions are there, and not yet taken
  wire  [LANES-1:0] ahead;  // of the slowest by a burst or more; or with nothing to ask for

  assign start = waiting && asking == '0;

  always_ff @(posedge clk) waiting <= !rst && (loaded || (waiting && !start));

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    logic [1:0] lead;  // bursts asked for beyond the slowest
    wire leads = lead != 2'd0;

    assign ahead[l] = leads || !asking[l];
    assign hold[l]  = lead == 2'(LEAD);

    always_ff @(posedge clk) begin
      if (rst || start) lead <= 2'd0;
      else lead <= lead + 2'(asked[l]) - 2'(leads && ahead == '1);
    end
  end
endmodule

`default_nettype wire
