// Five ternary digits a byte to 64 codes of two bits: code d * 13 + i is digit d of byte i. The digits are taken in pairs, of
// 3 x first + second; a byte is {fifth, second pair, first pair} (2, 3 and 3 bits), and where a pair is 8 its three bits tell
// of the fifth: 11 fifth 0 pair for the second, 11 fifth 1 pair for the first, 111100 fifth for both (docs/interface.md).
`default_nettype none

module bfq_trits (
    input wire logic [103:0]  bytes,
    output wire logic [127:0] planes  // bit b * 64 + i: bit b of code i
);
  generate
    for (genvar i = 0; i < 13; i++) begin : gen_byte
      wire logic [7:0] b      = bytes[i*8 +: 8];
      wire logic       whole  = b[7:6] != 2'b11;               // no pair is 8
      wire logic       both   = !whole && b[5:4] == 2'b11;
      wire logic       first  = both || (!whole && b[3]);      // this pair is 8
      wire logic       second = both || (!whole && !b[3]);
      wire logic [1:0] fifth  = both ? b[1:0] : whole ? b[7:6] : b[5:4];
      wire logic [2:0] one    = b[2:0];
      wire logic [2:0] two    = whole ? b[5:3] : b[2:0];

      // A pair below 8: its first digit is 2 from 6, 1 from 3 on.
      wire logic [9:0] digits;  // two bits each
      assign digits[1:0] = first ? 2'd2 : {one >= 3'd6, one >= 3'd3 && one < 3'd6};
      assign digits[3:2] = first ? 2'd2 : {one == 3'd2 || one == 3'd5, one == 3'd1 || one == 3'd4 || one == 3'd7};
      assign digits[5:4] = second ? 2'd2 : {two >= 3'd6, two >= 3'd3 && two < 3'd6};
      assign digits[7:6] = second ? 2'd2 : {two == 3'd2 || two == 3'd5, two == 3'd1 || two == 3'd4 || two == 3'd7};
      assign digits[9:8] = fifth;

      for (genvar d = 0; d < 5; d++) begin : gen_digit
        if (d * 13 + i < 64) begin : gen_code
          assign planes[d*13+i]    = digits[d*2];
          assign planes[64+d*13+i] = digits[d*2+1];
        end else begin : gen_none
          wire logic unused = &{1'b0, digits[d*2 +: 2]};
        end
      end
    end
  endgenerate
endmodule

`default_nettype wire
