// Collects the lanes' results and writes them: y[m * stride + row]. Row tile t comes from lane t mod LANES, so a round of one
// tile from each lane holds 8 * LANES neighbouring rows of each column: one write command a column and round.
// A lane gives, for each row tile, the columns ascending, 2 words each; the lanes are therefore read column by column.
`default_nettype none

module bfq_writer #(
    parameter int LANES = 4
) (
    input  wire clk,
    input  wire rst,

    input  wire        pass_valid,
    output logic             pass_ready,     // when all its results have been handed on
    input  wire [31:0] pass_row_tiles,
    input  wire [7:0]  pass_columns,
    input  wire [63:0] pass_address,   // of row 0 in the pass's first column
    input  wire [31:0] pass_stride,    // floats from column to column

    input  wire [LANES-1:0]     result_valid,
    output logic [LANES-1:0]          result_ready,
    input  wire [LANES*128-1:0] result_data,

    output logic              write_valid,   // command; its data may come before it
    input  wire         write_ready,
    output logic [63:0]       write_address,
    output logic [31:0]       write_words,
    output logic              data_valid,
    input  wire         data_ready,
    output logic [127:0]      data
);
  localparam int LANE_BITS = LANES == 1 ? 1 : $clog2(LANES);

  logic        active;
  logic [31:0] tiles_left;                     // of the pass, this round included
  logic [63:0] round_address, column_address;  // of the round's first row: in the first column, in this one
  logic [7:0]  column;
  logic [LANE_BITS-1:0] lane;
  logic        upper;                          // second word of a tile: rows 4-7
  logic        commanded;                      // this column's command is out

  wire last_round  = tiles_left <= 32'(LANES);
  wire last_column = column == pass_columns - 8'd1;
  wire [LANE_BITS-1:0] last_lane = last_round ? LANE_BITS'(tiles_left - 32'd1) : LANE_BITS'(LANES - 1);
  wire last_word = upper && lane == last_lane;
  wire beat      = data_valid && data_ready;

  wire [63:0] next_round = round_address + 64'(LANES * 32);

  // The word of the lane whose turn it is. A column's last word waits for its command, so that they can't part.
  wire open = active && (commanded || !last_word);
  logic      offered;

  always_comb begin
    data         = '0;
    offered      = 1'b0;
    result_ready = '0;
    for (int l = 0; l < LANES; l++) begin
      if (lane == LANE_BITS'(l)) begin
        data            = result_data[l*128 +: 128];
        offered         = result_valid[l];
        result_ready[l] = open && data_ready;
      end
    end
  end

  assign data_valid    = open && offered;
  assign write_valid   = active && !commanded && (result_valid[0] || upper || lane != '0);  // not before there is data
  assign write_address = column_address;
  assign write_words   = {31'(last_lane) + 31'd1, 1'b0};
  assign pass_ready    = beat && last_word && last_column && last_round;

  always_ff @(posedge clk) begin
    if (!active) begin
      active         <= pass_valid;
      tiles_left     <= pass_row_tiles;
      round_address  <= pass_address;
      column_address <= pass_address;
      column         <= 8'd0;
      lane           <= '0;
      upper          <= 1'b0;
      commanded      <= 1'b0;
    end else begin
      if (write_valid && write_ready) commanded <= 1'b1;
      if (beat) begin
        upper <= !upper;
        if (upper) lane <= lane + 1'b1;
        if (last_word) begin
          lane           <= '0;
          commanded      <= 1'b0;
          column         <= last_column ? 8'd0 : column + 8'd1;
          column_address <= last_column ? next_round : column_address + {30'd0, pass_stride, 2'd0};
          if (last_column) begin
            round_address <= next_round;
            tiles_left    <= tiles_left - 32'(LANES);
          end
        end
      end
      if (pass_ready) active <= 1'b0;
    end
    if (rst) active <= 1'b0;
  end
endmodule

`default_nettype wire
