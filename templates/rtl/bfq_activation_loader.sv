// Reads the activation records of each pass into one half of every lane's buffers while the lanes compute on the other half.
// The pass is announced to the dispatcher when its load begins: act_limit keeps the lanes from records that are still to come.
// A pass that reuses its predecessor's activations is announced without a load.
// A load begins only when no lane reads its half any more: every announced pass is one job in every lane, jobs end in order, and
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

    output logic             read_valid,     // one command per column
    input  wire        read_ready,
    output wire  [39:0]      read_address,
    output logic [15:0]      read_words,
    input  wire        data_valid,     // always taken
    input  wire [127:0] data,

    output logic             act_write,
    output logic [7:0]       act_column,     // within its batch
    output logic [15:0]      act_address,    // as bfq_lane has it
    output logic [127:0]     act_data,
    output wire              act_loading,    // the half of announce_half is being written
    output logic [15:0]      act_limit,      // K tiles below it, as an address in batch 0, have the records of all columns
    input  wire [LANES-1:0] released,

    output logic             announce_valid,
    input  wire        announce_ready,
    output logic             announce_half
);
  localparam logic [1:0] IDLE = 2'd0, LOAD = 2'd1, LOADED = 2'd2;
  localparam int RECORD = bfq_params::RECORD_WORDS;
  localparam logic [3:0] MOST = 4'd15;

  logic [1:0]  state;
  logic        announcing;             // this pass is still to be announced
  logic        half;                   // the one last announced or being loaded
  logic [3:0]  run;                    // passes announced for this half, at most MOST
  logic [7:0]  asked, column;          // column to ask for, from 1; column that arrives, from 0
  logic [39:4] next_record;
  logic [15:0] word, batch_address;
  logic [4:0]  record_word;

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

  wire unused = &{1'b0, pass_address[3:0]};
  assign read_address   = {next_record, 4'd0};
  assign read_words     = pass_k_tiles * 16'(RECORD);
  assign announce_valid = announcing && full == '0;
  assign announce_half  = half;
  assign pass_ready     = state == LOADED && !announcing;
  assign act_loading    = state == LOAD;

  wire last_word   = word == read_words - 16'd1;
  wire last_column = column == pass_columns - 8'd1;
  wire last_of_record = record_word == 5'(RECORD - 1);
  wire [7:0] batch_column = column & 8'(COLUMNS - 1);
  wire [15:0] other_half = half ? 16'd0 : 16'(REPLAY * MAX_K_TILES * RECORD);

  always_ff @(posedge clk) begin
    act_write   <= data_valid;
    act_column  <= batch_column;
    act_address <= batch_address + word;
    act_data    <= data;
    if (announced) announcing <= 1'b0;
    if (announced && run != MOST) run <= run + 4'd1;

    case (state)
      IDLE: if (pass_valid) begin
        next_record  <= pass_address[39:4];
        asked        <= 8'd1;
        column       <= 8'd0;
        word         <= 16'd0;
        record_word  <= 5'd0;
        if (pass_reuse) begin
          state      <= LOADED;
          announcing <= 1'b1;
        end else if (behind == '0) begin
          state      <= LOAD;
          announcing <= 1'b1;
          read_valid <= 1'b1;
          half       <= !half;
          run        <= 4'd0;
          batch_address <= other_half;
          act_limit     <= other_half;
        end
      end
      LOAD: begin
        if (read_valid && read_ready) begin
          asked        <= asked + 8'd1;
          read_valid   <= asked != pass_columns;
          next_record  <= next_record + {20'd0, read_words};
        end
        if (data_valid) begin
          word <= last_word ? 16'd0 : word + 16'd1;
          if (last_word) column <= column + 8'd1;
          if (last_word && batch_column == 8'(COLUMNS - 1)) batch_address <= batch_address + 16'(MAX_K_TILES * RECORD);
          record_word <= last_of_record ? 5'd0 : record_word + 5'd1;
          if (last_of_record && last_column) act_limit <= act_limit + 16'(RECORD);
          if (last_word && last_column) state <= LOADED;
        end
      end
      default: if (!announcing) state <= IDLE;
    endcase
    if (rst) begin
      state     <= IDLE;
      announcing <= 1'b0;
      read_valid <= 1'b0;
      half      <= 1'b1;
      run       <= 4'd0;
      act_write <= 1'b0;
    end
  end
endmodule

`default_nettype wire
