// A factor section (scales, or mins) from its words to the factors of the row steps: two FIFOs, of words and of walk
// tokens, before bfq_scale_planes. Every walk of a tile reads the words again.
`default_nettype none

module bfq_factors #(
    parameter int BITS  = 8,  // widest stored factor, 0..8 (0: no words at all)
    parameter int WIDTH = 9   // signed, of the factors
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic       walk_valid,
    output wire logic      walk_ready,
    input wire logic       walk_last,   // of its tile
    input wire logic [3:0] tile_bits,
    input wire logic [3:0] tile_sub_block_log2,

    input wire logic         word_valid,
    output wire logic        word_ready,
    input wire logic [127:0] word,

    output wire logic           set_valid,
    input wire logic            set_done,
    input wire logic [2:0]      row,
    input wire logic            shift,
    input wire logic [WIDTH-1:0] not_offset,
    output wire logic [4*WIDTH-1:0] factors
);
  wire logic         token_valid, token_ready, token_last, piece_valid, piece_ready;
  wire logic [3:0]   token_bits, token_sub_block;
  wire logic [127:0] section_word;

  bfq_fifo #(.WIDTH(9), .DEPTH_LOG2(2)) walks (
      .clk, .rst, .in_valid(walk_valid), .in_ready(walk_ready), .in_data({walk_last, tile_bits, tile_sub_block_log2}),
      .out_valid(token_valid), .out_ready(token_ready), .out_data({token_last, token_bits, token_sub_block})
  );

  generate
    if (BITS == 0) begin : gen_no_words
      assign word_ready   = 1'b1;
      assign piece_valid  = 1'b0;
      assign section_word = '0;
      wire logic unused = &{1'b0, word_valid, word, piece_ready, token_last};
    end else begin : gen_words
      bfq_replay_fifo #(.WIDTH(128), .DEPTH_LOG2(5)) words (
          .clk, .rst, .in_valid(word_valid), .in_ready(word_ready), .in_data(word),
          .out_valid(piece_valid), .out_ready(piece_ready), .out_data(section_word),
          .keep(!token_last), .rewind(token_ready && !token_last)
      );
    end
  endgenerate

  bfq_scale_planes #(.BITS(BITS), .WIDTH(WIDTH)) planes (
      .clk, .rst, .walk_valid(token_valid), .walk_ready(token_ready), .tile_bits(token_bits), .tile_sub_block_log2(token_sub_block),
      .word_valid(piece_valid), .word_ready(piece_ready), .word(section_word),
      .set_valid, .set_done, .row, .shift, .not_offset, .factors
  );
endmodule

`default_nettype wire
