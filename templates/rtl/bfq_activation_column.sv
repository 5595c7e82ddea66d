// One column's activation memory and its staged and present da and sums.
// The int8 words go on to the column's bfq_dot16, which hold theirs. The present da joins the ring of windows.
`default_nettype none

module bfq_activation_column #(
    parameter int ACT_WORDS    = 320,  // of the memory
    parameter int DA_BLOCKS    = 2,  // da that a window needs: 1, or 2 where steps are shorter than 64 columns
    localparam int ADDRESS_BITS = $clog2(ACT_WORDS)
) (
    input wire logic clk,

    input wire logic                    write,
    input wire logic [ADDRESS_BITS-1:0] write_address,
    input wire logic [127:0]            write_data,

    input wire logic                    move,
    input wire logic [ADDRESS_BITS-1:0] read_address,

    // As bfq_activation_fetch gives them.
    input wire logic         stage,
    input wire logic [2:0]   stage_index,
    input wire logic         stage_high,
    input wire logic         swap,
    output logic [127:0]     word,  // what stage_index speaks of
    output logic [63:0]      sums,  // 4 x int16 of the present group

    input wire logic         window_write,  // the present da are those of `window`
    input wire logic [1:0]   window,
    input wire logic [1:0]   read_window,
    input wire logic         read_block,
    output wire logic [31:0] read_da
);
  localparam int DA_BITS = 32 * DA_BLOCKS;

  wire logic [127:0] out;

  bfq_activation_memory #(.WORDS(ACT_WORDS)) records (
      .clk, .write, .write_address, .write_data, .move, .read_address, .read_data(out)
  );
  always_ff @(posedge clk) word <= out;

  wire logic [63:0] half = stage_high ? word[127:64] : word[63:0];
  logic [DA_BITS-1:0] staged_da, present_da;
  logic [63:0]        staged_sums;
  (* ram_style = "distributed" *) logic [DA_BITS-1:0] ring[4];

  always_ff @(posedge clk) begin
    if (stage && stage_index == 3'd0) staged_da <= half[DA_BITS-1:0];
    if (stage && stage_index == 3'd1) staged_sums <= half;
    if (swap) present_da <= staged_da;
    if (swap) sums <= staged_sums;
    if (window_write) ring[window] <= present_da;
  end

  wire logic [DA_BITS-1:0] das = ring[read_window];

  generate
    if (DA_BLOCKS == 1) begin : gen_one
      wire logic unused = read_block;
      assign read_da = das;
    end else begin : gen_two
      assign read_da = read_block ? das[63:32] : das[31:0];
    end
  endgenerate
endmodule

`default_nettype wire
