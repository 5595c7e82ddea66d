// Streams a lane's weights without waiting for the lane: its regions one after the other, each when `start` says so.
`default_nettype none

module bfq_weight_port (
    input wire clk,
    input wire rst,         // of the datapath
    input wire master_rst,  // of the AXI master
    input wire halt,        // ask for nothing new, drop what comes
    input wire clear,       // of `words` and `error`

    input  wire        region_valid,
    output wire        region_ready,
    input  wire [39:0] region_address,
    input  wire [27:0] region_words,

    // Of bfq_pace.
    input  wire start,   // one cycle: the region that waits, if one does, is next
    input  wire hold,
    output wire asking,
    output wire asked,

    output wire         out_valid,
    input  wire         out_ready,
    output wire [127:0] out_data,

    output wire [31:0] words,
    output wire        error,
    output wire        idle,

    output wire         m_axi_arvalid,
    input  wire         m_axi_arready,
    output wire [ 63:0] m_axi_araddr,
    output wire [  7:0] m_axi_arlen,
    output wire [  2:0] m_axi_arsize,
    output wire [  1:0] m_axi_arburst,
    input  wire         m_axi_rvalid,
    output wire         m_axi_rready,
    input  wire [127:0] m_axi_rdata,
    input  wire [  1:0] m_axi_rresp,
    input  wire         m_axi_rlast
);
  wire next_valid, next_ready;
  wire [39:0] next_address;
  wire [27:0] next_words;

  bfq_queue #(.WIDTH(68), .DEPTH(1)) next (
      .clk, .rst,
      .in_valid(region_valid), .in_ready(region_ready), .in_data({region_address, region_words}),
      .out_valid(next_valid), .out_ready(next_ready && start), .out_data({next_address, next_words})
  );

  bfq_axi_read #(.MAX_BURST(bfq_masters::LONGEST_BURST), .OUTSTANDING(bfq_masters::WEIGHTS)) reader (
      .clk, .rst(master_rst), .halt, .hold, .asking, .asked,
      .command_valid(next_valid && start), .command_ready(next_ready), .command_address(next_address), .command_words(next_words),
      .out_valid, .out_ready(out_ready || halt), .out_data,
      .clear, .words, .error, .idle,
      .m_axi_arvalid, .m_axi_arready, .m_axi_araddr, .m_axi_arlen, .m_axi_arsize, .m_axi_arburst,
      .m_axi_rvalid, .m_axi_rready, .m_axi_rdata, .m_axi_rresp, .m_axi_rlast
  );
endmodule

`default_nettype wire
