// A row step of a grid format: indices and signs to digits of two or three bits. Eight indices of up to 11 bits name entries
// of eight digits of two bits, sixteen of up to 9 bits (`four`) entries of four digits of three bits.
// Eight memories hold the table, an even and an odd one for each two octets of columns. An octet finds its entry in both,
// with `four` its first quad in the even and its second in the odd one. A table of 2048 in 1024 rows (`deep`) has its upper
// half in the odd ones. A table that takes half the rows or less is in the half that `slot` names.
`default_nettype none

module bfq_grid_decode #(
    parameter int ROWS = 1024,  // 1024 or 2048
    localparam int ROW_BITS = $clog2(ROWS)
) (
    input wire logic clk,
    input wire logic move,

    // The indices, in the first cycle.
    input wire logic         four,
    input wire logic         deep,
    input wire logic         slot,   // 0 where the table takes more than half the rows
    input wire logic [127:0] lows,   // byte j: low bits of octet j's index; with `four` of quad 2j's, from 64 on of quad 2j+1's
    input wire logic [23:0]  highs,  // bit j the next bit; with `four` of the even quads, bit 8 + j of the odd ones

    // The table, while no row step is at work.
    input wire logic [1:0]          grid_write,  // of the even memories, of the odd ones
    input wire logic [ROW_BITS-1:0] grid_row,
    input wire logic [15:0]         grid_entry,

    // Three bits a column, two moves later: those of its quad, and the two bits of its octet's digit.
    output wire logic [191:0] quads,   // bit b * 64 + i: bit b of column i's digit
    output wire logic [127:0] octets
);
  logic [7:0] odd_1, odd_2;  // the octet's entry is in the odd memory

  always_ff @(posedge clk) if (move) begin
    odd_1 <= highs[23:16] & {8{deep && ROWS == 1024}};
    odd_2 <= odd_1;
  end

  generate
    for (genvar i = 0; i < 4; i++) begin : gen_pair
      logic [2*ROW_BITS-1:0] even_rows, odd_rows;
      logic [1:0]  write;
      logic [15:0] entry;
      wire logic [31:0] even, odd;  // entries of octets 2i and 2i + 1

      always_ff @(posedge clk) begin
        write <= grid_write;
        entry <= grid_entry;
      end

      for (genvar p = 0; p < 2; p++) begin : gen_octet
        localparam int J = 2 * i + p;
        wire logic [10:0] octet_index = {highs[16+J], highs[8+J], highs[J], lows[J*8 +: 8]};
        wire logic [10:0] even_index  = four ? {2'b00, octet_index[8:0]} : octet_index;
        wire logic [10:0] odd_index   = four ? {2'b00, highs[8+J], lows[64+J*8 +: 8]} : octet_index;
        wire logic [ROW_BITS-1:0] top = {slot, {(ROW_BITS-1){1'b0}}};
        wire logic unused = &{1'b0, even_index[10], odd_index[10]};

        always_ff @(posedge clk) begin
          if (p == 0 && grid_write[0]) even_rows[p*ROW_BITS +: ROW_BITS] <= grid_row;
          else if (move) even_rows[p*ROW_BITS +: ROW_BITS] <= even_index[ROW_BITS-1:0] | top;
          if (p == 0 && grid_write[1]) odd_rows[p*ROW_BITS +: ROW_BITS] <= grid_row;
          else if (move) odd_rows[p*ROW_BITS +: ROW_BITS] <= odd_index[ROW_BITS-1:0] | top;
        end

        wire logic [15:0] of_octet = odd_2[J] ? odd[p*16 +: 16] : even[p*16 +: 16];
        for (genvar k = 0; k < 8; k++) begin : gen_column
          wire logic [2:0] digit;
          if (k < 4) begin : gen_even
            assign digit = even[p*16+3*k +: 3];
          end else begin : gen_odd
            assign digit = odd[p*16+3*(k-4) +: 3];
          end
          assign quads[J*8+k]      = digit[0];
          assign quads[64+J*8+k]   = digit[1];
          assign quads[128+J*8+k]  = digit[2];
          assign octets[J*8+k]     = of_octet[2*k];
          assign octets[64+J*8+k]  = of_octet[2*k+1];
        end
      end

      bfq_grid_memory #(.ROWS(ROWS)) even_memory (
          .clk, .move, .write(write[0]), .data(entry), .row_a(even_rows[ROW_BITS-1:0]), .row_b(even_rows[ROW_BITS +: ROW_BITS]),
          .entry_a(even[15:0]), .entry_b(even[31:16])
      );
      bfq_grid_memory #(.ROWS(ROWS)) odd_memory (
          .clk, .move, .write(write[1]), .data(entry), .row_a(odd_rows[ROW_BITS-1:0]), .row_b(odd_rows[ROW_BITS +: ROW_BITS]),
          .entry_a(odd[15:0]), .entry_b(odd[31:16])
      );
    end
  endgenerate
endmodule

`default_nettype wire
