// Minus the sum of LENGTH products of a level and an int8 activation, for one column or for a pair of columns that share
// the levels; one per cycle, latency 2 + LENGTH / 2. A cascade of DSP48E2, two products to a cycle of it.
//
// Pair: d + a of a DSP is a1 * 2^18 + a0, so its product holds both columns', 18 bits apart. With 2^17 added once, the low
// field of MINUS the sum never leaves 0 .. 2^18 - 1 (the sum is within -127 * 2^10 .. 2^17: the product of the two most
// negative operands is the only one as large), so nothing is carried into the high field. That is why sums are negative.
//
// The activations stay for the eight rows of a group: `stage` takes the next group's while the present ones are in use, `swap`
// makes them the present ones from the next cycle on. The cascade's later products follow up to LENGTH / 2 - 1 cycles behind,
// and only then is the staged set free.
`default_nettype none

module bfq_dot_chain #(
    parameter int LEVEL_BITS = 9,
    parameter int LENGTH     = 4,  // 4, 8; for a pair 2^(LEVEL_BITS + 6) * LENGTH <= 2^17
    parameter int PAIR       = 1,
    localparam int COLUMNS  = 1 + PAIR,
    localparam int SUM_BITS = LEVEL_BITS + 7 + $clog2(LENGTH)
) (
    input wire logic clk,

    input wire logic                        stage,
    input wire logic                        swap,
    input wire logic [COLUMNS*LENGTH*8-1:0] activations,  // column by column
    input wire logic [LENGTH*LEVEL_BITS-1:0] levels,

    output wire logic [COLUMNS*SUM_BITS-1:0] sums
);
  localparam int STAGES = LENGTH / 2;

`ifdef BFQ_DSP48E2
  wire logic [47:0]              total;
  wire logic [48*(LENGTH+1)-1:0] cascade;
  wire logic [48*LENGTH-1:0]     p;
  wire logic [STAGES-1:0]        swaps;
  assign cascade[47:0] = 48'd0;
  assign swaps[0] = swap;
  assign total = p[48*(LENGTH-1) +: 48];

  generate
    for (genvar k = 1; k < STAGES; k++) begin : gen_swap
      logic late;
      always_ff @(posedge clk) late <= swaps[k-1];
      assign swaps[k] = late;
    end
    for (genvar i = 0; i < LENGTH; i++) begin : gen_product
      wire logic [7:0] first = activations[i*8 +: 8];
      wire logic [26:0] a, d;
      if (PAIR != 0) begin : gen_pair
        wire logic [7:0] second = activations[(LENGTH+i)*8 +: 8];
        assign a = {second[7], second, 18'd0};
        assign d = {{19{first[7]}}, first};
      end else begin : gen_single
        assign a = {{19{first[7]}}, first};
        assign d = 27'd0;
      end

      // The first delay of a level is its DSP's second register.
      wire logic [LEVEL_BITS-1:0] level;
      if (i / 2 < 2) begin : gen_direct
        assign level = levels[i*LEVEL_BITS +: LEVEL_BITS];
      end else begin : gen_late
        bfq_delay #(.WIDTH(LEVEL_BITS), .STAGES(i / 2 - 1)) delay (
            .clk, .in(levels[i*LEVEL_BITS +: LEVEL_BITS]), .out(level)
        );
      end

      bfq_dsp #(
          .B_REGISTERS(i / 2 == 0 ? 1 : 2), .P_REGISTER(i % 2), .CONSTANT(i == 0 && PAIR != 0 ? 48'hFFFF_FFFE_0000 : 48'd0)
      ) dsp (
          .clk, .load(stage), .present(swaps[i/2]), .d, .a, .b({{(18 - LEVEL_BITS){level[LEVEL_BITS-1]}}, level}), .c(48'd0),
          .opmode(i == 0 ? 9'b10_000_0101 : 9'b00_001_0101), .cascade_in(cascade[i*48 +: 48]),
          .cascade_out(cascade[(i+1)*48 +: 48]), .p(p[i*48 +: 48])
      );
    end
  endgenerate
  wire logic unused = &{1'b0, total};

  generate
    if (PAIR != 0) begin : gen_fields
      wire logic [17:0] low = {!total[17], total[16:0]};
      assign sums = {total[18 +: SUM_BITS], low[SUM_BITS-1:0]};
      wire logic unused_low = &{1'b0, low};
    end else begin : gen_whole
      assign sums = total[SUM_BITS-1:0];
    end
  endgenerate
`else
  // Operands are widened once, a level for both columns and activations with `swap`, and the sums are modulo 2^SUM_BITS, where
  // signs don't matter: signed products would cost a simulator more.
  // One chain per column, so that X in an unused column stays there.
  logic [COLUMNS*LENGTH*8-1:0]      staged;
  logic [LENGTH*LEVEL_BITS-1:0]     level;
  wire logic [COLUMNS*SUM_BITS-1:0] total;

  always_ff @(posedge clk) begin
    if (stage) staged <= activations;
    level <= levels;
  end

  generate
    for (genvar i = 0; i < LENGTH; i++) begin : gen_level
      wire logic [SUM_BITS-1:0] wide = SUM_BITS'($signed(level[i*LEVEL_BITS +: LEVEL_BITS]));
    end
    for (genvar c = 0; c < COLUMNS; c++) begin : gen_column
      for (genvar i = 0; i < LENGTH; i++) begin : gen_product
        logic [SUM_BITS-1:0] present;
        always_ff @(posedge clk) if (swap) present <= SUM_BITS'($signed(staged[(c*LENGTH+i)*8 +: 8]));
        wire logic [SUM_BITS-1:0] so_far;
        if (i == 0) begin : gen_first
          assign so_far = -(gen_level[i].wide * present);
        end else begin : gen_next
          assign so_far = gen_product[i-1].so_far - gen_level[i].wide * present;
        end
      end
      assign total[c*SUM_BITS +: SUM_BITS] = gen_product[LENGTH-1].so_far;
    end
  endgenerate

  bfq_delay #(.WIDTH(COLUMNS*SUM_BITS), .STAGES(STAGES + 1)) delay (.clk, .in(total), .out(sums));

  // Where the cascade's later products still wait for the staged set, it must not change.
  logic [STAGES-2:0] swaps;
  wire logic [STAGES-1:0] recent = {swaps, swap};
  always_ff @(posedge clk) swaps <= recent[STAGES-2:0];
  always @(posedge clk) assert (!stage || recent[STAGES-2:0] == '0);
  wire logic unused_recent = &{1'b0, recent};

`endif

endmodule

`default_nettype wire
