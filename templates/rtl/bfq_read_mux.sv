// Two readers on one read port: commands alternate where both wait, and the data goes back in the order of the commands.
// Neither reader ever refuses its data.
`default_nettype none

module bfq_read_mux (
    input wire clk,
    input wire rst,

    input  wire         a_valid,
    output wire         a_ready,
    input  wire  [63:0] a_address,
    input  wire  [31:0] a_words,     // not 0, as for b
    output wire         a_data_valid,

    input  wire         b_valid,
    output wire         b_ready,
    input  wire  [63:0] b_address,
    input  wire  [31:0] b_words,
    output wire         b_data_valid,

    output wire         command_valid,
    input  wire         command_ready,
    output wire  [63:0] command_address,
    output wire  [31:0] command_words,
    input  wire         data_valid
);
  logic turn;  // b goes first where both wait
  wire  pick_b = b_valid && (turn || !a_valid);

  wire order_ready, owed, owed_b;
  wire [31:0] owed_words;
  logic [31:0] word;  // of the oldest command

  assign command_valid   = (a_valid || b_valid) && order_ready;
  assign command_address = pick_b ? b_address : a_address;
  assign command_words   = pick_b ? b_words : a_words;
  assign a_ready         = command_ready && order_ready && !pick_b;
  assign b_ready         = command_ready && order_ready && pick_b;
  assign a_data_valid    = data_valid && !owed_b;
  assign b_data_valid    = data_valid && owed_b;

  wire sent = command_valid && command_ready;
  wire last = word == owed_words - 32'd1;

  bfq_fifo #(.WIDTH(33), .DEPTH_LOG2(4)) order (
      .clk, .rst,
      .in_valid(sent), .in_ready(order_ready), .in_data({pick_b, command_words}),
      .out_valid(owed), .out_ready(data_valid && last), .out_data({owed_b, owed_words})
  );

  wire unused = &{1'b0, owed};  // data only comes for a command

  always_ff @(posedge clk) begin
    if (rst) begin
      turn <= 1'b0;
      word <= 32'd0;
    end else begin
      if (sent) turn <= !pick_b;
      if (data_valid) word <= last ? 32'd0 : word + 32'd1;
    end
  end
endmodule

`default_nettype wire
