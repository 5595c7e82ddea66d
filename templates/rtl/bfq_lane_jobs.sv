// A lane's jobs: what each stage has to know of them, the walk over their tiles, and the sections of the weights stream.
// Each stage changes to the next job by itself, so jobs follow each other without a gap.
`default_nettype none

module bfq_lane_jobs #(
    localparam int LEVEL_BITS     = bfq_params::LEVEL_BITS,
    localparam int SCALE_WIDTH    = bfq_params::SCALE_WIDTH,
    localparam int MIN_WIDTH      = bfq_params::MIN_WIDTH,
    localparam int CODEBOOK_WIDTH = bfq_params::CODEBOOK == 0 ? 1 : bfq_params::CODEBOOK * 8,
    localparam int INDEX_BITS     = bfq_params::CODEBOOK == 0 ? 1 : $clog2(bfq_params::CODEBOOK),
    localparam int ACT_BITS       = $clog2(bfq_params::ACT_WORDS),
    localparam int BATCH_BITS     = bfq_params::REPLAY == 1 ? 1 : $clog2(bfq_params::REPLAY),
    localparam int COLUMN_BITS    = bfq_params::COLUMNS == 1 ? 1 : $clog2(bfq_params::COLUMNS)
) (
    input wire logic clk,
    input wire logic rst,

    // As bfq_lane has them.
    input wire logic                      job_valid,
    output wire logic                     job_ready,
    input wire logic [31:0]               job_row_tiles,
    input wire logic [15:0]               job_k_tiles,
    input wire logic [7:0]                job_columns,
    input wire logic                      job_act_half,
    input wire logic                      job_act_release,
    input wire logic [255:0]              job_format,
    input wire logic [CODEBOOK_WIDTH-1:0] job_codebook,
    input wire logic                      weights_valid,
    output wire logic                     weights_ready,
    input wire logic                      act_loading,
    input wire logic                      act_loading_half,
    input wire logic [ACT_BITS-1:0]       act_limit,

    // A word of the stream belongs to one section: bits as bfq_tile has them.
    output wire logic [bfq_tile::SECTIONS-1:0] section_valid,
    input wire logic [bfq_tile::SECTIONS-1:0]  section_ready,
    output wire logic [3:0] code_bits,

    // One entry a walk of a tile, for all who work tile by tile. An empty one is a job without tiles: it only releases.
    output wire logic                  walk_valid,
    input wire logic                   walk_ready,
    output wire logic                  walk_empty,
    output wire logic                  walk_k_first,   // of its row tile and batch
    output wire logic                  walk_k_last,
    output wire logic                  walk_job_last,  // tile of the job
    output wire logic                  walk_last,      // of its tile
    output wire logic                  walk_release,   // the job releases its half of the activations
    output wire logic [BATCH_BITS-1:0] walk_batch,
    output wire logic [ACT_BITS-1:0]   walk_address,   // of its activation record
    output wire logic [3:0]            walk_scale_bits,
    output wire logic [3:0]            walk_min_bits,
    output wire logic [3:0]            walk_sub_block_log2,

    // The job of the row steps.
    input wire logic                    step_job_done,
    output wire logic                   level_shift,
    output wire logic                   level_codebook,
    output wire logic [LEVEL_BITS-1:0]  level_not_offset,
    output wire logic [3:0]             sub_block_log2,
    output wire logic [3:0]             step_log2,
    output wire logic                   scale_shift,
    output wire logic [SCALE_WIDTH-1:0] scale_not_offset,
    output wire logic                   min_shift,
    output wire logic [MIN_WIDTH-1:0]   min_not_offset,
    output wire logic                   table_write,  // of the codebook
    output wire logic [INDEX_BITS-1:0]  table_index,
    output wire logic [7:0]             table_entry,

    // The job of the drain.
    input wire logic                    drain_job_done,
    output wire logic [COLUMN_BITS-1:0] drain_last_column,
    output wire logic [3:0]             drain_step_log2,
    output wire logic [2:0]             d_type,
    output wire logic [3:0]             d_group_log2,
    output wire logic [7:0]             d_bias,
    output wire logic [1:0]             min_mode,
    output wire logic [7:0]             dmin_bias,
    output wire logic [5:0]             d_words,
    output wire logic [5:0]             dmin_words,

    output wire logic busy
);
  wire logic front_ready, front_busy, step_ready, step_job_valid, drain_ready, drain_job_valid, codebook_ready;
  wire logic job_take  = job_valid && job_ready;
  wire logic job_works = job_take && job_row_tiles != 32'd0;
  assign job_ready = front_ready && step_ready && drain_ready && codebook_ready;
  assign busy      = front_busy || walk_valid || drain_job_valid;

  wire logic [7:0]             last_column       = job_columns - 8'd1;
  wire logic [BATCH_BITS-1:0]  job_last_batch    = BATCH_BITS'(last_column >> $clog2(bfq_params::COLUMNS));
  wire logic [COLUMN_BITS-1:0] batch_last_column = COLUMN_BITS'(last_column & 8'(bfq_params::COLUMNS - 1));

  wire logic unused_format = &{1'b0, job_format};  // reserved bits, and widths beyond the envelope's

  localparam int STEP_JOB = 1 + LEVEL_BITS + 1 + 4 + 4 + 1 + SCALE_WIDTH + 1 + MIN_WIDTH;

  bfq_queue #(.WIDTH(STEP_JOB)) step_job (
      .clk, .rst, .in_valid(job_works), .in_ready(step_ready),
      .in_data({job_format[bfq_format::LEVEL_SHIFT], ~job_format[bfq_format::LEVEL_OFFSET +: LEVEL_BITS] | {LEVEL_BITS{job_format[bfq_format::LEVEL_MODE]}}, job_format[bfq_format::LEVEL_MODE],
                job_format[bfq_format::SUB_BLOCK_LOG2 +: 4], job_format[bfq_format::STEP_LOG2 +: 4], job_format[bfq_format::SCALE_SHIFT], ~job_format[bfq_format::SCALE_OFFSET +: SCALE_WIDTH], job_format[bfq_format::MIN_SHIFT],
                ~job_format[bfq_format::MIN_OFFSET +: MIN_WIDTH]}),
      .out_valid(step_job_valid), .out_ready(step_job_done),
      .out_data({level_shift, level_not_offset, level_codebook, sub_block_log2, step_log2, scale_shift,
                 scale_not_offset, min_shift, min_not_offset})
  );

  localparam int DRAIN_JOB = COLUMN_BITS + 4 + 3 + 4 + 8 + 2 + 8 + 6 + 6;

  bfq_queue #(.WIDTH(DRAIN_JOB), .DEPTH(3)) drain_job (
      .clk, .rst, .in_valid(job_works), .in_ready(drain_ready),
      .in_data({batch_last_column, job_format[bfq_format::STEP_LOG2 +: 4], job_format[bfq_format::D_TYPE +: 3], job_format[bfq_format::D_GROUP_LOG2 +: 4], job_format[bfq_format::D_BIAS +: 8],
                job_format[bfq_format::MIN_MODE +: 2], job_format[bfq_format::DMIN_BIAS +: 8], job_format[bfq_format::D_WORDS +: 6], job_format[bfq_format::DMIN_WORDS +: 6]}),
      .out_valid(drain_job_valid), .out_ready(drain_job_done),
      .out_data({drain_last_column, drain_step_log2, d_type, d_group_log2, d_bias, min_mode, dmin_bias, d_words, dmin_words})
  );

  bfq_codebook_writer #(.CODEBOOK(bfq_params::CODEBOOK)) codebook (
      .clk, .rst, .idle(step_ready && !step_job_valid), .job_valid, .job_uses(job_format[bfq_format::LEVEL_MODE]), .job_codebook,
      .job_ready(codebook_ready), .job_take, .write(table_write), .index(table_index), .entry(table_entry)
  );

  localparam int NOTE = BATCH_BITS + 1 + 1 + 4 + 4 + 4;
  wire logic [3:0] tile_scale_bits, tile_min_bits, tile_sub_block;
  wire logic       tile_valid, tile_ready, tile_empty, tile_k_first, tile_k_last, tile_job_last, tile_half, tile_release;
  wire logic [BATCH_BITS-1:0] tile_last_batch;

  bfq_tile_demux #(.NOTE_BITS(NOTE)) demux (
      .clk, .rst,
      .job_valid(job_take), .job_ready(front_ready), .job_row_tiles, .job_k_tiles,
      .job_section_words({job_format[bfq_format::CODE_BITS +: 4], 4'd0,  // 16 words of codes a bit
                          job_format[bfq_format::SECTION_WORDS +: 8*(bfq_tile::SECTIONS-1)]}),
      .job_note({job_last_batch, job_act_half, job_act_release, job_format[bfq_format::SCALE_BITS +: 4], job_format[bfq_format::MIN_BITS +: 4], job_format[bfq_format::SUB_BLOCK_LOG2 +: 4]}),
      .weights_valid, .weights_ready, .section_valid, .section_ready, .code_bits,
      .tile_valid, .tile_ready, .tile_empty, .tile_k_first, .tile_k_last, .tile_job_last,
      .tile_note({tile_last_batch, tile_half, tile_release, tile_scale_bits, tile_min_bits, tile_sub_block}), .busy(front_busy)
  );

  localparam int WALK = 5 + 4 + 4 + 4;

  bfq_tile_walks #(
      .REPLAY(bfq_params::REPLAY), .MAX_K_TILES(bfq_params::MAX_K_TILES), .NOTE_BITS(WALK), .ADDRESS_BITS(ACT_BITS)
  ) walks (
      .clk, .rst, .tile_valid, .tile_ready, .tile_half, .tile_k_first, .tile_last_batch(tile_empty ? '0 : tile_last_batch),
      .tile_note({tile_empty, tile_k_first, tile_k_last, tile_job_last, tile_release, tile_scale_bits, tile_min_bits, tile_sub_block}),
      .loading(act_loading), .loading_half(act_loading_half), .limit(act_limit),
      .walk_valid, .walk_ready, .walk_batch, .walk_last, .walk_address,
      .walk_note({walk_empty, walk_k_first, walk_k_last, walk_job_last, walk_release, walk_scale_bits, walk_min_bits,
                  walk_sub_block_log2})
  );
endmodule

`default_nettype wire
