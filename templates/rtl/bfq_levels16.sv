// Codes to signed levels for 16 columns; combinational, as the DSPs behind have registers.
// Linear: (code << shift) - offset. Codebook: a table, in copies for seven columns each, as a LUT RAM has seven read ports.
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
    input wire logic [LEVEL_BITS-1:0] not_offset,  // all ones with a codebook
    input wire logic                  codebook,    // 0 linear, 1 from the table

    input wire logic                  table_write,
    input wire logic [INDEX_BITS-1:0] table_index,
    input wire logic [7:0]            table_entry,  // signed

    output wire logic [LEVEL_BITS*16-1:0] levels
);
  /*verilator no_inline_module*/
  localparam int ENTRY_BITS = LEVEL_BITS < 8 ? LEVEL_BITS : 8;
  wire logic [127:0] rows = 128'(planes);
  wire logic [127:0] codes;  // of 8 bits, one by one

  // Planes to codes. Only wires in hardware; few operations in a simulator: three swaps transpose 8 x 8 bits.
  generate
    for (genvar h = 0; h < 2; h++) begin : gen_half
      wire logic [63:0] whole, pairs, quarters;
      for (genvar b = 0; b < 8; b++) begin : gen_row
        assign whole[b*8 +: 8] = rows[b*16+h*8 +: 8];
      end
      assign pairs = (whole & 64'hAA55_AA55_AA55_AA55) | ((whole & 64'h00AA_00AA_00AA_00AA) << 7)
          | ((whole >> 7) & 64'h00AA_00AA_00AA_00AA);
      assign quarters = (pairs & 64'hCCCC_3333_CCCC_3333) | ((pairs & 64'h0000_CCCC_0000_CCCC) << 14)
          | ((pairs >> 14) & 64'h0000_CCCC_0000_CCCC);
      assign codes[h*64 +: 64] = (quarters & 64'hF0F0_F0F0_0F0F_0F0F) | ((quarters & 64'h0000_0000_F0F0_F0F0) << 28)
          | ((quarters >> 28) & 64'h0000_0000_F0F0_F0F0);
    end

    // As in bfq_shift_add: choice and subtraction in one LUT a bit.
    for (genvar i = 0; i < 16; i++) begin : gen_column
      wire logic [LEVEL_BITS-1:0] linear = LEVEL_BITS'(9'(codes[i*8 +: 8]) << shift);
    end
    if (CODEBOOK == 0) begin : gen_linear
      for (genvar i = 0; i < 16; i++) begin : gen_level
        assign levels[i*LEVEL_BITS +: LEVEL_BITS] = not_offset - ~gen_column[i].linear;
      end
      wire logic unused_table = &{1'b0, clk, codebook, table_write, table_index, table_entry};
    end else begin : gen_tables
      for (genvar g = 0; g < 16; g = g + 7) begin : gen_copy
        (* ram_style = "distributed" *) logic [ENTRY_BITS-1:0] entries[CODEBOOK];
        always_ff @(posedge clk) if (table_write) entries[table_index] <= table_entry[ENTRY_BITS-1:0];
        for (genvar i = g; i < g + 7 && i < 16; i++) begin : gen_level
          wire logic [INDEX_BITS-1:0] index = INDEX_BITS'(codes[i*8 +: 8]);
          wire logic [LEVEL_BITS-1:0] value = codebook ? LEVEL_BITS'($signed(entries[index])) : gen_column[i].linear;
          assign levels[i*LEVEL_BITS +: LEVEL_BITS] = not_offset - ~value;
        end
      end
      if (LEVEL_BITS < 8) begin : gen_narrow_table
        wire logic unused_entry = &{1'b0, table_entry};
      end
    end
  endgenerate
endmodule

`default_nettype wire
