// Turns checked descriptors into passes. A pass is one run over all rows with at most COLUMNS * REPLAY columns; every pass
// streams the weights again. Each pass goes to all consumers at once: weight ports, activation loader, dispatcher, writer.
// The list ends at its last descriptor or at the first bad one; passes sent before are good.
`default_nettype none

module bfq_sequencer #(
    localparam int LANES          = bfq_params::LANES,
    localparam int DESC_WORDS     = bfq_params::DESC_WORDS,
    localparam int CODEBOOK_WIDTH = bfq_params::CODEBOOK == 0 ? 1 : bfq_params::CODEBOOK * 8
) (
    input  wire clk,
    input  wire rst,

    input  wire        start,             // one cycle; takes `count`
    input  wire [31:0] count,             // descriptors in the list
    output logic             ended,             // no more passes come
    output logic [31:0]      status,            // valid with `ended`: code | index << 8

    input  wire                      descriptor_valid,
    output logic                           descriptor_ready,
    input  wire [DESC_WORDS*128-1:0] descriptor,

    output logic                      pass_valid,
    input  wire                 pass_ready,
    output logic                      pass_last,         // of its MatMul
    output logic [31:0]               pass_row_tiles,    // of all lanes
    output logic [15:0]               pass_k_tiles,
    output logic [7:0]                pass_columns,      // 1..COLUMNS * REPLAY
    output logic                      pass_reuse,        // activations are those of the pass before
    output logic [39:0]               pass_weights,      // byte offset of lane 0's region
    output logic [31:0]               pass_lane_stride,  // bytes
    output logic [31:0]               pass_lane_words,   // words of floor(row_tiles / LANES) tile rows ...
    output logic [31:0]               pass_tile_row,     // ... and of one tile row, for the lanes that have one more
    output logic [39:0]               pass_activations,  // byte offset of the pass's first record
    output logic [39:0]               pass_output,       // byte offset of the pass's first column
    output logic [31:0]               pass_stride,       // floats from column to column
    output logic [255:0]              pass_format,
    output logic [CODEBOOK_WIDTH-1:0] pass_codebook
);
  localparam int MOST_COLUMNS = bfq_params::COLUMNS * bfq_params::REPLAY;
  localparam int COLUMN_BITS  = $clog2(MOST_COLUMNS + 1);
  localparam logic [2:0] IDLE = 3'd0, WAIT = 3'd1, CHECK = 3'd2, TILE_ROW = 3'd3, LANE = 3'd4, PASS = 3'd5;

  logic [2:0]  state;
  logic        first;    // descriptor of the run
  logic        stepped;  // the first cycle of the state is over, and what it started is under way
  logic [31:0] index, total, columns_left, last_k_tiles, last_columns;
  logic [7:0]  code;

  wire [31:0] rows       = descriptor[bfq_descriptor::ROWS +: 32];
  wire [31:0] k_tiles    = descriptor[bfq_descriptor::K_TILES +: 32];
  wire [31:0] columns    = descriptor[bfq_descriptor::COLUMNS +: 32];
  wire [31:0] stride     = descriptor[bfq_descriptor::OUTPUT_STRIDE +: 32];
  wire [31:0] tile_words = descriptor[bfq_descriptor::TILE_WORDS +: 32];

  logic [31:0] row_tiles;  // a cycle after the descriptor, long before they are used
  always_ff @(posedge clk) row_tiles <= {3'd0, rows[31:3]} + {31'd0, rows[2:0] != 3'd0};

  bfq_descriptor_check check (
      .clk, .descriptor(descriptor[bfq_descriptor::BITS-1:0]), .first, .last_k_tiles, .last_columns, .status(code)
  );

  // Two products, one after the other: the words of a tile row, then those of a lane's region.
  logic        multiply_busy;
  logic [31:0] product;

  bfq_multiply multiply (
      .clk, .rst,
      .start(!stepped && (state == TILE_ROW || state == LANE)),
      .a(state == TILE_ROW ? tile_words : pass_tile_row),
      .b(state == TILE_ROW ? k_tiles : row_tiles >> $clog2(LANES)),
      .busy(multiply_busy), .product
  );

  wire last_pass = columns_left <= 32'(MOST_COLUMNS);
  wire pass_sent = pass_valid && pass_ready;
  logic [39:0] activations_step, output_step;  // bytes from pass to pass: of its columns' records, and of their outputs

  assign pass_valid       = state == PASS;
  assign pass_last        = last_pass;
  assign pass_row_tiles   = row_tiles;
  assign pass_k_tiles     = k_tiles[15:0];
  assign pass_columns     = last_pass ? 8'(columns_left[COLUMN_BITS-1:0]) : 8'(MOST_COLUMNS);
  assign pass_reuse       = descriptor[bfq_descriptor::FLAGS] && columns <= 32'(MOST_COLUMNS);  // else they were overwritten by later passes
  assign pass_weights     = descriptor[bfq_descriptor::WEIGHTS +: 40];
  assign pass_lane_stride = descriptor[bfq_descriptor::LANE_STRIDE +: 32];
  assign pass_stride      = stride;
  assign pass_format      = descriptor[bfq_descriptor::FORMAT +: 256];
  assign descriptor_ready = pass_sent && last_pass;

  generate
    if (bfq_params::CODEBOOK == 0) begin : gen_linear
      assign pass_codebook = 1'b0;
    end else begin : gen_codebook
      assign pass_codebook = descriptor[bfq_descriptor::BITS +: CODEBOOK_WIDTH];
    end
  endgenerate

  always_ff @(posedge clk) begin
    stepped          <= 1'b1;
    activations_step <= {24'd0, pass_k_tiles} * 40'(MOST_COLUMNS * bfq_params::RECORD_WORDS * 16);
    output_step      <= {6'd0, stride, 2'd0} * 40'(MOST_COLUMNS);
    case (state)
      IDLE: if (start) begin
        state <= WAIT;
        total <= count;
        index <= 32'd0;
        first <= 1'b1;
        ended <= 1'b0;
      end
      WAIT: begin
        stepped <= 1'b0;
        if (index == total) begin
          state  <= IDLE;
          ended  <= 1'b1;
          status <= 32'd0;
        end else if (descriptor_valid) begin
          state <= CHECK;
        end
      end
      CHECK: if (stepped) begin
        stepped <= 1'b0;
        if (code != 8'd0) begin
          state  <= IDLE;
          ended  <= 1'b1;
          status <= {index[23:0], code};
        end else begin
          state <= TILE_ROW;
        end
      end
      TILE_ROW: if (stepped && !multiply_busy) begin
        stepped       <= 1'b0;
        pass_tile_row <= product;
        state         <= LANE;
      end
      LANE: if (stepped && !multiply_busy) begin
        pass_lane_words  <= product;
        pass_activations <= descriptor[bfq_descriptor::ACTIVATIONS +: 40];
        pass_output      <= descriptor[bfq_descriptor::OUTPUT +: 40];
        columns_left     <= columns;
        state            <= PASS;
      end
      PASS: if (pass_sent) begin
        pass_activations <= pass_activations + activations_step;
        pass_output      <= pass_output + output_step;
        columns_left     <= columns_left - 32'(MOST_COLUMNS);
        if (last_pass) begin
          state        <= WAIT;
          index        <= index + 32'd1;
          first        <= 1'b0;
          last_k_tiles <= k_tiles;
          last_columns <= columns;
        end
      end
      default: state <= IDLE;
    endcase
    if (rst) begin
      state <= IDLE;
      ended <= 1'b0;
    end
  end
endmodule

`default_nettype wire
