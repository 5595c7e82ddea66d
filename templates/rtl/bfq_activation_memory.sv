// A column's activation records: two halves, one to read while the other is written. Deep ones go to UltraRAM, whose 4096
// words would take eight block RAMs and a multiplexer. Two registers follow the memory: its latch and its output register.
`default_nettype none

module bfq_activation_memory #(
    parameter int WORDS = 320,
    localparam int ADDRESS_BITS = $clog2(WORDS)
) (
    input wire logic clk,

    input wire logic                    write,
    input wire logic [ADDRESS_BITS-1:0] write_address,
    input wire logic [127:0]            write_data,

    input wire logic                    move,
    input wire logic [ADDRESS_BITS-1:0] read_address,  // never the one written
    output logic [127:0]                read_data
);
  logic [127:0] latch;

  always_ff @(posedge clk) if (move) read_data <= latch;

  generate
    if (WORDS > 1024) begin : gen_ultra
      (* ram_style = "ultra" *) logic [127:0] memory[WORDS];
      always_ff @(posedge clk) begin
        if (write) memory[write_address] <= write_data;
        if (move) latch <= memory[read_address];
      end
    end else begin : gen_block
      (* ram_style = "block" *) logic [127:0] memory[WORDS];
      always_ff @(posedge clk) begin
        if (write) memory[write_address] <= write_data;
        if (move) latch <= memory[read_address];
      end
    end
  endgenerate
endmodule

`default_nettype wire
