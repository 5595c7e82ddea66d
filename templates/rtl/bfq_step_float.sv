// One fp32 unit: a step a cycle into one of ACCUMULATORS sums,
//   p = (d * da) * float(isum);  with mins p = p - (dmin * da) * float(msum);  sum = sum + p
// each operation rounded by itself. d and dmin come TO_FP32 cycles after the rest, straight from their converters.
// Steps of one sum come at least FP32_ADD cycles apart.
`default_nettype none

module bfq_step_float #(
    parameter int ISUM_BITS    = 32,
    parameter int MSUM_BITS    = 32,
    parameter int HAS_MIN      = 1,
    parameter int ACCUMULATORS = 8,
    localparam int ADDRESS_BITS = $clog2(ACCUMULATORS)
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic                    valid,
    input wire logic                    first,    // the sum so far is +0
    input wire logic                    last,     // the new sum is a result
    input wire logic                    use_min,
    input wire logic [ADDRESS_BITS-1:0] address,  // of the sum
    input wire logic [31:0]             da,
    input wire logic [ISUM_BITS-1:0]    isum,
    input wire logic [MSUM_BITS-1:0]    msum,
    input wire logic [31:0]             d,
    input wire logic [31:0]             dmin,

    output wire logic        result_valid,
    output wire logic [31:0] result
);
  /*verilator no_inline_module*/

  // Cycles in which the intermediate results are there.
  localparam int SCALED  = bfq_latency::TO_FP32 + bfq_latency::FP32_MUL;
  localparam int PRODUCT = SCALED + bfq_latency::FP32_MUL;
  localparam int STEP    = PRODUCT + (HAS_MIN != 0 ? bfq_latency::FP32_ADD : 0);
  localparam int SUM     = STEP + bfq_latency::FP32_ADD;

  wire logic [31:0] da_scaling, scaled, number, number_scaled, product, step;

  bfq_delay #(.WIDTH(32), .STAGES(bfq_latency::TO_FP32)) delay_da (.clk, .in(da), .out(da_scaling));
  bfq_fp32_mul scale (.clk, .a(d), .b(da_scaling), .y(scaled));
  bfq_int_to_fp32 #(.INT_WIDTH(ISUM_BITS)) convert (.clk, .a(isum), .y(number));
  bfq_delay #(.WIDTH(32), .STAGES(SCALED - bfq_latency::INT_TO_FP32)) delay_number (.clk, .in(number), .out(number_scaled));
  bfq_fp32_mul multiply (.clk, .a(scaled), .b(number_scaled), .y(product));

  generate
    if (HAS_MIN != 0) begin : gen_min
      wire logic [31:0] min_scaled, min_number, min_number_scaled, min_product;
      wire logic        use_product;

      bfq_fp32_mul scale_min (.clk, .a(dmin), .b(da_scaling), .y(min_scaled));
      bfq_int_to_fp32 #(.INT_WIDTH(MSUM_BITS)) convert_min (.clk, .a(msum), .y(min_number));
      bfq_delay #(.WIDTH(32), .STAGES(SCALED - bfq_latency::INT_TO_FP32)) delay_min (
          .clk, .in(min_number), .out(min_number_scaled)
      );
      bfq_fp32_mul multiply_min (.clk, .a(min_scaled), .b(min_number_scaled), .y(min_product));
      bfq_delay #(.WIDTH(1), .STAGES(PRODUCT)) delay_use (.clk, .in(use_min), .out(use_product));

      // p - (+0) is p, for every p.
      bfq_fp32_add take_min (.clk, .a(product), .b(min_product & {32{use_product}}), .subtract(1'b1), .y(step));
    end else begin : gen_no_min
      wire logic unused = &{1'b0, use_min, msum, dmin};
      assign step = product;
    end
  endgenerate

  wire logic first_step, last_sum;
  wire logic [ADDRESS_BITS-1:0] address_step, address_sum;
  logic [SUM-1:0] flight;

  bfq_delay #(.WIDTH(ADDRESS_BITS + 1), .STAGES(STEP)) delay_address (.clk, .in({address, first}), .out({address_step, first_step}));
  bfq_delay #(.WIDTH(ADDRESS_BITS), .STAGES(bfq_latency::FP32_ADD)) delay_write (.clk, .in(address_step), .out(address_sum));
  bfq_delay #(.WIDTH(1), .STAGES(SUM)) delay_last (.clk, .in(last), .out(last_sum));

  // A sum that is just ready has not reached the memory: it is taken from the adder.
  (* ram_style = "distributed" *) logic [31:0] sums[ACCUMULATORS];
  wire logic [31:0] sum;
  wire logic        sum_valid = flight[SUM-1];
  wire logic        fresh     = sum_valid && address_sum == address_step;
  wire logic [31:0] so_far    = first_step ? 32'd0 : fresh ? sum : sums[address_step];

  bfq_fp32_add add (.clk, .a(so_far), .b(step), .subtract(1'b0), .y(sum));

  always_ff @(posedge clk) begin
    if (sum_valid) sums[address_sum] <= sum;
    if (rst) flight <= '0;
    else flight <= {flight[SUM-2:0], valid};
  end

  assign result_valid = sum_valid && last_sum;
  assign result       = sum;
endmodule

`default_nettype wire
