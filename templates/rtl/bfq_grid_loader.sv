// Brings the tables of grid formats into the lanes' memories, from where the descriptors say they lie. The memories hold two
// tables of up to half their rows, or one longer one; a table is known by its number, and stays for later runs. Each pass is
// announced with the half that its table is in. A table is loaded when no lane reads one: with two that take turns, never.
`default_nettype none

module bfq_grid_loader #(
    parameter int ROWS = 1024,
    localparam int ROW_BITS = $clog2(ROWS)
) (
    input wire clk,
    input wire rst,
    input wire forget,  // with rst: what the memories hold

    input  wire        pass_valid,
    output wire        pass_ready,
    input  wire [3:0]  pass_packing,   // its low four bits: 8..11 bits of an index, else no table
    input  wire [39:0] pass_address,   // of the table
    input  wire [31:0] pass_id,

    output wire        read_valid,
    input  wire        read_ready,
    output wire [39:0] read_address,
    output wire [15:0] read_words,
    input  wire        data_valid,     // always taken
    input  wire [127:0] data,

    output logic [1:0]          grid_write,  // as bfq_grid_decode has them
    output logic [ROW_BITS-1:0] grid_row,
    output logic [15:0]         grid_entry,
    input  wire                 grid_in_use,  // by a lane
    input  wire                 dispatched,   // an announced pass was given to all lanes

    output wire  announce_valid,
    input  wire  announce_ready,
    output logic announce_slot
);
  localparam logic [1:0] LOOK = 2'd0, WAIT = 2'd1, LOAD = 2'd2, ANNOUNCE = 2'd3;
  localparam int CHUNK = 32;  // words asked for at once: 256 entries

  logic [1:0]  state;
  logic [1:0]  held;          // halves that hold a table; a longer one is in the lower
  logic [31:0] ids[2];
  logic        wide;          // the lower one's takes both
  logic        last;          // half of the last pass with a table
  logic        idle;          // no lane reads a table, and none will
  logic [3:0]  announced;     // passes not yet dispatched
  logic [1:0]  hits;       // a cycle after the pass
  logic        looked;

  wire        indexed = pass_packing[3];
  wire [10:0] last_entry = 11'h7FF >> (2'd3 - pass_packing[1:0]);
  wire        whole = {21'd0, last_entry} >= 32'(ROWS / 2);
  wire        deep  = ROW_BITS == 10 && pass_packing[1:0] == 2'd3;

  // Words wait in a FIFO while their entries are written, one a cycle.
  logic [2:0]  asked;         // chunks
  logic        waiting;       // for the words of a chunk
  logic [10:0] entry;
  logic [5:0]  come;          // words of the chunk
  wire         word_valid, word_ready, fifo_ready;
  wire [127:0] word;
  wire         write    = word_valid && state == LOAD;
  wire         all_come = data_valid && come == 6'(CHUNK - 1);
  wire         load_end = write && entry == last_entry;
  assign word_ready = write && entry[2:0] == 3'd7;

  bfq_fifo #(.WIDTH(128), .DEPTH_LOG2(5)) words (
      .clk, .rst, .in_valid(data_valid), .in_ready(fifo_ready), .in_data(data),
      .out_valid(word_valid), .out_ready(word_ready), .out_data(word)
  );

  assign read_valid   = state == LOAD && !waiting && !word_valid && asked <= {1'b0, last_entry[9:8]} + {last_entry[10], 2'd0};
  assign read_address = pass_address + {28'd0, asked, 9'd0};
  assign read_words   = 16'(CHUNK);

  assign announce_valid = state == ANNOUNCE;
  assign pass_ready     = announce_valid && announce_ready;

  always_ff @(posedge clk) begin
    hits   <= {held[1] && ids[1] == pass_id, held[0] && ids[0] == pass_id};
    looked    <= state == LOOK && pass_valid && !looked;
    announced <= announced + {3'd0, pass_ready} - {3'd0, dispatched};
    idle      <= announced == 4'd0 && !grid_in_use && !dispatched;

    grid_write <= {2{write}} & (deep ? {entry[10], !entry[10]} : 2'b11);
    grid_row   <= entry[ROW_BITS-1:0] | {announce_slot, {(ROW_BITS-1){1'b0}}};
    grid_entry <= word[entry[2:0]*16 +: 16];

    if (data_valid) come <= all_come ? 6'd0 : come + 6'd1;
    if (write) entry <= entry + 11'd1;
    if (read_valid && read_ready) begin
      asked   <= asked + 3'd1;
      waiting <= 1'b1;
    end else if (all_come) begin
      waiting <= 1'b0;
    end

    case (state)
      LOOK: begin
        asked <= 3'd0;
        entry <= 11'd0;
        if (looked) begin
          announce_slot <= !indexed || whole || hits[0] ? 1'b0 : hits[1] || !last;
          state         <= !indexed || hits != 2'd0 ? ANNOUNCE : WAIT;
        end
      end
      WAIT: if (idle) begin
        held  <= whole || wide ? 2'd0 : held & {!announce_slot, announce_slot};
        wide  <= whole;
        state <= LOAD;
      end
      LOAD: if (load_end) begin
        held[announce_slot] <= 1'b1;
        ids[announce_slot]  <= pass_id;
        state               <= ANNOUNCE;
      end
      default: if (announce_ready) begin
        if (indexed) last <= announce_slot;
        state <= LOOK;
      end
    endcase

    if (rst) begin
      state      <= LOOK;
      looked     <= 1'b0;
      announced  <= 4'd0;
      waiting    <= 1'b0;
      come       <= 6'd0;
      grid_write <= 2'd0;
    end
    if (rst && forget) begin
      held <= 2'd0;
      last <= 1'b0;
    end
  end

  wire unused = &{1'b0, fifo_ready, pass_packing[2]};
endmodule

`default_nettype wire
