// The whole machine behind its AXI ports (docs/architecture.md). bfq_kernel only gives the ports of the lanes their names.
// Addresses have 40 bits inside: a Zynq UltraScale+ has no more.
//
//   registers -> run control
//   descriptor fetch -> sequencer -> passes -> weight ports (channels)  -> lanes -> writer
//                                           -> activation loader -> dispatcher -^
`default_nettype none

module bfq_machine #(
    localparam int LANES = bfq_params::LANES,
    parameter int TIMEOUT_LOG2  = 24,
    parameter int QUIET_LOG2    = 12
) (
    input  wire clk,
    input  wire rst,
    output wire irq,

    input  wire        s_axi_awvalid,
    output wire        s_axi_awready,
    input  wire [8:0]  s_axi_awaddr,
    input  wire        s_axi_wvalid,
    output wire        s_axi_wready,
    input  wire [31:0] s_axi_wdata,
    input  wire [3:0]  s_axi_wstrb,
    output wire        s_axi_bvalid,
    input  wire        s_axi_bready,
    output wire [1:0]  s_axi_bresp,
    input  wire        s_axi_arvalid,
    output wire        s_axi_arready,
    input  wire [8:0]  s_axi_araddr,
    output wire        s_axi_rvalid,
    input  wire        s_axi_rready,
    output wire [31:0] s_axi_rdata,
    output wire [1:0]  s_axi_rresp,

    // One read port per lane, lane 0 in the lowest bits.
    output wire [LANES-1:0]     weights_arvalid,
    input  wire [LANES-1:0]     weights_arready,
    output wire [LANES*64-1:0]  weights_araddr,
    output wire [LANES*8-1:0]   weights_arlen,
    output wire [LANES*3-1:0]   weights_arsize,
    output wire [LANES*2-1:0]   weights_arburst,
    input  wire [LANES-1:0]     weights_rvalid,
    output wire [LANES-1:0]     weights_rready,
    input  wire [LANES*128-1:0] weights_rdata,
    input  wire [LANES*2-1:0]   weights_rresp,
    input  wire [LANES-1:0]     weights_rlast,

    // Descriptors and activations.
    output wire         activations_arvalid,
    input  wire         activations_arready,
    output wire [63:0]  activations_araddr,
    output wire [7:0]   activations_arlen,
    output wire [2:0]   activations_arsize,
    output wire [1:0]   activations_arburst,
    input  wire         activations_rvalid,
    output wire         activations_rready,
    input  wire [127:0] activations_rdata,
    input  wire [1:0]   activations_rresp,
    input  wire         activations_rlast,

    output wire         output_awvalid,
    input  wire         output_awready,
    output wire [63:0]  output_awaddr,
    output wire [7:0]   output_awlen,
    output wire [2:0]   output_awsize,
    output wire [1:0]   output_awburst,
    output wire         output_wvalid,
    input  wire         output_wready,
    output wire [127:0] output_wdata,
    output wire [15:0]  output_wstrb,
    output wire         output_wlast,
    input  wire         output_bvalid,
    output wire         output_bready,
    input  wire [1:0]   output_bresp
);
  localparam int COLUMNS        = bfq_params::COLUMNS;
  localparam int REPLAY         = bfq_params::REPLAY;
  localparam int MAX_K_TILES    = bfq_params::MAX_K_TILES;
  localparam int DESC_WORDS     = bfq_params::DESC_WORDS;
  localparam int CODEBOOK_WIDTH = bfq_params::CODEBOOK == 0 ? 1 : bfq_params::CODEBOOK * 8;

  // ---- Registers and the run ----
  wire ap_start, ap_idle, ap_done;
  wire begun, halt, flush, abandon;
  wire [31:0] descriptor_count, status, memory_stalls, compute_stalls;
  wire [63:0] cycles;
  wire [39:4] descriptors_base, activations_base, output_base;
  wire [LANES*36-1:0] weights_base;
  wire [LANES*32-1:0] words;

  bfq_axi_lite #(
      .LANES(LANES), .CONFIG_HASH(bfq_params::CONFIG_HASH), .INTERFACE_VERSION(32'(bfq_params::INTERFACE_VERSION)),
      .CAPABILITIES(bfq_params::CAPABILITIES)
  ) registers (
      .clk, .rst,
      .s_axi_awvalid, .s_axi_awready, .s_axi_awaddr, .s_axi_wvalid, .s_axi_wready, .s_axi_wdata, .s_axi_wstrb,
      .s_axi_bvalid, .s_axi_bready, .s_axi_bresp, .s_axi_arvalid, .s_axi_arready, .s_axi_araddr,
      .s_axi_rvalid, .s_axi_rready, .s_axi_rdata, .s_axi_rresp, .irq,
      .ap_start, .ap_done, .ap_idle(ap_idle && !ap_start), .ap_ready(ap_done),
      .descriptor_count, .descriptors_base, .activations_base, .output_base, .weights_base,
      .status, .words, .cycles, .stall_memory(memory_stalls), .stall_compute(compute_stalls)
  );

  wire [LANES-1:0] lane_error, lane_idle, lane_residue, lane_stall_memory, lane_stall_compute;
  wire activations_error, activations_idle, write_error, write_idle;
  wire list_ended, pass_sent, pass_written, pass_written_last;
  wire read_data_valid;
  wire [127:0] read_data;
  wire [31:0] list_status;

  logic [LANES-1:0] missing, waiting;  // lanes that wait for weights, and lanes that make them wait, a cycle ago
  logic [3:0] missing_sum, waiting_sum;
  logic [3:0] stall_memory, stall_compute;
  logic progress;

  always_ff @(posedge clk) begin
    progress <= (weights_arvalid & weights_arready) != '0 || weights_rvalid != '0
             || (activations_arvalid && activations_arready) || activations_rvalid
             || (output_awvalid && output_awready) || (output_wvalid && output_wready) || output_bvalid;
    missing  <= lane_stall_memory;
    waiting  <= lane_stall_compute;
    stall_memory  <= missing_sum;
    stall_compute <= waiting_sum;
  end

  always_comb begin
    missing_sum = 4'd0;
    waiting_sum = 4'd0;
    for (int l = 0; l < LANES; l++) begin
      missing_sum = missing_sum + {3'd0, missing[l]};
      waiting_sum = waiting_sum + {3'd0, waiting[l]};
    end
  end

  bfq_run_control #(.TIMEOUT_LOG2(TIMEOUT_LOG2), .QUIET_LOG2(QUIET_LOG2)) run_control (
      .clk, .rst, .start(ap_start), .begun, .idle(ap_idle), .done(ap_done), .halt, .flush, .abandon,
      .masters_idle(lane_idle == '1 && activations_idle && write_idle), .writes_idle(write_idle),
      .read_error(lane_error != '0 || activations_error), .write_error, .progress,
      .residue(lane_residue != '0 || read_data_valid),
      .list_ended, .list_status, .pass_sent, .pass_written, .pass_last(pass_written_last),
      .stall_memory, .stall_compute, .status, .cycles, .memory_stalls, .compute_stalls
  );

  // ---- Descriptors to passes ----
  wire fetch_valid, fetch_ready, fetch_data_valid;
  wire [39:0] fetch_address;
  wire [15:0] fetch_words;

  wire descriptor_valid, descriptor_ready;
  wire [DESC_WORDS*128-1:0] descriptor;

  bfq_descriptor_fetch #(.DESC_WORDS(DESC_WORDS)) fetch (
      .clk, .rst(flush), .start(begun), .address({descriptors_base, 4'd0}), .count(descriptor_count),
      .read_valid(fetch_valid), .read_ready(fetch_ready), .read_address(fetch_address), .read_words(fetch_words),
      .data_valid(fetch_data_valid), .data(read_data),
      .descriptor_valid, .descriptor_ready, .descriptor
  );

  wire pass_valid, pass_last, pass_reuse;
  wire [31:0] pass_row_tiles, pass_lane_stride, pass_lane_words, pass_tile_row, pass_stride;
  wire [15:0] pass_k_tiles;
  wire [7:0] pass_columns;
  wire [39:0] pass_weights, pass_activations, pass_output;
  wire [255:0] pass_format;
  wire [CODEBOOK_WIDTH-1:0] pass_codebook;

  bfq_sequencer sequencer (
      .clk, .rst(flush), .start(begun), .count(descriptor_count), .ended(list_ended), .status(list_status),
      .descriptor_valid, .descriptor_ready, .descriptor,
      .pass_valid, .pass_ready(pass_sent), .pass_last, .pass_row_tiles, .pass_k_tiles, .pass_columns, .pass_reuse,
      .pass_weights, .pass_lane_stride, .pass_lane_words, .pass_tile_row, .pass_activations, .pass_output, .pass_stride,
      .pass_format, .pass_codebook
  );

  // Each of four parts takes a pass in its own time; the next pass comes when all have it.
  logic [3:0] taken;
  wire [3:0] part_ready;
  wire [3:0] part_valid = {4{pass_valid}} & ~taken;
  assign pass_sent = pass_valid && (taken | part_ready) == '1;

  always_ff @(posedge clk) begin
    if (flush || pass_sent) taken <= 4'd0;
    else taken <= taken | (part_valid & part_ready);
  end

  // ---- Activations ----
  wire load_valid, load_ready, load_reuse;
  wire [7:0] load_columns;
  wire [15:0] load_k_tiles;
  wire [39:0] load_address;

  bfq_queue #(.WIDTH(65), .DEPTH(1)) load_queue (
      .clk, .rst(flush), .in_valid(part_valid[0]), .in_ready(part_ready[0]),
      .in_data({pass_reuse, pass_columns, pass_k_tiles, pass_activations}),
      .out_valid(load_valid), .out_ready(load_ready), .out_data({load_reuse, load_columns, load_k_tiles, load_address})
  );

  wire record_valid, record_ready, record_data_valid;
  wire [39:0] record_address;
  wire [15:0] record_words;
  wire act_write;
  wire [7:0] act_column;
  wire [15:0] act_address;
  wire [127:0] act_data;
  wire act_loading;
  wire [15:0] act_limit;
  wire [LANES-1:0] act_released;
  wire announce_valid, announce_ready, announce_half;

  bfq_activation_loader #(.LANES(LANES), .COLUMNS(COLUMNS), .REPLAY(REPLAY), .MAX_K_TILES(MAX_K_TILES)) loader (
      .clk, .rst(flush),
      .pass_valid(load_valid), .pass_ready(load_ready), .pass_reuse(load_reuse), .pass_columns(load_columns),
      .pass_k_tiles(load_k_tiles), .pass_address({activations_base + load_address[39:4], load_address[3:0]}),
      .read_valid(record_valid), .read_ready(record_ready), .read_address(record_address), .read_words(record_words),
      .data_valid(record_data_valid), .data(read_data),
      .act_write, .act_column, .act_address, .act_data, .act_loading, .act_limit, .released(act_released),
      .announce_valid, .announce_ready, .announce_half
  );

  wire read_valid, read_ready;
  wire [39:0] read_address;
  wire [15:0] read_words;
  wire [31:0] activation_words;

  bfq_read_mux read_mux (
      .clk, .rst(flush),
      .a_valid(fetch_valid && !halt), .a_ready(fetch_ready), .a_address(fetch_address), .a_words(fetch_words),
      .a_data_valid(fetch_data_valid),
      .b_valid(record_valid && !halt), .b_ready(record_ready), .b_address(record_address), .b_words(record_words),
      .b_data_valid(record_data_valid),
      .command_valid(read_valid), .command_ready(read_ready), .command_address(read_address), .command_words(read_words),
      .data_valid(read_data_valid)
  );

  wire activations_asking, activations_asked;

  bfq_axi_read #(
      .MAX_BURST(bfq_masters::LONGEST_BURST), .OUTSTANDING(bfq_masters::ACTIVATIONS), .WORDS_BITS(16)
  ) reader (
      .clk, .rst(abandon), .halt, .hold(1'b0), .asking(activations_asking), .asked(activations_asked),
      .command_valid(read_valid), .command_ready(read_ready), .command_address(read_address), .command_words(read_words),
      .out_valid(read_data_valid), .out_ready(1'b1), .out_data(read_data),
      .clear(begun), .words(activation_words), .error(activations_error), .idle(activations_idle),
      .m_axi_arvalid(activations_arvalid), .m_axi_arready(activations_arready), .m_axi_araddr(activations_araddr),
      .m_axi_arlen(activations_arlen), .m_axi_arsize(activations_arsize), .m_axi_arburst(activations_arburst),
      .m_axi_rvalid(activations_rvalid), .m_axi_rready(activations_rready), .m_axi_rdata(activations_rdata),
      .m_axi_rresp(activations_rresp), .m_axi_rlast(activations_rlast)
  );

  // ---- Jobs ----
  wire job_pass_valid, job_pass_ready;
  wire [31:0] job_pass_row_tiles;
  wire [15:0] job_k_tiles;
  wire [7:0] job_columns;
  wire [255:0] job_format;
  wire [CODEBOOK_WIDTH-1:0] job_codebook;
  wire announced_valid, announced_ready, job_half;
  wire [LANES-1:0] job_valid, job_ready;
  wire [LANES*32-1:0] job_row_tiles;

  bfq_queue #(.WIDTH(312 + CODEBOOK_WIDTH)) job_queue (
      .clk, .rst(flush), .in_valid(part_valid[1]), .in_ready(part_ready[1]),
      .in_data({pass_row_tiles, pass_k_tiles, pass_columns, pass_format, pass_codebook}),
      .out_valid(job_pass_valid), .out_ready(job_pass_ready),
      .out_data({job_pass_row_tiles, job_k_tiles, job_columns, job_format, job_codebook})
  );

  // Lets the loader go on while the lanes still work on the passes before.
  bfq_queue #(.WIDTH(1)) announced_queue (
      .clk, .rst(flush), .in_valid(announce_valid), .in_ready(announce_ready), .in_data(announce_half),
      .out_valid(announced_valid), .out_ready(announced_ready), .out_data(job_half)
  );

  bfq_dispatcher #(.LANES(LANES)) dispatcher (
      .clk, .rst(flush), .pass_valid(job_pass_valid), .pass_ready(job_pass_ready), .pass_row_tiles(job_pass_row_tiles),
      .announced_valid, .announced_ready, .job_valid, .job_ready, .job_row_tiles
  );

  // ---- Weights and lanes ----
  wire [LANES-1:0] region_valid, region_ready;
  wire [39:0] region_address;
  wire [27:0] region_words;

  bfq_regions #(.LANES(LANES)) regions (
      .clk, .rst(flush), .pass_valid(part_valid[3]), .pass_ready(part_ready[3]), .pass_weights, .pass_lane_stride, .pass_row_tiles,
      .pass_lane_words(pass_lane_words[27:0]), .pass_tile_row(pass_tile_row[27:0]), .bases(weights_base),
      .region_valid, .region_ready, .region_address, .region_words
  );

  wire region_start;
  wire [LANES-1:0] region_asking, region_asked, region_hold;

  bfq_pace #(.LANES(LANES)) pace (
      .clk, .rst(flush), .loaded(part_ready[3]), .asking(region_asking), .asked(region_asked),
      .start(region_start), .hold(region_hold)
  );

  wire [LANES-1:0] result_valid, result_ready;
  wire [LANES*128-1:0] result_data;

  for (genvar l = 0; l < LANES; l++) begin : g_channel
    bfq_channel channel (
        .clk, .flush, .abandon, .halt, .clear(begun),
        .region_valid(region_valid[l]), .region_ready(region_ready[l]), .region_address, .region_words,
        .region_start, .region_hold(region_hold[l]), .region_asking(region_asking[l]), .region_asked(region_asked[l]),
        .job_valid(job_valid[l]), .job_ready(job_ready[l]), .job_row_tiles(job_row_tiles[l*32 +: 32]), .job_k_tiles,
        .job_columns, .job_half, .job_format, .job_codebook,
        .act_write, .act_column, .act_address, .act_data, .act_loading, .act_loading_half(announce_half), .act_limit,
        .act_released(act_released[l]),
        .result_valid(result_valid[l]), .result_ready(result_ready[l]), .result_data(result_data[l*128 +: 128]),
        .words(words[l*32 +: 32]), .read_error(lane_error[l]), .read_idle(lane_idle[l]), .residue(lane_residue[l]),
        .stall_memory(lane_stall_memory[l]), .stall_compute(lane_stall_compute[l]),
        .m_axi_arvalid(weights_arvalid[l]), .m_axi_arready(weights_arready[l]), .m_axi_araddr(weights_araddr[l*64 +: 64]),
        .m_axi_arlen(weights_arlen[l*8 +: 8]), .m_axi_arsize(weights_arsize[l*3 +: 3]),
        .m_axi_arburst(weights_arburst[l*2 +: 2]), .m_axi_rvalid(weights_rvalid[l]), .m_axi_rready(weights_rready[l]),
        .m_axi_rdata(weights_rdata[l*128 +: 128]), .m_axi_rresp(weights_rresp[l*2 +: 2]), .m_axi_rlast(weights_rlast[l])
    );
  end

  // ---- Results ----
  wire result_pass_valid;
  wire [31:0] result_row_tiles, result_stride;
  wire [7:0] result_columns;
  wire [39:0] result_address;

  bfq_queue #(.WIDTH(113)) write_queue (
      .clk, .rst(flush), .in_valid(part_valid[2]), .in_ready(part_ready[2]),
      .in_data({pass_last, pass_row_tiles, pass_columns, pass_output, pass_stride}),
      .out_valid(result_pass_valid), .out_ready(pass_written),
      .out_data({pass_written_last, result_row_tiles, result_columns, result_address, result_stride})
  );

  wire write_valid, write_ready, beat_valid, beat_ready;
  wire [39:0] write_address;
  wire [27:0] write_words;
  wire [31:0] written_words;
  wire [127:0] beat_data;

  bfq_writer #(.LANES(LANES)) writer (
      .clk, .rst(flush), .pass_valid(result_pass_valid), .pass_ready(pass_written), .pass_row_tiles(result_row_tiles),
      .pass_columns(result_columns), .pass_address(result_address), .pass_stride(result_stride), .base(output_base),
      .result_valid, .result_ready, .result_data,
      .write_valid, .write_ready(write_ready && !halt), .write_address, .write_words,
      .data_valid(beat_valid), .data_ready(beat_ready), .data(beat_data)
  );

  bfq_axi_write #(.MAX_BURST(bfq_masters::LONGEST_BURST), .OUTSTANDING(bfq_masters::OUTPUT)) write_master (
      .clk, .rst(abandon), .halt,
      .command_valid(write_valid && !halt), .command_ready(write_ready), .command_address(write_address),
      .command_words(write_words),
      .in_valid(beat_valid), .in_ready(beat_ready), .in_data(beat_data),
      .clear(begun), .words(written_words), .error(write_error), .idle(write_idle),
      .m_axi_awvalid(output_awvalid), .m_axi_awready(output_awready), .m_axi_awaddr(output_awaddr),
      .m_axi_awlen(output_awlen), .m_axi_awsize(output_awsize), .m_axi_awburst(output_awburst),
      .m_axi_wvalid(output_wvalid), .m_axi_wready(output_wready), .m_axi_wdata(output_wdata), .m_axi_wstrb(output_wstrb),
      .m_axi_wlast(output_wlast), .m_axi_bvalid(output_bvalid), .m_axi_bready(output_bready), .m_axi_bresp(output_bresp)
  );

  // Words of a region are fewer than 2^28: 4 GB.
  wire unused = &{1'b0, activations_asking, activations_asked, activation_words, written_words, pass_lane_words[31:28], pass_tile_row[31:28]};
endmodule

`default_nettype wire
