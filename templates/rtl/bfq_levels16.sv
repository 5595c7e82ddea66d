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
  localparam int ENTRY_BITS = LEVEL_BITS < 8 ? LEVEL_BITS : 8;
  wire logic [16*ENTRY_BITS-1:0] found;  // in the table

  generate
    for (genvar i = 0; i < 16; i++) begin : gen_column
      wire logic [CODE_BITS:0] doubled;  // {code, 0} or {0, code}
      for (genvar b = 0; b <= CODE_BITS; b++) begin : gen_bit
        assign doubled[b] = shift ? b > 0 && planes[(b == 0 ? 0 : b - 1) * 16 + i]
                                  : b < CODE_BITS && planes[(b == CODE_BITS ? 0 : b) * 16 + i];
      end
      wire logic [LEVEL_BITS-1:0] linear;
      if (LEVEL_BITS > CODE_BITS) begin : gen_wide
        assign linear = LEVEL_BITS'(doubled);
      end else begin : gen_narrow
        assign linear = doubled[LEVEL_BITS-1:0];
        wire logic unused = &{1'b0, doubled[CODE_BITS:LEVEL_BITS]};
      end

      // As in bfq_shift_add: choice and subtraction in one LUT a bit.
      wire logic [LEVEL_BITS-1:0] value;
      assign levels[i*LEVEL_BITS +: LEVEL_BITS] = not_offset - ~value;

      if (CODEBOOK == 0) begin : gen_linear
        assign value = linear;
      end else begin : gen_choice
        wire logic signed [ENTRY_BITS-1:0] entry = found[i*ENTRY_BITS +: ENTRY_BITS];
        assign value = codebook ? LEVEL_BITS'(entry) : linear;
      end
    end

    if (CODEBOOK == 0) begin : gen_no_table
      assign found = '0;
      wire logic unused_table = &{1'b0, clk, found, codebook, table_write, table_index, table_entry};
    end else begin : gen_tables
      for (genvar g = 0; g < 16; g = g + 7) begin : gen_copy
        (* ram_style = "distributed" *) logic [ENTRY_BITS-1:0] entries[CODEBOOK];
        always_ff @(posedge clk) if (table_write) entries[table_index] <= table_entry[ENTRY_BITS-1:0];
        for (genvar i = g; i < g + 7 && i < 16; i++) begin : gen_read
          wire logic [INDEX_BITS-1:0] index;
          for (genvar b = 0; b < INDEX_BITS; b++) begin : gen_index
            if (b < CODE_BITS) begin : gen_code
              assign index[b] = planes[b*16+i];
            end else begin : gen_zero
              assign index[b] = 1'b0;
            end
          end
          assign found[i*ENTRY_BITS +: ENTRY_BITS] = entries[index];
        end
      end
      if (LEVEL_BITS < 8) begin : gen_narrow_table
        wire logic unused_entry = &{1'b0, table_entry};
      end
    end
  endgenerate
endmodule

`default_nettype wire
