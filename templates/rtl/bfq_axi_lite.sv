`default_nettype none

// AXI4-Lite slave with the ap_ctrl_hs register map of docs/interface.md.
// To the kernel it speaks ap_ctrl_hs: `ap_start` stays high until `ap_ready` (and beyond it with auto-restart);
// the kernel raises `ap_done` and `ap_ready` for one cycle at the end of a run and starts no new one in that cycle.
// A start written while `ap_start` is high changes nothing. A write answers one cycle after both its address and its
// data have come, in either order; a read answers one cycle after its address. Unused offsets read as 0.
module bfq_axi_lite #(
    parameter int LANES = 1  // 1..8
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
    output logic [        63:0] descriptors_base,
    output logic [        63:0] activations_base,
    output logic [        63:0] output_base,
    output logic [LANES*64-1:0] weights_base,

    input wire [        31:0] config_hash,
    input wire [        31:0] interface_version,
    input wire [        31:0] capabilities,
    input wire [        31:0] status,
    input wire [LANES*32-1:0] words,
    input wire [        63:0] cycles,
    input wire [        31:0] stall_memory,
    input wire [        31:0] stall_compute
);
  // Indices of lane 0's registers: weights base (three words a lane) and words read (two words a lane).
  localparam logic [6:0] WEIGHTS = 7'h1f;  // 0x7c
  localparam logic [6:0] WORDS = 7'h38;  // 0xe0

  // Address and data of a write wait for each other here. Registers are words; their index is the address without
  // its two lowest bits.
  logic aw_full, w_full;
  logic [6:0] write_index;
  logic [31:0] write_data;
  logic [3:0] write_strobe;

  wire write = aw_full && w_full && (!s_axi_bvalid || s_axi_bready);
  wire read = s_axi_arvalid && s_axi_arready;
  wire [6:0] read_index = s_axi_araddr[8:2];
  wire unused = &{1'b0, s_axi_awaddr[1:0], s_axi_araddr[1:0]};

  assign s_axi_awready = !aw_full;
  assign s_axi_wready = !w_full;
  assign s_axi_arready = !s_axi_rvalid;
  assign s_axi_bresp = 2'd0;
  assign s_axi_rresp = 2'd0;

  always_ff @(posedge clk) begin
    if (!aw_full) write_index <= s_axi_awaddr[8:2];
    if (!w_full) begin
      write_data   <= s_axi_wdata;
      write_strobe <= s_axi_wstrb;
    end
    if (rst) begin
      aw_full <= 1'b0;
      w_full <= 1'b0;
      s_axi_bvalid <= 1'b0;
      s_axi_rvalid <= 1'b0;
    end else begin
      aw_full <= aw_full ? !write : s_axi_awvalid;
      w_full <= w_full ? !write : s_axi_wvalid;
      if (write) s_axi_bvalid <= 1'b1;
      else if (s_axi_bready) s_axi_bvalid <= 1'b0;
      if (read) s_axi_rvalid <= 1'b1;
      else if (s_axi_rready) s_axi_rvalid <= 1'b0;
    end
  end

  // Control and interrupt: GIE enables the line, IER each source, ISR toggles where a one is written.
  logic auto_restart, done, ready, global_enable;
  logic [1:0] enable, pending;

  wire control_write = write && write_strobe[0] && write_index[6:2] == 5'd0;
  wire [1:0] selected = write_index[1:0];

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
      else if (read && read_index == 7'd0) done <= 1'b0;
      if (ap_ready) ready <= 1'b1;
      else if (read && read_index == 7'd0) ready <= 1'b0;

      for (int i = 0; i < 2; i++) begin
        if (enable[i] && (i == 0 ? ap_done : ap_ready)) pending[i] <= 1'b1;
        else if (control_write && selected == 2'd3 && write_data[i]) pending[i] <= !pending[i];
      end
    end
  end

  // Argument registers: one word each.
  wire [31:0] strobe = {{8{write_strobe[3]}}, {8{write_strobe[2]}}, {8{write_strobe[1]}}, {8{write_strobe[0]}}};
  wire [31:0] strobed = write_data & strobe;

  always_ff @(posedge clk) begin
    if (rst) begin
      descriptor_count <= '0;
      descriptors_base <= '0;
      activations_base <= '0;
      output_base <= '0;
    end else if (write) begin
      case ({write_index, 2'b00})
        9'h010: descriptor_count <= descriptor_count & ~strobe | strobed;
        9'h058: descriptors_base[31:0] <= descriptors_base[31:0] & ~strobe | strobed;
        9'h05c: descriptors_base[63:32] <= descriptors_base[63:32] & ~strobe | strobed;
        9'h064: activations_base[31:0] <= activations_base[31:0] & ~strobe | strobed;
        9'h068: activations_base[63:32] <= activations_base[63:32] & ~strobe | strobed;
        9'h070: output_base[31:0] <= output_base[31:0] & ~strobe | strobed;
        9'h074: output_base[63:32] <= output_base[63:32] & ~strobe | strobed;
        default: ;
      endcase
    end
  end

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    always_ff @(posedge clk) begin
      if (rst) begin
        weights_base[l*64+:64] <= 64'd0;
      end else if (write) begin
        if (write_index == WEIGHTS + 7'(3 * l))
          weights_base[l*64+:32] <= weights_base[l*64+:32] & ~strobe | strobed;
        if (write_index == WEIGHTS + 7'(3 * l + 1))
          weights_base[l*64+32+:32] <= weights_base[l*64+32+:32] & ~strobe | strobed;
      end
    end
  end

  always_ff @(posedge clk) begin
    if (read) begin
      case ({read_index, 2'b00})
        9'h000: s_axi_rdata <= {24'd0, auto_restart, 3'd0, ready, ap_idle, done, ap_start};
        9'h004: s_axi_rdata <= {31'd0, global_enable};
        9'h008: s_axi_rdata <= {30'd0, enable};
        9'h00c: s_axi_rdata <= {30'd0, pending};
        9'h010: s_axi_rdata <= descriptor_count;
        9'h018: s_axi_rdata <= config_hash;
        9'h028: s_axi_rdata <= interface_version;
        9'h038: s_axi_rdata <= capabilities;
        9'h048: s_axi_rdata <= status;
        9'h058: s_axi_rdata <= descriptors_base[31:0];
        9'h05c: s_axi_rdata <= descriptors_base[63:32];
        9'h064: s_axi_rdata <= activations_base[31:0];
        9'h068: s_axi_rdata <= activations_base[63:32];
        9'h070: s_axi_rdata <= output_base[31:0];
        9'h074: s_axi_rdata <= output_base[63:32];
        9'h120: s_axi_rdata <= cycles[31:0];
        9'h124: s_axi_rdata <= cycles[63:32];
        9'h128: s_axi_rdata <= stall_memory;
        9'h12c: s_axi_rdata <= stall_compute;
        default: s_axi_rdata <= 32'd0;
      endcase
      for (int l = 0; l < LANES; l++) begin
        if (read_index == WEIGHTS + 7'(3 * l)) s_axi_rdata <= weights_base[l*64+:32];
        if (read_index == WEIGHTS + 7'(3 * l + 1)) s_axi_rdata <= weights_base[l*64+32+:32];
        if (read_index == WORDS + 7'(2 * l)) s_axi_rdata <= words[l*32+:32];
      end
    end
  end
endmodule

`default_nettype wire
