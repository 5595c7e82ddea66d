// Reads the descriptor list: the next descriptor while the one before is at work.
`default_nettype none

module bfq_descriptor_fetch #(
    parameter int DESC_WORDS = 7  // 6..10
) (
    input wire clk,
    input wire rst,

    input wire        start,    // one cycle; takes `address` and `count`
    input wire [39:0] address,  // of the list
    input wire [31:0] count,

    output wire         read_valid,  // one command per descriptor
    input  wire         read_ready,
    output wire  [39:0] read_address,
    output wire  [15:0] read_words,
    input  wire         data_valid,  // always taken
    input  wire [127:0] data,

    output logic                      descriptor_valid,
    input  wire                       descriptor_ready,
    output logic [DESC_WORDS*128-1:0] descriptor         // word 0 low
);
  logic [39:4] next_address;
  logic [31:0] total, asked;
  logic        more;   // a descriptor is left to ask for
  logic        open;   // one is asked for and not complete
  logic [3:0]  word;   // of the open one
  logic        whole;  // the next descriptor is complete
  logic [DESC_WORDS*128-1:0] next;

  wire sent     = read_valid && read_ready;
  wire complete = data_valid && word == 4'(DESC_WORDS - 1);

  assign read_valid = more && !open && !whole;
  wire move = whole && !descriptor_valid;
  wire unused = &{1'b0, address[3:0]};
  assign read_address = {next_address, 4'd0};
  assign read_words   = 16'(DESC_WORDS);

  always_ff @(posedge clk) begin
    if (start) next_address <= address[39:4];
    else if (sent) next_address <= next_address + 36'(DESC_WORDS);
    // The words move down as they come.
    if (data_valid) next <= {data, next[DESC_WORDS*128-1:128]};
    if (move) descriptor <= next;

    if (rst) begin
      total            <= 32'd0;
      asked            <= 32'd0;
      more             <= 1'b0;
      open             <= 1'b0;
      word             <= 4'd0;
      whole            <= 1'b0;
      descriptor_valid <= 1'b0;
    end else begin
      if (start) total <= count;
      if (start) asked <= 32'd0;
      else if (sent) asked <= asked + 32'd1;
      more <= !start && asked != total;
      open <= sent || (open && !complete);
      if (data_valid) word <= complete ? 4'd0 : word + 4'd1;
      whole <= complete || (whole && !move);
      descriptor_valid <= move || (descriptor_valid && !descriptor_ready);
    end
  end
endmodule

`default_nettype wire
