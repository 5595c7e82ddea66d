// Integer sums of the steps of one column: 16-column sums x times their sub-block factor s, added up over each step.
// A step of 64 columns or more is added up row by row over its groups; a group of shorter steps has two or four sums.
// The sums wait in a ring of windows (a window is one step or 64 columns, whichever is longer) until they are drained.
// Operands at cycle 0, in the ring at cycle 5. The same row comes at least 8 cycles later again.
`default_nettype none

module bfq_step_sums #(
    parameter int X_BITS   = 21,
    parameter int S_BITS   = 9,
    parameter int SUM_BITS = 32,
    parameter int SUBS     = 4,  // most steps in 64 columns: 1, 2, 4
    parameter int BANKS    = 1,  // rows read at once: 1, 2, 4; bank b has rows b, b + BANKS, ...
    localparam int ROW_BITS = 3 - $clog2(BANKS)
) (
    input wire logic clk,

    input wire logic                valid,
    input wire logic [1:0]          window,
    input wire logic [2:0]          row,
    input wire logic                start,  // first group of a step
    input wire logic [1:0]          split,  // steps in the group: 0 one, 1 two, 2 four
    input wire logic [4*X_BITS-1:0] x,      // signed
    input wire logic [4*S_BITS-1:0] s,      // signed

    input wire logic [1:0]                 read_window,
    input wire logic [ROW_BITS-1:0]        read_row,
    input wire logic [1:0]                 read_sub,
    output wire logic [BANKS*SUM_BITS-1:0] read_sum
);
  /*verilator no_inline_module*/
  localparam int PRODUCT_BITS = X_BITS + S_BITS;
  localparam int TOKEN_BITS   = 9;

  wire logic       valid_3, start_3;
  wire logic [1:0] window_3, split_3;
  wire logic [2:0] row_3;

  bfq_delay #(.WIDTH(TOKEN_BITS), .STAGES(3)) token (
      .clk, .in({valid, window, row, start, split}), .out({valid_3, window_3, row_3, start_3, split_3})
  );

  generate
    for (genvar i = 0; i < 4; i++) begin : gen_product
      logic signed [PRODUCT_BITS-1:0] value;
      always_ff @(posedge clk) value <= $signed(x[i*X_BITS +: X_BITS]) * $signed(s[i*S_BITS +: S_BITS]);
      wire logic unused = &{1'b0, value};
    end
  endgenerate

  // Sums wrap at SUM_BITS; the envelope promises that they fit.
  logic signed [SUM_BITS-1:0] low_half, high_half, total;

  always_ff @(posedge clk) begin
    low_half  <= SUM_BITS'(gen_product[0].value) + SUM_BITS'(gen_product[1].value);
    high_half <= SUM_BITS'(gen_product[2].value) + SUM_BITS'(gen_product[3].value);
    total     <= low_half + high_half;
  end

  // The row's sum so far. No row comes again before its sum is back.
  (* ram_style = "distributed" *) logic signed [SUM_BITS-1:0] so_far[8];
  logic                       valid_4;
  logic [1:0]                 window_4;
  logic [2:0]                 row_4;
  logic signed [SUM_BITS-1:0] sum_4;

  wire logic signed [SUM_BITS-1:0] sum_3 = (start_3 ? '0 : so_far[row_3]) + total;

  always_ff @(posedge clk) begin
    valid_4  <= valid_3;
    window_4 <= window_3;
    row_4    <= row_3;
    sum_4    <= sum_3;
    if (valid_4) so_far[row_4] <= sum_4;
  end

  // What goes to the ring: entry 0 is the whole step or the first part, the others are the further parts.
  wire logic [SUBS*SUM_BITS-1:0] parts;

  generate
    if (SUBS == 1) begin : gen_whole
      wire logic unused_split = &{1'b0, split_3};
      assign parts = sum_4;
    end else if (SUBS == 2) begin : gen_halves
      wire logic unused_split = split_3[1];
      logic signed [SUM_BITS-1:0] low_half_3, high_half_3, low_half_4, high_half_4;
      logic halves_4;
      always_ff @(posedge clk) begin
        low_half_3  <= low_half;
        high_half_3 <= high_half;
        low_half_4  <= low_half_3;
        high_half_4 <= high_half_3;
        halves_4    <= split_3[0];
      end
      assign parts = {high_half_4, halves_4 ? low_half_4 : sum_4};
    end else begin : gen_quarters
      logic signed [SUM_BITS-1:0] low_half_3, high_half_3, part_4_0, part_4_1, part_4_2, part_4_3;
      logic split_4;
      wire logic [4*SUM_BITS-1:0] product_3;
      for (genvar i = 0; i < 4; i++) begin : gen_part
        logic signed [SUM_BITS-1:0] product_2_value, product_3_value;
        always_ff @(posedge clk) begin
          product_2_value <= SUM_BITS'(gen_product[i].value);
          product_3_value <= product_2_value;
        end
        assign product_3[i*SUM_BITS +: SUM_BITS] = product_3_value;
      end
      always_ff @(posedge clk) begin
        low_half_3  <= low_half;
        high_half_3 <= high_half;
        split_4     <= split_3 != 2'd0;
        part_4_0    <= split_3[1] ? product_3[0 +: SUM_BITS] : low_half_3;
        part_4_1    <= split_3[1] ? product_3[SUM_BITS +: SUM_BITS] : high_half_3;
        part_4_2    <= product_3[2*SUM_BITS +: SUM_BITS];
        part_4_3    <= product_3[3*SUM_BITS +: SUM_BITS];
      end
      assign parts = {part_4_3, part_4_2, part_4_1, split_4 ? part_4_0 : sum_4};
    end
  endgenerate

  generate
    for (genvar b = 0; b < BANKS; b++) begin : gen_bank
      wire logic hit;
      wire logic [ROW_BITS-1:0] write_row;
      wire logic [SUBS*SUM_BITS-1:0] read_parts;
      if (BANKS == 1) begin : gen_one
        assign hit = valid_4;
        assign write_row = row_4;
      end else begin : gen_many
        assign hit = valid_4 && row_4[$clog2(BANKS)-1:0] == $clog2(BANKS)'(b);
        assign write_row = row_4[2:$clog2(BANKS)];
      end
      for (genvar p = 0; p < SUBS; p++) begin : gen_part
        (* ram_style = "distributed" *) logic [SUM_BITS-1:0] ring[4*8/BANKS];
        always_ff @(posedge clk) if (hit) ring[{window_4, write_row}] <= parts[p*SUM_BITS +: SUM_BITS];
        assign read_parts[p*SUM_BITS +: SUM_BITS] = ring[{read_window, read_row}];
      end
      if (SUBS == 1) begin : gen_single
        assign read_sum[b*SUM_BITS +: SUM_BITS] = read_parts;
      end else begin : gen_select
        assign read_sum[b*SUM_BITS +: SUM_BITS] = read_parts[$clog2(SUBS)'(read_sub)*SUM_BITS +: SUM_BITS];
      end
    end
    if (SUBS < 4) begin : gen_unused_sub
      wire logic unused_sub = &{1'b0, read_sub};
    end
  endgenerate
endmodule

`default_nettype wire
