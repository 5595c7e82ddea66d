// Codes to signed levels for 16 columns; latency 1.
// Linear: (code << shift) + base. Codebook: one small table a column, in two banks, so that the next job's entries
// can be written while this job's codes are read.
`default_nettype none

module bfq_levels16 #(
    parameter int CODE_BITS  = 8,
    parameter int LEVEL_BITS = 9,
    parameter int CODEBOOK   = 16,  // entries: 0, 16, 32, 64
    localparam int INDEX_BITS = CODEBOOK == 0 ? 1 : $clog2(CODEBOOK)
) (
    input wire logic clk,

    input wire logic [CODE_BITS*16-1:0] planes,  // bit b*16+i: bit b of code i

    input wire logic                  shift,
    input wire logic [LEVEL_BITS-1:0] base,
    input wire logic                  codebook,  // 0 linear, 1 from the table
    input wire logic                  bank,

    input wire logic                  table_write,
    input wire logic                  table_bank,
    input wire logic [INDEX_BITS-1:0] table_index,
    input wire logic [LEVEL_BITS-1:0] table_entry,

    output wire logic [LEVEL_BITS*16-1:0] levels
);
  generate
    for (genvar i = 0; i < 16; i++) begin : gen_column
      wire logic [CODE_BITS-1:0] code;
      for (genvar b = 0; b < CODE_BITS; b++) begin : gen_bit
        assign code[b] = planes[b*16+i];
      end

      wire logic [LEVEL_BITS-1:0] linear;
      bfq_shift_add #(.IN_BITS(CODE_BITS), .OUT_BITS(LEVEL_BITS)) map (.code, .shift, .base, .value(linear));

      logic [LEVEL_BITS-1:0] level;
      assign levels[i*LEVEL_BITS +: LEVEL_BITS] = level;

      if (CODEBOOK == 0) begin : gen_linear
        always_ff @(posedge clk) level <= linear;
      end else begin : gen_table
        (* ram_style = "distributed" *) logic [LEVEL_BITS-1:0] entries[2*CODEBOOK];
        always_ff @(posedge clk) begin
          if (table_write) entries[{table_bank, table_index}] <= table_entry;
          level <= codebook ? entries[{bank, INDEX_BITS'(code)}] : linear;
        end
      end
    end

    if (CODEBOOK == 0) begin : gen_no_table
      wire logic unused_table = &{1'b0, codebook, bank, table_write, table_bank, table_index, table_entry};
    end
  endgenerate
endmodule

`default_nettype wire
