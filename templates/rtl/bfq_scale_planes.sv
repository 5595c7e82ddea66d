// Sub-block factors (scales, or mins) of the row steps. A chunk, the factors of 8 rows for max(64, sub_block) columns, comes
// as bit planes; each cycle one plane goes from the section's words into the set being filled. A full set becomes the staged
// one, and that the present one when the one before has had its last row step; so no cycle is lost for filling. In a set
// every plane has a byte (8 rows) for each 16 columns of a group, so that a row's four factors are four 8:1 multiplexers.
`default_nettype none

module bfq_scale_planes #(
    parameter int BITS  = 8,  // widest stored factor, 0..8 (0: no words at all)
    parameter int WIDTH = 9   // signed, of the factors
) (
    input wire logic clk,
    input wire logic rst,

    // One entry per walk: how to read the tile's section.
    input wire logic       walk_valid,
    output wire logic      walk_ready,
    input wire logic [3:0] tile_bits,            // stored bits, 0..BITS
    input wire logic [3:0] tile_sub_block_log2,  // 4..8

    input wire logic         word_valid,
    output wire logic        word_ready,
    input wire logic [127:0] word,

    output wire logic      set_valid,
    input wire logic       set_done,  // the present set's last row step starts
    input wire logic [2:0] row,
    input wire logic       shift,     // factor = (stored << shift) - offset
    input wire logic [WIDTH-1:0] not_offset,

    output wire logic [4*WIDTH-1:0] factors  // of the row of the cycle before, one for each 16 columns
);
  logic       filled, staged, present;
  logic [3:0] plane;       // to be filled in next, counted from 1
  logic [3:0] address;     // of that plane's byte or bytes in the word
  logic [1:0] chunk;       // of the walk

  wire logic load = staged && (!present || set_done);
  wire logic move = filled && !staged;
  assign set_valid = present;

  // Bytes of a plane, and the last chunk of a walk, by sub-block.
  wire logic [2:0] bytes = tile_sub_block_log2 == 4'd4 ? 3'd4 : tile_sub_block_log2 == 4'd5 ? 3'd2 : 3'd1;
  wire logic [1:0] last_chunk = tile_sub_block_log2 == 4'd8 ? 2'd0 : tile_sub_block_log2 == 4'd7 ? 2'd1 : 2'd3;

  wire logic none       = tile_bits == 4'd0;
  wire logic go         = walk_valid && (!filled || move);
  wire logic take       = go && !none && word_valid;
  wire logic chunk_end  = none ? go : take && plane == tile_bits;
  wire logic walk_end   = chunk_end && chunk == last_chunk;
  // Every address is a multiple of `bytes`.
  wire logic word_end   = &(address | {2'd0, bytes[2], bytes[2] || bytes[1]});

  assign walk_ready = walk_end;
  assign word_ready = take && (word_end || walk_end);

  always_ff @(posedge clk) begin
    if (rst) begin
      filled  <= 1'b0;
      staged  <= 1'b0;
      present <= 1'b0;
      plane   <= 4'd1;
      address <= 4'd0;
      chunk   <= 2'd0;
    end else begin
      filled  <= chunk_end || (filled && !move);
      staged  <= move || (staged && !load);
      present <= load || (present && !set_done);
      if (take) begin
        plane   <= chunk_end ? 4'd1 : plane + 4'd1;
        address <= walk_end ? 4'd0 : address + {1'b0, bytes};
      end
      if (chunk_end) chunk <= walk_end ? 2'd0 : chunk + 2'd1;
    end
  end

  generate
    if (BITS == 0) begin : gen_constant
      logic [WIDTH-1:0] factor;
      always_ff @(posedge clk) factor <= not_offset + 1'b1;
      assign factors = {4{factor}};
      wire logic unused = &{1'b0, word, row, shift};
    end else begin : gen_planes
      wire logic [31:0] piece;
      bfq_byte_select select (.word, .address, .piece);

      // Factors that serve more than 16 columns are written once for each 16.
      wire logic [7:0] upper = bytes == 3'd1 ? piece[7:0] : piece[15:8];
      wire logic [31:0] spread = {
        bytes[2] ? piece[31:24] : upper,
        bytes[2] ? piece[23:16] : upper,
        bytes[2] ? piece[15:8] : piece[7:0],
        piece[7:0]
      };

      for (genvar b = 0; b < BITS; b++) begin : gen_plane
        logic [31:0] next_plane, staged_plane, set_plane;
        always_ff @(posedge clk) begin
          if (go && tile_bits <= 4'(b)) next_plane <= 32'd0;
          else if (take && plane == 4'(b + 1)) next_plane <= spread;
          if (move) staged_plane <= next_plane;
          if (load) set_plane <= staged_plane;
        end
        // Four 8:1 multiplexers: of the shifter no more is used. In a simulator it is one operation.
        wire logic [31:0] bits = ((set_plane >> row) & 32'h0101_0101) << b;
        wire logic [31:0] so_far;
        if (b == 0) begin : gen_first
          assign so_far = bits;
        end else begin : gen_next
          assign so_far = gen_plane[b-1].so_far | bits;
        end
      end

      wire logic [31:0] stored = gen_plane[BITS-1].so_far;  // the row's four factors, each in a byte
      wire logic unused_stored = &{1'b0, stored};

      for (genvar q = 0; q < 4; q++) begin : gen_factor
        wire logic [WIDTH-1:0] value;
        bfq_shift_add #(.IN_BITS(BITS), .OUT_BITS(WIDTH)) map (.code(stored[q*8 +: BITS]), .shift, .not_offset, .value);
        logic [WIDTH-1:0] factor;
        always_ff @(posedge clk) factor <= value;
        assign factors[q*WIDTH +: WIDTH] = factor;
      end
    end
  endgenerate
endmodule

`default_nettype wire
