// Starts the row steps: 64 columns of one row, 32 per walk, the eight rows of a group one after the other. A step starts as
// soon as its codes, activations, factors and a place in the ring of windows are there; then nothing can stop it.
`default_nettype none

module bfq_row_steps #(
    parameter int BATCH_BITS = 1
) (
    input wire logic clk,
    input wire logic rst,

    // One entry per walk, and the format of its job.
    input wire logic                  walk_valid,
    output wire logic                 walk_ready,
    input wire logic                  walk_k_first,
    input wire logic                  walk_k_last,
    input wire logic                  walk_job_last,
    input wire logic [BATCH_BITS-1:0] walk_batch,
    input wire logic                  walk_last,     // of its tile
    input wire logic [3:0]            step_log2,
    input wire logic [3:0]            sub_block_log2,

    input wire logic codes_valid,
    input wire logic factors_valid,  // scales, and mins
    input wire logic activations_valid,
    output wire logic step_valid,  // a row step for the datapath, which may let it wait
    input wire logic  step_ready,
    output wire logic start,       // both: the row step is taken
    output wire logic factors_done,      // with start: the last of their chunk
    output wire logic activations_done,  // with start: the last row of the group
    output wire logic missing_weights,   // all but codes or factors is there

    // The row step, with start.
    output wire logic [1:0] window,
    output logic [2:0]      row,
    output wire logic       step_start,  // first group of a step
    output wire logic       step_end,    // the last row step of a window
    output wire logic [1:0] split,       // steps in the group: 0 one, 1 two, 2 four

    input wire logic complete,  // the oldest window that is not yet complete has all its sums in the ring

    // Complete windows, oldest first.
    output wire logic                  window_valid,
    input wire logic                   window_ready,
    output wire logic [1:0]            window_index,
    output wire logic                  window_k_first,   // first of its row tile and batch
    output wire logic                  window_k_last,    // last of its row tile and batch
    output wire logic                  window_job_last,  // last of its job
    output wire logic [BATCH_BITS-1:0] window_batch,
    output wire logic                  window_batch_last
);
  logic [1:0] group;
  logic [1:0] open_window, drain_window;
  logic [3:0] used, whole;  // as many ones as windows begun and not yet drained; complete and not yet drained
  logic [BATCH_BITS+3:0] flags[4];

  // Groups of a span of 2^log2 columns: where it begins and ends.
  wire logic [1:0] step_mask  = {step_log2 == 4'd8, step_log2[3] || step_log2 == 4'd7};
  wire logic [1:0] chunk_mask = {sub_block_log2 == 4'd8, sub_block_log2[3] || sub_block_log2 == 4'd7};
  wire logic group_ends  = (~group & step_mask) == 2'd0;
  wire logic chunk_end   = (~group & chunk_mask) == 2'd0;
  wire logic last_row    = row == 3'd7;
  wire logic window_open = row != 3'd0 || !step_start || !used[3];

  wire logic ready = walk_valid && activations_valid && window_open;
  assign step_valid       = ready && codes_valid && factors_valid;
  assign start            = step_valid && step_ready;
  assign missing_weights  = ready && !(codes_valid && factors_valid);
  assign factors_done     = start && last_row && chunk_end;
  assign activations_done = start && last_row;
  assign walk_ready       = start && last_row && group == 2'd3;

  assign window     = open_window;
  assign step_start = (group & step_mask) == 2'd0;
  assign step_end   = last_row && group_ends;
  assign split      = step_log2 == 4'd4 ? 2'd2 : step_log2 == 4'd5 ? 2'd1 : 2'd0;

  wire logic begins  = start && row == 3'd0 && step_start;
  wire logic ends    = start && step_end;
  wire logic drained = window_valid && window_ready;
  wire logic first_window = group == 2'd0;
  wire logic last_window  = (group | step_mask) == 2'd3;

  assign window_valid = whole[0];
  assign window_index = drain_window;
  assign {window_k_first, window_k_last, window_job_last, window_batch, window_batch_last} = flags[drain_window];

  always_ff @(posedge clk) begin
    if (begins) flags[open_window] <= {
      walk_k_first && first_window, walk_k_last && last_window, walk_job_last && last_window, walk_batch, walk_last
    };
    if (rst) begin
      row          <= 3'd0;
      group        <= 2'd0;
      open_window  <= 2'd0;
      drain_window <= 2'd0;
      used         <= 4'd0;
      whole        <= 4'd0;
    end else begin
      if (start) row <= row + 3'd1;
      if (start && last_row) group <= group + 2'd1;
      if (ends) open_window <= open_window + 2'd1;
      if (drained) drain_window <= drain_window + 2'd1;
      if (begins != drained) used <= begins ? {used[2:0], 1'b1} : {1'b0, used[3:1]};
      if (complete != drained) whole <= complete ? {whole[2:0], 1'b1} : {1'b0, whole[3:1]};
    end
  end
endmodule

`default_nettype wire
