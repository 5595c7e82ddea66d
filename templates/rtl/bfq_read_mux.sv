// Two readers on one read port: commands alternate where both wait. The port changes sides when all words of the other have
// come, so data needs no order of its own. Neither reader ever refuses its data.
`default_nettype none

module bfq_read_mux (
    input wire clk,
    input wire rst,

    input  wire        a_valid,
    output wire        a_ready,
    input  wire [39:0] a_address,
    input  wire [15:0] a_words,     // not 0, as for b
    output wire        a_data_valid,

    input  wire        b_valid,
    output wire        b_ready,
    input  wire [39:0] b_address,
    input  wire [15:0] b_words,
    output wire        b_data_valid,

    output wire        command_valid,
    input  wire        command_ready,
    output wire [39:0] command_address,
    output wire [15:0] command_words,
    input  wire        data_valid
);
  logic turn;  // b goes first where both wait
  logic side;  // b has the port
  logic [15:0] asked, come;  // words, modulo 2^16
  logic all_come;  // asked == come

  wire pick_b = b_valid && (turn || !a_valid);
  wire open   = pick_b == side || all_come;

  assign command_valid   = (a_valid || b_valid) && open;
  assign command_address = pick_b ? b_address : a_address;
  assign command_words   = pick_b ? b_words : a_words;
  assign a_ready         = command_ready && open && !pick_b;
  assign b_ready         = command_ready && open && pick_b;
  assign a_data_valid    = data_valid && !side;
  assign b_data_valid    = data_valid && side;

  wire sent = command_valid && command_ready;
  wire [15:0] next_come = come + 16'd1;

  always_ff @(posedge clk) begin
    if (rst) begin
      turn  <= 1'b0;
      side  <= 1'b0;
      asked <= 16'd0;
      come  <= 16'd0;
      all_come <= 1'b1;
    end else begin
      all_come <= !sent && (all_come || (data_valid && next_come == asked));
      if (sent) begin
        turn  <= !pick_b;
        side  <= pick_b;
        asked <= asked + command_words;
      end
      if (data_valid) come <= next_come;
    end
  end
endmodule

`default_nettype wire
