`default_nettype none

// Cuts (address, words) commands into AXI bursts of 16-byte beats that end at multiples of MAX_BURST beats, so
// none crosses 4 KB. One burst a cycle, and one cycle more for each command. A command of 0 words does nothing.
module bfq_axi_bursts #(
    parameter int MAX_BURST = 64  // beats, a power of two, 2..256
) (
    input wire clk,
    input wire rst,

    input  wire        command_valid,
    output wire        command_ready,
    input  wire [63:0] command_address,  // bytes, a multiple of 16
    input  wire [31:0] command_words,

    output logic        burst_valid,
    input  wire         burst_ready,
    output logic [63:0] burst_address,
    output logic [ 8:0] burst_beats,    // 1..MAX_BURST
    output wire         idle
);
  localparam int BITS = $clog2(MAX_BURST);

  logic active;
  logic [63:4] address;
  logic [31:0] words;
  logic [8:0] room;  // beats to the next multiple of MAX_BURST

  wire load = !burst_valid || burst_ready;
  wire last = words <= {23'd0, room};

  wire unused = &{1'b0, command_address[3:0]};

  assign command_ready = !active;
  assign idle = !active && !burst_valid;

  always_ff @(posedge clk) begin
    if (!active) begin
      address <= command_address[63:4];
      words <= command_words;
      room <= 9'(MAX_BURST) - 9'(command_address[4+:BITS]);
    end else if (load) begin
      address <= {address[63:4+BITS] + 1'b1, {BITS{1'b0}}};
      words <= words - {23'd0, room};
      room <= 9'(MAX_BURST);
    end

    if (load) begin
      burst_address <= {address, 4'd0};
      burst_beats   <= last ? words[8:0] : room;
    end

    if (rst) begin
      active <= 1'b0;
      burst_valid <= 1'b0;
    end else begin
      if (!active) active <= command_valid && command_words != 32'd0;
      else if (load && last) active <= 1'b0;
      if (load) burst_valid <= active;
    end
  end
endmodule

`default_nettype wire
