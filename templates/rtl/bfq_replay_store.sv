// The row steps of two tiles, from the gearbox to the multipliers: a tile's 32 are read once a walk and make room in its last
// one. A walk begins while its tile still comes in. Two registers follow the memory: the RAM's latch and its output register.
`default_nettype none

module bfq_replay_store #(
    parameter int WIDTH = 512
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic             in_valid,
    output logic                 in_ready,
    input wire logic [WIDTH-1:0] in_data,

    input wire logic  walk_valid,  // one entry per walk
    output wire logic walk_ready,
    input wire logic  walk_last,   // of its tile

    output logic             out_valid,
    input wire logic         out_ready,
    output logic [WIDTH-1:0] out_data
);
  (* ram_style = "block" *) logic [WIDTH-1:0] memory[64];

  // One bit more than an address; a tile begins at a multiple of 32.
  logic [6:0] write_count, read_count, free_count;
  logic [WIDTH-1:0] latch_data;
  logic latch_valid;
  logic ahead;  // write_count != read_count

  // The walk at work and the next one, which is taken early: `walk_ready` would come late with the last read of a walk.
  logic walking, last, next_valid, next_last;

  wire logic tile_end   = read_count[4:0] == '1;
  wire logic present    = walking && ahead;
  wire logic out_load   = !out_valid || out_ready;
  wire logic latch_load = !latch_valid || out_load;
  wire logic read       = present && latch_load;

  wire logic [6:0] next_write = write_count + 7'd1;
  wire logic [6:0] next_read  = {read_count[6:5] + {1'b0, tile_end && last}, read_count[4:0] + 5'd1};
  wire logic fills = next_write == {~free_count[6], free_count[5:0]};
  wire logic push  = in_valid && in_ready;
  wire logic free  = read && last;
  wire logic turn  = !walking || (read && tile_end);

  assign walk_ready = !next_valid;

  always_ff @(posedge clk) begin
    if (push) memory[write_count[5:0]] <= in_data;
    if (latch_load) latch_data <= memory[read_count[5:0]];
    if (out_load) out_data <= latch_data;
    if (walk_ready) next_last <= walk_last;
    if (turn) last <= next_last;
    if (rst) begin
      write_count <= 7'd0;
      read_count  <= 7'd0;
      free_count  <= 7'd0;
      latch_valid <= 1'b0;
      out_valid   <= 1'b0;
      in_ready    <= 1'b1;
      ahead       <= 1'b0;
      walking     <= 1'b0;
      next_valid  <= 1'b0;
    end else begin
      if (push) write_count <= next_write;
      if (read) read_count <= next_read;
      if (turn) walking <= next_valid;
      next_valid <= next_valid ? !turn : walk_valid;
      if (free) free_count <= free_count + 7'd1;
      in_ready <= free || (in_ready && !(push && fills));
      ahead    <= push || (ahead && !(read && next_read == write_count));
      if (latch_load) latch_valid <= present;
      if (out_load) out_valid <= latch_valid;
    end
  end
endmodule

`default_nettype wire
