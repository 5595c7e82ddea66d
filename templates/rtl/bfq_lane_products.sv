// A lane's integer half: row steps in order, each as soon as all it needs is there, the datapath, and the sums of its steps,
// in a ring of windows until they are drained.
//
//   activations -> fetch -> columns --+-> datapath (bfq_products) -> step_sums (ring of 4 windows)
//   levels, scales, mins -------------+
`default_nettype none

module bfq_lane_products #(
    localparam int COLUMNS     = bfq_params::COLUMNS,
    localparam int LEVEL_BITS  = bfq_params::LEVEL_BITS,
    localparam int SCALE_WIDTH = bfq_params::SCALE_WIDTH,
    localparam int MIN_WIDTH   = bfq_params::MIN_WIDTH,
    localparam int ISUM_BITS   = bfq_params::ISUM_BITS,
    localparam int MSUM_BITS   = bfq_params::MSUM_BITS,
    localparam int UNIT_ROWS   = bfq_params::UNIT_ROWS,
    localparam int ACT_BITS    = $clog2(bfq_params::ACT_WORDS),
    localparam int BATCH_BITS  = bfq_params::REPLAY == 1 ? 1 : $clog2(bfq_params::REPLAY),
    localparam int ROW_BITS    = 3 - $clog2(bfq_params::UNIT_ROWS)
) (
    input wire logic clk,
    input wire logic rst,

    // As bfq_lane has them.
    input wire logic                act_write,
    input wire logic [7:0]          act_column,
    input wire logic [ACT_BITS-1:0] act_address,
    input wire logic [127:0]        act_data,
    output wire logic               act_released,
    output wire logic               stall_memory,

    // As bfq_lane_jobs has them.
    input wire logic                  walk_valid,
    output wire logic                 walk_ready,  // does not depend on walk_valid
    input wire logic                  walk_empty,
    input wire logic                  walk_k_first,
    input wire logic                  walk_k_last,
    input wire logic                  walk_job_last,
    input wire logic                  walk_last,
    input wire logic                  walk_release,
    input wire logic [BATCH_BITS-1:0] walk_batch,
    input wire logic [ACT_BITS-1:0]   walk_address,
    input wire logic [3:0]            sub_block_log2,
    input wire logic [3:0]            step_log2,
    output wire logic                 step_job_done,

    // As bfq_lane_decode has them.
    input wire logic                     codes_valid,
    input wire logic                     factors_valid,
    output wire logic                    start,
    output wire logic                    factors_done,
    output wire logic [2:0]              row,
    input wire logic [64*LEVEL_BITS-1:0] levels,
    input wire logic [4*SCALE_WIDTH-1:0] scales,
    input wire logic [4*MIN_WIDTH-1:0]   mins,

    // Complete windows, and their sums, as bfq_drain asks for them.
    output wire logic                                 window_valid,
    input wire logic                                  window_ready,
    output wire logic [1:0]                           window_index,
    output wire logic                                 window_k_first,
    output wire logic                                 window_k_last,
    output wire logic                                 window_job_last,
    output wire logic [BATCH_BITS-1:0]                window_batch,
    output wire logic                                 window_batch_last,
    input wire logic [1:0]                            read_window,
    input wire logic [ROW_BITS-1:0]                   read_row,
    input wire logic [1:0]                            read_sub,
    input wire logic                                  read_block,
    output wire logic [COLUMNS*32-1:0]                read_da,
    output wire logic [COLUMNS*UNIT_ROWS*ISUM_BITS-1:0] read_isum,
    output wire logic [COLUMNS*UNIT_ROWS*MSUM_BITS-1:0] read_msum,

    output wire logic busy
);
  localparam int X_BITS = LEVEL_BITS + 10;  // of the datapath's sums

  // Row steps.
  localparam int STEP_WALK = 4 + BATCH_BITS;
  wire logic       activations_valid, activations_done, step_walk_valid, step_walk_ready;
  wire logic       step_k_first, step_k_last, step_job_last, step_batch_last, step_walks_ready, act_walks_ready;
  wire logic [BATCH_BITS-1:0] step_batch;
  wire logic [1:0] window, split;
  wire logic       step_valid, step_ready, step_start, step_end, complete;

  assign walk_ready = step_walks_ready && act_walks_ready;

  bfq_fifo #(.WIDTH(STEP_WALK), .DEPTH_LOG2(2)) step_walks (
      .clk, .rst, .in_valid(walk_valid && !walk_empty), .in_ready(step_walks_ready),
      .in_data({walk_k_first, walk_k_last, walk_job_last && walk_last, walk_batch, walk_last}),
      .out_valid(step_walk_valid), .out_ready(step_walk_ready),
      .out_data({step_k_first, step_k_last, step_job_last, step_batch, step_batch_last})
  );

  assign step_job_done = step_walk_ready && step_job_last;

  bfq_row_steps #(.BATCH_BITS(BATCH_BITS)) row_steps (
      .clk, .rst,
      .walk_valid(step_walk_valid), .walk_ready(step_walk_ready), .walk_k_first(step_k_first), .walk_k_last(step_k_last),
      .walk_job_last(step_job_last), .walk_batch(step_batch), .walk_last(step_batch_last), .step_log2, .sub_block_log2,
      .codes_valid, .factors_valid, .activations_valid,
      .step_valid, .step_ready, .start, .factors_done, .activations_done, .missing_weights(stall_memory),
      .window, .row, .step_start, .step_end, .split, .complete,
      .window_valid, .window_ready, .window_index, .window_k_first, .window_k_last, .window_job_last,
      .window_batch, .window_batch_last
  );

  // Activations.
  wire logic act_walk_valid, act_walk_ready, act_walk_empty, act_walk_release;
  wire logic [ACT_BITS-1:0] act_walk_address;
  wire logic move, stage, stage_high, prepared, swap;
  wire logic [2:0] stage_index;
  wire logic [ACT_BITS-1:0] fetch_address;

  bfq_fifo #(.WIDTH(ACT_BITS + 2), .DEPTH_LOG2(2)) act_walks (
      .clk, .rst, .in_valid(walk_valid), .in_ready(act_walks_ready),
      .in_data({walk_empty, walk_release && walk_job_last && walk_last, walk_address}),
      .out_valid(act_walk_valid), .out_ready(act_walk_ready),
      .out_data({act_walk_empty, act_walk_release, act_walk_address})
  );
  bfq_activation_fetch #(.ADDRESS_BITS(ACT_BITS)) fetch (
      .clk, .rst,
      .walk_valid(act_walk_valid), .walk_ready(act_walk_ready), .walk_empty(act_walk_empty),
      .walk_release(act_walk_release), .walk_address(act_walk_address),
      .move, .address(fetch_address), .stage, .stage_index, .stage_high, .prepared, .swap,
      .set_valid(activations_valid), .set_done(activations_done), .released(act_released)
  );

  assign busy = act_walk_valid;

  // The row step one cycle on, with factors and sums, and with the dot products.
  localparam int STEP  = 8;
  localparam int TOKEN = 1 + STEP + 4 * SCALE_WIDTH;
  logic              valid_1;
  logic [STEP:0]     step_1;  // with step_end at the top
  wire logic              valid_dot, end_dot;
  wire logic [STEP-1:0]   step_dot;
  wire logic [4*SCALE_WIDTH-1:0] scales_dot;
  wire logic [COLUMNS*128-1:0]      words;
  wire logic [COLUMNS*4*X_BITS-1:0] x, y;

  always_ff @(posedge clk) begin
    valid_1 <= start;
    step_1  <= {step_end, window, row, step_start, split};
  end

  wire logic [3:0] stage_quarter = {stage_index == 3'd5, stage_index == 3'd4, stage_index == 3'd3, stage_index == 3'd2};

  bfq_products #(.COLUMNS(COLUMNS), .LEVEL_BITS(LEVEL_BITS), .TOKEN_BITS(TOKEN)) products (
      .clk, .rst, .stage(stage_quarter & {4{stage}}), .words, .prepared, .swap,
      .step_valid, .step_ready, .levels, .token({step_1, scales}),
      .sums_valid(valid_dot), .sums_token({end_dot, step_dot, scales_dot}), .x, .y
  );

  // Cycles from the datapath's sums to the step's in the ring.
  localparam int TO_RING = 5;
  logic [TO_RING-1:0] completing;
  always_ff @(posedge clk) completing <= rst ? '0 : {completing[TO_RING-2:0], valid_dot && end_dot};
  assign complete = completing[TO_RING-1];

  generate
    for (genvar c = 0; c < COLUMNS; c++) begin : gen_column
      bfq_column #(
          .ACT_WORDS(bfq_params::ACT_WORDS), .X_BITS(X_BITS), .SCALE_WIDTH(SCALE_WIDTH), .MIN_WIDTH(MIN_WIDTH),
          .HAS_MIN(bfq_params::HAS_MIN), .ISUM_BITS(ISUM_BITS), .MSUM_BITS(MSUM_BITS), .SUBS(bfq_params::STEP_PARTS),
          .BANKS(UNIT_ROWS)
      ) column (
          .clk, .write(act_write && act_column == 8'(c)), .write_address(act_address), .write_data(act_data),
          .move, .fetch_address, .stage, .stage_index, .stage_high, .swap,
          .word(words[c*128 +: 128]), .step({valid_1, step_1[STEP-1:0]}), .mins, .step_dot({valid_dot, step_dot}),
          .x(x[c*4*X_BITS +: 4*X_BITS]), .y(y[c*4*X_BITS +: 4*X_BITS]), .scales_dot,
          .read_window, .read_row, .read_sub, .read_block, .read_da(read_da[c*32 +: 32]),
          .read_isum(read_isum[c*UNIT_ROWS*ISUM_BITS +: UNIT_ROWS*ISUM_BITS]),
          .read_msum(read_msum[c*UNIT_ROWS*MSUM_BITS +: UNIT_ROWS*MSUM_BITS])
      );
    end
  endgenerate
endmodule

`default_nettype wire
