`default_nettype none

// AXI4-Lite slave with the ap_ctrl_hs register map of docs/interface.md.
// To the kernel it speaks ap_ctrl_hs: `ap_start` stays high until `ap_ready` (and beyond it with auto-restart);
// the kernel raises `ap_done` and `ap_ready` for one cycle at the end of a run and starts no new one in that cycle.
// A start written while `ap_start` is high changes nothing. A write answers one cycle after both its address and its
// data have come, in either order; a read answers three cycles after its address. Unused offsets read as 0.
// The arguments keep their values over a reset. Of the bases the bits 4 to 39 count.
module bfq_axi_lite #(
    parameter int LANES = 1,  // 1..8
    parameter logic [31:0] CONFIG_HASH = 32'd0,
    parameter logic [31:0] INTERFACE_VERSION = 32'd0,
    parameter logic [31:0] CAPABILITIES = 32'd0
) (
    input wire clk,
    input wire rst,

    input  wire         s_axi_awvalid,
    output wire         s_axi_awready,
    input  wire  [ 8:0] s_axi_awaddr,
    input  wire         s_axi_wvalid,
    output wire         s_axi_wready,
    input  wire  [31:0] s_axi_wdata,
    input  wire  [ 3:0] s_axi_wstrb,
    output logic        s_axi_bvalid,
    input  wire         s_axi_bready,
    output wire  [ 1:0] s_axi_bresp,
    input  wire         s_axi_arvalid,
    output wire         s_axi_arready,
    input  wire  [ 8:0] s_axi_araddr,
    output logic        s_axi_rvalid,
    input  wire         s_axi_rready,
    output logic [31:0] s_axi_rdata,
    output wire  [ 1:0] s_axi_rresp,
    output wire         irq,

    output logic ap_start,
    input  wire  ap_done,
    input  wire  ap_idle,
    input  wire  ap_ready,

    output logic [        31:0] descriptor_count,
    output wire  [        39:4] descriptors_base,
    output wire  [        39:4] activations_base,
    output wire  [        39:4] output_base,
    output wire  [LANES*36-1:0] weights_base,

    input wire [        31:0] status,
    input wire [LANES*32-1:0] words,
    input wire [        63:0] cycles,
    input wire [        31:0] stall_memory,
    input wire [        31:0] stall_compute
);
  // Registers are words; their index is the address without its two lowest bits (bfq_registers). Bases are pairs of words:
  // descriptors, activations, output, and the weights of each lane. The ports' words are two indices apart, and the four
  // counters and the four control registers fill an aligned four each.
  localparam logic [6:0] FIRST_WORDS = bfq_registers::WORDS_0;
  localparam logic [6:0] FIRST_COUNTER = bfq_registers::CYCLES;
  localparam int BASES = 3 + LANES;

  // Address and data of a write wait for each other here.
  logic aw_full, w_full;
  logic [6:0] write_index;
  logic [31:0] write_data;
  logic [3:0] write_strobe;

  wire write = aw_full && w_full && (!s_axi_bvalid || s_axi_bready);

  // A read goes through three cycles: its address, a look at the registers in groups, and the choice of the group.
  logic look, give;
  logic [6:0] read_index;
  wire unused = &{1'b0, s_axi_awaddr[1:0], s_axi_araddr[1:0]};

  assign s_axi_awready = !aw_full;
  assign s_axi_wready = !w_full;
  assign s_axi_arready = !look && !give && !s_axi_rvalid;
  assign s_axi_bresp = 2'd0;
  assign s_axi_rresp = 2'd0;

  always_ff @(posedge clk) begin
    if (!aw_full) write_index <= s_axi_awaddr[8:2];
    if (s_axi_arready) read_index <= s_axi_araddr[8:2];
    if (!w_full) begin
      write_data   <= s_axi_wdata;
      write_strobe <= s_axi_wstrb;
    end
    if (rst) begin
      aw_full <= 1'b0;
      w_full <= 1'b0;
      s_axi_bvalid <= 1'b0;
      s_axi_rvalid <= 1'b0;
      look <= 1'b0;
      give <= 1'b0;
    end else begin
      aw_full <= aw_full ? !write : s_axi_awvalid;
      w_full <= w_full ? !write : s_axi_wvalid;
      if (write) s_axi_bvalid <= 1'b1;
      else if (s_axi_bready) s_axi_bvalid <= 1'b0;
      look <= s_axi_arvalid && s_axi_arready;
      give <= look;
      if (give) s_axi_rvalid <= 1'b1;
      else if (s_axi_rready) s_axi_rvalid <= 1'b0;
    end
  end

  // Control and interrupt: GIE enables the line, IER each source, ISR toggles where a one is written.
  logic auto_restart, done, ready, global_enable;
  logic [1:0] enable, pending;

  wire control_write = write && write_strobe[0] && write_index[6:2] == 5'd0;
  wire [1:0] selected = write_index[1:0];
  wire control_read = look && read_index == 7'd0;

  assign irq = global_enable && pending != 2'd0;

  always_ff @(posedge clk) begin
    if (rst) begin
      ap_start <= 1'b0;
      auto_restart <= 1'b0;
      done <= 1'b0;
      ready <= 1'b0;
      global_enable <= 1'b0;
      enable <= 2'd0;
      pending <= 2'd0;
    end else begin
      if (control_write && selected == 2'd0 && write_data[0]) ap_start <= 1'b1;
      else if (ap_ready) ap_start <= auto_restart;
      if (control_write && selected == 2'd0) auto_restart <= write_data[7];
      if (control_write && selected == 2'd1) global_enable <= write_data[0];
      if (control_write && selected == 2'd2) enable <= write_data[1:0];

      // A read takes the value of before; an event in the same cycle stays for the next read.
      if (ap_done) done <= 1'b1;
      else if (control_read) done <= 1'b0;
      if (ap_ready) ready <= 1'b1;
      else if (control_read) ready <= 1'b0;

      for (int i = 0; i < 2; i++) begin
        if (enable[i] && (i == 0 ? ap_done : ap_ready)) pending[i] <= 1'b1;
        else if (control_write && selected == 2'd3 && write_data[i]) pending[i] <= !pending[i];
      end
    end
  end

  // Arguments are written twice: to where the kernel sees them, and to a memory from which they are read back. It also
  // holds the constants.
  logic [BASES*36-1:0] bases;  // in 16 bytes
  wire [BASES-1:0] low, high;
  wire count = write_index == bfq_registers::DESCRIPTOR_COUNT;
  wire [3:0] memory_write = write_strobe & {4{write && (count || low != '0 || high != '0)}};

  (* ram_style = "block" *) logic [31:0] memory[128];

  initial begin
    bases = '0;
    descriptor_count = 32'd0;
    for (int i = 0; i < 128; i++) memory[i] = 32'd0;
    memory[bfq_registers::CONFIG_HASH] = CONFIG_HASH;
    memory[bfq_registers::INTERFACE_VERSION] = INTERFACE_VERSION;
    memory[bfq_registers::CAPABILITIES] = CAPABILITIES;
  end

  assign {weights_base, output_base, activations_base, descriptors_base} = bases;

  for (genvar k = 0; k < BASES; k++) begin : g_base
    localparam logic [6:0] INDEX = k == 0 ? bfq_registers::DESCRIPTORS
        : k == 1 ? bfq_registers::ACTIVATIONS
        : k == 2 ? bfq_registers::OUTPUT
        : bfq_registers::WEIGHTS_0 + 7'(k - 3) * (bfq_registers::WEIGHTS_1 - bfq_registers::WEIGHTS_0);
    assign low[k]  = write_index == INDEX;
    assign high[k] = write_index == INDEX + 7'd1;
  end

  // No always_ff: what that writes nothing else may write, an initial block neither (IEEE 1800-2017, 9.2.2.4).
  always @(posedge clk) begin
    for (int b = 0; b < 4; b++) begin
      if (memory_write[b]) memory[write_index][b*8+:8] <= write_data[b*8+:8];
      if (write && count && write_strobe[b]) descriptor_count[b*8+:8] <= write_data[b*8+:8];
    end
    for (int k = 0; k < BASES; k++) begin
      if (write && low[k] && write_strobe[0]) bases[k*36+:4] <= write_data[7:4];
      for (int b = 1; b < 4; b++)
        if (write && low[k] && write_strobe[b]) bases[k*36+b*8-4+:8] <= write_data[b*8+:8];
      if (write && high[k] && write_strobe[0]) bases[k*36+28+:8] <= write_data[7:0];
    end
  end

  // Reads: memory, words of the ports, counters, and the few bits of control beside status.
  logic [31:0] from_memory, from_words, from_counters, from_status;
  wire [3:0] lane = 4'((read_index - FIRST_WORDS) >> 1);
  wire is_words = read_index >= FIRST_WORDS && read_index < FIRST_WORDS + 7'(2 * LANES) && !read_index[0];
  wire is_counter = read_index[6:2] == FIRST_COUNTER[6:2];
  wire is_status = read_index == bfq_registers::STATUS;
  wire is_control = read_index[6:2] == 5'd0;
  logic [1:0] group, low_group;

  always_ff @(posedge clk) begin
    from_memory <= memory[read_index];
    for (int l = 0; l < LANES; l++) if (lane == 4'(l)) from_words <= words[l*32+:32];
    case (read_index[1:0])
      2'd0: from_counters <= cycles[31:0];
      2'd1: from_counters <= cycles[63:32];
      2'd2: from_counters <= stall_memory;
      default: from_counters <= stall_compute;
    endcase
    from_status <= status;
    if (is_control) begin
      case (read_index[1:0])
        2'd0: from_status[7:0] <= {auto_restart, 3'd0, ready, ap_idle, done, ap_start};
        2'd1: from_status[7:0] <= {7'd0, global_enable};
        2'd2: from_status[7:0] <= {6'd0, enable};
        default: from_status[7:0] <= {6'd0, pending};
      endcase
    end
    // The upper bits of a control register are the memory's zeros.
    group <= is_words ? 2'd1 : is_counter ? 2'd2 : is_status ? 2'd3 : 2'd0;
    low_group <= is_words ? 2'd1 : is_counter ? 2'd2 : is_status || is_control ? 2'd3 : 2'd0;

    if (give) begin
      for (int i = 0; i < 32; i++) begin
        case (i < 8 ? low_group : group)
          2'd0: s_axi_rdata[i] <= from_memory[i];
          2'd1: s_axi_rdata[i] <= from_words[i];
          2'd2: s_axi_rdata[i] <= from_counters[i];
          default: s_axi_rdata[i] <= from_status[i];
        endcase
      end
    end
  end
endmodule

`default_nettype wire
