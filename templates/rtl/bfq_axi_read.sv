`default_nettype none

// AXI4 read master: (address, words) commands to one stream of 128-bit words, in order of the commands.
// The buffer has a place of MAX_BURST words for each burst that is asked for, until its last word is taken, so RREADY
// is always high: back-pressure of the stream delays the next request and never stops the memory in a burst. All
// requests carry ID 0, so data comes in order.
// One word per cycle without bubbles between bursts and commands, as long as commands have four beats on average.
// A word is at the output 3 cycles after its R beat (1 cycle for a buffer of up to 32 words).
// `rst` only while no request is outstanding, or together with the memory.
module bfq_axi_read #(
    parameter int MAX_BURST   = 64,  // beats of 16 bytes, a power of two, 2..256
    parameter int OUTSTANDING = 8,   // bursts asked for and not wholly taken, a power of two, 2..128
    parameter int WORDS_BITS  = 28   // of a command's words
) (
    input wire clk,
    input wire rst,
    input wire halt,  // drop the command and ask for nothing more
    input wire hold,  // ask for nothing in this cycle

    input  wire                  command_valid,
    output wire                  command_ready,
    input  wire [          39:0] command_address,  // bytes, a multiple of 16
    input  wire [WORDS_BITS-1:0] command_words,    // not 0

    output wire         out_valid,
    input  wire         out_ready,
    output wire [127:0] out_data,

    input  wire         clear,  // one cycle: sets `words` to 0 and `error` to 0
    output logic [31:0] words,  // R beats since reset or clear
    output logic        error,  // an R beat had SLVERR or DECERR; its data went on all the same
    output wire         idle,   // no burst is to be asked for or open, and every word is taken
    output wire         asking,  // bursts of a command are still to be asked for
    output wire         asked,   // one is, in this cycle

    output logic         m_axi_arvalid,
    input  wire          m_axi_arready,
    output wire  [ 63:0] m_axi_araddr,
    output logic [  7:0] m_axi_arlen,
    output wire  [  2:0] m_axi_arsize,
    output wire  [  1:0] m_axi_arburst,
    input  wire          m_axi_rvalid,
    output wire          m_axi_rready,
    input  wire  [127:0] m_axi_rdata,
    input  wire  [  1:0] m_axi_rresp,
    input  wire          m_axi_rlast
);
  localparam int BUFFER_LOG2 = $clog2(MAX_BURST * OUTSTANDING);
  localparam int OPEN_BITS = $clog2(OUTSTANDING) + 1;

  wire burst_valid, burst_last, bursts_idle, out_last;
  wire [39:0] burst_address;
  wire [8:0] burst_beats;
  logic [39:0] address;
  logic [OPEN_BITS-1:0] open;  // bursts asked for and not wholly taken: its top bit means OUTSTANDING
  logic taken;  // the last word of a burst, a cycle ago: the path of `out_ready` is long

  wire issue = burst_valid && (!m_axi_arvalid || m_axi_arready) && !open[OPEN_BITS-1] && !hold;

  bfq_axi_bursts #(.MAX_BURST(MAX_BURST), .WORDS_BITS(WORDS_BITS)) bursts (
      .clk,
      .rst(rst || halt),
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

  // The buffer has room for every beat, so its ready is always high when one comes.
  wire buffer_ready;
  wire unused = &{1'b0, burst_last, buffer_ready, m_axi_rresp[0]};

  if (BUFFER_LOG2 <= 5) begin : g_small
    bfq_fifo #(.WIDTH(129), .DEPTH_LOG2(BUFFER_LOG2)) buffer (
        .clk,
        .rst,
        .in_valid(m_axi_rvalid),
        .in_ready(buffer_ready),
        .in_data({m_axi_rlast, m_axi_rdata}),
        .out_valid,
        .out_ready,
        .out_data({out_last, out_data})
    );
  end else begin : g_block
    bfq_fifo_block #(.WIDTH(129), .DEPTH_LOG2(BUFFER_LOG2)) buffer (
        .clk,
        .rst,
        .in_valid(m_axi_rvalid),
        .in_ready(buffer_ready),
        .in_data({m_axi_rlast, m_axi_rdata}),
        .out_valid,
        .out_ready,
        .out_data({out_last, out_data})
    );
  end

  assign m_axi_araddr = {24'd0, address};
  assign m_axi_arsize = 3'd4;
  assign m_axi_arburst = 2'd1;
  assign m_axi_rready = 1'b1;
  assign asking = !bursts_idle;
  assign asked = issue;
  assign idle = bursts_idle && open == '0;

  always_ff @(posedge clk) begin
    if (issue) begin
      address <= burst_address;
      m_axi_arlen <= 8'(burst_beats - 9'd1);
    end
    if (rst) begin
      m_axi_arvalid <= 1'b0;
      open <= '0;
      taken <= 1'b0;
      words <= 32'd0;
      error <= 1'b0;
    end else begin
      m_axi_arvalid <= issue || (m_axi_arvalid && !m_axi_arready);
      taken <= out_valid && out_ready && out_last;
      open <= open + {{(OPEN_BITS - 1){taken && !issue}}, taken != issue};

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
