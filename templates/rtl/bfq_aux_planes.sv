// The section aux of a tile, row by row. For each group of 64 columns it has planes of 64 bits, first `signs`, then `highs`:
// bit 8 * row + i belongs to row `row`. A group's planes come in, one a cycle, while the rows of the one before go out.
`default_nettype none

module bfq_aux_planes #(
    parameter int SIGNS = 8,  // most planes of each kind; 1.. and 0..
    parameter int HIGHS = 3
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic         word_valid,
    output wire logic        word_ready,
    input wire logic [127:0] word,
    input wire logic [3:0]   word_signs,  // planes of a group, the same for all words of a tile; not both 0
    input wire logic [1:0]   word_highs,

    output logic                    set_valid,  // a group's rows are there
    input wire logic                set_done,   // and not needed any more
    input wire logic [2:0]          row,
    output wire logic [SIGNS*8-1:0] signs,  // byte i of plane i; planes that the tile does not have mean nothing
    output wire logic [(HIGHS == 0 ? 1 : HIGHS)*8-1:0] highs  // and here they are 0
);
  logic [3:0] plane;   // of the group, from 0: that of the next half word
  logic       half;    // the upper one
  logic       filled;  // a group waits for the one before

  // The high planes are counted from 8; a tile without signs begins there.
  wire logic [3:0] at = plane == 4'd0 && word_signs == 4'd0 ? 4'd8 : plane;

  wire logic move       = filled && (!set_valid || set_done);
  wire logic take       = (!filled || move) && word_valid;
  wire logic signs_last = at + 4'd1 == word_signs;
  wire logic highs_last = at == {2'b10, word_highs - 2'd1};
  wire logic last       = word_highs == 2'd0 ? signs_last : highs_last;
  wire logic [63:0] bits = half ? word[127:64] : word[63:0];

  assign word_ready = take && half;

  always_ff @(posedge clk) begin
    if (rst) begin
      plane     <= 4'd0;
      half      <= 1'b0;
      filled    <= 1'b0;
      set_valid <= 1'b0;
    end else begin
      set_valid <= move || (set_valid && !set_done);
      filled    <= (take && last) || (filled && !move);
      if (take) begin
        plane <= last ? 4'd0 : signs_last ? 4'd8 : at + 4'd1;
        half  <= !half;
      end
    end
  end

  generate
    for (genvar i = 0; i < SIGNS; i++) begin : gen_sign
      logic [63:0] next, now;
      always_ff @(posedge clk) begin
        if (take && at == 4'(i)) next <= bits;
        if (move) now <= next;
      end
      assign signs[i*8 +: 8] = now[row*8 +: 8];
    end

    for (genvar i = 0; i < HIGHS; i++) begin : gen_high
      logic [63:0] next, now;
      always_ff @(posedge clk) begin
        if (take && word_highs <= 2'(i)) next <= 64'd0;
        else if (take && at == 4'(8 + i)) next <= bits;
        if (move) now <= next;
      end
      assign highs[i*8 +: 8] = now[row*8 +: 8];
    end

    if (HIGHS == 0) begin : gen_no_highs
      assign highs = '0;
    end
  endgenerate
endmodule

`default_nettype wire
