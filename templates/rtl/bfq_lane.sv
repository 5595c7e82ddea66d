// One lane: a stream of device tiles against the activations on chip, 64 columns of one row a cycle for COLUMNS activation
// columns at once. Bit-exact to docs/numerics.md; tile, record and format fields as in the device interface.
//
//   weights -> jobs -+-> decode -> levels, scales, mins -> products -> sums -+-> drain -> result
//                    +-> d, dmin --------------------------------------------+
//   act_*   --------------------------------------------------^
//
// Row steps start in order, one per cycle at most, as soon as all they need is there; from there on nothing stalls but the
// start itself. Each stage changes to the next job by itself, so jobs follow each other without a gap.
// A job has up to REPLAY batches of COLUMNS columns: a tile stays on chip while it is gone through once for each batch, and
// the next one comes in meanwhile.
//
// Job stream: job_row_tiles may be 0 (nothing but the release of the half); job_k_tiles 1..MAX_K_TILES; job_columns
//   1..COLUMNS * REPLAY; job_format is descriptor words 4 and 5, checked before; the activations are in the buffer
//   already, or on their way. Fields must hold while job_valid waits for job_ready. A codebook job is accepted
//   about CODEBOOK cycles after the offer; one with a new codebook only after all earlier row steps.
// Weights stream: row_tiles * k_tiles tiles per job, jobs back to back.
// Activation writes: always taken; column m of a job goes to act_column m mod COLUMNS,
//   act_address ((half * REPLAY + m / COLUMNS) * MAX_K_TILES + k_tile) * RECORD_WORDS + word of the record.
//   While act_loading, of act_loading_half only K tiles below act_limit, an address in batch 0, have all their records.
// act_released: pulses when a job with job_act_release has read its half for the last time.
// Results: for each row tile and active column two words of four fp32, lowest row lowest; result_last on the job's last.
// stall_memory: a row step waits for weights alone. stall_compute: a weights word waits for the lane.
// The envelope is bfq_params'; FP_UNITS: fp32 steps at once, FP_INTERVAL: cycles of a step, with 2 its mins share the unit.
`default_nettype none

module bfq_lane #(
    localparam int CODEBOOK_WIDTH = bfq_params::CODEBOOK == 0 ? 1 : bfq_params::CODEBOOK * 8
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic                      job_valid,
    output wire logic                     job_ready,
    input wire logic [31:0]               job_row_tiles,
    input wire logic [15:0]               job_k_tiles,
    input wire logic [7:0]                job_columns,
    input wire logic                      job_act_half,
    input wire logic                      job_act_release,
    input wire logic [255:0]              job_format,
    input wire logic [CODEBOOK_WIDTH-1:0] job_codebook,

    input wire logic         weights_valid,
    output wire logic        weights_ready,
    input wire logic [127:0] weights_data,

    input wire logic         act_write,
    input wire logic [7:0]   act_column,
    input wire logic [15:0]  act_address,
    input wire logic [127:0] act_data,
    input wire logic         act_loading,
    input wire logic         act_loading_half,
    input wire logic [15:0]  act_limit,
    output wire logic        act_released,

    output wire logic         result_valid,
    input wire logic          result_ready,
    output wire logic [127:0] result_data,
    output wire logic         result_last,

    output wire logic busy,
    output wire logic stall_memory,
    output wire logic stall_compute
);
  /*verilator no_inline_module*/  // lanes share their code in a simulator, which is built in a third of the time
  localparam int COLUMNS      = bfq_params::COLUMNS;
  localparam int UNIT_ROWS    = bfq_params::UNIT_ROWS;
  localparam int LEVEL_BITS   = bfq_params::LEVEL_BITS;
  localparam int SCALE_WIDTH  = bfq_params::SCALE_WIDTH;
  localparam int MIN_WIDTH    = bfq_params::MIN_WIDTH;
  localparam int ACT_BITS     = $clog2(bfq_params::ACT_WORDS);
  localparam int BATCH_BITS   = bfq_params::REPLAY == 1 ? 1 : $clog2(bfq_params::REPLAY);
  localparam int COLUMN_BITS  = COLUMNS == 1 ? 1 : $clog2(COLUMNS);
  localparam int ROW_BITS     = 3 - $clog2(UNIT_ROWS);
  localparam int INDEX_BITS   = bfq_params::CODEBOOK == 0 ? 1 : $clog2(bfq_params::CODEBOOK);

  // What the loader says takes a cycle, so that it may come from afar.
  logic                act_write_1;
  logic [7:0]          act_column_1;
  logic [ACT_BITS-1:0] act_address_1;
  logic [127:0]        act_data_1;
  logic                act_loading_1, act_half_1;
  logic [ACT_BITS-1:0] act_limit_1;

  always_ff @(posedge clk) begin
    act_write_1   <= act_write;
    act_column_1  <= act_column;
    act_address_1 <= ACT_BITS'(act_address);
    act_data_1    <= act_data;
    act_loading_1 <= act_loading;
    act_half_1    <= act_loading_half;
    act_limit_1   <= ACT_BITS'(act_limit);
  end

  wire logic unused_address = &{1'b0, act_address, act_limit};

  // ---- Jobs ----
  wire logic jobs_busy, products_busy, drain_busy;
  wire logic [bfq_tile::SECTIONS-1:0] section_valid, section_ready;
  wire logic [3:0] code_bits;
  wire logic walk_valid, walk_empty, walk_k_first, walk_k_last, walk_job_last, walk_last, walk_release;
  wire logic decode_takes, products_take;
  wire logic [BATCH_BITS-1:0] walk_batch;
  wire logic [ACT_BITS-1:0]   walk_address;
  wire logic [3:0]            walk_scale_bits, walk_min_bits, walk_sub_block_log2;
  wire logic                   step_job_done, level_shift, level_codebook, scale_shift, min_shift, table_write;
  wire logic [LEVEL_BITS-1:0]  level_not_offset;
  wire logic [3:0]             sub_block_log2, step_log2;
  wire logic [SCALE_WIDTH-1:0] scale_not_offset;
  wire logic [MIN_WIDTH-1:0]   min_not_offset;
  wire logic [INDEX_BITS-1:0]  table_index;
  wire logic [7:0]             table_entry;
  wire logic                   drain_job_done;
  wire logic [COLUMN_BITS-1:0] drain_last_column;
  wire logic [7:0]             d_bias, dmin_bias;
  wire logic [3:0]             drain_step_log2, d_group_log2;
  wire logic [2:0]             d_type;
  wire logic [1:0]             min_mode;
  wire logic [5:0]             d_words, dmin_words;

  wire logic walk_ready = decode_takes && products_take;
  wire logic walk_send  = walk_valid && walk_ready;

  bfq_lane_jobs jobs (
      .clk, .rst, .job_valid, .job_ready, .job_row_tiles, .job_k_tiles, .job_columns, .job_act_half, .job_act_release,
      .job_format, .job_codebook, .weights_valid, .weights_ready,
      .act_loading(act_loading_1), .act_loading_half(act_half_1), .act_limit(act_limit_1),
      .section_valid, .section_ready, .code_bits,
      .walk_valid, .walk_ready, .walk_empty, .walk_k_first, .walk_k_last, .walk_job_last, .walk_last, .walk_release,
      .walk_batch, .walk_address, .walk_scale_bits, .walk_min_bits, .walk_sub_block_log2,
      .step_job_done, .level_shift, .level_codebook, .level_not_offset, .sub_block_log2, .step_log2,
      .scale_shift, .scale_not_offset, .min_shift, .min_not_offset, .table_write, .table_index, .table_entry,
      .drain_job_done, .drain_last_column, .drain_step_log2, .d_type, .d_group_log2, .d_bias, .min_mode, .dmin_bias,
      .d_words, .dmin_words, .busy(jobs_busy)
  );

  // ---- Decode ----
  wire logic                     codes_valid, factors_valid, start, factors_done;
  wire logic [2:0]               row;
  wire logic [64*LEVEL_BITS-1:0] levels;
  wire logic [4*SCALE_WIDTH-1:0] scales;
  wire logic [4*MIN_WIDTH-1:0]   mins;

  bfq_lane_decode decode (
      .clk, .rst, .word(weights_data), .code_bits,
      .scale_valid(section_valid[bfq_tile::SCALE]), .scale_ready(section_ready[bfq_tile::SCALE]),
      .min_valid(section_valid[bfq_tile::MIN]), .min_ready(section_ready[bfq_tile::MIN]),
      .code_valid(section_valid[bfq_tile::CODE]), .code_ready(section_ready[bfq_tile::CODE]),
      .walk_valid(walk_send && !walk_empty), .walk_ready(decode_takes), .walk_last, .walk_scale_bits, .walk_min_bits,
      .walk_sub_block_log2, .level_shift, .level_codebook, .level_not_offset, .scale_shift, .scale_not_offset,
      .min_shift, .min_not_offset, .table_write, .table_index, .table_entry,
      .codes_valid, .factors_valid, .start, .factors_done, .row, .levels, .scales, .mins
  );

  // ---- Products ----
  wire logic                  window_valid, window_ready, window_k_first, window_k_last, window_job_last, window_batch_last;
  wire logic [1:0]            window_index;
  wire logic [BATCH_BITS-1:0] window_batch;
  wire logic [1:0]            read_window, read_sub;
  wire logic                  read_block;
  wire logic [ROW_BITS-1:0]   read_row;
  wire logic [COLUMNS*32-1:0]                               read_da;
  wire logic [COLUMNS*UNIT_ROWS*bfq_params::ISUM_BITS-1:0] read_isum;
  wire logic [COLUMNS*UNIT_ROWS*bfq_params::MSUM_BITS-1:0] read_msum;

  bfq_lane_products products (
      .clk, .rst, .act_write(act_write_1), .act_column(act_column_1), .act_address(act_address_1), .act_data(act_data_1),
      .act_released, .stall_memory,
      .walk_valid(walk_send), .walk_ready(products_take), .walk_empty, .walk_k_first, .walk_k_last, .walk_job_last,
      .walk_last, .walk_release, .walk_batch, .walk_address, .sub_block_log2, .step_log2, .step_job_done,
      .codes_valid, .factors_valid, .start, .factors_done, .row, .levels, .scales, .mins,
      .window_valid, .window_ready, .window_index, .window_k_first, .window_k_last, .window_job_last, .window_batch,
      .window_batch_last, .read_window, .read_row, .read_sub, .read_block, .read_da, .read_isum, .read_msum,
      .busy(products_busy)
  );

  // ---- Drain ----
  bfq_lane_drain drain (
      .clk, .rst, .word(weights_data),
      .d_valid(section_valid[bfq_tile::D]), .d_ready(section_ready[bfq_tile::D]),
      .dmin_valid(section_valid[bfq_tile::DMIN]), .dmin_ready(section_ready[bfq_tile::DMIN]),
      .job_done(drain_job_done), .job_last_column(drain_last_column), .job_step_log2(drain_step_log2), .d_type,
      .d_group_log2, .d_bias, .min_mode, .dmin_bias, .d_words, .dmin_words,
      .window_valid, .window_ready, .window_index, .window_k_first, .window_k_last, .window_job_last, .window_batch,
      .window_batch_last, .read_window, .read_row, .read_sub, .read_block, .read_da, .read_isum, .read_msum,
      .result_valid, .result_ready, .result_data, .result_last, .busy(drain_busy)
  );

  assign busy          = jobs_busy || products_busy || drain_busy;
  assign stall_compute = weights_valid && !weights_ready;
endmodule

`default_nettype wire
