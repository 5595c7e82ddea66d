// The datapath `multipliers`: 64 x COLUMNS products a cycle in DSP48E2, two columns to one where levels and activations
// allow it. Every datapath is a module bfq_products_<name> with these ports; bfq_products is printed around the chosen one.
//
// Activations: of each column 16 int8 at a time, `stage` has a bit for each quarter of the 64 columns of K. They are the set
//   to come; it may be made ready over any number of cycles (`prepared` falls with the first of its words at the latest, and
//   no other words come before the swap). With `swap`, given only while `prepared`, it becomes the present set, from the next
//   cycle on.
// Row steps: as a stream; levels hold while step_valid waits for step_ready, so a datapath may take several cycles. The
//   present set is that of the row step, and stays at least for the cycle after it was taken. What goes with a row step
//   (`token`) comes a cycle after it was taken.
// Sums: in the order of the row steps, each with its token: MINUS the four sums of 16 products of each column, column by
//   column, as two addends. The same cycle never has two; nothing stalls them.
`default_nettype none

module bfq_products_multipliers #(
    parameter int COLUMNS    = 1,
    parameter int LEVEL_BITS = 9,  // signed
    parameter int TOKEN_BITS = 10,
    localparam int X_BITS = LEVEL_BITS + 10
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic [3:0]             stage,
    input wire logic [COLUMNS*128-1:0] words,
    output wire logic                  prepared,
    input wire logic                   swap,

    input wire logic                     step_valid,
    output wire logic                    step_ready,
    input wire logic [64*LEVEL_BITS-1:0] levels,
    input wire logic [TOKEN_BITS-1:0]    token,

    output wire logic                        sums_valid,
    output wire logic [TOKEN_BITS-1:0]       sums_token,
    output wire logic [COLUMNS*4*X_BITS-1:0] x,
    output wire logic [COLUMNS*4*X_BITS-1:0] y
);
  localparam int CHAIN   = COLUMNS > 1 && LEVEL_BITS > 8 ? 4 : 8;  // products that a field of a pair's DSPs holds
  localparam int LATENCY = CHAIN == 8 ? 6 : 5;                     // bfq_dot16's

  assign prepared   = 1'b1;
  assign step_ready = 1'b1;

  logic [LATENCY-1:0] valid;
  always_ff @(posedge clk) valid <= rst ? '0 : {valid[LATENCY-2:0], step_valid};
  assign sums_valid = valid[LATENCY-1];
  bfq_delay #(.WIDTH(TOKEN_BITS), .STAGES(LATENCY - 1)) delay (.clk, .in(token), .out(sums_token));

  generate
    for (genvar q = 0; q < 4; q++) begin : gen_dots
      for (genvar c = 0; c < COLUMNS; c = c + 2) begin : gen_pair
        localparam int WIDE = c + 1 < COLUMNS ? 2 : 1;
        wire logic [WIDE*X_BITS-1:0] x_pair, y_pair;
        bfq_dot16 #(.LEVEL_BITS(LEVEL_BITS), .CHAIN(CHAIN), .PAIR(WIDE - 1)) dot (
            .clk, .stage(stage[q]), .swap, .words(words[c*128 +: WIDE*128]),
            .levels(levels[q*16*LEVEL_BITS +: 16*LEVEL_BITS]), .x(x_pair), .y(y_pair)
        );
        for (genvar i = 0; i < WIDE; i++) begin : gen_column
          assign x[((c+i)*4+q)*X_BITS +: X_BITS] = x_pair[i*X_BITS +: X_BITS];
          assign y[((c+i)*4+q)*X_BITS +: X_BITS] = y_pair[i*X_BITS +: X_BITS];
        end
      end
    end
  endgenerate
endmodule

`default_nettype wire
