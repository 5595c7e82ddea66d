// The d (or dmin) sections of the tiles under way: 32 words, written in order, read at any word of the oldest tile, and
// given back a tile at a time. Whoever has a step's sums may read: a tile's header comes before its codes.
`default_nettype none

module bfq_d_store (
    input wire logic clk,
    input wire logic rst,

    input wire logic         word_valid,
    output wire logic        word_ready,
    input wire logic [127:0] word,

    input wire logic          read,          // latches the address; the word is there one cycle later
    input wire logic [4:0]    read_address,  // word of the oldest tile
    output wire logic [127:0] read_word,
    input wire logic          give_back,     // the oldest tile
    input wire logic [5:0]    tile_words
);
  (* ram_style = "distributed" *) logic [127:0] memory[32];

  // One bit more than an address: apart by 32 means full.
  logic [5:0] write_count, tile_count;
  logic [4:0] address;

  assign word_ready = (write_count - tile_count) != 6'd32;
  assign read_word  = memory[address];

  always_ff @(posedge clk) begin
    if (word_valid && word_ready) memory[write_count[4:0]] <= word;
    if (read) address <= tile_count[4:0] + read_address;
    if (rst) begin
      write_count <= 6'd0;
      tile_count  <= 6'd0;
    end else begin
      if (word_valid && word_ready) write_count <= write_count + 6'd1;
      if (give_back) tile_count <= tile_count + tile_words;
    end
  end
endmodule

`default_nettype wire
