// Between the gearbox and what works on codes: row steps of packed codes become plain ones, others go through. A packed one
// takes its bits of the section aux too.
//   packing 0: plain planes. 1: five ternary digits a byte, 8 bytes of the code section and 5 of aux.
//   8..11: indices of so many bits into a table, 8 bits in the code section; bit 4: for 4 columns, not 8; bits 6:5 their
//   signs: none, one for 8 columns, seven for 8 columns of which the number is even, one a column.
// The code of a column is then {sign, digit}, digits and tables as in bfq_grid_decode.
`default_nettype none

module bfq_unpack #(
    localparam int CODE_BITS  = bfq_params::CODE_BITS,
    localparam int TABLE_ROWS = bfq_params::TABLE_ROWS,
    localparam int ROW_BITS   = TABLE_ROWS == 0 ? 1 : $clog2(TABLE_ROWS)
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic         aux_valid,
    output wire logic        aux_ready,
    input wire logic [127:0] aux_word,
    input wire logic [6:0]   aux_packing,

    input wire logic                    in_valid,
    output wire logic                   in_ready,
    input wire logic [CODE_BITS*64-1:0] in_planes,
    input wire logic [6:0]              in_packing,
    input wire logic                    in_slot,

    output logic                        out_valid,
    input wire logic                    out_ready,
    output wire logic [CODE_BITS*64-1:0] out_planes,

    // While no row step with indices is at work.
    input wire logic [1:0]          grid_write,
    input wire logic [ROW_BITS-1:0] grid_row,
    input wire logic [15:0]         grid_entry
);
  localparam int SIGNS = TABLE_ROWS == 0 ? 5 : 8;
  localparam int HIGHS = TABLE_ROWS == 0 ? 0 : 3;

  // ---- The section aux ----
  wire logic       aux_grid  = aux_packing[3];
  wire logic [3:0] aux_signs = !aux_grid ? 4'd5 : aux_packing[6:5] == 2'd0 ? 4'd0 : aux_packing[6:5] == 2'd1 ? 4'd1
                             : {aux_packing[5], {3{!aux_packing[5]}}};
  wire logic [1:0] aux_highs = !aux_grid ? 2'd0 : aux_packing[4] ? {aux_packing[0], 1'b0} : aux_packing[1:0];

  wire logic                 set_valid, aux_done;
  logic [2:0]                row;
  wire logic [SIGNS*8-1:0]   signs;
  wire logic [(HIGHS == 0 ? 1 : HIGHS)*8-1:0] highs;

  bfq_aux_planes #(.SIGNS(SIGNS), .HIGHS(HIGHS)) aux (
      .clk, .rst, .word_valid(aux_valid), .word_ready(aux_ready), .word(aux_word), .word_signs(aux_signs), .word_highs(aux_highs),
      .set_valid, .set_done(aux_done), .row, .signs, .highs
  );

  wire logic unused = &{1'b0, aux_packing[2], in_packing[4], in_packing[2]};

  // ---- Row steps: those with indices take three moves, others one, when none is before them ----
  logic [1:0] at_work;
  wire logic indexed  = in_packing[3];
  wire logic uses_aux = in_packing[6:5] != 2'd0 || in_packing[1:0] != 2'd0;
  wire logic move     = !out_valid || out_ready;
  wire logic open     = move && (set_valid || !uses_aux) && (indexed || at_work == 2'd0);
  wire logic go       = open && in_valid;

  assign in_ready = open;
  assign aux_done = go && uses_aux && row == 3'd7;

  always_ff @(posedge clk) begin
    if (rst) begin
      at_work   <= 2'd0;
      out_valid <= 1'b0;
      row       <= 3'd0;
    end else begin
      if (move) begin
        at_work   <= {at_work[0], go && indexed};
        out_valid <= at_work[1] || (go && !indexed);
      end
      if (go && uses_aux) row <= row + 3'd1;
    end
  end

  // ---- Ternary digits ----
  wire logic [CODE_BITS*64-1:0] direct;

  generate
    if (bfq_params::TRITS != 0) begin : gen_trits
      wire logic [127:0] trits;
      bfq_trits ternary (.bytes({signs[39:0], in_planes[63:0]}), .planes(trits));
      assign direct = in_packing[0] && !indexed ? (CODE_BITS*64)'(trits) : in_planes;
    end else begin : gen_no_trits
      assign direct = in_planes;
    end

    // ---- Indices ----
    if (TABLE_ROWS == 0) begin : gen_no_grid
      logic [CODE_BITS*64-1:0] planes;
      always_ff @(posedge clk) if (move) planes <= direct;
      assign out_planes = planes;
      wire logic unused_table = &{1'b0, highs, in_slot, grid_write, grid_row, grid_entry};
    end else begin : gen_grid
      wire logic four = in_packing[4];
      wire logic [191:0] quads;
      wire logic [127:0] octets;
      logic four_1, four_2;
      logic [63:0] sign, sign_1, sign_2;

      bfq_grid_decode #(.ROWS(TABLE_ROWS)) grid (
          .clk, .move, .four, .deep(!four && in_packing[1:0] == 2'd3), .slot(in_slot), .lows(in_planes[127:0]),
          .highs(highs & {24{uses_aux}}),
          .grid_write, .grid_row, .grid_entry, .quads, .octets
      );

      for (genvar j = 0; j < 8; j++) begin : gen_octet
        wire logic [7:0] own;
        for (genvar k = 0; k < 8; k++) begin : gen_column
          assign own[k] = signs[k*8+j];
        end
        wire logic even = ^own[6:0];  // the eighth
        assign sign[j*8 +: 8] = !in_packing[6] ? {8{own[0] && in_packing[5]}} : in_packing[5] ? own : {even, own[6:0]};
      end

      always_ff @(posedge clk) if (move) begin
        sign_1 <= sign;
        sign_2 <= sign_1;
        four_1 <= four;
        four_2 <= four_1;
      end

      for (genvar b = 0; b < CODE_BITS; b++) begin : gen_plane
        logic [63:0] plane;
        wire logic [63:0] digits;
        if (b < 2) begin : gen_both
          assign digits = four_2 ? quads[b*64 +: 64] : octets[b*64 +: 64];
        end else if (b == 2) begin : gen_quads
          assign digits = quads[128 +: 64] & {64{four_2}};
        end else if (b == 3) begin : gen_sign
          assign digits = sign_2;
        end else begin : gen_none
          assign digits = 64'd0;
        end
        always_ff @(posedge clk) if (move) plane <= at_work[1] ? digits : direct[b*64 +: 64];
        assign out_planes[b*64 +: 64] = plane;
      end
    end
  endgenerate
endmodule

`default_nettype wire
