// Integer sums of the steps of one column: 16-column sums times their sub-block factor s, added up over each step.
// A step of 64 columns or more is added up row by row over its groups; a group of shorter steps has two or four sums.
// The sums wait in a ring of windows (a window is one step or 64 columns, whichever is longer) until they are drained.
// Operands at cycle 0, in the ring at cycle 6. The same row comes at least 8 cycles later again.
//
// A cascade of four DSP48E2, two products to a cycle of it: the row's sum so far goes in at the first (C), a part of a
// group's sum begins where the cascade is cut, and each part has the ring at the DSP where it ends.
`default_nettype none

module bfq_step_sums #(
    parameter int X_BITS   = 19,
    parameter int S_BITS   = 9,
    parameter int SUM_BITS = 32,
    parameter int SUBS     = 4,  // most steps in 64 columns: 1, 2, 4
    parameter int BANKS    = 1,  // rows read at once: 1, 2, 4; bank b has rows b, b + BANKS, ...
    parameter int NEGATED  = 1,  // x + y is minus the 16-column sum
    localparam int ROW_BITS = 3 - $clog2(BANKS)
) (
    input wire logic clk,

    input wire logic                valid,
    input wire logic [1:0]          window,
    input wire logic [2:0]          row,
    input wire logic                start,  // first group of a step
    input wire logic [1:0]          split,  // steps in the group: 0 one, 1 two, 2 four; more than one: start is set
    input wire logic [4*X_BITS-1:0] x,      // signed
    input wire logic [4*X_BITS-1:0] y,      // signed
    input wire logic [4*S_BITS-1:0] s,      // signed

    input wire logic [1:0]                 read_window,
    input wire logic [ROW_BITS-1:0]        read_row,
    input wire logic [1:0]                 read_sub,  // the step's last 16 columns
    output wire logic [BANKS*SUM_BITS-1:0] read_sum
);
  /*verilator no_inline_module*/
  localparam int FIRST = 4 / SUBS - 1;  // 16 columns at whose end the first part can end
  localparam int WHERE = 6;

  // When a part's sum is there, it goes to its ring.
  wire logic [2:0]       row_2;
  wire logic             start_2;
  wire logic [1:0]       split_2, split_3;
  wire logic [WHERE-1:0] where_2, where_3, where_4, where_5;

  assign row_2 = where_2[2:0];
  bfq_delay #(.WIDTH(WHERE + 3), .STAGES(2)) delay_2 (
      .clk, .in({start, split, valid, window, row}), .out({start_2, split_2, where_2})
  );
  bfq_delay #(.WIDTH(WHERE + 2), .STAGES(1)) delay_3 (.clk, .in({split_2, where_2}), .out({split_3, where_3}));
  bfq_delay #(.WIDTH(WHERE), .STAGES(1)) delay_4 (.clk, .in(where_3), .out(where_4));
  bfq_delay #(.WIDTH(WHERE), .STAGES(1)) delay_5 (.clk, .in(where_4), .out(where_5));

  // The row's sum so far. No row comes again before its sum is back.
  (* ram_style = "distributed" *) logic [SUM_BITS-1:0] so_far[8];
  wire logic [4*SUM_BITS-1:0] parts;  // sums wrap at SUM_BITS; the envelope promises that they fit
  always_ff @(posedge clk) if (where_5[5]) so_far[where_5[2:0]] <= parts[3*SUM_BITS +: SUM_BITS];
  wire logic [SUM_BITS-1:0] so_far_2 = so_far[row_2];

`ifdef BFQ_DSP48E2
  wire logic [48*5-1:0] cascade;
  assign cascade[47:0] = 48'd0;

  wire logic [2:0] z_0 = start_2 ? 3'b000 : 3'b011;
  wire logic [2:0] z_1 = split_2[1] ? 3'b000 : 3'b001;
  wire logic [2:0] z_2 = split_3 != 2'd0 ? 3'b000 : 3'b001;
  wire logic [2:0] z_3 = split_3[1] ? 3'b000 : 3'b001;
  wire logic [11:0] z  = {z_3, z_2, z_1, z_0};

  generate
    for (genvar i = 0; i < 4; i++) begin : gen_product
      wire logic [2*X_BITS+S_BITS-1:0] now = {x[i*X_BITS +: X_BITS], y[i*X_BITS +: X_BITS], s[i*S_BITS +: S_BITS]};
      wire logic [X_BITS-1:0] dsp_x, dsp_y;
      wire logic [S_BITS-1:0] dsp_s;
      wire logic [47:0]       p;
      if (i < 2) begin : gen_direct
        assign {dsp_x, dsp_y, dsp_s} = now;
      end else begin : gen_late
        bfq_delay #(.WIDTH(2 * X_BITS + S_BITS), .STAGES(1)) delay (.clk, .in(now), .out({dsp_x, dsp_y, dsp_s}));
      end
      bfq_dsp #(.B_REGISTERS(2), .P_REGISTER(i % 2), .SUBTRACT(NEGATED)) dsp (
          .clk, .load(1'b1), .present(1'b1), .d({{(27 - X_BITS){dsp_x[X_BITS-1]}}, dsp_x}),
          .a({{(27 - X_BITS){dsp_y[X_BITS-1]}}, dsp_y}), .b({{(18 - S_BITS){dsp_s[S_BITS-1]}}, dsp_s}),
          .c(i == 0 ? {{(48 - SUM_BITS){so_far_2[SUM_BITS-1]}}, so_far_2} : 48'd0), .opmode({2'b00, z[i*3 +: 3], 4'b0101}),
          .cascade_in(cascade[i*48 +: 48]), .cascade_out(cascade[(i+1)*48 +: 48]), .p
      );
      assign parts[i*SUM_BITS +: SUM_BITS] = p[SUM_BITS-1:0];
      wire logic unused = &{1'b0, p};
    end
  endgenerate
`else
  // Products and their sums at once, then only time.
  logic [SUM_BITS-1:0]      first_1, low_1, third_1, high_1, so_far_3, low_4, high_5;
  wire logic [SUM_BITS-1:0] low_3, high_4;
  logic [1:0] split_4;

  generate
    for (genvar i = 0; i < 4; i++) begin : gen_product
      // Modulo 2^SUM_BITS, where signs don't matter: signed products would cost a simulator more.
      wire logic [SUM_BITS-1:0] sum    = SUM_BITS'($signed(x[i*X_BITS +: X_BITS])) + SUM_BITS'($signed(y[i*X_BITS +: X_BITS]));
      wire logic [SUM_BITS-1:0] factor = SUM_BITS'($signed(s[i*S_BITS +: S_BITS]));
      wire logic [SUM_BITS-1:0] value  = sum * (NEGATED != 0 ? -factor : factor);
    end
  endgenerate

  always_ff @(posedge clk) begin
    first_1  <= gen_product[0].value;
    low_1    <= (split[1] ? '0 : gen_product[0].value) + gen_product[1].value;
    third_1  <= gen_product[2].value;
    high_1   <= (split[1] ? '0 : gen_product[2].value) + gen_product[3].value;
    so_far_3 <= start_2 ? '0 : so_far_2;
    split_4  <= split_3;
    low_4    <= so_far_3 + low_3;
    high_5   <= (split_4 != 2'd0 ? '0 : low_4) + high_4;
  end

  bfq_delay #(.WIDTH(SUM_BITS), .STAGES(2)) delay_low (.clk, .in(low_1), .out(low_3));
  bfq_delay #(.WIDTH(SUM_BITS), .STAGES(3)) delay_high (.clk, .in(high_1), .out(high_4));
  assign parts[SUM_BITS +: SUM_BITS]   = low_4;
  assign parts[3*SUM_BITS +: SUM_BITS] = high_5;

  generate
    if (SUBS == 4) begin : gen_quarters
      bfq_delay #(.WIDTH(SUM_BITS), .STAGES(2)) delay_first (.clk, .in(first_1), .out(parts[0 +: SUM_BITS]));
      bfq_delay #(.WIDTH(SUM_BITS), .STAGES(3)) delay_third (.clk, .in(third_1), .out(parts[2*SUM_BITS +: SUM_BITS]));
    end else begin : gen_no_quarters
      assign parts[0 +: SUM_BITS]          = '0;
      assign parts[2*SUM_BITS +: SUM_BITS] = '0;
      wire logic unused_quarters = &{1'b0, first_1, third_1};
    end
  endgenerate
`endif

  // Parts come in the order of the cascade: the first in cycle 3, as it has no register, the last in cycle 5.
  wire logic [4*WHERE-1:0] wheres = {where_5, where_4, where_4, where_3};
  wire logic unused = &{1'b0, parts, wheres};

  generate
    for (genvar b = 0; b < BANKS; b++) begin : gen_bank
      wire logic [SUBS*SUM_BITS-1:0] read_parts;
      for (genvar i = 0; i < SUBS; i++) begin : gen_part
        localparam int END = FIRST + i * 4 / SUBS;
        wire logic [WHERE-1:0] to = wheres[END*WHERE +: WHERE];
        wire logic hit = to[5] && (BANKS == 1 || (to[2:0] & 3'(BANKS - 1)) == 3'(b));
        (* ram_style = "distributed" *) logic [SUM_BITS-1:0] ring[4*8/BANKS];
        always_ff @(posedge clk) if (hit) ring[{to[4:3], to[2:3-ROW_BITS]}] <= parts[END*SUM_BITS +: SUM_BITS];
        assign read_parts[i*SUM_BITS +: SUM_BITS] = ring[{read_window, read_row}];
      end
      // Choice by choice, as an index times SUM_BITS would become a shifter.
      wire logic [2*SUM_BITS-1:0] halves;
      for (genvar h = 0; h < 2; h++) begin : gen_half
        if (SUBS == 4) begin : gen_choice
          assign halves[h*SUM_BITS +: SUM_BITS] =
              read_sub[0] ? read_parts[(2*h+1)*SUM_BITS +: SUM_BITS] : read_parts[2*h*SUM_BITS +: SUM_BITS];
        end else begin : gen_only
          assign halves[h*SUM_BITS +: SUM_BITS] = read_parts[h*(SUBS-1)*SUM_BITS +: SUM_BITS];
        end
      end
      assign read_sum[b*SUM_BITS +: SUM_BITS] = read_sub[1] || SUBS == 1 ? halves[SUM_BITS +: SUM_BITS] : halves[0 +: SUM_BITS];
    end
    if (SUBS < 4) begin : gen_unused_sub
      wire logic unused_sub = &{1'b0, read_sub};
    end
  endgenerate
endmodule

`default_nettype wire
