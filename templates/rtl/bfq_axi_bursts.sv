`default_nettype none

// Cuts (address, words) commands into AXI bursts of 16-byte beats that end at multiples of MAX_BURST beats, so
// none crosses 4 KB. One burst per cycle, and two cycles more for each command.
module bfq_axi_bursts #(
    parameter int MAX_BURST  = 64,  // beats, a power of two, 2..256
    parameter int WORDS_BITS = 28   // of a command's words, more than log2 of MAX_BURST
) (
    input wire clk,
    input wire rst,  // also drops what is left of a command

    input  wire                  command_valid,
    output wire                  command_ready,
    input  wire [          39:0] command_address,  // bytes, a multiple of 16
    input  wire [WORDS_BITS-1:0] command_words,    // not 0

    output logic        burst_valid,
    input  wire         burst_ready,
    output logic [39:0] burst_address,
    output logic [ 8:0] burst_beats,    // 1..MAX_BURST
    output logic        burst_last,     // of its command
    output wire         idle
);
  localparam int BITS = $clog2(MAX_BURST);
  localparam int PAGES_BITS = WORDS_BITS + 1 - BITS;

  // A page is MAX_BURST words. The command covers words `offset` of page 0 to `tail` - 1 of page `pages`, and of
  // the page before it where `tail` is 0.
  logic [39:4+BITS] first_page;
  logic [BITS-1:0] offset;  // after the first burst 0
  logic [PAGES_BITS-1:0] pages;
  logic [BITS-1:0] tail;

  logic settle, active;  // the second cycle of a command, and those with bursts
  logic [PAGES_BITS-1:0] page, next_page;  // of the present burst, and one more
  logic at_last_page;

  wire load = !burst_valid || burst_ready;
  wire next_is_last = next_page == pages;
  wire last = at_last_page || (next_is_last && tail == '0);
  wire step = active && load;

  wire unused = &{1'b0, command_address[3:0]};

  assign command_ready = !active && !settle;
  assign idle = command_ready && !burst_valid;

  always_ff @(posedge clk) begin
    if (command_ready) begin
      first_page <= command_address[39:4+BITS];
      {pages, tail} <= {1'b0, command_words} + (WORDS_BITS + 1)'(command_address[4+:BITS]);
      page <= '0;
      next_page <= '0;
    end
    if (command_ready) offset <= command_address[4+:BITS];
    else if (step) offset <= '0;

    if (settle || step) begin
      next_page <= next_page + 1'b1;
      page <= next_page;
      at_last_page <= next_is_last;
    end
    if (load) begin
      burst_address <= {first_page + (36 - BITS)'(page), offset, 4'd0};
      burst_beats   <= (at_last_page ? 9'(tail) : 9'(MAX_BURST)) - 9'(offset);
      burst_last    <= last;
    end

    settle <= !rst && command_ready && command_valid;
    active <= !rst && (settle || (active && !(load && last)));
    if (load) burst_valid <= active;
    if (rst) burst_valid <= 1'b0;
  end
endmodule

`default_nettype wire
