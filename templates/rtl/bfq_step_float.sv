// One fp32 unit: steps into one of ACCUMULATORS sums,
//   p = (d * da) * float(isum);  with mins p = p - (dmin * da) * float(msum);  sum = sum + p
// each operation rounded by itself. A step per cycle; or where SHARED a step every other cycle at most, whose mins come in
// the cycle after it through the same ports and share its multipliers and its adder.
// d and dmin come D_STORE + TO_FP32 cycles after the rest, straight from their converters.
`default_nettype none

module bfq_step_float #(
    parameter int ISUM_BITS    = 32,
    parameter int MSUM_BITS    = 32,
    parameter int HAS_MIN      = 1,
    parameter int SHARED       = 0,   // only with HAS_MIN
    parameter int D_BITS       = 24,  // significant bits of d
    parameter int ACCUMULATORS = 8,
    parameter int DISTANCE     = 8,   // of steps of one sum, in cycles: 4, or 8 and more
    localparam int ADDRESS_BITS = $clog2(ACCUMULATORS)
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic                    valid,
    input wire logic                    first,    // the sum so far is +0
    input wire logic                    last,     // the new sum is a result
    input wire logic                    use_min,
    input wire logic [ADDRESS_BITS-1:0] address,  // of the sum
    input wire logic [31:0]             da,       // where SHARED held for both cycles
    input wire logic [ISUM_BITS-1:0]    isum,     // where SHARED then msum
    input wire logic [MSUM_BITS-1:0]    msum,
    input wire logic [34:0]             d,        // numbers as in bfq_fp32_mul; where SHARED then dmin
    input wire logic [34:0]             dmin,

    output logic        result_valid,
    output logic [31:0] result
);
  /*verilator no_inline_module*/

  // Cycles in which the intermediate results are there. A shared adder has differences and sums in turns.
  localparam int D       = bfq_latency::D_STORE + bfq_latency::TO_FP32;
  localparam int PRODUCT = D + (D_BITS <= 17 ? bfq_latency::FP32_MUL_NARROW : bfq_latency::FP32_MUL) + bfq_latency::FP32_MUL;
  localparam int TAKE    = PRODUCT + 1 + SHARED;
  localparam int STEP    = HAS_MIN == 0 ? PRODUCT : TAKE + bfq_latency::FP32_ADD + SHARED;
  localparam int SUM     = STEP + bfq_latency::FP32_ADD;

  // Many sums are in block memory, whose output has a register.
  localparam int IN_BLOCK = ACCUMULATORS > 32 && DISTANCE >= 8 ? 1 : 0;

  logic [SUM-1:0] flight;  // bit i is high i + 1 cycles after `valid`
  always_ff @(posedge clk) begin
    if (rst) flight <= '0;
    else flight <= {flight[SUM-2:0], valid};
  end

  // da as a number.
  wire logic [31:0] da_late;
  logic [34:0]      da_number;
  wire logic        da_top = da_late[30:23] == 8'd255;

  bfq_delay #(.WIDTH(32), .STAGES(D - 1)) delay_da (.clk, .in(da), .out(da_late));
  always_ff @(posedge clk) begin
    da_number[34:31] <= {da_top && da_late[22:0] != 23'd0, da_top, da_late[30:23] != 8'd0, da_late[31]};
    if (da_late[30:23] == 8'd0) da_number[30:0] <= 31'd0;
    else da_number[30:0] <= da_late[30:0];
  end

  wire logic [ISUM_BITS-1:0] isum_late;
  wire logic [34:0]          product;

  bfq_delay #(.WIDTH(ISUM_BITS), .STAGES(D)) delay_isum (.clk, .in(isum), .out(isum_late));
  bfq_product #(.SUM_BITS(ISUM_BITS), .D_BITS(D_BITS)) multiply (.clk, .d, .da(da_number), .sum(isum_late), .p(product));

  // The sums: addresses a read that is used the next cycle, or the one after that, and of a write.
  wire logic [ADDRESS_BITS-1:0] address_next, address_sum;
  wire logic [34:0] sum;
  wire logic        first_soon, sum_last;
  wire logic        sum_valid = flight[SUM-1];

  bfq_delay #(.WIDTH(ADDRESS_BITS), .STAGES(STEP - 1 - IN_BLOCK)) delay_address (.clk, .in(address), .out(address_next));
  bfq_delay #(.WIDTH(1), .STAGES(STEP - 2)) delay_first (.clk, .in(first), .out(first_soon));
  bfq_delay #(.WIDTH(ADDRESS_BITS), .STAGES(bfq_latency::FP32_ADD + 1 + IN_BLOCK)) delay_write (.clk, .in(address_next), .out(address_sum));
  bfq_delay #(.WIDTH(1), .STAGES(SUM)) delay_last (.clk, .in(last), .out(sum_last));

  // What a sum is to be added to, or zero in the turns of differences.
  wire logic [34:0] so_far;
  logic             so_far_off;
  always_ff @(posedge clk) so_far_off <= first_soon || (SHARED != 0 && !flight[STEP-3]);

  generate
    if (IN_BLOCK != 0) begin : gen_block
      (* ram_style = "block" *) logic [34:0] sums[ACCUMULATORS];
      logic [34:0] latch, read;
      always_ff @(posedge clk) begin
        if (sum_valid) sums[address_sum] <= sum;
        latch <= sums[address_next];
        if (so_far_off) read <= 35'd0;
        else read <= latch;
      end
      assign so_far = read;
    end else if (DISTANCE > bfq_latency::FP32_ADD + 1) begin : gen_so_far
      (* ram_style = "distributed" *) logic [34:0] sums[ACCUMULATORS];
      logic [34:0] read;
      always_ff @(posedge clk) begin
        if (sum_valid) sums[address_sum] <= sum;
        if (so_far_off) read <= 35'd0;
        else read <= sums[address_next];
      end
      assign so_far = read;
    end else begin : gen_fresh
      // A sum that is just ready has not reached the memory: it is taken from the adder.
      (* ram_style = "distributed" *) logic [34:0] sums[ACCUMULATORS];
      logic [ADDRESS_BITS-1:0] address_step;
      logic                    first_step;
      always_ff @(posedge clk) {address_step, first_step} <= {address_next, so_far_off};
      always_ff @(posedge clk) if (sum_valid) sums[address_sum] <= sum;
      wire logic fresh = sum_valid && address_sum == address_step;
      assign so_far = first_step ? 35'd0 : fresh ? sum : sums[address_step];
    end

    if (HAS_MIN == 0) begin : gen_no_min
      wire logic unused = &{1'b0, use_min, msum, dmin};
      bfq_fp32_add add (.clk, .a(so_far), .a_other(35'd0), .b(product), .b_other(35'd0), .y(sum));
    end else begin : gen_min
      // p - (+0) is p, for every p.
      wire logic        use_soon;
      wire logic [34:0] main_product, min_product;
      logic             minuend_off, subtrahend_off;
      logic [34:0]      minuend, subtrahend;  // with its sign turned round

      bfq_delay #(.WIDTH(1), .STAGES(TAKE - 2)) delay_use (.clk, .in(use_min), .out(use_soon));
      always_ff @(posedge clk) begin
        minuend_off    <= SHARED != 0 && !flight[TAKE-3];
        subtrahend_off <= !use_soon || (SHARED != 0 && !flight[TAKE-3]);
        subtrahend[31] <= !minuend_off && (subtrahend_off || !min_product[31]);
        if (subtrahend_off) {subtrahend[34:32], subtrahend[30:0]} <= 34'd0;
        else {subtrahend[34:32], subtrahend[30:0]} <= {min_product[34:32], min_product[30:0]};
        if (minuend_off) minuend <= 35'd0;
        else minuend <= main_product;
      end

      if (SHARED != 0) begin : gen_shared
        wire logic unused = &{1'b0, msum, dmin};
        logic [34:0] product_before, step;
        logic        step_off;
        assign main_product = product_before;
        assign min_product  = product;
        always_ff @(posedge clk) begin
          product_before <= product;
          step_off       <= !flight[STEP-3];
          if (step_off) step <= 35'd0;
          else step <= sum;
        end
        bfq_fp32_add #(.OTHERS(1)) add (.clk, .a(minuend), .a_other(so_far), .b(subtrahend), .b_other(step), .y(sum));
      end else begin : gen_apart
        wire logic [MSUM_BITS-1:0] msum_late;
        wire logic [34:0]          step;
        assign main_product = product;
        bfq_delay #(.WIDTH(MSUM_BITS), .STAGES(D)) delay_msum (.clk, .in(msum), .out(msum_late));
        bfq_product #(.SUM_BITS(MSUM_BITS), .D_BITS(D_BITS)) multiply_min (
            .clk, .d(dmin), .da(da_number), .sum(msum_late), .p(min_product)
        );
        bfq_fp32_add take (.clk, .a(minuend), .a_other(35'd0), .b(subtrahend), .b_other(35'd0), .y(step));
        bfq_fp32_add add (.clk, .a(so_far), .a_other(35'd0), .b(step), .b_other(35'd0), .y(sum));
      end
    end
  endgenerate

  // IEEE 754 again.
  always_ff @(posedge clk) begin
    result_valid <= sum_valid && sum_last && !rst;
    result[31]   <= sum[31] && !sum[34];
    if (sum[34] || sum[33]) result[30:0] <= {8'd255, sum[34], 22'd0};
    else result[30:0] <= sum[30:0];
  end
endmodule

`default_nettype wire
