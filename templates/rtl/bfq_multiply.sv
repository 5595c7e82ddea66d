// Serial multiplier: product = a * b modulo 2^32, one bit of b a cycle and no longer than b's highest set bit.
// For sizes that are needed once a descriptor, where a wide multiplier would only cost.
`default_nettype none

module bfq_multiply (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,    // takes a and b
    input  wire [31:0] a,
    input  wire [31:0] b,
    output logic             busy,
    output logic [31:0]      product  // right when busy has fallen
);
  logic [31:0] shifted, rest;

  assign busy = rest != 32'd0;

  always_ff @(posedge clk) begin
    if (rst) begin
      rest <= 32'd0;
    end else if (start) begin
      shifted <= a;
      rest    <= b;
      product <= 32'd0;
    end else if (busy) begin
      if (rest[0]) product <= product + shifted;
      shifted <= shifted << 1;
      rest    <= rest >> 1;
    end
  end
endmodule

`default_nettype wire
