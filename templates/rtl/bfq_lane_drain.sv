// A lane's floating-point half: the steps of complete windows with their d and dmin to fp32, and results.
//
//   d, dmin -> stores -+-> floats -> result_pack -> result
//   windows -> drain --+
`default_nettype none

module bfq_lane_drain #(
    localparam int COLUMNS      = bfq_params::COLUMNS,
    localparam int REPLAY       = bfq_params::REPLAY,
    localparam int UNIT_ROWS    = bfq_params::UNIT_ROWS,
    localparam int UNIT_COLUMNS = bfq_params::UNIT_COLUMNS,
    localparam int INTERVAL     = bfq_params::FP_INTERVAL,
    localparam int HAS_MIN      = bfq_params::HAS_MIN,
    localparam int D_TYPES      = bfq_params::D_TYPES,
    localparam int ISUM_BITS    = bfq_params::ISUM_BITS,
    localparam int MSUM_BITS    = bfq_params::MSUM_BITS,
    localparam int BATCH_BITS   = REPLAY == 1 ? 1 : $clog2(REPLAY),
    localparam int COLUMN_BITS  = COLUMNS == 1 ? 1 : $clog2(COLUMNS),
    localparam int ROW_BITS     = 3 - $clog2(UNIT_ROWS)
) (
    input wire logic clk,
    input wire logic rst,

    // A word of a section.
    input wire logic [127:0] word,
    input wire logic         d_valid,
    output wire logic        d_ready,
    input wire logic         dmin_valid,
    output wire logic        dmin_ready,

    // As bfq_lane_jobs has them.
    output wire logic                  job_done,
    input wire logic [COLUMN_BITS-1:0] job_last_column,
    input wire logic [3:0]             job_step_log2,
    input wire logic [2:0]             d_type,
    input wire logic [3:0]             d_group_log2,
    input wire logic [7:0]             d_bias,
    input wire logic [1:0]             min_mode,
    input wire logic [7:0]             dmin_bias,
    input wire logic [5:0]             d_words,
    input wire logic [5:0]             dmin_words,

    // As bfq_lane_products has them.
    input wire logic                                  window_valid,
    output wire logic                                 window_ready,
    input wire logic [1:0]                            window_index,
    input wire logic                                  window_k_first,
    input wire logic                                  window_k_last,
    input wire logic                                  window_job_last,
    input wire logic [BATCH_BITS-1:0]                 window_batch,
    input wire logic                                  window_batch_last,
    output wire logic [1:0]                           read_window,
    output wire logic [ROW_BITS-1:0]                  read_row,
    output wire logic [1:0]                           read_sub,
    output wire logic                                 read_block,
    input wire logic [COLUMNS*32-1:0]                 read_da,
    input wire logic [COLUMNS*UNIT_ROWS*ISUM_BITS-1:0] read_isum,
    input wire logic [COLUMNS*UNIT_ROWS*MSUM_BITS-1:0] read_msum,

    output wire logic         result_valid,
    input wire logic          result_ready,
    output wire logic [127:0] result_data,
    output wire logic         result_last,
    output wire logic         busy
);
  localparam int TURNS       = COLUMNS / UNIT_COLUMNS;
  localparam int TURN_BITS   = TURNS == 1 ? 1 : $clog2(TURNS);
  localparam int SUM_ADDRESS = $clog2(REPLAY * TURNS) + ROW_BITS;

  wire logic                    row_tile_valid, row_tile_ready, row_tile_job_last, d_read, d_give_back;
  wire logic [7:0]              row_tile_columns;
  wire logic [4:0]              d_address;
  wire logic [TURN_BITS-1:0]    read_turn;
  wire logic [3:0]              read_d_byte;
  wire logic [2:0]              read_d_bytes;
  wire logic                    read_min;
  wire logic [UNIT_COLUMNS-1:0] unit_valid, sum_valid;
  wire logic                    unit_first, unit_last;
  wire logic [SUM_ADDRESS-1:0]  unit_address;
  wire logic [UNIT_COLUMNS*UNIT_ROWS*32-1:0] sum;
  wire logic [127:0]            d_word, dmin_word;

  bfq_drain #(
      .COLUMNS(COLUMNS), .REPLAY(REPLAY), .UNIT_COLUMNS(UNIT_COLUMNS), .UNIT_ROWS(UNIT_ROWS), .INTERVAL(INTERVAL),
      .D_TYPES(D_TYPES)
  ) drain (
      .clk, .rst, .job_done, .job_last_column, .job_step_log2, .job_d_type(d_type), .job_d_group_log2(d_group_log2),
      .window_valid, .window_ready, .window_index, .window_k_first, .window_k_last, .window_job_last,
      .window_batch, .window_batch_last, .row_tile_valid, .row_tile_ready, .row_tile_columns, .row_tile_job_last,
      .d_read, .d_address, .d_give_back,
      .read_window, .read_row, .read_sub, .read_block, .read_turn, .read_d_byte, .read_d_bytes, .read_min,
      .unit_valid, .unit_first, .unit_last, .unit_address
  );

  // Mins that share a unit with the rest have their d read after theirs.
  generate
    if (HAS_MIN != 0 && INTERVAL > 1) begin : gen_d_in_turns
      bfq_d_store #(.SECTIONS(2)) d_store (
          .clk, .rst, .word_valid({dmin_valid, d_valid}), .word_ready({dmin_ready, d_ready}), .word,
          .read(d_read), .read_address(d_address), .min_is_d(min_mode[1]), .read_word(d_word), .give_back(d_give_back),
          .tile_words({dmin_words, d_words})
      );
      assign dmin_word = '0;
    end else begin : gen_d
      bfq_d_store d_store (
          .clk, .rst, .word_valid(d_valid), .word_ready(d_ready), .word,
          .read(d_read), .read_address(d_address), .min_is_d(1'b0), .read_word(d_word), .give_back(d_give_back),
          .tile_words(d_words)
      );
      if (HAS_MIN != 0) begin : gen_dmin
        bfq_d_store dmin_store (
            .clk, .rst, .word_valid(dmin_valid), .word_ready(dmin_ready), .word,
            .read(d_read), .read_address(d_address), .min_is_d(1'b0), .read_word(dmin_word), .give_back(d_give_back),
            .tile_words(dmin_words)
        );
      end else begin : gen_no_dmin
        assign dmin_ready = 1'b1;
        assign dmin_word  = '0;
        wire logic unused = &{1'b0, dmin_words, dmin_valid};
      end
    end
  endgenerate

  bfq_floats #(
      .COLUMNS(COLUMNS), .REPLAY(REPLAY), .UNIT_COLUMNS(UNIT_COLUMNS), .UNIT_ROWS(UNIT_ROWS), .INTERVAL(INTERVAL),
      .ISUM_BITS(ISUM_BITS), .MSUM_BITS(MSUM_BITS), .HAS_MIN(HAS_MIN), .D_TYPES(D_TYPES)
  ) floats (
      .clk, .rst, .read(d_read), .d_type, .d_bias, .dmin_bias, .min_mode,
      .read_min, .turn(read_turn), .d_byte(read_d_byte), .d_bytes(read_d_bytes),
      .da(read_da), .isum(read_isum), .msum(read_msum), .d_word, .dmin_word,
      .valid(unit_valid), .first(unit_first), .last(unit_last), .address(unit_address),
      .result_valid(sum_valid), .result(sum)
  );
  bfq_result_pack #(.COLUMNS(COLUMNS), .UNIT_COLUMNS(UNIT_COLUMNS), .UNIT_ROWS(UNIT_ROWS)) pack (
      .clk, .rst, .in_valid(sum_valid), .in_data(sum),
      .row_tile_valid, .row_tile_ready, .row_tile_columns, .row_tile_job_last,
      .result_valid, .result_ready, .result_data, .result_last, .busy
  );
endmodule

`default_nettype wire
