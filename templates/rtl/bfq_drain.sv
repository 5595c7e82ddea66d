// Takes the steps of complete windows to the fp32 units: sub-steps ascending, in each the batch's columns, in each the rows.
// UNIT_COLUMNS columns and UNIT_ROWS rows go at once, one to each unit. Addresses are for the cycle after the decision, the
// units' controls for the cycle after that, when their operands are in registers.
`default_nettype none

module bfq_drain #(
    parameter int COLUMNS      = 4,
    parameter int REPLAY       = 1,  // batches
    parameter int UNIT_COLUMNS = 1,
    parameter int UNIT_ROWS    = 1,  // 1, 2
    parameter int INTERVAL     = 1,  // cycles from one decision to the next: 1, 2
    parameter int D_TYPES      = 63,
    localparam int TURNS      = COLUMNS / UNIT_COLUMNS,            // column u + t * UNIT_COLUMNS has its turn t at unit u
    localparam int TURN_BITS  = TURNS == 1 ? 1 : $clog2(TURNS),
    localparam int ROW_BITS   = UNIT_ROWS == 1 ? 3 : 2,
    localparam int SUM_BITS   = $clog2(REPLAY * TURNS) + ROW_BITS,
    localparam int BATCH_BITS  = REPLAY == 1 ? 1 : $clog2(REPLAY),
    localparam int COLUMN_BITS = COLUMNS == 1 ? 1 : $clog2(COLUMNS)
) (
    input wire logic clk,
    input wire logic rst,

    // The job of the oldest window.
    output wire logic                  job_done,
    input wire logic [COLUMN_BITS-1:0] job_last_column,  // of its last batch
    input wire logic [3:0]             job_step_log2,
    input wire logic [2:0]             job_d_type,
    input wire logic [3:0]             job_d_group_log2,

    input wire logic                  window_valid,
    output wire logic                 window_ready,
    input wire logic [1:0]            window_index,
    input wire logic                  window_k_first,
    input wire logic                  window_k_last,
    input wire logic                  window_job_last,
    input wire logic [BATCH_BITS-1:0] window_batch,
    input wire logic                  window_batch_last,

    // One token per row tile and batch, given while its last steps are on their way.
    output wire logic       row_tile_valid,
    input wire logic        row_tile_ready,
    output wire logic [7:0] row_tile_columns,
    output wire logic       row_tile_job_last,

    // d and dmin stores: word of the oldest tile, in this cycle.
    output wire logic       d_read,
    output wire logic [4:0] d_address,
    output wire logic       d_give_back,

    // Where the operands are.
    output logic [1:0]           read_window,
    output logic [ROW_BITS-1:0]  read_row,   // row / UNIT_ROWS
    output logic [1:0]           read_sub,
    output logic                 read_block,
    output logic [TURN_BITS-1:0] read_turn,
    output logic [3:0]           read_d_byte,  // of the first of the UNIT_ROWS rows
    output logic [2:0]           read_d_bytes,
    output logic                 read_min,     // the addresses hold for INTERVAL cycles: not the first

    output logic [UNIT_COLUMNS-1:0] unit_valid,
    output logic                    unit_first,
    output logic                    unit_last,
    output logic [SUM_BITS-1:0]     unit_address
);
  logic [3:0]           position;  // of the step in the tile, in 16 columns
  logic [TURN_BITS-1:0] turn;
  logic [ROW_BITS-1:0]  row;

  // Decisions fall on every INTERVAL-th cycle.
  wire logic in_turn;

  generate
    if (INTERVAL == 1) begin : gen_each
      assign in_turn = 1'b1;
    end else begin : gen_pace
      logic [$clog2(INTERVAL)-1:0] pace;
      assign in_turn = pace == '0;
      always_ff @(posedge clk) pace <= rst ? '0 : pace + 1'b1;
    end
  endgenerate

  wire logic       go        = in_turn && window_valid && (!window_k_last || row_tile_ready);
  wire logic       row_last  = row == '1;
  wire logic [COLUMN_BITS-1:0] last_column = window_batch_last ? job_last_column : COLUMN_BITS'(COLUMNS - 1);
  wire logic       turn_last = turn == TURN_BITS'(last_column >> $clog2(UNIT_COLUMNS));
  wire logic       step_done = go && row_last && turn_last;
  wire logic [3:0] next      = position + (4'd1 << (job_step_log2 - 4'd4));  // 0: the walk ends
  wire logic       window_end = next[1:0] == 2'd0;

  assign window_ready      = step_done && window_end;
  assign job_done          = window_ready && window_job_last;
  assign row_tile_valid    = window_ready && window_k_last;
  assign row_tile_columns  = 8'(last_column) + 8'd1;
  assign row_tile_job_last = window_job_last;

  // Types not in D_TYPES leave constants here.
  localparam logic [5:0] TYPES = 6'(D_TYPES);
  wire logic four_bytes = TYPES[2] && (TYPES == 6'b000100 || job_d_type == 3'd2);
  wire logic one_byte   = TYPES[5:3] != 3'd0 && (TYPES[2:0] == 3'd0 || job_d_type >= 3'd3);
  wire logic [3:0] d_group = position >> (job_d_group_log2 - 4'd4);
  wire logic [6:0] element = {d_group, {row, {(3 - ROW_BITS){1'b0}}}};
  wire logic [8:0] d_byte  = four_bytes ? {element, 2'd0} : one_byte ? {2'd0, element} : {1'b0, element, 1'b0};

  assign d_read      = go;
  assign d_address   = d_byte[8:4];
  assign d_give_back = step_done && next == 4'd0 && window_batch_last;

  // Units whose turn is beyond the batch's columns sit it out.
  logic [UNIT_COLUMNS-1:0] active, going;
  logic first, last;
  always_comb begin
    for (int u = 0; u < UNIT_COLUMNS; u++) active[u] = 32'(turn) * UNIT_COLUMNS + u <= 32'(last_column);
  end

  always_ff @(posedge clk) begin
    if (in_turn) begin
      read_window  <= window_index;
      read_row     <= row;
      read_sub     <= position[1:0] | {job_step_log2 > 4'd5, job_step_log2 != 4'd4};
      read_block   <= position[1];
      read_turn    <= turn;
      read_d_byte  <= d_byte[3:0];
      read_d_bytes <= {four_bytes, !four_bytes && !one_byte, one_byte};
      first        <= window_k_first && position[1:0] == 2'd0;
      last         <= window_k_last && window_end;
    end
    read_min     <= !in_turn;
    unit_first   <= first;
    unit_last    <= last;
    if (rst) begin
      position   <= 4'd0;
      turn       <= '0;
      row        <= '0;
      going      <= '0;
      unit_valid <= '0;
    end else begin
      going      <= active & {UNIT_COLUMNS{go}};
      unit_valid <= going;
      if (go) begin
        row <= row + 1'b1;
        if (row_last) turn <= turn_last ? '0 : turn + 1'b1;
        if (step_done) position <= next;
      end
    end
  end

  // The sums of a batch follow each other, turn by turn.
  generate
    if (REPLAY == 1 && TURNS == 1) begin : gen_rows
      wire logic unused = &{1'b0, window_batch};
      always_ff @(posedge clk) unit_address <= read_row;
    end else if (REPLAY == 1) begin : gen_turns
      wire logic unused = &{1'b0, window_batch};
      always_ff @(posedge clk) unit_address <= {read_turn, read_row};
    end else begin : gen_batches
      logic [BATCH_BITS-1:0] read_batch;
      always_ff @(posedge clk) read_batch <= window_batch;
      if (TURNS == 1) begin : gen_one_turn
        always_ff @(posedge clk) unit_address <= {read_batch, read_row};
      end else begin : gen_turns
        always_ff @(posedge clk) unit_address <= {read_batch, read_turn, read_row};
      end
    end
  endgenerate
endmodule

`default_nettype wire
