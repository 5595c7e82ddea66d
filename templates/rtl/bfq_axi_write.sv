`default_nettype none

// AXI4 write master: (address, words) commands and one stream of 128-bit words, taken in order of the commands.
// Full strobes, ID 0. A burst is issued once all its words are buffered, so the memory turns once per burst. Only a command's
// last burst is issued at once.
// One word per cycle without bubbles between bursts and commands, as long as bursts have four beats on average.
// BREADY is always high. `rst` only while `idle`, or together with the memory.
module bfq_axi_write #(
    parameter int MAX_BURST = 64,  // beats of 16 bytes, a power of two, 2..256
    parameter int OUTSTANDING = 8,  // bursts asked for and not answered, a power of two, 2..32
    parameter int WORDS_BITS = 28  // of a command's words
) (
    input wire clk,
    input wire rst,
    input wire halt,  // until idle: drop bursts whose words are still to come, give open ones any words

    input  wire                  command_valid,
    output wire                  command_ready,
    input  wire [          39:0] command_address,  // bytes, a multiple of 16
    input  wire [WORDS_BITS-1:0] command_words,    // not 0

    input  wire         in_valid,
    output logic        in_ready,
    input  wire [127:0] in_data,

    input  wire         clear,  // one cycle: sets `words` to 0 and `error` to 0
    output logic [31:0] words,  // W beats since reset or clear
    output logic        error,  // a response was SLVERR or DECERR
    output wire         idle,   // no command is pending and every response is back

    output logic         m_axi_awvalid,
    input  wire          m_axi_awready,
    output wire  [ 63:0] m_axi_awaddr,
    output logic [  7:0] m_axi_awlen,
    output wire  [  2:0] m_axi_awsize,
    output wire  [  1:0] m_axi_awburst,
    output logic         m_axi_wvalid,
    input  wire          m_axi_wready,
    output logic [127:0] m_axi_wdata,
    output wire  [ 15:0] m_axi_wstrb,
    output logic         m_axi_wlast,
    input  wire          m_axi_bvalid,
    output wire          m_axi_bready,
    input  wire  [  1:0] m_axi_bresp
);
  localparam int OPEN_BITS = $clog2(OUTSTANDING) + 1;
  localparam int BUFFER_LOG2 = $clog2(MAX_BURST) + 1;
  localparam int HELD_BITS = $clog2(MAX_BURST * OUTSTANDING) + 3;

  wire burst_valid, burst_last, bursts_idle;
  wire [39:0] burst_address;
  wire [8:0] burst_beats;

  logic [39:0] address;
  logic [OPEN_BITS-1:0] open_bursts;  // from their request to their response: the top bit means OUTSTANDING

  // Words taken less those of bursts asked for: negative while a command's last burst waits for its words.
  logic signed [HELD_BITS-1:0] held;
  logic [BUFFER_LOG2:0] stored;  // words in the buffer
  logic enough, settled;  // held covers the present burst, judged a cycle ago; it was there a cycle ago

  wire lengths_ready;  // never low: no more lengths wait than bursts are open
  wire issue = burst_valid && (burst_last || (settled && enough)) && (!m_axi_awvalid || m_axi_awready)
            && !open_bursts[OPEN_BITS-1];
  wire cut = halt && burst_valid && settled && !enough;  // with what is left of its command

  bfq_axi_bursts #(.MAX_BURST(MAX_BURST), .WORDS_BITS(WORDS_BITS)) bursts (
      .clk,
      .rst(rst || cut),
      .command_valid,
      .command_ready,
      .command_address,
      .command_words,
      .burst_valid,
      .burst_ready(issue),
      .burst_address,
      .burst_beats,
      .burst_last,
      .idle(bursts_idle)
  );

  // Lengths of the bursts that were asked for, for the data side.
  wire [7:0] length = 8'(burst_beats - 9'd1);
  wire open;
  wire [7:0] open_length;
  logic [7:0] beat;  // of the open burst
  wire last = beat == open_length;

  wire word_valid;
  wire [127:0] word;
  wire word_ready = open && (!m_axi_wvalid || m_axi_wready);
  wire load = word_ready && (word_valid || halt);
  wire push = in_valid && in_ready;
  wire pop = word_valid && word_ready;
  wire empty = rst || (halt && bursts_idle && !open);

  wire buffer_ready;  // never low where it counts: in_ready falls two words before

  if (BUFFER_LOG2 <= 5) begin : g_small
    bfq_fifo #(.WIDTH(128), .DEPTH_LOG2(BUFFER_LOG2)) buffer (
        .clk, .rst(empty), .in_valid(push), .in_ready(buffer_ready), .in_data,
        .out_valid(word_valid), .out_ready(word_ready), .out_data(word)
    );
  end else begin : g_block
    bfq_fifo_block #(.WIDTH(128), .DEPTH_LOG2(BUFFER_LOG2)) buffer (
        .clk, .rst(empty), .in_valid(push), .in_ready(buffer_ready), .in_data,
        .out_valid(word_valid), .out_ready(word_ready), .out_data(word)
    );
  end

  bfq_fifo #(.WIDTH(8), .DEPTH_LOG2($clog2(OUTSTANDING))) lengths (
      .clk,
      .rst,
      .in_valid(issue),
      .in_ready(lengths_ready),
      .in_data(length),
      .out_valid(open),
      .out_ready(load && last),
      .out_data(open_length)
  );

  wire unused = &{1'b0, lengths_ready, buffer_ready, m_axi_bresp[0]};

  assign m_axi_awaddr = {24'd0, address};
  assign m_axi_awsize = 3'd4;
  assign m_axi_awburst = 2'd1;
  assign m_axi_wstrb = 16'hFFFF;
  assign m_axi_bready = 1'b1;
  assign idle = bursts_idle && !command_valid && open_bursts == '0;

  always_ff @(posedge clk) begin
    if (issue) begin
      address <= burst_address;
      m_axi_awlen <= length;
    end
    enough <= held >= $signed(HELD_BITS'(burst_beats));
    settled <= burst_valid && !issue;
    if (empty) stored <= '0;
    else if (push != pop) stored <= pop ? stored - 1'b1 : stored + 1'b1;
    in_ready <= stored < (BUFFER_LOG2 + 1)'(2 * MAX_BURST - 2);
    if (rst || (halt && bursts_idle)) held <= '0;
    else held <= held + HELD_BITS'(push) - (issue ? HELD_BITS'(burst_beats) : '0);
    if (load) begin
      m_axi_wdata <= word;
      m_axi_wlast <= last;
    end
    if (rst) begin
      m_axi_awvalid <= 1'b0;
      m_axi_wvalid <= 1'b0;
      open_bursts <= '0;
      beat <= 8'd0;
      words <= 32'd0;
      error <= 1'b0;
    end else begin
      m_axi_awvalid <= issue || (m_axi_awvalid && !m_axi_awready);
      m_axi_wvalid  <= load || (m_axi_wvalid && !m_axi_wready);

      if (issue != m_axi_bvalid) open_bursts <= m_axi_bvalid ? open_bursts - 1'b1 : open_bursts + 1'b1;
      if (load) beat <= last ? 8'd0 : beat + 8'd1;

      if (clear) words <= 32'd0;
      else if (m_axi_wvalid && m_axi_wready) words <= words + 32'd1;
      if (clear) error <= 1'b0;
      else if (m_axi_bvalid && m_axi_bresp[1]) error <= 1'b1;
    end
  end

`ifndef SYNTHESIS
  always @(posedge clk) if (!empty && push) assert (buffer_ready);
`endif
endmodule

`default_nettype wire
