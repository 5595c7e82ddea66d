// A copy of a grid's table: two entries read a cycle, or one written.
`default_nettype none

module bfq_grid_memory #(
    parameter int ROWS = 1024,
    localparam int ROW_BITS = $clog2(ROWS)
) (
    input wire logic clk,
    input wire logic move,

    input wire logic                write,  // at row_a
    input wire logic [15:0]         data,
    input wire logic [ROW_BITS-1:0] row_a,
    input wire logic [ROW_BITS-1:0] row_b,
    output logic [15:0]             entry_a,
    output logic [15:0]             entry_b
);
  (* ram_style = "block" *) logic [15:0] memory[ROWS];

  always_ff @(posedge clk) begin
    if (write) memory[row_a] <= data;
    if (move || write) entry_a <= memory[row_a];
  end

  always_ff @(posedge clk) if (move) entry_b <= memory[row_b];
endmodule

`default_nettype wire
