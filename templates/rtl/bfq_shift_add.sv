// value = (code << shift) - offset, the linear map of stored factors to factors, as ~offset - ~(code << shift): what is
// behind a minus shares the LUT with it, what is before it does not. Only the low OUT_BITS count: the envelope promises that
// the value fits.
`default_nettype none

module bfq_shift_add #(
    parameter int IN_BITS  = 8,
    parameter int OUT_BITS = 9
) (
    input wire logic [IN_BITS-1:0]   code,  // unsigned
    input wire logic                 shift,
    input wire logic [OUT_BITS-1:0]  not_offset,
    output wire logic [OUT_BITS-1:0] value
);
  wire logic [IN_BITS:0] doubled = shift ? {code, 1'b0} : {1'b0, code};
  wire logic [OUT_BITS-1:0] linear;
  assign value = not_offset - ~linear;

  generate
    if (OUT_BITS > IN_BITS) begin : gen_wide
      assign linear = OUT_BITS'(doubled);
    end else begin : gen_narrow
      assign linear = doubled[OUT_BITS-1:0];
      wire logic unused = &{1'b0, doubled[IN_BITS:OUT_BITS]};
    end
  endgenerate
endmodule

`default_nettype wire
