// out = in[index], by halves: a part select of the whole vector would be a shifter.
`default_nettype none

module bfq_choose #(
    parameter int WIDTH = 32,
    parameter int COUNT = 4,  // a power of two
    localparam int INDEX_BITS = COUNT == 1 ? 1 : $clog2(COUNT)
) (
    input wire logic [INDEX_BITS-1:0]  index,
    input wire logic [COUNT*WIDTH-1:0] in,
    output wire logic [WIDTH-1:0]      out
);
  generate
    if (COUNT == 1) begin : gen_one
      wire logic unused = index;
      assign out = in;
    end else begin : gen_many
      for (genvar l = 0; l < INDEX_BITS; l++) begin : gen_level
        localparam int LEFT = COUNT >> (l + 1);
        wire logic [2*LEFT*WIDTH-1:0] from;
        wire logic [LEFT*WIDTH-1:0]   to;
        if (l == 0) begin : gen_first
          assign from = in;
        end else begin : gen_next
          assign from = gen_level[l-1].to;
        end
        for (genvar i = 0; i < LEFT; i++) begin : gen_pair
          assign to[i*WIDTH +: WIDTH] = index[l] ? from[(2*i+1)*WIDTH +: WIDTH] : from[2*i*WIDTH +: WIDTH];
        end
      end
      assign out = gen_level[INDEX_BITS-1].to;
    end
  endgenerate
endmodule

`default_nettype wire
