// value = (code << shift) - offset, the linear map of codes to levels and of stored factors to factors.
// Only the low OUT_BITS count: the envelope promises that the value fits.
`default_nettype none

module bfq_shift_offset #(
    parameter int IN_BITS  = 8,
    parameter int OUT_BITS = 9
) (
    input wire logic [IN_BITS-1:0]   code,  // unsigned
    input wire logic                 shift,
    input wire logic [OUT_BITS-1:0]  offset,
    output wire logic [OUT_BITS-1:0] value
);
  wire logic [IN_BITS:0] doubled = shift ? {code, 1'b0} : {1'b0, code};
  generate
    if (OUT_BITS > IN_BITS) begin : gen_wide
      assign value = OUT_BITS'(doubled) - offset;
    end else begin : gen_narrow
      assign value = doubled[OUT_BITS-1:0] - offset;
      wire logic unused = &{1'b0, doubled[IN_BITS:OUT_BITS]};
    end
  endgenerate
endmodule

`default_nettype wire
