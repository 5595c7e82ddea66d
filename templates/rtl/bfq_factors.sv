// A factor section (scales, or mins) from its words to the factors of the row steps: two FIFOs, of words and of tile
// tokens, before bfq_scale_planes.
`default_nettype none

module bfq_factors #(
    parameter int BITS  = 8,  // widest stored factor, 0..8 (0: no words at all)
    parameter int WIDTH = 9   // signed, of the factors
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic       tile_valid,
    output wire logic      tile_ready,
    input wire logic [3:0] tile_bits,
    input wire logic [3:0] tile_sub_block_log2,

    input wire logic         word_valid,
    output wire logic        word_ready,
    input wire logic [127:0] word,

    output wire logic           set_valid,
    input wire logic            set_done,
    input wire logic [2:0]      row,
    input wire logic            shift,
    input wire logic [WIDTH-1:0] base,
    output wire logic [4*WIDTH-1:0] factors
);
  wire logic         token_valid, token_ready, piece_valid, piece_ready;
  wire logic [3:0]   token_bits, token_sub_block;
  wire logic [127:0] section_word;

  bfq_fifo #(.WIDTH(8), .DEPTH_LOG2(2)) tiles (
      .clk, .rst, .in_valid(tile_valid), .in_ready(tile_ready), .in_data({tile_bits, tile_sub_block_log2}),
      .out_valid(token_valid), .out_ready(token_ready), .out_data({token_bits, token_sub_block})
  );

  generate
    if (BITS == 0) begin : gen_no_words
      assign word_ready   = 1'b1;
      assign piece_valid  = 1'b0;
      assign section_word = '0;
      wire logic unused = &{1'b0, word_valid, word, piece_ready};
    end else begin : gen_words
      bfq_fifo #(.WIDTH(128), .DEPTH_LOG2(4)) words (
          .clk, .rst, .in_valid(word_valid), .in_ready(word_ready), .in_data(word),
          .out_valid(piece_valid), .out_ready(piece_ready), .out_data(section_word)
      );
    end
  endgenerate

  bfq_scale_planes #(.BITS(BITS), .WIDTH(WIDTH)) planes (
      .clk, .rst, .tile_valid(token_valid), .tile_ready(token_ready), .tile_bits(token_bits), .tile_sub_block_log2(token_sub_block),
      .word_valid(piece_valid), .word_ready(piece_ready), .word(section_word),
      .set_valid, .set_done, .row, .shift, .base, .factors
  );
endmodule

`default_nettype wire
