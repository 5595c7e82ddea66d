// The `rtl-icarus` engine: bfq_machine on a plain AXI memory, for cases of a few hundred cycles.
// +image=FILE is read into the memory, +dump=FILE takes it after the run ($readmemh, words of 16 bytes);
// +descriptors=BYTES +count=N say what to run, +stall=PERCENT +seed=N how often an AXI channel pauses.
module bfq_bench;
  localparam int LANES = bfq_params::LANES;
  localparam int READERS = LANES + 1;  // the last one: descriptors and activations
  localparam int WORDS = 1 << 16;
  localparam int MOST_CYCLES = 1000000;

  logic [127:0] memory[0:WORDS-1];
  logic clk = 1'b0, rst = 1'b1;
  integer stall = 0, seed = 1;

  always #1 clk = !clk;

  // ---- Ports ----
  logic [8:0]  s_axi_awaddr, s_axi_araddr;
  logic [31:0] s_axi_wdata;
  logic s_axi_awvalid = 1'b0, s_axi_wvalid = 1'b0, s_axi_arvalid = 1'b0;
  wire s_axi_awready, s_axi_wready, s_axi_bvalid, s_axi_arready, s_axi_rvalid, irq;
  wire [31:0] s_axi_rdata;
  wire [1:0] s_axi_bresp, s_axi_rresp;

  wire [READERS-1:0]     arvalid, rready;
  logic [READERS-1:0]    arready = '0, rvalid = '0, rlast = '0;
  wire [READERS*64-1:0]  araddr;
  wire [READERS*8-1:0]   arlen;
  wire [READERS*3-1:0]   arsize;
  wire [READERS*2-1:0]   arburst;
  logic [READERS*128-1:0] rdata;

  wire awvalid, wvalid, wlast, bready;
  wire [63:0] awaddr;
  wire [7:0] awlen;
  wire [2:0] awsize;
  wire [1:0] awburst;
  wire [127:0] wdata;
  wire [15:0] wstrb;
  logic awready = 1'b0, wready = 1'b0, bvalid = 1'b0;

  bfq_machine #(.QUIET_LOG2(4)) machine (
      .clk, .rst, .irq,
      .s_axi_awvalid, .s_axi_awready, .s_axi_awaddr, .s_axi_wvalid, .s_axi_wready, .s_axi_wdata, .s_axi_wstrb(4'hf),
      .s_axi_bvalid, .s_axi_bready(1'b1), .s_axi_bresp, .s_axi_arvalid, .s_axi_arready, .s_axi_araddr,
      .s_axi_rvalid, .s_axi_rready(1'b1), .s_axi_rdata, .s_axi_rresp,
      .weights_arvalid(arvalid[LANES-1:0]), .weights_arready(arready[LANES-1:0]), .weights_araddr(araddr[LANES*64-1:0]),
      .weights_arlen(arlen[LANES*8-1:0]), .weights_arsize(arsize[LANES*3-1:0]), .weights_arburst(arburst[LANES*2-1:0]),
      .weights_rvalid(rvalid[LANES-1:0]), .weights_rready(rready[LANES-1:0]), .weights_rdata(rdata[LANES*128-1:0]),
      .weights_rresp({LANES{2'd0}}), .weights_rlast(rlast[LANES-1:0]),
      .activations_arvalid(arvalid[LANES]), .activations_arready(arready[LANES]), .activations_araddr(araddr[LANES*64 +: 64]),
      .activations_arlen(arlen[LANES*8 +: 8]), .activations_arsize(arsize[LANES*3 +: 3]),
      .activations_arburst(arburst[LANES*2 +: 2]), .activations_rvalid(rvalid[LANES]), .activations_rready(rready[LANES]),
      .activations_rdata(rdata[LANES*128 +: 128]), .activations_rresp(2'd0), .activations_rlast(rlast[LANES]),
      .output_awvalid(awvalid), .output_awready(awready), .output_awaddr(awaddr), .output_awlen(awlen), .output_awsize(awsize),
      .output_awburst(awburst), .output_wvalid(wvalid), .output_wready(wready), .output_wdata(wdata), .output_wstrb(wstrb),
      .output_wlast(wlast), .output_bvalid(bvalid), .output_bready(bready), .output_bresp(2'd0)
  );

  function automatic logic pause(input integer percent);
    pause = $urandom_range(99) < percent;
  endfunction

  // ---- Read ports: one burst after the other ----
  for (genvar p = 0; p < READERS; p++) begin : g_reader
    logic [31:0] next, left;  // word in memory; beats of the burst to come
    initial left = 0;

    always @(posedge clk) begin
      if (arvalid[p] && arready[p]) begin
        next = araddr[p*64+4 +: 32];
        left = arlen[p*8 +: 8] + 1;
      end
      if (!rvalid[p] || rready[p]) begin
        rvalid[p] <= 1'b0;
        if (left != 0 && !pause(stall)) begin
          rvalid[p] <= 1'b1;
          rlast[p] <= left == 1;
          rdata[p*128 +: 128] <= memory[next];
          next = next + 1;
          left = left - 1;
        end
      end
      arready[p] <= !rst && left == 0 && !pause(stall);
    end
  end

  // ---- Write port ----
  logic [31:0] write_next, write_left, bytes_written;
  initial {write_left, bytes_written} = 0;

  always @(posedge clk) begin
    if (bvalid && bready) bvalid <= 1'b0;
    if (awvalid && awready) begin
      write_next = awaddr[4 +: 32];
      write_left = awlen + 1;
    end
    if (wvalid && wready) begin
      for (int i = 0; i < 16; i++) if (wstrb[i]) memory[write_next][i*8 +: 8] = wdata[i*8 +: 8];
      bytes_written = bytes_written + 16;
      write_next = write_next + 1;
      write_left = write_left - 1;
      if (wlast != (write_left == 0)) $display("error WLAST");
      if (write_left == 0) bvalid <= 1'b1;
    end
    awready <= !rst && write_left == 0 && !pause(stall);
    wready  <= write_left != 0 && !pause(stall);
  end

  // ---- Registers ----
  task automatic write_register(input [8:0] address, input [31:0] value);
    s_axi_awaddr = address;
    s_axi_wdata = value;
    s_axi_awvalid = 1'b1;
    s_axi_wvalid = 1'b1;
    @(posedge clk);  // both are taken at once: no write before waits any more
    s_axi_awvalid <= 1'b0;
    s_axi_wvalid <= 1'b0;
    @(negedge clk);
    while (!s_axi_bvalid) @(negedge clk);
  endtask

  logic [31:0] value;
  task automatic read_register(input [8:0] address);
    s_axi_araddr = address;
    s_axi_arvalid = 1'b1;
    @(posedge clk);
    s_axi_arvalid <= 1'b0;
    @(negedge clk);
    while (!s_axi_rvalid) @(negedge clk);
    value = s_axi_rdata;
    @(negedge clk);
  endtask

  string image, dump;
  logic [31:0] descriptors, count, cycles;

  initial begin
    for (int i = 0; i < WORDS; i++) memory[i] = '0;
    if (!$value$plusargs("image=%s", image) || !$value$plusargs("dump=%s", dump)) $fatal(1, "no +image or +dump");
    if (!$value$plusargs("descriptors=%d", descriptors) || !$value$plusargs("count=%d", count)) $fatal(1, "nothing to run");
    if ($value$plusargs("stall=%d", stall) && $value$plusargs("seed=%d", seed)) process_seed();
    $readmemh(image, memory);
    repeat (4) @(negedge clk);
    rst = 1'b0;
    // As the driver does before it trusts a kernel.
    expect_register("configuration hash", 9'h018, bfq_params::CONFIG_HASH);
    expect_register("interface version", 9'h028, bfq_params::INTERFACE_VERSION);
    expect_register("capabilities", 9'h038, {16'(bfq_params::MAX_K_TILES), 8'(bfq_params::COLUMNS), 8'(LANES)});
    write_register(9'h058, descriptors);
    write_register(9'h010, count);
    write_register(9'h004, 1);
    write_register(9'h008, 1);
    write_register(9'h000, 1);
    cycles = 0;
    while (!irq && cycles < MOST_CYCLES) begin
      @(negedge clk);
      cycles = cycles + 1;
    end
    if (!irq) $fatal(1, "no end after %0d cycles", cycles);
    report("status", 9'h048);
    report("cycles", 9'h120);
    report("stall_memory", 9'h128);
    report("stall_compute", 9'h12c);
    for (int l = 0; l < LANES; l++) report("words", 9'h0e0 + 9'(8 * l));
    $display("bytes_written %0d", bytes_written);
    $writememh(dump, memory);
    $finish;
  end

  task automatic expect_register(input string name, input [8:0] address, input [31:0] wanted);
    read_register(address);
    if (value !== wanted) $fatal(1, "%0s is %h, not %h", name, value, wanted);
  endtask

  task automatic report(input string name, input [8:0] address);
    read_register(address);
    $display("%0s %0d", name, value);
  endtask

  task automatic process_seed;
    integer ignored;
    ignored = $urandom(seed);
  endtask
endmodule
