// Results to words of four rows, in the order of the result stream: row tile by row tile, columns ascending, two words each.
// The units of one column unit feed one FIFO; a token for each row tile says how many columns it has. The drain keeps a row
// tile back until there is room for its token, and the FIFOs hold the results of as many row tiles as there are tokens.
`default_nettype none

module bfq_result_pack #(
    parameter int COLUMNS      = 4,
    parameter int UNIT_COLUMNS = 1,
    parameter int UNIT_ROWS    = 1,  // 1, 2
    localparam int UNITS = UNIT_COLUMNS * UNIT_ROWS
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic [UNIT_COLUMNS-1:0] in_valid,
    input wire logic [UNITS*32-1:0]     in_data,  // unit u * UNIT_ROWS + r

    input wire logic       row_tile_valid,
    output wire logic      row_tile_ready,
    input wire logic [7:0] row_tile_columns,
    input wire logic       row_tile_job_last,

    output wire logic         result_valid,
    input wire logic          result_ready,
    output wire logic [127:0] result_data,
    output wire logic         result_last,

    output wire logic busy
);
  // A FIFO gets this many words per row tile; together the tokens stand for 32 words at least.
  localparam int WORDS_LOG2  = 1 + $clog2(COLUMNS / UNIT_COLUMNS);
  localparam int TOKENS_LOG2 = WORDS_LOG2 >= 4 ? 1 : 5 - WORDS_LOG2;
  localparam int PARTS       = 4 / UNIT_ROWS;  // results of a word come in this many cycles
  localparam int COLUMN_BITS = COLUMNS == 1 ? 1 : $clog2(COLUMNS);
  localparam int SELECT_BITS = UNIT_COLUMNS == 1 ? 1 : $clog2(UNIT_COLUMNS);

  wire logic [7:0] columns;
  wire logic       job_last;

  bfq_fifo #(.WIDTH(9), .DEPTH_LOG2(TOKENS_LOG2)) tokens (
      .clk, .rst,
      .in_valid(row_tile_valid), .in_ready(row_tile_ready), .in_data({row_tile_columns, row_tile_job_last}),
      .out_valid(busy), .out_ready(result_valid && result_ready && row_tile_end), .out_data({columns, job_last})
  );

  wire logic [UNIT_COLUMNS-1:0]     word_valid, word_ready;
  wire logic [UNIT_COLUMNS*128-1:0] words;
  logic [COLUMN_BITS-1:0]           column;
  logic                             high;  // second word of the column
  wire logic [SELECT_BITS-1:0]      select = SELECT_BITS'(column) & SELECT_BITS'(UNIT_COLUMNS - 1);
  wire logic                        row_tile_end = high && 8'(column) + 8'd1 == columns;

  assign result_valid = busy && word_valid[select];
  assign result_data  = words[select*128 +: 128];
  assign result_last  = job_last && row_tile_end;

  always_ff @(posedge clk) begin
    if (rst) begin
      column <= '0;
      high   <= 1'b0;
    end else if (result_valid && result_ready) begin
      high <= !high;
      if (high) column <= row_tile_end ? '0 : column + 1'b1;
    end
  end

  generate
    for (genvar u = 0; u < UNIT_COLUMNS; u++) begin : gen_column
      logic [127:0] word;
      logic [1:0]   part;
      logic         full;
      wire logic    unused_ready;  // the tokens keep the place free

      always_ff @(posedge clk) begin
        if (in_valid[u]) word <= {in_data[u*UNIT_ROWS*32 +: UNIT_ROWS*32], word[127:UNIT_ROWS*32]};
        full <= in_valid[u] && part == 2'(PARTS - 1);
        if (rst) begin
          part <= 2'd0;
          full <= 1'b0;
        end else if (in_valid[u]) begin
          part <= part == 2'(PARTS - 1) ? 2'd0 : part + 2'd1;
        end
      end

      assign word_ready[u] = result_ready && busy && select == SELECT_BITS'(u);
      bfq_fifo #(.WIDTH(128), .DEPTH_LOG2(WORDS_LOG2 + TOKENS_LOG2)) fifo (
          .clk, .rst,
          .in_valid(full), .in_ready(unused_ready), .in_data(word),
          .out_valid(word_valid[u]), .out_ready(word_ready[u]), .out_data(words[u*128 +: 128])
      );
    end
  endgenerate
endmodule

`default_nettype wire
