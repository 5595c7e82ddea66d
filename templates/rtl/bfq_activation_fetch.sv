// Reads the activation records of the walks ahead of their row steps: for each 64-column group da, sums and four words of
// int8, the same address in every column's memory at once. Reads move in step through address, memory latch and output
// register (`move`), and wait there for the staged set to come free, so a group takes seven cycles and hides behind the
// eight row steps of the one before.
`default_nettype none

module bfq_activation_fetch #(
    parameter int ADDRESS_BITS = 10
) (
    input wire logic clk,
    input wire logic rst,

    // One entry per walk. An empty one is a job without tiles: it only releases.
    input wire logic                    walk_valid,
    output wire logic                   walk_ready,
    input wire logic                    walk_empty,
    input wire logic                    walk_release,  // the half is free after this walk
    input wire logic [ADDRESS_BITS-1:0] walk_address,  // of its record

    output wire logic                    move,     // read enable of memory latch and output register
    output logic [ADDRESS_BITS-1:0]      address,

    // For the columns, together with the output register one cycle later: what to do with it.
    output logic       stage,
    output logic [2:0] stage_index,  // 0 da, 1 sums, 2..5 int8
    output logic       stage_high,   // da and sums: the group's are in the upper half of the word
    input wire logic   prepared,     // the datapath is done with the staged set, as far as it was staged
    output logic       swap,         // the staged set becomes the present one

    output logic set_valid,  // rises with `swap`: a row step needs its activations one cycle after its start
    input wire logic set_done,
    output wire logic released
);
  localparam int TAG_BITS = 6;

  // Address: the sequence over groups (4) and reads (6) of a walk.
  logic [1:0] group;
  logic [2:0] index;

  wire logic last_read = index == 3'd5;
  wire logic last_of_walk = walk_empty || (last_read && group == 2'd3);
  // In the record: da 0..1, sums 2..3, and from 4 on four words of int8 a group. Without sums, for one carry chain.
  wire logic [2:0] block  = {&group, ^group, !group[0]};  // group + 1
  wire logic [4:0] offset = index < 3'd2 ? {3'd0, index[0], group[1]} : {block, index[2], index[0]};

  // A read on its way: what it is, and whether it is the last of its half.
  logic                address_valid, latch_valid, out_valid;
  logic [TAG_BITS-1:0] address_tag, latch_tag, out_tag;
  logic                staged;

  wire logic out_empty, out_release, out_high;
  wire logic [2:0] out_index;
  assign {out_empty, out_release, out_high, out_index} = out_tag;

  wire logic load   = staged && prepared && (!set_valid || set_done);
  wire logic accept = out_valid && (out_empty || !staged);

  assign move       = !out_valid || accept;
  assign walk_ready = move && last_of_walk;
  assign released   = accept && out_release;

  always_ff @(posedge clk) begin
    if (move) begin
      address     <= walk_address + ADDRESS_BITS'(offset);
      address_tag <= {walk_empty, walk_release && last_of_walk, group[0], index};
      latch_tag   <= address_tag;
      out_tag     <= latch_tag;
    end
    stage_index <= out_index;
    stage_high  <= out_high;
    if (rst) begin
      group         <= 2'd0;
      index         <= 3'd0;
      address_valid <= 1'b0;
      latch_valid   <= 1'b0;
      out_valid     <= 1'b0;
      staged        <= 1'b0;
      set_valid     <= 1'b0;
      stage         <= 1'b0;
      swap          <= 1'b0;
    end else begin
      stage     <= accept && !out_empty;
      swap      <= load;
      staged    <= (accept && !out_empty && out_index == 3'd5) || (staged && !load);
      set_valid <= load || (set_valid && !set_done);
      if (move) begin
        address_valid <= walk_valid;
        latch_valid   <= address_valid;
        out_valid     <= latch_valid;
        if (walk_valid && !walk_empty) begin
          index <= last_read ? 3'd0 : index + 3'd1;
          if (last_read) group <= group + 2'd1;
        end
      end
    end
  end
endmodule

`default_nettype wire
