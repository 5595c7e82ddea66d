// A lane's weights, from the sections of tiles to what a row step needs: 64 levels, and for each 16 columns its scale and min.
//
//   code    -> FIFO -> gearbox -> unpack -> replay store -> levels
//   aux     -> FIFO -------------^
//   scale   -> FIFO -> planes  -> scales
//   min     -> FIFO -> planes  -> mins
`default_nettype none

module bfq_lane_decode #(
    localparam int LEVEL_BITS  = bfq_params::LEVEL_BITS,
    localparam int SCALE_WIDTH = bfq_params::SCALE_WIDTH,
    localparam int MIN_WIDTH   = bfq_params::MIN_WIDTH,
    localparam int GRID_BITS   = bfq_params::TABLE_ROWS == 0 ? 1 : $clog2(bfq_params::TABLE_ROWS),
    localparam int INDEX_BITS  = bfq_params::CODEBOOK == 0 ? 1 : $clog2(bfq_params::CODEBOOK)
) (
    input wire logic clk,
    input wire logic rst,

    // A word of a section.
    input wire logic [127:0] word,
    input wire logic         scale_valid,
    output wire logic        scale_ready,
    input wire logic         min_valid,
    output wire logic        min_ready,
    input wire logic         code_valid,
    output wire logic        code_ready,
    input wire logic [3:0]   code_bits,
    input wire logic         aux_valid,
    output wire logic        aux_ready,
    input wire logic [6:0]   code_packing,  // of the tile, as bfq_unpack has it
    input wire logic         code_slot,

    // The table of a grid, while no row step with indices is at work.
    input wire logic [1:0]           grid_write,
    input wire logic [GRID_BITS-1:0] grid_row,
    input wire logic [15:0]          grid_entry,

    // As bfq_lane_jobs has them; walks of tiles only.
    input wire logic                   walk_valid,
    output wire logic                  walk_ready,  // does not depend on walk_valid
    input wire logic                   walk_last,
    input wire logic [3:0]             walk_scale_bits,
    input wire logic [3:0]             walk_min_bits,
    input wire logic [3:0]             walk_sub_block_log2,
    input wire logic                   level_shift,
    input wire logic                   level_codebook,
    input wire logic [LEVEL_BITS-1:0]  level_not_offset,
    input wire logic                   scale_shift,
    input wire logic [SCALE_WIDTH-1:0] scale_not_offset,
    input wire logic                   min_shift,
    input wire logic [MIN_WIDTH-1:0]   min_not_offset,
    input wire logic                   table_write,
    input wire logic [INDEX_BITS-1:0]  table_index,
    input wire logic [7:0]             table_entry,

    // Row steps.
    output wire logic                     codes_valid,
    output wire logic                     factors_valid,
    input wire logic                      start,         // a row step is taken, with its levels
    input wire logic                      factors_done,  // with start: the last of its sub-blocks' rows
    input wire logic [2:0]                row,
    output wire logic [64*LEVEL_BITS-1:0] levels,
    output wire logic [4*SCALE_WIDTH-1:0] scales,        // of the row of the cycle before
    output wire logic [4*MIN_WIDTH-1:0]   mins
);
  localparam int CODE_BITS = bfq_params::CODE_BITS;

  wire logic [2:0] walk_readies;
  assign walk_ready = walk_readies == '1;

  // Codes to levels.
  wire logic                    queued_valid, queued_ready, codes_in, codes_room;
  wire logic [127:0]            code_word;
  wire logic [3:0]              code_word_bits;
  wire logic [CODE_BITS*64-1:0] planes_in, planes;

  // With packed codes, what says how goes with each word.
  localparam bit PACKED = bfq_params::TRITS != 0 || bfq_params::TABLE_ROWS != 0;
  localparam int QUEUED = PACKED ? 140 : 132;
  wire logic [7:0] word_packing;
  wire logic       unpacked_valid, unpacked_ready;  // row steps of the gearbox
  wire logic [CODE_BITS*64-1:0] stored;
  wire logic [QUEUED-1:0] queued;
  assign {code_word_bits, code_word} = queued[131:0];

  bfq_fifo #(.WIDTH(QUEUED), .DEPTH_LOG2(5)) code_words (
      .clk, .rst, .in_valid(code_valid), .in_ready(code_ready), .in_data(QUEUED'({code_slot, code_packing, code_bits, word})),
      .out_valid(queued_valid), .out_ready(queued_ready), .out_data(queued)
  );
  bfq_code_gearbox #(.CODE_BITS(CODE_BITS)) gearbox (
      .clk, .rst, .word_valid(queued_valid), .word_ready(queued_ready), .word(code_word), .word_code_bits(code_word_bits),
      .step_valid(unpacked_valid), .step_ready(unpacked_ready), .planes(stored)
  );

  generate
    if (!PACKED) begin : gen_plain
      assign codes_in       = unpacked_valid;
      assign unpacked_ready = codes_room;
      assign planes_in      = stored;
      assign aux_ready      = 1'b1;
      assign word_packing   = 8'd0;
      wire logic unused_packing = &{1'b0, aux_valid, code_packing, code_slot, grid_write, grid_row, grid_entry, word_packing};
    end else begin : gen_packed
      assign word_packing = queued[QUEUED-1:132];
      // A row step's words are all of one tile.
      logic [7:0] step_packing;
      always_ff @(posedge clk) if (queued_valid && queued_ready) step_packing <= word_packing;

      wire logic         aux_queued, aux_taken;
      wire logic [127:0] aux_word;
      wire logic [6:0]   aux_packing;

      bfq_fifo #(.WIDTH(135), .DEPTH_LOG2(5)) aux_words (
          .clk, .rst, .in_valid(aux_valid), .in_ready(aux_ready), .in_data({code_packing, word}),
          .out_valid(aux_queued), .out_ready(aux_taken), .out_data({aux_packing, aux_word})
      );
      bfq_unpack unpack (
          .clk, .rst, .aux_valid(aux_queued), .aux_ready(aux_taken), .aux_word, .aux_packing,
          .in_valid(unpacked_valid), .in_ready(unpacked_ready), .in_planes(stored), .in_packing(step_packing[6:0]), .in_slot(step_packing[7]),
          .out_valid(codes_in), .out_ready(codes_room), .out_planes(planes_in), .grid_write, .grid_row, .grid_entry
      );
    end
  endgenerate

  generate
    if (bfq_params::REPLAY == 1) begin : gen_once
      assign walk_readies[2] = 1'b1;
      assign codes_valid     = codes_in;
      assign codes_room      = start;
      assign planes          = planes_in;
    end else begin : gen_replay
      wire logic code_walk_valid, code_walk_ready, code_walk_last;

      bfq_fifo #(.WIDTH(1), .DEPTH_LOG2(2)) code_walks (
          .clk, .rst, .in_valid(walk_valid), .in_ready(walk_readies[2]), .in_data(walk_last),
          .out_valid(code_walk_valid), .out_ready(code_walk_ready), .out_data(code_walk_last)
      );
      bfq_replay_store #(.WIDTH(CODE_BITS * 64)) store (
          .clk, .rst, .in_valid(codes_in), .in_ready(codes_room), .in_data(planes_in),
          .walk_valid(code_walk_valid), .walk_ready(code_walk_ready), .walk_last(code_walk_last),
          .out_valid(codes_valid), .out_ready(start), .out_data(planes)
      );
    end

    for (genvar q = 0; q < 4; q++) begin : gen_levels
      wire logic [CODE_BITS*16-1:0] part;
      for (genvar b = 0; b < CODE_BITS; b++) begin : gen_plane
        assign part[b*16 +: 16] = planes[b*64+q*16 +: 16];
      end
      bfq_levels16 #(.CODE_BITS(CODE_BITS), .LEVEL_BITS(LEVEL_BITS), .CODEBOOK(bfq_params::CODEBOOK)) map (
          .clk, .planes(part), .shift(level_shift), .not_offset(level_not_offset), .codebook(level_codebook),
          .table_write, .table_index, .table_entry,
          .levels(levels[q*16*LEVEL_BITS +: 16*LEVEL_BITS])
      );
    end
  endgenerate

  // Scales, and mins.
  wire logic scales_valid, mins_valid;
  assign factors_valid = scales_valid && mins_valid;

  bfq_factors #(.BITS(bfq_params::SCALE_BITS), .WIDTH(SCALE_WIDTH)) scale_factors (
      .clk, .rst,
      .walk_valid, .walk_ready(walk_readies[0]), .walk_last, .tile_bits(walk_scale_bits),
      .tile_sub_block_log2(walk_sub_block_log2), .word_valid(scale_valid), .word_ready(scale_ready), .word,
      .set_valid(scales_valid), .set_done(factors_done), .row, .shift(scale_shift), .not_offset(scale_not_offset),
      .factors(scales)
  );

  generate
    if (bfq_params::HAS_MIN != 0) begin : gen_mins
      bfq_factors #(.BITS(bfq_params::MIN_BITS), .WIDTH(MIN_WIDTH)) min_factors (
          .clk, .rst,
          .walk_valid, .walk_ready(walk_readies[1]), .walk_last, .tile_bits(walk_min_bits),
          .tile_sub_block_log2(walk_sub_block_log2), .word_valid(min_valid), .word_ready(min_ready), .word,
          .set_valid(mins_valid), .set_done(factors_done), .row, .shift(min_shift), .not_offset(min_not_offset),
          .factors(mins)
      );
    end else begin : gen_no_mins
      assign walk_readies[1]  = 1'b1;
      assign min_ready        = 1'b1;
      assign mins_valid       = 1'b1;
      assign mins             = '0;
      wire logic unused = &{1'b0, walk_min_bits, min_shift, min_not_offset, min_valid};
    end
  endgenerate
endmodule

`default_nettype wire
