// Gives each weight port its region of a pass: address and words, one lane after the other.
`default_nettype none

module bfq_regions #(
    parameter int LANES = 4
) (
    input wire clk,
    input wire rst,

    input  wire        pass_valid,
    output wire        pass_ready,        // when all ports have taken theirs
    input  wire [39:0] pass_weights,      // offset of lane 0's region
    input  wire [31:0] pass_lane_stride,
    input  wire [31:0] pass_row_tiles,    // of all lanes
    input  wire [27:0] pass_lane_words,   // of floor(row_tiles / LANES) tile rows
    input  wire [27:0] pass_tile_row,     // words of one tile row

    input wire [LANES*36-1:0] bases,  // of the ports, in 16 bytes

    output wire  [LANES-1:0] region_valid,
    input  wire  [LANES-1:0] region_ready,
    output wire  [39:0]      region_address,
    output logic [27:0]      region_words
);
  localparam int LANE_BITS = LANES == 1 ? 1 : $clog2(LANES);
  localparam logic [2:0] IDLE = 3'd0, FIRST = 3'd1, BASE = 3'd2, SUM = 3'd3, SEND = 3'd4, SENT = 3'd5;

  logic [2:0] state;
  logic [LANE_BITS-1:0] lane;
  logic [35:0] offset, base, address;  // in 16 bytes
  logic none;                          // the lane has no row tile

  wire more = LANES > 1 && LANE_BITS'(pass_row_tiles) > lane;  // one tile row more than floor(row_tiles / LANES)
  wire next = state == SEND && (none || region_ready[lane]);
  wire last = lane == LANE_BITS'(LANES - 1);

  wire unused = &{1'b0, pass_row_tiles, pass_weights[3:0], pass_lane_stride[3:0]};

  assign pass_ready = state == SENT;
  assign region_address = {address, 4'd0};

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    assign region_valid[l] = state == SEND && !none && lane == LANE_BITS'(l);
  end

  always_ff @(posedge clk) begin
    if (state == IDLE) offset <= 36'd0;
    else if (state == FIRST || next) offset <= offset + (state == FIRST ? pass_weights[39:4] : {8'd0, pass_lane_stride[31:4]});
    for (int l = 0; l < LANES; l++) if (lane == LANE_BITS'(l)) base <= bases[l*36 +: 36];
    region_words <= pass_lane_words + (more ? pass_tile_row : 28'd0);
    address <= offset + base;
    none <= region_words == 28'd0;

    case (state)
      IDLE: begin
        lane <= '0;
        if (pass_valid) state <= FIRST;
      end
      FIRST: state <= BASE;
      BASE: state <= SUM;
      SUM: state <= SEND;
      SEND: if (next) begin
        lane  <= lane + 1'b1;
        state <= last ? SENT : BASE;
      end
      default: state <= IDLE;
    endcase
    if (rst) state <= IDLE;
  end
endmodule

`default_nettype wire
