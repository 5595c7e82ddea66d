// The aligned 1, 2 or 4 bytes at a byte address of a word. Since pieces are aligned, this is four multiplexers
// (16:1, 8:1, 4:1, 4:1) and not a barrel shifter. A piece's upper bytes are only right where the piece has them.
`default_nettype none

module bfq_byte_select (
    input wire logic [127:0] word,
    input wire logic [3:0]   address,
    output wire logic [31:0] piece
);
  assign piece = {
    word[{address[3:2], 5'd24} +: 8],
    word[{address[3:2], 5'd16} +: 8],
    word[{address[3:1], 4'd8} +: 8],
    word[{address, 3'd0} +: 8]
  };
endmodule

`default_nettype wire
