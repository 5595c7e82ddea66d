// One lane: a stream of device tiles against the activations on chip, 64 columns of one row a cycle for COLUMNS activation
// columns at once. Bit-exact to docs/numerics.md; tile, record and format fields as in the device interface.
//
//   weights -> tile_demux -> code FIFO -> gearbox -> replay store -> levels --+
//                         -> scale/min FIFOs -> planes -----------------------|-> dot16 -> step_sums (ring of 4 windows)
//   act_*   -> activation_column <- activation_fetch -------------------------+                  |
//                         -> d stores ---------------------------------------------> drain -> floats -> result_pack -> result
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
//   act_address ((half * REPLAY + m / COLUMNS) * MAX_K_TILES + k_tile) * 20 + word of the record.
//   While act_loading, of act_loading_half only K tiles below act_limit, an address in batch 0, have all their records.
// act_released: pulses when a job with job_act_release has read its half for the last time.
// Results: for each row tile and active column two words of four fp32, lowest row lowest; result_last on the job's last.
// stall_memory: a row step waits for weights alone. stall_compute: a weights word waits for the lane.
// FP_UNITS: fp32 steps at once; powers of two up to 2 * COLUMNS are of use, others count as the next one below.
// FP_INTERVAL: cycles of a step; with 2 its mins share the unit with the rest.
`default_nettype none

module bfq_lane #(
    parameter int COLUMNS       = 1,
    parameter int REPLAY        = 1,   // batches of COLUMNS columns
    parameter int MAX_K_TILES   = 8,
    parameter int CODE_BITS     = 8,   // widest code
    parameter int LEVEL_BITS    = 9,   // signed
    parameter int CODEBOOK      = 16,  // entries: 0, 16, 32, 64
    parameter int SCALE_BITS    = 8,   // widest stored scale
    parameter int SCALE_WIDTH   = 9,   // signed, after shift and offset
    parameter int MIN_BITS      = 8,
    parameter int MIN_WIDTH     = 9,
    parameter int HAS_MIN       = 1,
    parameter int D_TYPES       = 63,  // bit t: d type t occurs
    parameter int MIN_STEP_LOG2 = 4,   // shortest step
    parameter int ISUM_BITS     = 32,
    parameter int MSUM_BITS     = 32,
    parameter int FP_UNITS      = 1,
    parameter int FP_INTERVAL   = 1,
    localparam int CODEBOOK_WIDTH = CODEBOOK == 0 ? 1 : CODEBOOK * 8
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
  // Two units share the rows of a column before more take columns of their own, as one active column has to be fast too.
  localparam int UNIT_ROWS    = FP_UNITS == 1 ? 1 : 2;
  localparam int UNIT_COLUMNS = FP_UNITS / UNIT_ROWS > COLUMNS ? COLUMNS : 1 << ($clog2(FP_UNITS / UNIT_ROWS + 1) - 1);
  localparam int TURNS        = COLUMNS / UNIT_COLUMNS;
  localparam int TURN_BITS    = TURNS == 1 ? 1 : $clog2(TURNS);
  localparam int ROW_BITS     = UNIT_ROWS == 1 ? 3 : 2;
  localparam int SUM_ADDRESS  = $clog2(REPLAY * TURNS) + ROW_BITS;
  localparam int SUBS         = MIN_STEP_LOG2 == 4 ? 4 : MIN_STEP_LOG2 == 5 ? 2 : 1;
  localparam int ACT_WORDS    = 2 * REPLAY * MAX_K_TILES * 20;
  localparam int ACT_BITS     = $clog2(ACT_WORDS);
  localparam int BATCH_BITS   = REPLAY == 1 ? 1 : $clog2(REPLAY);
  localparam int COLUMN_BITS  = COLUMNS == 1 ? 1 : $clog2(COLUMNS);
  localparam int INDEX_BITS   = CODEBOOK == 0 ? 1 : $clog2(CODEBOOK);

  // Jobs: the front (tile_demux), the row steps and the drain have their own copy each.
  wire logic front_ready, front_busy, step_ready, drain_ready, codebook_ready;
  wire logic job_take  = job_valid && job_ready;
  wire logic job_works = job_take && job_row_tiles != 32'd0;
  assign job_ready = front_ready && step_ready && drain_ready && codebook_ready;

  wire logic [7:0]            last_column       = job_columns - 8'd1;
  wire logic [BATCH_BITS-1:0] job_last_batch    = BATCH_BITS'(last_column >> $clog2(COLUMNS));
  wire logic [COLUMN_BITS-1:0] batch_last_column = COLUMN_BITS'(last_column & 8'(COLUMNS - 1));

  wire logic unused_format = &{1'b0, job_format};  // reserved bits, and widths beyond the envelope's

  localparam int STEP_JOB = 1 + LEVEL_BITS + 1 + 4 + 4 + 1 + SCALE_WIDTH + 1 + MIN_WIDTH;
  wire logic                   step_job_done, step_job_valid;
  wire logic                   level_shift, level_codebook, scale_shift, min_shift;
  wire logic [LEVEL_BITS-1:0]  level_not_offset;
  wire logic [3:0]             sub_block_log2, step_log2;
  wire logic [SCALE_WIDTH-1:0] scale_not_offset;
  wire logic [MIN_WIDTH-1:0]   min_not_offset;
  wire logic                   table_write;
  wire logic [INDEX_BITS-1:0]  table_index;
  wire logic [7:0]             table_entry;

  bfq_queue #(.WIDTH(STEP_JOB)) step_job (
      .clk, .rst, .in_valid(job_works), .in_ready(step_ready),
      .in_data({job_format[16], ~job_format[32 +: LEVEL_BITS] | {LEVEL_BITS{job_format[8]}}, job_format[8],
                job_format[51:48], job_format[59:56], job_format[72], ~job_format[80 +: SCALE_WIDTH], job_format[104],
                ~job_format[112 +: MIN_WIDTH]}),
      .out_valid(step_job_valid), .out_ready(step_job_done),
      .out_data({level_shift, level_not_offset, level_codebook, sub_block_log2, step_log2, scale_shift,
                 scale_not_offset, min_shift, min_not_offset})
  );

  localparam int DRAIN_JOB = COLUMN_BITS + 4 + 3 + 4 + 8 + 2 + 8 + 6 + 6;
  wire logic       drain_job_done, drain_job_valid;
  wire logic [COLUMN_BITS-1:0] drain_last_column;
  wire logic [7:0] d_bias, dmin_bias;
  wire logic [3:0] drain_step_log2, d_group_log2;
  wire logic [2:0] d_type;
  wire logic [1:0] min_mode;
  wire logic [5:0] d_words, dmin_words;

  bfq_queue #(.WIDTH(DRAIN_JOB), .DEPTH(3)) drain_job (
      .clk, .rst, .in_valid(job_works), .in_ready(drain_ready),
      .in_data({batch_last_column, job_format[59:56], job_format[130:128], job_format[139:136], job_format[151:144],
                job_format[161:160], job_format[183:176], job_format[197:192], job_format[205:200]}),
      .out_valid(drain_job_valid), .out_ready(drain_job_done),
      .out_data({drain_last_column, drain_step_log2, d_type, d_group_log2, d_bias, min_mode, dmin_bias, d_words, dmin_words})
  );

  bfq_codebook_writer #(.CODEBOOK(CODEBOOK)) codebook (
      .clk, .rst, .idle(step_ready && !step_job_valid), .job_valid, .job_uses(job_format[8]), .job_codebook,
      .job_ready(codebook_ready), .job_take, .write(table_write), .index(table_index), .entry(table_entry)
  );

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

  // Front. Each walk of a tile leaves a token with those who work tile by tile.
  localparam int NOTE = BATCH_BITS + 1 + 1 + 4 + 4 + 4;
  wire logic [4:0] section_valid, section_ready;
  wire logic [3:0] code_bits, tile_scale_bits, tile_min_bits, tile_sub_block;
  wire logic       tile_valid, tile_ready, tile_empty, tile_k_first, tile_k_last, tile_job_last, tile_half, tile_release;
  wire logic [BATCH_BITS-1:0] tile_last_batch;

  bfq_tile_demux #(.NOTE_BITS(NOTE)) demux (
      .clk, .rst,
      .job_valid(job_take), .job_ready(front_ready), .job_row_tiles, .job_k_tiles,
      .job_d_words(job_format[199:192]), .job_dmin_words(job_format[207:200]),
      .job_scale_words(job_format[215:208]), .job_min_words(job_format[223:216]), .job_code_bits(job_format[3:0]),
      .job_note({job_last_batch, job_act_half, job_act_release, job_format[67:64], job_format[99:96], job_format[51:48]}),
      .weights_valid, .weights_ready, .section_valid, .section_ready, .code_bits,
      .tile_valid, .tile_ready, .tile_empty, .tile_k_first, .tile_k_last, .tile_job_last,
      .tile_note({tile_last_batch, tile_half, tile_release, tile_scale_bits, tile_min_bits, tile_sub_block}), .busy(front_busy)
  );

  localparam int WALK = 5 + 4 + 4 + 4;
  wire logic [4:0] walk_readies;
  wire logic       walk_ready = walk_readies == '1;
  wire logic       walk_valid, walk_empty, walk_k_first, walk_k_last, walk_job_last, walk_release, walk_last;
  wire logic [3:0] scale_bits, min_bits, sub_block;
  wire logic [BATCH_BITS-1:0] walk_batch;
  wire logic [ACT_BITS-1:0]   walk_address;
  wire logic walk_send  = walk_valid && walk_ready;
  wire logic walk_token = walk_send && !walk_empty;

  bfq_tile_walks #(.REPLAY(REPLAY), .MAX_K_TILES(MAX_K_TILES), .NOTE_BITS(WALK), .ADDRESS_BITS(ACT_BITS)) walks (
      .clk, .rst, .tile_valid, .tile_ready, .tile_half, .tile_k_first, .tile_last_batch(tile_empty ? '0 : tile_last_batch),
      .tile_note({tile_empty, tile_k_first, tile_k_last, tile_job_last, tile_release, tile_scale_bits, tile_min_bits, tile_sub_block}),
      .loading(act_loading_1), .loading_half(act_half_1), .limit(act_limit_1),
      .walk_valid, .walk_ready, .walk_batch, .walk_last, .walk_address,
      .walk_note({walk_empty, walk_k_first, walk_k_last, walk_job_last, walk_release, scale_bits, min_bits, sub_block})
  );

  // Row steps.
  localparam int CHAIN         = COLUMNS > 1 && LEVEL_BITS > 8 ? 4 : 8;  // products that a field of a pair's DSPs holds
  localparam int X_BITS        = LEVEL_BITS + 10;
  localparam int SUMS_FROM_DOT = CHAIN == 8 ? 6 : 5;  // cycles from start to the dot products
  wire logic       start, factors_done, activations_valid, activations_done, scales_valid, mins_valid, codes_valid;
  localparam int STEP_WALK = 4 + BATCH_BITS;
  wire logic       step_walk_valid, step_walk_ready, step_k_first, step_k_last, step_job_last, step_batch_last;
  wire logic [BATCH_BITS-1:0] step_batch, window_batch;
  wire logic [1:0] window, split;
  wire logic [2:0] row;
  wire logic       step_start;
  wire logic       window_valid, window_ready, window_k_first, window_k_last, window_job_last, window_batch_last;
  wire logic [1:0] window_index;

  bfq_fifo #(.WIDTH(STEP_WALK), .DEPTH_LOG2(2)) step_walks (
      .clk, .rst, .in_valid(walk_token), .in_ready(walk_readies[0]),
      .in_data({walk_k_first, walk_k_last, walk_job_last && walk_last, walk_batch, walk_last}),
      .out_valid(step_walk_valid), .out_ready(step_walk_ready),
      .out_data({step_k_first, step_k_last, step_job_last, step_batch, step_batch_last})
  );

  assign step_job_done = step_walk_ready && step_job_last;

  bfq_row_steps #(.LATENCY(SUMS_FROM_DOT + 5), .BATCH_BITS(BATCH_BITS)) row_steps (
      .clk, .rst,
      .walk_valid(step_walk_valid), .walk_ready(step_walk_ready), .walk_k_first(step_k_first), .walk_k_last(step_k_last),
      .walk_job_last(step_job_last), .walk_batch(step_batch), .walk_last(step_batch_last), .step_log2, .sub_block_log2,
      .codes_valid, .factors_valid(scales_valid && mins_valid), .activations_valid,
      .start, .factors_done, .activations_done, .missing_weights(stall_memory),
      .window, .row, .step_start, .split,
      .window_valid, .window_ready, .window_index, .window_k_first, .window_k_last, .window_job_last,
      .window_batch, .window_batch_last
  );

  // The row step one cycle on, with factors and sums, and with the dot products.
  localparam int TOKEN = 9;
  wire logic [TOKEN-1:0] token_0 = {start, window, row, step_start, split};
  wire logic [TOKEN-1:0] token_1, token_dot;
  bfq_delay #(.WIDTH(TOKEN), .STAGES(1)) delay_1 (.clk, .in(token_0), .out(token_1));
  bfq_delay #(.WIDTH(TOKEN), .STAGES(SUMS_FROM_DOT - 1)) delay_dot (.clk, .in(token_1), .out(token_dot));

  // Codes to levels.
  wire logic                     code_valid, code_ready, codes_in, codes_room;
  wire logic [127:0]             code_word;
  wire logic [3:0]               code_word_bits;
  wire logic [CODE_BITS*64-1:0]  planes_in, planes;
  wire logic [64*LEVEL_BITS-1:0] levels;

  bfq_fifo #(.WIDTH(132), .DEPTH_LOG2(5)) code_words (
      .clk, .rst, .in_valid(section_valid[4]), .in_ready(section_ready[4]), .in_data({code_bits, weights_data}),
      .out_valid(code_valid), .out_ready(code_ready), .out_data({code_word_bits, code_word})
  );
  bfq_code_gearbox #(.CODE_BITS(CODE_BITS)) gearbox (
      .clk, .rst, .word_valid(code_valid), .word_ready(code_ready), .word(code_word), .word_code_bits(code_word_bits),
      .step_valid(codes_in), .step_ready(codes_room), .planes(planes_in)
  );

  generate
    if (REPLAY == 1) begin : gen_once
      assign walk_readies[4] = 1'b1;
      assign codes_valid     = codes_in;
      assign codes_room      = start;
      assign planes          = planes_in;
    end else begin : gen_replay
      wire logic code_walk_valid, code_walk_ready, code_walk_last;

      bfq_fifo #(.WIDTH(1), .DEPTH_LOG2(2)) code_walks (
          .clk, .rst, .in_valid(walk_token), .in_ready(walk_readies[4]), .in_data(walk_last),
          .out_valid(code_walk_valid), .out_ready(code_walk_ready), .out_data(code_walk_last)
      );
      bfq_replay_store #(.WIDTH(CODE_BITS * 64)) store (
          .clk, .rst, .in_valid(codes_in), .in_ready(codes_room), .in_data(planes_in),
          .walk_valid(code_walk_valid), .walk_ready(code_walk_ready), .walk_last(code_walk_last),
          .out_valid(codes_valid), .out_ready(start), .out_data(planes)
      );
    end
  endgenerate

  generate
    for (genvar q = 0; q < 4; q++) begin : gen_levels
      wire logic [CODE_BITS*16-1:0] part;
      for (genvar b = 0; b < CODE_BITS; b++) begin : gen_plane
        assign part[b*16 +: 16] = planes[b*64+q*16 +: 16];
      end
      bfq_levels16 #(.CODE_BITS(CODE_BITS), .LEVEL_BITS(LEVEL_BITS), .CODEBOOK(CODEBOOK)) map (
          .clk, .planes(part), .shift(level_shift), .not_offset(level_not_offset), .codebook(level_codebook),
          .table_write, .table_index, .table_entry,
          .levels(levels[q*16*LEVEL_BITS +: 16*LEVEL_BITS])
      );
    end
  endgenerate

  // Scales, and mins.
  wire logic [4*SCALE_WIDTH-1:0] scales_1, scales_dot;
  wire logic [4*MIN_WIDTH-1:0]   mins_1;

  bfq_factors #(.BITS(SCALE_BITS), .WIDTH(SCALE_WIDTH)) scales (
      .clk, .rst,
      .walk_valid(walk_token), .walk_ready(walk_readies[1]), .walk_last, .tile_bits(scale_bits), .tile_sub_block_log2(sub_block),
      .word_valid(section_valid[2]), .word_ready(section_ready[2]), .word(weights_data),
      .set_valid(scales_valid), .set_done(factors_done), .row, .shift(scale_shift), .not_offset(scale_not_offset), .factors(scales_1)
  );
  bfq_delay #(.WIDTH(4*SCALE_WIDTH), .STAGES(SUMS_FROM_DOT - 1)) delay_scales (.clk, .in(scales_1), .out(scales_dot));

  generate
    if (HAS_MIN != 0) begin : gen_mins
      bfq_factors #(.BITS(MIN_BITS), .WIDTH(MIN_WIDTH)) mins (
          .clk, .rst,
          .walk_valid(walk_token), .walk_ready(walk_readies[2]), .walk_last, .tile_bits(min_bits), .tile_sub_block_log2(sub_block),
          .word_valid(section_valid[3]), .word_ready(section_ready[3]), .word(weights_data),
          .set_valid(mins_valid), .set_done(factors_done), .row, .shift(min_shift), .not_offset(min_not_offset), .factors(mins_1)
      );
    end else begin : gen_no_mins
      assign walk_readies[2]  = 1'b1;
      assign section_ready[3] = 1'b1;
      assign mins_valid       = 1'b1;
      assign mins_1           = '0;
      wire logic unused = &{1'b0, min_bits, min_shift, min_not_offset, section_valid[3], section_valid[1]};
    end
  endgenerate

  // Activations.
  wire logic act_walk_valid, act_walk_ready, act_walk_empty, act_walk_release;
  wire logic [ACT_BITS-1:0] act_walk_address;
  wire logic move, stage, stage_high, swap;
  wire logic [2:0] stage_index;
  wire logic [ACT_BITS-1:0] fetch_address;

  bfq_fifo #(.WIDTH(ACT_BITS + 2), .DEPTH_LOG2(2)) act_walks (
      .clk, .rst, .in_valid(walk_send), .in_ready(walk_readies[3]),
      .in_data({walk_empty, walk_release && walk_job_last && walk_last, walk_address}),
      .out_valid(act_walk_valid), .out_ready(act_walk_ready),
      .out_data({act_walk_empty, act_walk_release, act_walk_address})
  );
  bfq_activation_fetch #(.ADDRESS_BITS(ACT_BITS)) fetch (
      .clk, .rst,
      .walk_valid(act_walk_valid), .walk_ready(act_walk_ready), .walk_empty(act_walk_empty),
      .walk_release(act_walk_release), .walk_address(act_walk_address),
      .move, .address(fetch_address), .stage, .stage_index, .stage_high, .swap,
      .set_valid(activations_valid), .set_done(activations_done), .released(act_released)
  );

  // Columns.
  wire logic [1:0]           read_window, read_sub;
  wire logic                 read_block;
  wire logic [ROW_BITS-1:0]  read_row;
  wire logic [COLUMNS*32-1:0]                  read_da;
  wire logic [COLUMNS*UNIT_ROWS*ISUM_BITS-1:0] read_isum;
  wire logic [COLUMNS*UNIT_ROWS*MSUM_BITS-1:0] read_msum;
  wire logic [COLUMNS*128-1:0]                 words;
  wire logic [COLUMNS*4*X_BITS-1:0]            dot_x, dot_y;

  generate
    for (genvar q = 0; q < 4; q++) begin : gen_dots
      wire logic stage_here = stage && stage_index == 3'(q + 2);
      for (genvar c = 0; c < COLUMNS; c = c + 2) begin : gen_pair
        localparam int WIDE = c + 1 < COLUMNS ? 2 : 1;
        wire logic [WIDE*X_BITS-1:0] x, y;
        bfq_dot16 #(.LEVEL_BITS(LEVEL_BITS), .CHAIN(CHAIN), .PAIR(WIDE - 1)) dot (
            .clk, .stage(stage_here), .swap, .words(words[c*128 +: WIDE*128]),
            .levels(levels[q*16*LEVEL_BITS +: 16*LEVEL_BITS]), .x, .y
        );
        for (genvar i = 0; i < WIDE; i++) begin : gen_column
          assign dot_x[((c+i)*4+q)*X_BITS +: X_BITS] = x[i*X_BITS +: X_BITS];
          assign dot_y[((c+i)*4+q)*X_BITS +: X_BITS] = y[i*X_BITS +: X_BITS];
        end
      end
    end
    for (genvar c = 0; c < COLUMNS; c++) begin : gen_column
      bfq_column #(
          .ACT_WORDS(ACT_WORDS), .X_BITS(X_BITS), .SCALE_WIDTH(SCALE_WIDTH), .MIN_WIDTH(MIN_WIDTH),
          .HAS_MIN(HAS_MIN), .ISUM_BITS(ISUM_BITS), .MSUM_BITS(MSUM_BITS), .SUBS(SUBS), .BANKS(UNIT_ROWS)
      ) column (
          .clk, .write(act_write_1 && act_column_1 == 8'(c)), .write_address(act_address_1), .write_data(act_data_1),
          .move, .fetch_address, .stage, .stage_index, .stage_high, .swap,
          .word(words[c*128 +: 128]), .step(token_1), .mins(mins_1), .step_dot(token_dot),
          .x(dot_x[c*4*X_BITS +: 4*X_BITS]), .y(dot_y[c*4*X_BITS +: 4*X_BITS]), .scales_dot,
          .read_window, .read_row, .read_sub, .read_block, .read_da(read_da[c*32 +: 32]),
          .read_isum(read_isum[c*UNIT_ROWS*ISUM_BITS +: UNIT_ROWS*ISUM_BITS]),
          .read_msum(read_msum[c*UNIT_ROWS*MSUM_BITS +: UNIT_ROWS*MSUM_BITS])
      );
    end
  endgenerate

  // Drain.
  wire logic                    row_tile_valid, row_tile_ready, row_tile_job_last, d_read, d_give_back, result_busy;
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
      .COLUMNS(COLUMNS), .REPLAY(REPLAY), .UNIT_COLUMNS(UNIT_COLUMNS), .UNIT_ROWS(UNIT_ROWS), .INTERVAL(FP_INTERVAL),
      .D_TYPES(D_TYPES)
  ) drain (
      .clk, .rst, .job_done(drain_job_done), .job_last_column(drain_last_column), .job_step_log2(drain_step_log2),
      .job_d_type(d_type), .job_d_group_log2(d_group_log2),
      .window_valid, .window_ready, .window_index, .window_k_first, .window_k_last, .window_job_last,
      .window_batch, .window_batch_last, .row_tile_valid, .row_tile_ready, .row_tile_columns, .row_tile_job_last,
      .d_read, .d_address, .d_give_back,
      .read_window, .read_row, .read_sub, .read_block, .read_turn, .read_d_byte, .read_d_bytes, .read_min,
      .unit_valid, .unit_first, .unit_last, .unit_address
  );

  // Mins that share a unit with the rest have their d read after theirs.
  generate
    if (HAS_MIN != 0 && FP_INTERVAL > 1) begin : gen_d_in_turns
      bfq_d_store #(.SECTIONS(2)) d_store (
          .clk, .rst, .word_valid(section_valid[1:0]), .word_ready(section_ready[1:0]), .word(weights_data),
          .read(d_read), .read_address(d_address), .min_is_d(min_mode[1]), .read_word(d_word), .give_back(d_give_back),
          .tile_words({dmin_words, d_words})
      );
      assign dmin_word = '0;
    end else begin : gen_d
      bfq_d_store d_store (
          .clk, .rst, .word_valid(section_valid[0]), .word_ready(section_ready[0]), .word(weights_data),
          .read(d_read), .read_address(d_address), .min_is_d(1'b0), .read_word(d_word), .give_back(d_give_back),
          .tile_words(d_words)
      );
      if (HAS_MIN != 0) begin : gen_dmin
        bfq_d_store dmin_store (
            .clk, .rst, .word_valid(section_valid[1]), .word_ready(section_ready[1]), .word(weights_data),
            .read(d_read), .read_address(d_address), .min_is_d(1'b0), .read_word(dmin_word), .give_back(d_give_back),
            .tile_words(dmin_words)
        );
      end else begin : gen_no_dmin
        assign section_ready[1] = 1'b1;
        assign dmin_word        = '0;
        wire logic unused = &{1'b0, dmin_words};
      end
    end
  endgenerate

  bfq_floats #(
      .COLUMNS(COLUMNS), .REPLAY(REPLAY), .UNIT_COLUMNS(UNIT_COLUMNS), .UNIT_ROWS(UNIT_ROWS), .INTERVAL(FP_INTERVAL),
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
      .result_valid, .result_ready, .result_data, .result_last, .busy(result_busy)
  );

  assign busy          = front_busy || walk_valid || drain_job_valid || act_walk_valid || result_busy;
  assign stall_compute = weights_valid && !weights_ready;
endmodule

`default_nettype wire
