// Sum of 16 products of a level and an int8 activation; latency 5, one sum a cycle.
// The activations stay for the eight rows of a group: `stage` takes the next group's while the present ones are in use,
// `swap` makes them the present ones from the next cycle on. These two registers, the level at the port and the product
// register are the input and multiplier registers of a DSP48E2.
`default_nettype none

module bfq_dot16 #(
    parameter int LEVEL_BITS = 9,
    localparam int SUM_BITS = LEVEL_BITS + 12
) (
    input wire logic clk,

    input wire logic         stage,
    input wire logic         swap,
    input wire logic [127:0] word,  // 16 int8

    input wire logic [LEVEL_BITS*16-1:0] levels,
    output wire logic [SUM_BITS-1:0]     sum
);
  /*verilator no_inline_module*/
  localparam int PRODUCT_BITS = LEVEL_BITS + 8;

  generate
    for (genvar i = 0; i < 16; i++) begin : gen_product
      logic signed [7:0] staged, activation;
      logic signed [PRODUCT_BITS-1:0] value;
      always_ff @(posedge clk) begin
        if (stage) staged <= $signed(word[i*8 +: 8]);
        if (swap) activation <= staged;
        value <= $signed(levels[i*LEVEL_BITS +: LEVEL_BITS]) * activation;
      end
    end
    for (genvar i = 0; i < 8; i++) begin : gen_sum2
      logic signed [PRODUCT_BITS:0] value;
      always_ff @(posedge clk) value <= gen_product[2*i].value + gen_product[2*i+1].value;
    end
    for (genvar i = 0; i < 4; i++) begin : gen_sum4
      logic signed [PRODUCT_BITS+1:0] value;
      always_ff @(posedge clk) value <= gen_sum2[2*i].value + gen_sum2[2*i+1].value;
    end
    for (genvar i = 0; i < 2; i++) begin : gen_sum8
      logic signed [PRODUCT_BITS+2:0] value;
      always_ff @(posedge clk) value <= gen_sum4[2*i].value + gen_sum4[2*i+1].value;
    end
  endgenerate

  logic signed [SUM_BITS-1:0] total;
  always_ff @(posedge clk) total <= gen_sum8[0].value + gen_sum8[1].value;
  assign sum = total;
endmodule

`default_nettype wire
