// Collects the lanes' results and writes them: y[m * stride + row]. Row tile t comes from lane t mod LANES, so a round of one
// tile from each lane holds 8 * LANES neighbouring rows of each column: one write command per column and round, and of a single
// column, whose rounds follow each other in memory, one for all.
// A lane gives, for each row tile, the columns ascending, 2 words each; the lanes are therefore read column by column.
`default_nettype none

module bfq_writer #(
    parameter int LANES = 4
) (
    input  wire clk,
    input  wire rst,

    input  wire        pass_valid,
    output wire        pass_ready,     // when all its results have been handed on
    input  wire [31:0] pass_row_tiles,
    input  wire [7:0]  pass_columns,
    input  wire [39:0] pass_address,   // of row 0 in the pass's first column, from `base`
    input  wire [31:0] pass_stride,    // floats from column to column
    input  wire [39:4] base,           // of the port

    input  wire  [LANES-1:0]     result_valid,
    output logic [LANES-1:0]     result_ready,
    input  wire  [LANES*128-1:0] result_data,

    output wire          write_valid,   // command; its data may come before it
    input  wire          write_ready,
    output wire  [39:0]  write_address,
    output wire  [27:0]  write_words,
    output wire          data_valid,
    input  wire          data_ready,
    output logic [127:0] data
);
  localparam int LANE_BITS = LANES == 1 ? 1 : $clog2(LANES);
  localparam logic [LANE_BITS-1:0] LAST_LANE = LANE_BITS'(LANES - 1);

  // A pass begins with two cycles in which its address is summed up.
  logic add_offset, add_base, active;
  logic [35:0] round_address;    // of the round's first row in the pass's first column, in 16 bytes
  logic [35:0] column_offset;    // from there to this column
  logic [35:0] column_address;   // their sum, a cycle later
  logic [29:0] round;            // from 1
  logic [7:0]  column;           // from 1
  logic        last_round;       // a cycle late, like the address: the second word of a column at the earliest needs it
  logic        settled;          // the address and last_round are right
  logic [LANE_BITS-1:0] lane;
  logic        upper;            // second word of a tile: rows 4-7
  logic        commanded;        // this column's command is out
  logic        single;           // the pass has one column
  logic [LANE_BITS-1:0] odd_lane;  // the last lane with a tile in the last round
  logic [4:0]           odd_words;

  wire [29:0] rounds = LANES == 1 ? 30'(pass_row_tiles)
                                  : 30'((pass_row_tiles + 32'(LANES - 1)) >> $clog2(LANES));
  wire last_column = column == pass_columns;
  wire [LANE_BITS-1:0] last_lane = last_round ? odd_lane : LAST_LANE;
  wire last_word  = upper && lane == last_lane;
  wire beat       = data_valid && data_ready;
  wire column_end = beat && last_word;
  wire round_end  = column_end && last_column;

  // The word of the lane whose turn it is. A column's last word waits for its command, so that they can't part.
  wire open = active && (commanded || !last_word) && (settled || !upper);
  logic offered;

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

  wire unused = &{1'b0, pass_address[3:0], pass_stride[1:0]};

  assign data_valid    = open && offered;
  assign write_valid   = settled && !commanded && (result_valid[0] || upper || lane != '0);  // not before there is data
  assign write_address = {column_address, 4'd0};
  assign write_words   = single ? {pass_row_tiles[26:0], 1'b0} : last_round ? 28'(odd_words) : 28'(2 * LANES);
  assign pass_ready    = round_end && last_round;

  always_ff @(posedge clk) begin
    add_offset <= !rst && pass_valid && !add_offset && !add_base && !active;
    add_base   <= !rst && add_offset;
    active     <= !rst && (add_base || (active && !pass_ready));

    if (!add_offset && !add_base && !active) round_address <= '0;
    else if (!active || round_end)
      round_address <= round_address + (add_offset ? pass_address[39:4] : add_base ? base : 36'(LANES * 2));

    if (!active || round_end) column_offset <= '0;
    else if (column_end) column_offset <= column_offset + {6'd0, pass_stride[31:2]};
    column_address <= round_address + column_offset;

    if (!active) round <= 30'd1;
    else if (round_end) round <= round + 30'd1;
    last_round <= round == rounds;
    settled <= active && !column_end && !rst;

    if (!active || round_end) column <= 8'd1;
    else if (column_end) column <= column + 8'd1;

    if (!active || column_end) begin
      lane  <= '0;
      upper <= 1'b0;
    end else if (beat) begin
      upper <= !upper;
      if (upper) lane <= lane + 1'b1;
    end
    single    <= pass_columns == 8'd1;
    odd_lane  <= LANE_BITS'(pass_row_tiles - 32'd1) & LAST_LANE;
    odd_words <= 5'({5'(odd_lane) + 5'd1, 1'b0});
    commanded <= active && (!column_end || single) && (commanded || (write_valid && write_ready));
  end
endmodule

`default_nettype wire
