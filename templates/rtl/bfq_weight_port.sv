// Streams a lane's weights: for each pass its contiguous region, pass after pass without waiting for the lane.
// Regions are asked for in pieces of at most 4 KB, so that a run that is cut short has little left to drain.
`default_nettype none

module bfq_weight_port #(
    parameter int LANES = 4,
    parameter int LANE  = 0
) (
    input wire clk,
    input wire rst,         // of the datapath
    input wire master_rst,  // of the AXI master
    input wire halt,        // ask for nothing new, drop what comes
    input wire clear,       // of `words` and `error`

    input  wire        pass_valid,
    output wire        pass_ready,
    input  wire [63:0] base,              // of the port
    input  wire [63:0] pass_weights,      // offset of lane 0's region; it and the stride are stable before pass_valid
    input  wire [31:0] pass_lane_stride,
    input  wire [31:0] pass_row_tiles,    // of all lanes
    input  wire [31:0] pass_lane_words,   // of floor(row_tiles / LANES) tile rows
    input  wire [31:0] pass_tile_row,     // words of one tile row

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
  // This lane's region. The address has settled long before the pass is valid: the descriptor is judged first.
  logic [63:0] origin, lane_offset, address;

  always_ff @(posedge clk) begin
    origin      <= base + pass_weights;
    lane_offset <= {32'd0, pass_lane_stride} * 64'(LANE);
    address     <= origin + lane_offset;
  end

  wire more = (pass_row_tiles & 32'(LANES - 1)) > 32'(LANE);  // one tile row more than floor(row_tiles / LANES)
  wire [31:0] region_words = pass_lane_words + (more ? pass_tile_row : 32'd0);

  wire region_valid, region_ready;
  wire [95:0] region;

  bfq_fifo #(.WIDTH(96), .DEPTH_LOG2(2)) regions (
      .clk, .rst,
      .in_valid(pass_valid), .in_ready(pass_ready), .in_data({address, region_words}),
      .out_valid(region_valid), .out_ready(region_ready), .out_data(region)
  );

  wire piece_valid, piece_ready, pieces_idle;
  wire [63:0] piece_address;
  wire [8:0] piece_words;

  bfq_axi_bursts #(.MAX_BURST(256)) pieces (
      .clk, .rst,
      .command_valid(region_valid), .command_ready(region_ready), .command_address(region[95:32]), .command_words(region[31:0]),
      .burst_valid(piece_valid), .burst_ready(piece_ready && !halt), .burst_address(piece_address), .burst_beats(piece_words),
      .idle(pieces_idle)
  );

  wire unused = &{1'b0, pieces_idle};

  bfq_axi_read #(.MAX_BURST(64), .OUTSTANDING(8)) reader (
      .clk, .rst(master_rst),
      .command_valid(piece_valid && !halt), .command_ready(piece_ready), .command_address(piece_address),
      .command_words({23'd0, piece_words}),
      .out_valid, .out_ready(out_ready || halt), .out_data,
      .clear, .words, .error, .idle,
      .m_axi_arvalid, .m_axi_arready, .m_axi_araddr, .m_axi_arlen, .m_axi_arsize, .m_axi_arburst,
      .m_axi_rvalid, .m_axi_rready, .m_axi_rdata, .m_axi_rresp, .m_axi_rlast
  );
endmodule

`default_nettype wire
