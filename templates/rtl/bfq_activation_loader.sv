// Reads the activation records of each pass into one half of every lane's buffers while the lanes compute on the other half,
// and announces the pass to the dispatcher when its last word is in. A pass that reuses its predecessor's activations is
// announced without a load.
// A half is written only when no lane reads it any more: every announced pass is one job in every lane, jobs end in order, and
// each ends with a pulse on `released`. So it is enough to count, lane by lane, how many announced passes are not released yet:
// when they are no more than the passes announced for the current half, the other half is free.
`default_nettype none

module bfq_activation_loader #(
    parameter int LANES       = 4,
    parameter int COLUMNS     = 4,
    parameter int REPLAY      = 1,  // batches of COLUMNS columns
    parameter int MAX_K_TILES = 8
) (
    input  wire clk,
    input  wire rst,

    input  wire        pass_valid,
    output logic             pass_ready,
    input  wire        pass_reuse,
    input  wire [7:0]  pass_columns,
    input  wire [15:0] pass_k_tiles,
    input  wire [39:0] pass_address,   // of the first record; the records of the columns follow each other

    output logic             read_valid,     // one command a column
    input  wire        read_ready,
    output logic [39:0]      read_address,
    output logic [15:0]      read_words,
    input  wire        data_valid,     // always taken
    input  wire [127:0] data,

    output logic             act_write,
    output logic [7:0]       act_column,     // within its batch
    output logic [15:0]      act_address,    // as bfq_lane has it
    output logic [127:0]     act_data,
    input  wire [LANES-1:0] released,

    output logic             announce_valid,
    input  wire        announce_ready,
    output logic             announce_half
);
  localparam logic [1:0] IDLE = 2'd0, LOAD = 2'd1, SETTLE = 2'd2, ANNOUNCE = 2'd3;
  localparam logic [3:0] MOST = 4'd15;

  logic [1:0]  state;
  logic        half;                   // the one last announced or being loaded
  logic [3:0]  run;                    // passes announced for this half, at most MOST
  logic [7:0]  asked, column;          // column to ask for, from 1; column that arrives, from 0
  logic [15:0] word, batch_address;

  // Passes announced and not released, lane by lane. A lane's own queue is short, so 15 is never in the way.
  wire announced = announce_valid && announce_ready;
  logic [LANES-1:0] behind, full;
  generate
    for (genvar l = 0; l < LANES; l++) begin : gen_lane
      logic [3:0] open;
      always_ff @(posedge clk) begin
        if (rst) open <= 4'd0;
        else open <= open + {3'd0, announced} - {3'd0, released[l]};
      end
      assign behind[l] = open > run;
      assign full[l]   = open == MOST;
    end
  endgenerate

  assign read_words     = pass_k_tiles * 16'd20;
  assign announce_valid = state == ANNOUNCE && full == '0;
  assign announce_half  = half;
  assign pass_ready     = announced;

  wire last_word   = word == read_words - 16'd1;
  wire last_column = column == pass_columns - 8'd1;
  wire [7:0] batch_column = column & 8'(COLUMNS - 1);

  always_ff @(posedge clk) begin
    act_write   <= data_valid;
    act_column  <= batch_column;
    act_address <= batch_address + word;
    act_data    <= data;

    case (state)
      IDLE: if (pass_valid) begin
        read_address <= pass_address;
        asked        <= 8'd1;
        column       <= 8'd0;
        word         <= 16'd0;
        if (pass_reuse) begin
          state <= ANNOUNCE;
        end else if (behind == '0) begin
          state <= LOAD;
          read_valid <= 1'b1;
          half  <= !half;
          run   <= 4'd0;
          batch_address <= half ? 16'd0 : 16'(REPLAY * MAX_K_TILES * 20);
        end
      end
      LOAD: begin
        if (read_valid && read_ready) begin
          asked        <= asked + 8'd1;
          read_valid   <= asked != pass_columns;
          read_address <= read_address + {20'd0, read_words, 4'd0};
        end
        if (data_valid) begin
          word <= last_word ? 16'd0 : word + 16'd1;
          if (last_word) column <= column + 8'd1;
          if (last_word && batch_column == 8'(COLUMNS - 1)) batch_address <= batch_address + 16'(MAX_K_TILES * 20);
          if (last_word && last_column) state <= SETTLE;
        end
      end
      SETTLE: state <= ANNOUNCE;  // the last word is on act_* now
      default: if (announced) begin
        state <= IDLE;
        if (run != MOST) run <= run + 4'd1;
      end
    endcase
    if (rst) begin
      state     <= IDLE;
      read_valid <= 1'b0;
      half      <= 1'b1;
      run       <= 4'd0;
      act_write <= 1'b0;
    end
  end
endmodule

`default_nettype wire
