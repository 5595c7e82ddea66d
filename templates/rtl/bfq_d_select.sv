// The 1, 2 or 4 bytes of one row's d in a word that holds those of several, ROWS of them at a time. Since pieces are aligned,
// each byte has a multiplexer for the places where it can be, and not a barrel shifter for all. The bytes beyond the
// piece, and those that no type of D_TYPES has, mean nothing.
`default_nettype none

module bfq_d_select #(
    parameter int ROWS    = 1,  // 1, 2
    parameter int ROW     = 0,
    parameter int D_TYPES = 63
) (
    input wire logic [127:0] word,
    input wire logic [3:0]   address,  // of the first row's byte
    input wire logic [2:0]   bytes,    // one-hot: 1, 2, 4 bytes per row
    output wire logic [31:0] piece
);
  localparam logic [5:0] TYPES = 6'(D_TYPES);
  localparam int FOUR = TYPES[2] ? 1 : 0;
  localparam int TWO  = TYPES[1:0] != 2'd0 ? 1 : 0;
  localparam int ONE  = TYPES[5:3] != 3'd0 ? 1 : 0;

  wire logic unused = &{1'b0, bytes};

  generate
    if (ROWS == 1) begin : gen_one
      if (FOUR != 0) begin : gen_four
        assign piece[31:16] = {word[{address[3:2], 5'd24} +: 8], word[{address[3:2], 5'd16} +: 8]};
      end else begin : gen_no_four
        assign piece[31:16] = 16'd0;
      end
      if (FOUR != 0 || TWO != 0) begin : gen_two
        assign piece[15:8] = word[{address[3:1], 4'd8} +: 8];
      end else begin : gen_no_two
        assign piece[15:8] = 8'd0;
      end
      if (ONE != 0) begin : gen_any
        assign piece[7:0] = word[{address, 3'd0} +: 8];
      end else if (TWO != 0) begin : gen_even
        wire logic unused_address = address[0];
        assign piece[7:0] = word[{address[3:1], 4'd0} +: 8];
      end else begin : gen_fourth
        wire logic unused_address = &{1'b0, address[1:0]};
        assign piece[7:0] = word[{address[3:2], 5'd0} +: 8];
      end
    end else begin : gen_pair
      wire logic unused_address = address[0];
      wire logic [7:0]  one  = ONE != 0 ? word[{address[3:1], 1'(ROW), 3'd0} +: 8] : 8'd0;
      wire logic [15:0] two  = TWO != 0 ? word[{address[3:2], 1'(ROW), 4'd0} +: 16] : 16'd0;
      wire logic [31:0] four = FOUR != 0 ? word[{address[3], 1'(ROW), 5'd0} +: 32] : 32'd0;
      wire logic is_one  = ONE != 0 && bytes[0];
      wire logic is_four = FOUR != 0 && bytes[2];
      assign piece[7:0]   = is_one ? one : is_four ? four[7:0] : two[7:0];
      assign piece[15:8]  = is_four ? four[15:8] : two[15:8];
      assign piece[31:16] = four[31:16];
    end
  endgenerate
endmodule

`default_nettype wire
