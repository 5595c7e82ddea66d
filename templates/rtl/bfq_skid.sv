`default_nettype none

// Cuts every combinational path of a valid/ready stream: all outputs come from registers.
// One word a cycle; a word is at the output one cycle after it went in; holds up to two words.
module bfq_skid #(
    parameter int WIDTH = 8
) (
    input wire clk,
    input wire rst,

    input  wire             in_valid,
    output logic            in_ready,
    input  wire [WIDTH-1:0] in_data,

    output logic             out_valid,
    input  wire              out_ready,
    output logic [WIDTH-1:0] out_data
);
  // Holds the word that arrived while the output was stuck and `in_ready` was still high.
  logic [WIDTH-1:0] spare_data;

  wire out_load = !out_valid || out_ready;

  always_ff @(posedge clk) begin
    if (in_ready) spare_data <= in_data;
    if (out_load) out_data <= in_ready ? in_data : spare_data;
    if (rst) begin
      in_ready  <= 1'b1;
      out_valid <= 1'b0;
    end else begin
      // Not ready means that the spare register is taken.
      in_ready <= out_load || (in_ready && !in_valid);
      if (out_load) out_valid <= in_valid || !in_ready;
    end
  end
endmodule

`default_nettype wire
