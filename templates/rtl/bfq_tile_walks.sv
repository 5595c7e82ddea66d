// A tile on chip is gone through once for each batch of COLUMNS activation columns. Takes a token per tile and gives one per walk,
// with the batch and the address of its activations; the tiles come K tile after K tile. While the activations of a half are
// loaded, a tile waits until its records of all columns are there.
`default_nettype none

module bfq_tile_walks #(
    parameter int REPLAY       = 3,   // most batches
    parameter int MAX_K_TILES  = 8,
    parameter int NOTE_BITS    = 8,
    parameter int ADDRESS_BITS = 10,  // of the activation memory: two halves of REPLAY batches of MAX_K_TILES records
    localparam int BATCH_BITS = REPLAY == 1 ? 1 : $clog2(REPLAY)
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic                  tile_valid,
    output wire logic                 tile_ready,
    input wire logic                  tile_half,
    input wire logic                  tile_k_first,
    input wire logic [BATCH_BITS-1:0] tile_last_batch,
    input wire logic [NOTE_BITS-1:0]  tile_note,

    input wire logic                    loading,
    input wire logic                    loading_half,
    input wire logic [ADDRESS_BITS-1:0] limit,  // first address, in batch 0, that may not be read

    output logic                   walk_valid,
    input wire logic               walk_ready,
    output logic [BATCH_BITS-1:0]  walk_batch,
    output wire logic              walk_last,     // of its tile
    output logic [ADDRESS_BITS-1:0] walk_address,
    output logic [NOTE_BITS-1:0]   walk_note
);
  localparam logic [ADDRESS_BITS-1:0] RECORD = ADDRESS_BITS'(bfq_params::RECORD_WORDS);
  localparam logic [ADDRESS_BITS-1:0] BATCH  = ADDRESS_BITS'(MAX_K_TILES * bfq_params::RECORD_WORDS);
  localparam logic [ADDRESS_BITS-1:0] HALF   = ADDRESS_BITS'(REPLAY * MAX_K_TILES * bfq_params::RECORD_WORDS);

  logic [BATCH_BITS-1:0]   last_batch;
  logic [ADDRESS_BITS-1:0] next_tile;  // where the activations of the row tile's next K tile begin

  wire logic [ADDRESS_BITS-1:0] first = tile_half ? HALF : '0;
  wire logic [ADDRESS_BITS-1:0] here  = tile_k_first ? first : next_tile;

  // Both a cycle late: a tile takes two at least, and the limit of a half only grows.
  logic none, next_missing;  // in a load not even a row tile's first record is there; the one at next_tile isn't

  wire logic waits = tile_half == loading_half && (tile_k_first ? none : next_missing);
  wire logic take  = tile_valid && tile_ready;

  assign tile_ready = !walk_valid && !waits;
  assign walk_last  = walk_batch == last_batch;

  always_ff @(posedge clk) begin
    none         <= loading && limit == (loading_half ? HALF : '0);
    next_missing <= loading && next_tile >= limit;
    if (!walk_valid) begin
      last_batch   <= tile_last_batch;
      walk_note    <= tile_note;
      walk_batch   <= '0;
      walk_address <= here;
      if (take) next_tile <= here + RECORD;
    end else if (walk_ready) begin
      walk_batch   <= walk_batch + 1'b1;
      walk_address <= walk_address + BATCH;
    end
    if (rst) walk_valid <= 1'b0;
    else if (!walk_valid) walk_valid <= take;
    else if (walk_ready && walk_last) walk_valid <= 1'b0;
  end
endmodule

`default_nettype wire
