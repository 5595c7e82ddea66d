// Reads the descriptor list ahead of its use and hands over one whole descriptor at a time.
// Only so much is asked for as there is room for, so that the shared read port never waits for the sequencer.
`default_nettype none

module bfq_descriptor_fetch #(
    parameter int DESC_WORDS = 7  // 6..10
) (
    input wire clk,
    input wire rst,

    input wire        start,    // one cycle; takes `address` and `count`
    input wire [63:0] address,  // of the list
    input wire [31:0] count,

    output wire         read_valid,  // one command a descriptor
    input  wire         read_ready,
    output logic [63:0] read_address,
    output wire  [31:0] read_words,
    input  wire         data_valid,  // always taken
    input  wire [127:0] data,

    output logic                      descriptor_valid,
    input  wire                       descriptor_ready,
    output logic [DESC_WORDS*128-1:0] descriptor         // word 0 low
);
  localparam int AHEAD = 3;  // descriptors asked for and not yet assembled: 30 words at most, the FIFO holds 32

  logic [31:0] left;    // descriptors not yet asked for
  logic [1:0]  waiting; // asked for, not yet assembled
  logic [3:0]  word;    // next word of the descriptor in assembly

  wire asked = read_valid && read_ready;

  assign read_valid = left != 32'd0 && waiting != 2'(AHEAD);
  assign read_words = 32'(DESC_WORDS);

  wire fifo_ready, fifo_valid;
  wire [127:0] fifo_data;
  wire take     = fifo_valid && !descriptor_valid;
  wire complete = take && word == 4'(DESC_WORDS - 1);
  wire unused   = &{1'b0, fifo_ready};  // room is reserved

  bfq_fifo #(.WIDTH(128), .DEPTH_LOG2(5)) fifo (
      .clk, .rst,
      .in_valid(data_valid), .in_ready(fifo_ready), .in_data(data),
      .out_valid(fifo_valid), .out_ready(take), .out_data(fifo_data)
  );

  for (genvar w = 0; w < DESC_WORDS; w++) begin : g_word
    always_ff @(posedge clk) begin
      if (take && word == 4'(w)) descriptor[w*128 +: 128] <= fifo_data;
    end
  end

  always_ff @(posedge clk) begin
    if (start) begin
      read_address <= address;
    end else if (asked) begin
      read_address <= read_address + 64'(DESC_WORDS * 16);
    end
    if (rst) begin
      left             <= 32'd0;
      waiting          <= 2'd0;
      word             <= 4'd0;
      descriptor_valid <= 1'b0;
    end else begin
      left    <= start ? count : left - {31'd0, asked};
      waiting <= waiting + {1'b0, asked} - {1'b0, complete};
      if (take) word <= complete ? 4'd0 : word + 4'd1;
      if (complete) descriptor_valid <= 1'b1;
      else if (descriptor_ready) descriptor_valid <= 1'b0;
    end
  end
endmodule

`default_nettype wire
