`default_nettype none

// AXI4 read master: (address, words) commands to one stream of 128-bit words, in order of the commands.
// Room in the buffer is reserved before a burst is asked for, so RREADY is always high: back-pressure of the stream
// delays the next request and never stops the memory in a burst. All requests carry ID 0, so data comes in order.
// One word a cycle without bubbles between bursts and commands, as long as bursts have two beats on average.
// A word is at the output 3 cycles after its R beat (1 cycle for BUFFER_LOG2 <= 5).
// `rst` only while no request is outstanding, or together with the memory.
module bfq_axi_read #(
    parameter int MAX_BURST = 64,  // beats of 16 bytes, a power of two, 2..256
    parameter int OUTSTANDING = 8,  // bursts asked for and not complete, 1..255
    parameter int BUFFER_LOG2 = $clog2(MAX_BURST * OUTSTANDING)  // words buffered, 2^BUFFER_LOG2 >= MAX_BURST
) (
    input wire clk,
    input wire rst,

    input  wire        command_valid,
    output wire        command_ready,
    input  wire [63:0] command_address,  // bytes, a multiple of 16
    input  wire [31:0] command_words,    // 0 does nothing

    output wire         out_valid,
    input  wire         out_ready,
    output wire [127:0] out_data,

    input  wire         clear,  // one cycle: sets `words` to 0 and `error` to 0
    output logic [31:0] words,  // R beats since reset or clear
    output logic        error,  // an R beat had SLVERR or DECERR; its data went on all the same
    output wire         idle,   // no command, no request and no R beat is pending (the buffer may hold words)

    output logic         m_axi_arvalid,
    input  wire          m_axi_arready,
    output logic [ 63:0] m_axi_araddr,
    output logic [  7:0] m_axi_arlen,
    output wire  [  2:0] m_axi_arsize,
    output wire  [  1:0] m_axi_arburst,
    input  wire          m_axi_rvalid,
    output wire          m_axi_rready,
    input  wire  [127:0] m_axi_rdata,
    input  wire  [  1:0] m_axi_rresp,
    input  wire          m_axi_rlast
);
  wire burst_valid, bursts_idle;
  wire [63:0] burst_address;
  wire [8:0] burst_beats;

  logic [7:0] outstanding;
  logic [BUFFER_LOG2:0] free;  // words of the buffer that are neither filled nor reserved

  wire issue = burst_valid && (!m_axi_arvalid || m_axi_arready) && outstanding != 8'(OUTSTANDING) &&
      32'(free) >= 32'(burst_beats);
  wire complete = m_axi_rvalid && m_axi_rlast;
  wire taken = out_valid && out_ready;

  bfq_axi_bursts #(.MAX_BURST(MAX_BURST)) bursts (
      .clk,
      .rst,
      .command_valid,
      .command_ready,
      .command_address,
      .command_words,
      .burst_valid,
      .burst_ready(issue),
      .burst_address,
      .burst_beats,
      .idle(bursts_idle)
  );

  // The buffer has room for every beat, so its ready is always high when one comes.
  wire buffer_ready;
  wire unused = &{1'b0, buffer_ready, m_axi_rresp[0]};

  if (BUFFER_LOG2 <= 5) begin : g_small
    bfq_fifo #(.WIDTH(128), .DEPTH_LOG2(BUFFER_LOG2)) buffer (
        .clk,
        .rst,
        .in_valid(m_axi_rvalid),
        .in_ready(buffer_ready),
        .in_data(m_axi_rdata),
        .out_valid,
        .out_ready,
        .out_data
    );
  end else begin : g_block
    bfq_fifo_block #(.WIDTH(128), .DEPTH_LOG2(BUFFER_LOG2)) buffer (
        .clk,
        .rst,
        .in_valid(m_axi_rvalid),
        .in_ready(buffer_ready),
        .in_data(m_axi_rdata),
        .out_valid,
        .out_ready,
        .out_data
    );
  end

  assign m_axi_arsize = 3'd4;
  assign m_axi_arburst = 2'd1;
  assign m_axi_rready = 1'b1;
  assign idle = bursts_idle && !command_valid && !m_axi_arvalid && outstanding == 8'd0;

  always_ff @(posedge clk) begin
    if (issue) begin
      m_axi_araddr <= burst_address;
      m_axi_arlen  <= 8'(burst_beats - 9'd1);
    end
    if (rst) begin
      m_axi_arvalid <= 1'b0;
      outstanding <= 8'd0;
      free <= (BUFFER_LOG2 + 1)'(1 << BUFFER_LOG2);
      words <= 32'd0;
      error <= 1'b0;
    end else begin
      if (issue) m_axi_arvalid <= 1'b1;
      else if (m_axi_arready) m_axi_arvalid <= 1'b0;

      outstanding <= outstanding + 8'(issue) - 8'(complete);
      free <= free - (issue ? (BUFFER_LOG2 + 1)'(burst_beats) : '0) + (BUFFER_LOG2 + 1)'(taken);

      if (clear) words <= 32'd0;
      else if (m_axi_rvalid) words <= words + 32'd1;
      if (clear) error <= 1'b0;
      else if (m_axi_rvalid && m_axi_rresp[1]) error <= 1'b1;
    end
  end

`ifndef SYNTHESIS
  always @(posedge clk) if (!rst && m_axi_rvalid) assert (buffer_ready);
`endif
endmodule

`default_nettype wire
