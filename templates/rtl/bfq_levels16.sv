// Codes to signed levels for 16 columns; combinational, as the DSPs behind have registers.
// Linear: (code << shift) - offset. Codebook: one small table a column, in two banks, so that the next job's entries
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
    input wire logic [LEVEL_BITS-1:0] not_offset,  // all ones with a codebook
    input wire logic                  codebook,    // 0 linear, 1 from the table
    input wire logic                  bank,

    input wire logic                  table_write,
    input wire logic                  table_bank,
    input wire logic [INDEX_BITS-1:0] table_index,
    input wire logic [LEVEL_BITS-1:0] table_entry,

    output wire logic [LEVEL_BITS*16-1:0] levels
);
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
      end else begin : gen_table
        wire logic [INDEX_BITS-1:0] index;
        for (genvar b = 0; b < INDEX_BITS; b++) begin : gen_index
          if (b < CODE_BITS) begin : gen_code
            assign index[b] = planes[b*16+i];
          end else begin : gen_zero
            assign index[b] = 1'b0;
          end
        end
        (* ram_style = "distributed" *) logic [LEVEL_BITS-1:0] entries[2*CODEBOOK];
        always_ff @(posedge clk) if (table_write) entries[{table_bank, table_index}] <= table_entry;
        assign value = codebook ? entries[{bank, index}] : linear;
      end
    end

    if (CODEBOOK == 0) begin : gen_no_table
      wire logic unused_table = &{1'b0, clk, codebook, bank, table_write, table_bank, table_index, table_entry};
    end
  endgenerate
endmodule

`default_nettype wire
