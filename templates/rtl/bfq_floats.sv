// Operand selection, d converters and the fp32 units. Unit (u, r) has columns u + t * UNIT_COLUMNS and rows
// r + i * UNIT_ROWS; all work on the same step of the same turn. Addresses and controls as bfq_drain gives them.
`default_nettype none

module bfq_floats #(
    parameter int COLUMNS      = 4,
    parameter int REPLAY       = 1,
    parameter int UNIT_COLUMNS = 1,
    parameter int UNIT_ROWS    = 1,
    parameter int ISUM_BITS    = 32,
    parameter int MSUM_BITS    = 32,
    parameter int HAS_MIN      = 1,
    parameter int D_TYPES      = 63,
    localparam int TURNS      = COLUMNS / UNIT_COLUMNS,
    localparam int TURN_BITS  = TURNS == 1 ? 1 : $clog2(TURNS),
    localparam int ROW_BITS   = UNIT_ROWS == 1 ? 3 : 2,
    localparam int SUM_BITS   = $clog2(REPLAY * TURNS) + ROW_BITS,
    localparam int UNITS      = UNIT_COLUMNS * UNIT_ROWS
) (
    input wire logic clk,
    input wire logic rst,

    // Of the oldest window's job.
    input wire logic [2:0] d_type,
    input wire logic [7:0] d_bias,
    input wire logic [7:0] dmin_bias,
    input wire logic [1:0] min_mode,  // 0 no mins, 1 dmin section, 2 dmin = d

    // The operands at bfq_drain's read addresses.
    input wire logic [TURN_BITS-1:0]                   turn,
    input wire logic [3:0]                             d_byte,
    input wire logic [2:0]                             d_bytes,
    input wire logic [127:0]                           d_word,
    input wire logic [127:0]                           dmin_word,
    input wire logic [COLUMNS*32-1:0]                  da,
    input wire logic [COLUMNS*UNIT_ROWS*ISUM_BITS-1:0] isum,
    input wire logic [COLUMNS*UNIT_ROWS*MSUM_BITS-1:0] msum,

    // One cycle later.
    input wire logic [UNIT_COLUMNS-1:0] valid,
    input wire logic                    first,
    input wire logic                    last,
    input wire logic [SUM_BITS-1:0]     address,

    output wire logic [UNIT_COLUMNS-1:0] result_valid,
    output wire logic [UNITS*32-1:0]     result  // unit u * UNIT_ROWS + r
);
  // The job may change while its last steps are on their way to the converters.
  logic [2:0] type_1;
  logic [7:0] bias_1, min_bias_1, bias_2, min_bias_2;
  logic [1:0] min_mode_1, min_mode_2;
  logic [2:0] type_2;

  always_ff @(posedge clk) begin
    type_1     <= d_type;
    bias_1     <= d_bias;
    min_bias_1 <= dmin_bias;
    min_mode_1 <= min_mode;
    type_2     <= type_1;
    bias_2     <= bias_1;
    min_bias_2 <= min_bias_1;
    min_mode_2 <= min_mode_1;
  end

  wire logic [UNIT_ROWS*32-1:0] d, dmin;

  generate
    for (genvar r = 0; r < UNIT_ROWS; r++) begin : gen_row
      wire logic [3:0]  byte_address = d_byte | (r == 0 ? 4'd0 : {1'b0, d_bytes});
      wire logic [31:0] piece;
      logic [31:0]      raw;
      bfq_byte_select select (.word(d_word), .address(byte_address), .piece);
      always_ff @(posedge clk) raw <= piece;
      bfq_to_fp32 #(.D_TYPES(D_TYPES)) convert (.clk, .raw, .d_type(type_2), .bias(bias_2), .y(d[r*32 +: 32]));

      if (HAS_MIN != 0) begin : gen_min
        wire logic [31:0] min_piece;
        logic [31:0]      min_raw;
        bfq_byte_select select_min (.word(min_mode_1[1] ? d_word : dmin_word), .address(byte_address), .piece(min_piece));
        always_ff @(posedge clk) min_raw <= min_piece;
        bfq_to_fp32 #(.D_TYPES(D_TYPES)) convert_min (
            .clk, .raw(min_raw), .d_type(type_2), .bias(min_bias_2), .y(dmin[r*32 +: 32])
        );
      end else begin : gen_no_min
        assign dmin[r*32 +: 32] = 32'd0;
      end
    end
    if (HAS_MIN == 0) begin : gen_unused_min
      wire logic unused = &{1'b0, dmin_word, min_bias_2, min_mode_1[1]};
    end
    if (UNIT_ROWS == 1) begin : gen_unused_rows
      wire logic unused = &{1'b0, d_bytes};
    end
    if (TURNS == 1) begin : gen_unused_turn
      wire logic unused = &{1'b0, turn};
    end

    for (genvar u = 0; u < UNIT_COLUMNS; u++) begin : gen_column
      wire logic [TURNS*32-1:0] turn_da;
      logic [31:0] unit_da;
      wire logic [UNIT_ROWS-1:0] row_valid;
      for (genvar t = 0; t < TURNS; t++) begin : gen_turn
        assign turn_da[t*32 +: 32] = da[(t*UNIT_COLUMNS+u)*32 +: 32];
      end
      if (TURNS == 1) begin : gen_da
        always_ff @(posedge clk) unit_da <= turn_da;
      end else begin : gen_da_turns
        always_ff @(posedge clk) unit_da <= turn_da[turn*32 +: 32];
      end
      assign result_valid[u] = row_valid[0];

      for (genvar r = 0; r < UNIT_ROWS; r++) begin : gen_unit
        wire logic [TURNS*ISUM_BITS-1:0] turn_isum;
        wire logic [TURNS*MSUM_BITS-1:0] turn_msum;
        logic [ISUM_BITS-1:0] unit_isum;
        logic [MSUM_BITS-1:0] unit_msum;
        for (genvar t = 0; t < TURNS; t++) begin : gen_turn
          assign turn_isum[t*ISUM_BITS +: ISUM_BITS] = isum[((t*UNIT_COLUMNS+u)*UNIT_ROWS+r)*ISUM_BITS +: ISUM_BITS];
          assign turn_msum[t*MSUM_BITS +: MSUM_BITS] = msum[((t*UNIT_COLUMNS+u)*UNIT_ROWS+r)*MSUM_BITS +: MSUM_BITS];
        end
        if (TURNS == 1) begin : gen_sums
          always_ff @(posedge clk) begin
            unit_isum <= turn_isum;
            unit_msum <= turn_msum;
          end
        end else begin : gen_sums_turns
          always_ff @(posedge clk) begin
            unit_isum <= turn_isum[turn*ISUM_BITS +: ISUM_BITS];
            unit_msum <= turn_msum[turn*MSUM_BITS +: MSUM_BITS];
          end
        end
        bfq_step_float #(
            .ISUM_BITS(ISUM_BITS), .MSUM_BITS(MSUM_BITS), .HAS_MIN(HAS_MIN), .ACCUMULATORS(REPLAY * TURNS * 8 / UNIT_ROWS)
        ) unit (
            .clk, .rst, .valid(valid[u]), .first, .last, .use_min(min_mode_2 != 2'd0), .address,
            .da(unit_da), .isum(unit_isum), .msum(unit_msum), .d(d[r*32 +: 32]), .dmin(dmin[r*32 +: 32]),
            .result_valid(row_valid[r]), .result(result[(u*UNIT_ROWS+r)*32 +: 32])
        );
      end
      if (UNIT_ROWS > 1) begin : gen_same
        wire logic unused = &{1'b0, row_valid[UNIT_ROWS-1:1]};
      end
    end
  endgenerate
endmodule

`default_nettype wire
