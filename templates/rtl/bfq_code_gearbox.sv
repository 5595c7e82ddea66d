// Code words to row steps: 64 codes as bit planes of 64 bits, `code_bits` planes a step. A step is `code_bits` half
// words, so with odd widths a word ends one step and begins the next: its upper half waits in `spare`.
// One word per cycle, and one step per cycle where a step is no longer than a word.
`default_nettype none

module bfq_code_gearbox #(
    parameter int CODE_BITS = 8  // widest code
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic         word_valid,
    output wire logic        word_ready,
    input wire logic [127:0] word,
    input wire logic [3:0]   word_code_bits,  // 1..CODE_BITS, the same for all words of a tile

    output logic                          step_valid,
    input wire logic                      step_ready,
    output wire logic [CODE_BITS*64-1:0]  planes  // bit b*64+i: bit b of code i; planes beyond code_bits are 0
);
  logic [63:0] spare;
  logic [3:0]  position;      // plane that the next word's lower half is; 1 only where plane 0 is in `spare`
  logic        spare_whole;   // the spare half is a step by itself (1-bit codes)

  wire logic load      = !step_valid || step_ready;
  wire logic take      = load && word_valid && !spare_whole;
  wire logic ends_low  = position + 4'd1 == word_code_bits;
  wire logic ends_high = position + 4'd2 == word_code_bits;

  assign word_ready = load && !spare_whole;

  always_ff @(posedge clk) begin
    if (take) spare <= word[127:64];
    if (rst) begin
      step_valid  <= 1'b0;
      spare_whole <= 1'b0;
      position    <= 4'd0;
    end else if (load) begin
      step_valid <= spare_whole || (word_valid && (ends_low || ends_high));
      if (spare_whole) begin
        spare_whole <= 1'b0;
        position    <= 4'd0;
      end else if (word_valid) begin
        spare_whole <= word_code_bits == 4'd1;
        position    <= ends_low ? 4'd1 : ends_high ? 4'd0 : position + 4'd2;
      end
    end
  end

  // The half word for the next even plane and the one for the next odd one: two multiplexers for all planes.
  wire logic [63:0] even = position[0] ? word[127:64] : word[63:0];
  wire logic [63:0] odd  = position[0] ? word[63:0] : word[127:64];
  wire logic unused_halves = &{1'b0, even, odd};  // with 1-bit codes

  generate
    for (genvar b = 0; b < CODE_BITS; b++) begin : gen_plane
      logic [63:0] plane;
      assign planes[b*64 +: 64] = plane;

      if (b == 0) begin : gen_first
        always_ff @(posedge clk) if (load && (position[3:1] == 3'd0)) plane <= position[0] ? spare : word[63:0];
      end else begin : gen_other
        // A plane that the codes don't have is reset.
        wire logic unused = take && word_code_bits <= 4'(b);
        wire logic write  = take && (position == 4'(b) || position == 4'(b - 1));
        always_ff @(posedge clk) begin
          if (unused) plane <= 64'd0;
          else if (write) plane <= b % 2 == 0 ? even : odd;
        end
      end
    end
  endgenerate
endmodule

`default_nettype wire
