// One activation column: its buffer, 64 multipliers, and the integer sums of its steps.
`default_nettype none

module bfq_column #(
    parameter int ACT_WORDS   = 320,  // of the activation memory
    parameter int LEVEL_BITS  = 9,
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

    // Row steps {valid, window, row, step start, split}, with levels and mins, and when their dot products are there.
    input wire logic [64*LEVEL_BITS-1:0] levels,
    input wire logic [TOKEN_BITS-1:0]    step,
    input wire logic [4*MIN_WIDTH-1:0]   mins,
    input wire logic [TOKEN_BITS-1:0]    step_dot,
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
  localparam int DOT_BITS = LEVEL_BITS + 12;

  wire logic [127:0]          word;
  wire logic [63:0]           sums;
  wire logic [4*DOT_BITS-1:0] dots;
  wire logic                  valid, start, valid_dot, start_dot;
  wire logic [1:0]            window, split, window_dot, split_dot;
  wire logic [2:0]            row, row_dot;

  assign {valid, window, row, start, split} = step;
  assign {valid_dot, window_dot, row_dot, start_dot, split_dot} = step_dot;

  bfq_activation_column #(.ACT_WORDS(ACT_WORDS), .DA_BLOCKS(SUBS == 1 ? 1 : 2)) activations (
      .clk, .write, .write_address, .write_data, .move, .read_address(fetch_address),
      .stage, .stage_index, .stage_high, .swap, .word, .sums,
      .window_write(valid && start && row == 3'd0), .window, .read_window, .read_block, .read_da
  );

  generate
    for (genvar q = 0; q < 4; q++) begin : gen_dot
      bfq_dot16 #(.LEVEL_BITS(LEVEL_BITS)) dot (
          .clk, .stage(stage && stage_index == 3'(q + 2)), .swap, .word,
          .levels(levels[q*16*LEVEL_BITS +: 16*LEVEL_BITS]), .sum(dots[q*DOT_BITS +: DOT_BITS])
      );
    end
  endgenerate

  bfq_step_sums #(.X_BITS(DOT_BITS), .S_BITS(SCALE_WIDTH), .SUM_BITS(ISUM_BITS), .SUBS(SUBS), .BANKS(BANKS)) isums (
      .clk, .valid(valid_dot), .window(window_dot), .row(row_dot), .start(start_dot), .split(split_dot),
      .x(dots), .s(scales_dot), .read_window, .read_row, .read_sub, .read_sum(read_isum)
  );

  generate
    if (HAS_MIN != 0) begin : gen_msums
      bfq_step_sums #(.X_BITS(16), .S_BITS(MIN_WIDTH), .SUM_BITS(MSUM_BITS), .SUBS(SUBS), .BANKS(BANKS)) msums (
          .clk, .valid, .window, .row, .start, .split, .x(sums), .s(mins),
          .read_window, .read_row, .read_sub, .read_sum(read_msum)
      );
    end else begin : gen_no_msums
      assign read_msum = '0;
      wire logic unused = &{1'b0, sums, mins, split};
    end
  endgenerate
endmodule

`default_nettype wire
