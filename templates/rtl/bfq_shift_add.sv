// value = (code << shift) + base, the linear map of codes to levels and of stored factors to factors (base is minus the
// offset, as an adder costs less than a subtractor). Only the low OUT_BITS count: the envelope promises that the value fits.
`default_nettype none

module bfq_shift_add #(
    parameter int IN_BITS  = 8,
    parameter int OUT_BITS = 9
) (
    input wire logic [IN_BITS-1:0]   code,  // unsigned
    input wire logic                 shift,
    input wire logic [OUT_BITS-1:0]  base,
    output wire logic [OUT_BITS-1:0] value
);
  wire logic [IN_BITS:0] doubled = shift ? {code, 1'b0} : {1'b0, code};
  generate
    if (OUT_BITS > IN_BITS) begin : gen_wide
      assign value = base + OUT_BITS'(doubled);
    end else begin : gen_narrow
      assign value = base + doubled[OUT_BITS-1:0];
      wire logic unused = &{1'b0, doubled[IN_BITS:OUT_BITS]};
    end
  endgenerate
endmodule

`default_nettype wire
