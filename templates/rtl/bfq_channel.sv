// One weight port and its lane: port -> weight stream -> lane -> results. The machine has LANES of them.
`default_nettype none

module bfq_channel #(
    localparam int GRID_BITS      = bfq_params::TABLE_ROWS == 0 ? 1 : $clog2(bfq_params::TABLE_ROWS),
    localparam int CODEBOOK_WIDTH = bfq_params::CODEBOOK == 0 ? 1 : bfq_params::CODEBOOK * 8
) (
    input wire clk,
    input wire flush,    // reset of the datapath
    input wire abandon,  // reset of the AXI master
    input wire halt,
    input wire clear,

    input  wire        region_valid,
    output wire        region_ready,
    input  wire [39:0] region_address,
    input  wire [27:0] region_words,
    input  wire        region_start,
    input  wire        region_hold,
    output wire        region_asking,
    output wire        region_asked,

    input  wire                      job_valid,
    output wire                      job_ready,
    input  wire [31:0]               job_row_tiles,
    input  wire [15:0]               job_k_tiles,
    input  wire [7:0]                job_columns,
    input  wire                      job_half,
    input  wire [255:0]              job_format,
    input  wire [CODEBOOK_WIDTH-1:0] job_codebook,
    input  wire                      job_slot,

    input  wire [1:0]           grid_write,
    input  wire [GRID_BITS-1:0] grid_row,
    input  wire [15:0]          grid_entry,
    output wire                 grid_in_use,

    input  wire         act_write,
    input  wire [7:0]   act_column,
    input  wire [15:0]  act_address,
    input  wire [127:0] act_data,
    input  wire         act_loading,
    input  wire         act_loading_half,
    input  wire [15:0]  act_limit,
    output wire         act_released,

    output wire         result_valid,
    input  wire         result_ready,
    output wire [127:0] result_data,

    output wire [31:0] words,
    output wire        read_error,
    output wire        read_idle,
    output wire        residue,       // words wait in the read buffer
    output wire        stall_memory,
    output wire        stall_compute,

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
  wire weights_valid, weights_ready;
  wire [127:0] weights_data;

  bfq_weight_port weight_port (
      .clk, .rst(flush), .master_rst(abandon), .halt, .clear,
      .region_valid, .region_ready, .region_address, .region_words,
      .start(region_start), .hold(region_hold), .asking(region_asking), .asked(region_asked),
      .out_valid(weights_valid), .out_ready(weights_ready), .out_data(weights_data),
      .words, .error(read_error), .idle(read_idle),
      .m_axi_arvalid, .m_axi_arready, .m_axi_araddr, .m_axi_arlen, .m_axi_arsize, .m_axi_arburst,
      .m_axi_rvalid, .m_axi_rready, .m_axi_rdata, .m_axi_rresp, .m_axi_rlast
  );

  assign residue = weights_valid;

  wire lane_last, lane_busy;
  wire unused = &{1'b0, lane_last, lane_busy};

  // Every job is the last of its half as far as the lane knows: the loader counts.
  bfq_lane lane (
      .clk, .rst(flush),
      .job_valid, .job_ready, .job_row_tiles, .job_k_tiles, .job_columns, .job_act_half(job_half), .job_act_release(1'b1),
      .job_format, .job_codebook, .job_slot, .grid_write, .grid_row, .grid_entry, .grid_in_use,
      .weights_valid(weights_valid && !halt), .weights_ready, .weights_data,
      .act_write, .act_column, .act_address, .act_data, .act_loading, .act_loading_half, .act_limit, .act_released,
      .result_valid, .result_ready, .result_data, .result_last(lane_last),
      .busy(lane_busy), .stall_memory, .stall_compute
  );
endmodule

`default_nettype wire
