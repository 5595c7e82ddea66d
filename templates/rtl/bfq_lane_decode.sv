// A lane's weights, from the sections of tiles to what a row step needs: 64 levels, and for each 16 columns its scale and min.
//
//   code    -> FIFO -> gearbox -> replay store -> levels
//   scale   -> FIFO -> planes  -> scales
//   min     -> FIFO -> planes  -> mins
`default_nettype none

module bfq_lane_decode #(
    localparam int LEVEL_BITS  = bfq_params::LEVEL_BITS,
    localparam int SCALE_WIDTH = bfq_params::SCALE_WIDTH,
    localparam int MIN_WIDTH   = bfq_params::MIN_WIDTH,
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

  bfq_fifo #(.WIDTH(132), .DEPTH_LOG2(5)) code_words (
      .clk, .rst, .in_valid(code_valid), .in_ready(code_ready), .in_data({code_bits, word}),
      .out_valid(queued_valid), .out_ready(queued_ready), .out_data({code_word_bits, code_word})
  );
  bfq_code_gearbox #(.CODE_BITS(CODE_BITS)) gearbox (
      .clk, .rst, .word_valid(queued_valid), .word_ready(queued_ready), .word(code_word), .word_code_bits(code_word_bits),
      .step_valid(codes_in), .step_ready(codes_room), .planes(planes_in)
  );

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
