`default_nettype none

// Second witness beside Verilator: fp32 multiplier and adder on vectors computed by the test, and a FIFO under
// irregular stalls, in Icarus. Ends with PASS, or with the first difference.
module witness_tb;
  localparam int VECTORS = 4096;

  logic clk = 1'b0;
  always #1 clk = !clk;

  logic [127:0] vectors[VECTORS];  // a, b, a * b, and a + b (even index) or a - b (odd index)
  initial $readmemh("vectors.hex", vectors, 0, VECTORS - 1);

  logic [31:0] a, b;
  logic subtract;
  // The units' numbers have their class beside them (bfq_fp32_mul).
  function automatic [34:0] number(input [31:0] bits);
    logic top;
    top = bits[30:23] == 8'd255;
    number = {top && bits[22:0] != 23'd0, top, bits[30:23] != 8'd0, bits[31], bits[30:23] == 8'd0 ? 31'd0 : bits[30:0]};
  endfunction
  function automatic [31:0] ieee(input [34:0] y);
    ieee = y[34] ? 32'h7FC00000 : y[33] ? {y[31], 8'd255, 23'd0} : y[31:0];
  endfunction

  wire [34:0] product_number, sum_number;
  wire [31:0] product = ieee(product_number);
  wire [31:0] sum = ieee(sum_number);
  bfq_fp32_mul mul (.clk, .a(number(a)), .b(number(b)), .y(product_number));
  bfq_fp32_add add (
      .clk, .a(number(a)), .a_other(35'd0), .b(number({b[31] ^ subtract, b[30:0]})), .b_other(35'd0), .y(sum_number)
  );

  logic rst = 1'b1;
  logic in_valid = 1'b0, out_ready = 1'b0;
  logic [11:0] in_data = 12'd0, expected = 12'd0;
  wire in_ready, out_valid;
  wire [11:0] out_data;
  bfq_fifo #(.WIDTH(12), .DEPTH_LOG2(2)) fifo (
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in_data,
      .out_valid,
      .out_ready,
      .out_data
  );

  int errors = 0;
  int index = 0;
  logic [15:0] noise = 16'hACE1;

  // Inputs change at the falling edge, outputs are looked at just before the rising one.
  always @(negedge clk) begin
    rst <= 1'b0;
    noise <= {noise[14:0], noise[15] ^ noise[13] ^ noise[12] ^ noise[10]};
    a <= vectors[index%VECTORS][127:96];
    b <= vectors[index%VECTORS][95:64];
    subtract <= index[0];
    if (index >= bfq_latency::FP32_MUL && product !== vectors[index-bfq_latency::FP32_MUL][63:32]) begin
      $display("vector %0d: product is %h, not %h", index - bfq_latency::FP32_MUL, product,
               vectors[index-bfq_latency::FP32_MUL][63:32]);
      errors = errors + 1;
    end
    if (index >= bfq_latency::FP32_ADD && sum !== vectors[index-bfq_latency::FP32_ADD][31:0]) begin
      $display("vector %0d: sum is %h, not %h", index - bfq_latency::FP32_ADD, sum,
               vectors[index-bfq_latency::FP32_ADD][31:0]);
      errors = errors + 1;
    end
    in_valid  <= in_valid && !in_taken || noise[0];
    out_ready <= noise[3] && noise[9];
    if (in_taken) in_data <= in_data + 12'd1;
    index = index + 1;
    if (errors != 0) $finish;
    if (index == VECTORS + 4) begin
      if (expected < 12'd500) $display("only %0d words came through the FIFO", expected);
      else $display("PASS");
      $finish;
    end
  end

  logic in_taken = 1'b0;
  always @(posedge clk) begin
    in_taken <= in_valid && in_ready && !rst;
    if (out_valid && out_ready && !rst) begin
      if (out_data !== expected) begin
        $display("FIFO: word %0d is %0d", expected, out_data);
        errors = errors + 1;
      end
      expected <= expected + 12'd1;
    end
  end
endmodule

`default_nettype wire
