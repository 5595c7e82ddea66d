// One activation column: its buffer, and the integer sums of its steps. The products before them are bfq_dot16's.
`default_nettype none

module bfq_column #(
    parameter int ACT_WORDS   = 320,  // of the activation memory
    parameter int X_BITS      = 19,  // of half a dot product
    parameter int SCALE_WIDTH = 9,
    parameter int MIN_WIDTH   = 9,
    parameter int HAS_MIN     = 1,
    parameter int ISUM_BITS   = 32,
    parameter int MSUM_BITS   = 32,
    parameter int SUBS        = 4,  // most steps in 64 columns
    parameter int BANKS       = 1,  // rows read at once
    localparam int ADDRESS_BITS = $clog2(ACT_WORDS),
    localparam int ROW_BITS     = 3 - $clog2(BANKS),
    localparam int TOKEN_BITS   = 9
) (
    input wire logic clk,

    input wire logic                    write,
    input wire logic [ADDRESS_BITS-1:0] write_address,
    input wire logic [127:0]            write_data,

    // As bfq_activation_fetch gives them.
    input wire logic                    move,
    input wire logic [ADDRESS_BITS-1:0] fetch_address,
    input wire logic                    stage,
    input wire logic [2:0]              stage_index,
    input wire logic                    stage_high,
    input wire logic                    swap,
    output wire logic [127:0]           word,  // for the products, where stage_index says int8

    // Row steps {valid, window, row, step start, split}, with mins, and when their dot products are there.
    input wire logic [TOKEN_BITS-1:0]    step,
    input wire logic [4*MIN_WIDTH-1:0]   mins,
    input wire logic [TOKEN_BITS-1:0]    step_dot,
    input wire logic [4*X_BITS-1:0]      x,  // x + y: minus the dot products
    input wire logic [4*X_BITS-1:0]      y,
    input wire logic [4*SCALE_WIDTH-1:0] scales_dot,

    // As bfq_drain gives them.
    input wire logic [1:0]                  read_window,
    input wire logic [ROW_BITS-1:0]         read_row,
    input wire logic [1:0]                  read_sub,
    input wire logic                        read_block,
    output wire logic [31:0]                read_da,
    output wire logic [BANKS*ISUM_BITS-1:0] read_isum,
    output wire logic [BANKS*MSUM_BITS-1:0] read_msum
);
  wire logic [63:0] sums;
  wire logic        valid, start, valid_dot, start_dot;
  wire logic [1:0]  window, split, window_dot, split_dot;
  wire logic [2:0]  row, row_dot;

  assign {valid, window, row, start, split} = step;
  assign {valid_dot, window_dot, row_dot, start_dot, split_dot} = step_dot;

  bfq_activation_column #(.ACT_WORDS(ACT_WORDS), .DA_BLOCKS(SUBS == 1 ? 1 : 2)) activations (
      .clk, .write, .write_address, .write_data, .move, .read_address(fetch_address),
      .stage, .stage_index, .stage_high, .swap, .word, .sums,
      .window_write(valid && start && row == 3'd0), .window, .read_window, .read_block, .read_da
  );

  bfq_step_sums #(.X_BITS(X_BITS), .S_BITS(SCALE_WIDTH), .SUM_BITS(ISUM_BITS), .SUBS(SUBS), .BANKS(BANKS)) isums (
      .clk, .valid(valid_dot), .window(window_dot), .row(row_dot), .start(start_dot), .split(split_dot),
      .x, .y, .s(scales_dot), .read_window, .read_row, .read_sub, .read_sum(read_isum)
  );

  generate
    if (HAS_MIN != 0) begin : gen_msums
      bfq_step_sums #(
          .X_BITS(16), .S_BITS(MIN_WIDTH), .SUM_BITS(MSUM_BITS), .SUBS(SUBS), .BANKS(BANKS), .NEGATED(0)
      ) msums (
          .clk, .valid, .window, .row, .start, .split, .x(sums), .y(64'd0), .s(mins),
          .read_window, .read_row, .read_sub, .read_sum(read_msum)
      );
    end else begin : gen_no_msums
      assign read_msum = '0;
      wire logic unused = &{1'b0, sums, mins, split};
    end
  endgenerate
endmodule

`default_nettype wire
