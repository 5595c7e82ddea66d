// out = in[index]. One multiplexer a bit: a part select of the whole vector would be a shifter.
`default_nettype none

module bfq_choose #(
    parameter int WIDTH = 32,
    parameter int COUNT = 4,
    localparam int INDEX_BITS = COUNT == 1 ? 1 : $clog2(COUNT)
) (
    input wire logic [INDEX_BITS-1:0]  index,
    input wire logic [COUNT*WIDTH-1:0] in,
    output wire logic [WIDTH-1:0]      out
);
  generate
    for (genvar b = 0; b < WIDTH; b++) begin : gen_bit
      wire logic [COUNT-1:0] bits;
      for (genvar i = 0; i < COUNT; i++) begin : gen_place
        assign bits[i] = in[i*WIDTH+b];
      end
      if (COUNT == 1) begin : gen_one
        assign out[b] = bits;
      end else begin : gen_many
        assign out[b] = bits[index];
      end
    end
    if (COUNT == 1) begin : gen_unused
      wire logic unused = index;
    end
  endgenerate
endmodule

`default_nettype wire
