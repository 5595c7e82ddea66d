// Walks the tiles of a job, K tiles inside row tiles, and hands each word of the weights stream to its section. With a
// tile's first word goes one token to all who work tile by tile. The next job follows without a gap.
`default_nettype none

module bfq_tile_demux #(
    parameter int NOTE_BITS = 8,
    localparam int SECTIONS = bfq_tile::SECTIONS
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic        job_valid,
    output wire logic       job_ready,
    input wire logic [31:0] job_row_tiles,  // 0: only a token with tile_empty
    input wire logic [15:0] job_k_tiles,
    input wire logic [SECTIONS*8-1:0] job_section_words,  // of a tile
    input wire logic [NOTE_BITS-1:0] job_note,  // goes with each of its tokens

    input wire logic  weights_valid,
    output wire logic weights_ready,

    output wire logic [SECTIONS-1:0] section_valid,  // bits as bfq_tile has them
    input wire logic [SECTIONS-1:0]  section_ready,
    output wire logic [3:0] code_bits,

    output wire logic tile_valid,
    input wire logic  tile_ready,
    output wire logic tile_empty,
    output wire logic tile_k_first,   // first and last K tile of a row tile
    output wire logic tile_k_last,
    output wire logic tile_job_last,  // last tile of the job, or its empty token
    output wire logic [NOTE_BITS-1:0] tile_note,

    output wire logic busy
);
  localparam int JOB_BITS = 32 + 16 + SECTIONS * 8 + NOTE_BITS;

  // The job at work, and the next one.
  logic [JOB_BITS-1:0] job, next_job;
  logic                next_valid;
  wire logic [31:0]    row_tiles;
  wire logic [15:0]    k_tiles;
  wire logic [SECTIONS*8-1:0] section_words;
  assign {row_tiles, k_tiles, section_words, tile_note} = job;
  assign code_bits = section_words[bfq_tile::CODE*8+4 +: 4];  // 16 words a bit

  logic        working;
  logic        empty;
  logic [31:0] row_tile;     // counted from 1, as are K tiles and words
  logic [15:0] k_tile;
  logic [7:0]  section_word;
  logic [SECTIONS-1:0] section;  // one hot
  logic        first_word;   // of the tile
  logic        k_first;

  wire logic           last_section = section[SECTIONS-1];
  logic [7:0]          last_word;     // of the section
  logic [SECTIONS-1:0] next_section;  // that has words
  logic                passed;

  always_comb begin
    last_word = 8'd0;
    passed    = last_section;  // behind the last comes the first
    for (int s = 0; s < SECTIONS; s++) begin
      last_word       = last_word | (section_words[s*8 +: 8] & {8{section[s]}});
      next_section[s] = passed && (bfq_tile::EVERY_TILE[s] || section_words[s*8 +: 8] != 8'd0);
      passed          = (passed && !next_section[s]) || section[s];
    end
  end

  wire logic k_last       = k_tile == k_tiles;
  wire logic job_last     = k_last && row_tile == row_tiles;
  wire logic section_last = section_word == last_word;

  wire logic open     = working && !empty && (!first_word || tile_ready);
  wire logic take     = weights_valid && weights_ready;
  wire logic tile_end = take && section_last && last_section;
  wire logic job_end  = !working || (tile_end && job_last) || (tile_valid && tile_ready && empty);

  assign weights_ready = open && (section & section_ready) != '0;
  assign section_valid = section & {SECTIONS{weights_valid && open}};
  assign job_ready     = !next_valid;
  assign busy          = working || next_valid;

  assign tile_valid    = working && (empty || (first_word && weights_valid && (section & section_ready) != '0));
  assign tile_empty    = empty;
  assign tile_k_first  = k_first;
  assign tile_k_last   = k_last;
  assign tile_job_last = job_last || empty;

  always_ff @(posedge clk) begin
    if (rst) begin
      working    <= 1'b0;
      next_valid <= 1'b0;
    end else begin
      next_valid <= (job_valid && job_ready) || (next_valid && !job_end);
      if (job_end) working <= next_valid;
    end
    if (job_ready) next_job <= {job_row_tiles, job_k_tiles, job_section_words, job_note};
    if (job_end) begin
      job          <= next_job;
      empty        <= next_job[JOB_BITS-1 -: 32] == 32'd0;
      row_tile     <= 32'd1;
      k_tile       <= 16'd1;
      section_word <= 8'd1;
      section      <= SECTIONS'(1);
      first_word   <= 1'b1;
      k_first      <= 1'b1;
    end else if (take) begin
      first_word   <= tile_end;
      section_word <= section_last ? 8'd1 : section_word + 8'd1;
      if (section_last) section <= next_section;
      if (tile_end) begin
        k_tile  <= k_last ? 16'd1 : k_tile + 16'd1;
        k_first <= k_last;
        if (k_last) row_tile <= row_tile + 32'd1;
      end
    end
  end
endmodule

`default_nettype wire
