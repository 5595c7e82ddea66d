// Operand selection, d converters and the fp32 units. Unit (u, r) has columns u + t * UNIT_COLUMNS and rows
// r + i * UNIT_ROWS; all work on the same step of the same turn. Addresses and controls as bfq_drain gives them.
`default_nettype none

module bfq_floats #(
    parameter int COLUMNS      = 4,
    parameter int REPLAY       = 1,
    parameter int UNIT_COLUMNS = 1,
    parameter int UNIT_ROWS    = 1,
    parameter int INTERVAL     = 1,  // cycles of a step: 1, 2
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

    // The job of the oldest window, taken with `read`: the cycle of the decision.
    input wire logic       read,
    input wire logic [2:0] d_type,
    input wire logic [7:0] d_bias,
    input wire logic [7:0] dmin_bias,
    input wire logic [1:0] min_mode,  // 0 no mins, 1 dmin section, 2 dmin = d

    // The operands at bfq_drain's read addresses, a cycle after the decision; and in the next cycle those of the mins, where
    // they share the unit.
    input wire logic                                   read_min,
    input wire logic [TURN_BITS-1:0]                   turn,
    input wire logic [3:0]                             d_byte,
    input wire logic [2:0]                             d_bytes,
    input wire logic [COLUMNS*32-1:0]                  da,
    input wire logic [COLUMNS*UNIT_ROWS*ISUM_BITS-1:0] isum,
    input wire logic [COLUMNS*UNIT_ROWS*MSUM_BITS-1:0] msum,

    // Of bfq_d_store, two cycles after the other operands; where mins share the unit dmin follows d.
    input wire logic [127:0]                           d_word,
    input wire logic [127:0]                           dmin_word,

    // A cycle after the addresses.
    input wire logic [UNIT_COLUMNS-1:0] valid,
    input wire logic                    first,
    input wire logic                    last,
    input wire logic [SUM_BITS-1:0]     address,

    output wire logic [UNIT_COLUMNS-1:0] result_valid,
    output wire logic [UNITS*32-1:0]     result  // unit u * UNIT_ROWS + r
);
  localparam int SHARED    = HAS_MIN != 0 && INTERVAL > 1 ? 1 : 0;
  localparam int UNIT_BITS = SHARED != 0 && MSUM_BITS > ISUM_BITS ? MSUM_BITS : ISUM_BITS;
  localparam int D_BITS    = (D_TYPES & 4) != 0 ? 24 : 11;

  // The job may change while its last steps are on their way to the converters.
  logic [2:0] type_1;
  logic [7:0] bias_1, min_bias_1, bias_2, min_bias_2;
  logic [1:0] min_mode_1, min_mode_2;
  wire logic [2:0] d_type_late, d_bytes_late;
  wire logic [3:0] d_byte_late;
  wire logic [7:0] bias_late, min_bias_late;
  wire logic       min_is_d;

  always_ff @(posedge clk) begin
    if (read) begin
      type_1     <= d_type;
      bias_1     <= d_bias;
      min_bias_1 <= dmin_bias;
      min_mode_1 <= min_mode;
    end
    bias_2     <= SHARED != 0 && read_min ? min_bias_1 : bias_1;
    min_bias_2 <= min_bias_1;
    min_mode_2 <= min_mode_1;
  end

  bfq_delay #(.WIDTH(8), .STAGES(bfq_latency::D_STORE)) delay_select (
      .clk, .in({d_byte, d_bytes, min_mode_1[1]}), .out({d_byte_late, d_bytes_late, min_is_d})
  );
  bfq_delay #(.WIDTH(3), .STAGES(bfq_latency::D_STORE + 1)) delay_type (.clk, .in(type_1), .out(d_type_late));
  bfq_delay #(.WIDTH(8), .STAGES(bfq_latency::D_STORE)) delay_bias (.clk, .in(bias_2), .out(bias_late));

  wire logic [UNIT_ROWS*35-1:0] d, dmin;

  generate
    for (genvar r = 0; r < UNIT_ROWS; r++) begin : gen_row
      wire logic [31:0] piece;
      logic [31:0]      raw;
      bfq_d_select #(.ROWS(UNIT_ROWS), .ROW(r), .D_TYPES(D_TYPES)) select (
          .word(d_word), .address(d_byte_late), .bytes(d_bytes_late), .piece
      );
      always_ff @(posedge clk) raw <= piece;
      bfq_to_fp32 #(.D_TYPES(D_TYPES)) convert (.clk, .raw, .d_type(d_type_late), .bias(bias_late), .y(d[r*35 +: 35]));

      if (HAS_MIN != 0 && SHARED == 0) begin : gen_min
        wire logic [31:0] min_piece;
        logic [31:0]      min_raw;
        bfq_d_select #(.ROWS(UNIT_ROWS), .ROW(r), .D_TYPES(D_TYPES)) select_min (
            .word(dmin_word), .address(d_byte_late), .bytes(d_bytes_late), .piece(min_piece)
        );
        always_ff @(posedge clk) min_raw <= min_is_d ? piece : min_piece;
        bfq_to_fp32 #(.D_TYPES(D_TYPES)) convert_min (
            .clk, .raw(min_raw), .d_type(d_type_late), .bias(min_bias_late), .y(dmin[r*35 +: 35])
        );
      end else begin : gen_no_min
        assign dmin[r*35 +: 35] = 35'd0;
      end
    end
    if (HAS_MIN != 0 && SHARED == 0) begin : gen_min_bias
      bfq_delay #(.WIDTH(8), .STAGES(bfq_latency::D_STORE)) delay_min_bias (.clk, .in(min_bias_2), .out(min_bias_late));
      wire logic unused = read_min;
    end else begin : gen_no_min_bias
      assign min_bias_late = 8'd0;
      wire logic unused = &{1'b0, dmin_word, min_bias_2, min_bias_late, min_is_d};
      if (SHARED == 0) begin : gen_no_read_min
        wire logic unused_read_min = read_min;
      end
    end

    for (genvar u = 0; u < UNIT_COLUMNS; u++) begin : gen_column
      wire logic [TURNS*32-1:0] turn_da;
      wire logic [31:0] one_da;
      logic [31:0] unit_da;
      wire logic [UNIT_ROWS-1:0] row_valid;
      for (genvar t = 0; t < TURNS; t++) begin : gen_turn
        assign turn_da[t*32 +: 32] = da[(t*UNIT_COLUMNS+u)*32 +: 32];
      end
      bfq_choose #(.WIDTH(32), .COUNT(TURNS)) choose_da (.index(turn), .in(turn_da), .out(one_da));
      always_ff @(posedge clk) unit_da <= one_da;
      assign result_valid[u] = row_valid[0];

      for (genvar r = 0; r < UNIT_ROWS; r++) begin : gen_unit
        wire logic [TURNS*ISUM_BITS-1:0] turn_isum;
        wire logic [TURNS*MSUM_BITS-1:0] turn_msum;
        wire logic [ISUM_BITS-1:0] one_isum;
        wire logic [MSUM_BITS-1:0] one_msum;
        logic [UNIT_BITS-1:0] unit_isum;
        logic [MSUM_BITS-1:0] unit_msum;
        for (genvar t = 0; t < TURNS; t++) begin : gen_turn
          assign turn_isum[t*ISUM_BITS +: ISUM_BITS] = isum[((t*UNIT_COLUMNS+u)*UNIT_ROWS+r)*ISUM_BITS +: ISUM_BITS];
          assign turn_msum[t*MSUM_BITS +: MSUM_BITS] = msum[((t*UNIT_COLUMNS+u)*UNIT_ROWS+r)*MSUM_BITS +: MSUM_BITS];
        end
        bfq_choose #(.WIDTH(ISUM_BITS), .COUNT(TURNS)) choose_isum (.index(turn), .in(turn_isum), .out(one_isum));
        bfq_choose #(.WIDTH(MSUM_BITS), .COUNT(TURNS)) choose_msum (.index(turn), .in(turn_msum), .out(one_msum));
        if (SHARED != 0) begin : gen_in_turns
          always_ff @(posedge clk) unit_isum <= read_min ? UNIT_BITS'($signed(one_msum)) : UNIT_BITS'($signed(one_isum));
          assign unit_msum = '0;
        end else begin : gen_at_once
          always_ff @(posedge clk) begin
            unit_isum <= one_isum;
            unit_msum <= one_msum;
          end
        end
        bfq_step_float #(
            .ISUM_BITS(UNIT_BITS), .MSUM_BITS(MSUM_BITS), .HAS_MIN(HAS_MIN), .SHARED(SHARED), .D_BITS(D_BITS),
            .ACCUMULATORS(REPLAY * TURNS * 8 / UNIT_ROWS), .DISTANCE(8 / UNIT_ROWS * INTERVAL)
        ) unit (
            .clk, .rst, .valid(valid[u]), .first, .last, .use_min(min_mode_2 != 2'd0), .address,
            .da(unit_da), .isum(unit_isum), .msum(unit_msum), .d(d[r*35 +: 35]), .dmin(dmin[r*35 +: 35]),
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
