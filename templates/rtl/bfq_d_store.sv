// The d (or dmin) sections of the tiles under way, or with two sections both: up to 32 words of each, written in order, read
// at any word of the oldest tile, and given back a tile at a time. Whoever has a step's sums may read: a tile's header
// comes before its codes. word_ready looks at the count of a cycle ago, so it may be a word more than 32.
`default_nettype none

module bfq_d_store #(
    parameter int SECTIONS = 1  // 2: d, and then dmin, which is there a cycle later
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic [SECTIONS-1:0]   word_valid,
    output wire logic [SECTIONS-1:0]  word_ready,
    input wire logic [127:0]          word,

    input wire logic                  read,          // takes the address, of d or of both
    input wire logic [4:0]            read_address,  // word of the oldest tile
    input wire logic                  min_is_d,      // with read: no dmin section
    output logic [127:0]              read_word,     // 3 cycles after read (bfq_latency::D_STORE), and dmin after d
    input wire logic                  give_back,     // the oldest tile
    input wire logic [SECTIONS*6-1:0] tile_words
);
  // About twice the words that it takes: so none is overwritten in the cycle in which it is read and given back.
  localparam int ADDRESS_BITS = SECTIONS == 1 ? 6 : 7;
  (* ram_style = "block" *) logic [127:0] memory[64*SECTIONS];

  wire logic [SECTIONS*6-1:0] section_write, section_read;
  wire logic [ADDRESS_BITS-1:0] write_address, address;
  logic [127:0] latch;

  generate
    for (genvar s = 0; s < SECTIONS; s++) begin : gen_section
      logic [5:0] write_count, tile_count, first;
      logic       ready;

      wire logic [5:0] held = write_count - tile_count;
      assign word_ready[s] = ready;
      assign section_write[s*6 +: 6] = write_count;
      assign section_read[s*6 +: 6] = first;

      always_ff @(posedge clk) begin
        if (read) first <= tile_count + {1'b0, read_address};
        if (rst) begin
          write_count <= 6'd0;
          tile_count  <= 6'd0;
          ready       <= 1'b1;
        end else begin
          ready <= held < 6'd32;
          if (word_valid[s] && word_ready[s]) write_count <= write_count + 6'd1;
          if (give_back) tile_count <= tile_count + tile_words[s*6 +: 6];
        end
      end
    end
    if (SECTIONS == 1) begin : gen_one
      wire logic unused = min_is_d;
      assign write_address = section_write;
      assign address       = section_read;
    end else begin : gen_two
      logic first_turn, shared;
      always_ff @(posedge clk) begin
        first_turn <= read;
        if (read) shared <= min_is_d;
      end
      assign write_address = word_valid[0] ? {1'b0, section_write[5:0]} : {1'b1, section_write[11:6]};
      assign address       = first_turn || shared ? {1'b0, section_read[5:0]} : {1'b1, section_read[11:6]};
    end
  endgenerate

  always_ff @(posedge clk) begin
    if ((word_valid & word_ready) != '0) memory[write_address] <= word;
    latch     <= memory[address];
    read_word <= latch;
  end
endmodule

`default_nettype wire
