// One run from start to done: watches the parts, ends the run (well, or by an AXI error or a timeout), drains what is still open
// on the AXI ports, resets the datapath so that the next run starts clean, and keeps the figures.
// status = code | index << 8, index = MatMuls whose results are all written: 16 read error, 17 write error, 18 timeout.
// A reset in mid-run (and a timeout) leaves reads and write responses open; they may still come. So the masters then stay in
// reset, taking and dropping everything, until the ports have been quiet for 2^QUIET_LOG2 cycles. A start waits for that.
`default_nettype none

module bfq_run_control #(
    parameter int TIMEOUT_LOG2 = 24,  // log2 of the cycles without any AXI transfer that end a run
    parameter int QUIET_LOG2   = 12   // longer than any memory takes to answer
) (
    input wire clk,
    input wire rst,

    input  wire start,            // a level; looked at only while no run is on
    output wire begun,            // one cycle: the datapath starts
    output wire idle,
    output logic done,            // one cycle, after the last write response

    output logic halt,            // start no new transaction, end those that are open, drop the data
    output wire  flush,           // reset of the datapath
    output logic abandon,         // reset of the AXI masters too
    input  wire masters_idle,     // nothing is open on any AXI port
    input  wire writes_idle,      // nothing is open on the write port
    input  wire read_error,       // held until begun
    input  wire write_error,
    input  wire progress,         // an AXI transfer
    input  wire residue,          // a read buffer still holds words

    input  wire        list_ended,
    input  wire [31:0] list_status,
    input  wire        pass_sent,     // to the consumers
    input  wire        pass_written,  // all its results are handed to the write master
    input  wire        pass_last,     // of its MatMul; with pass_written

    input  wire [3:0] stall_memory,   // lanes that wait for weights in this cycle
    input  wire [3:0] stall_compute,  // lanes that make weights wait

    output logic [31:0] status,
    output logic [63:0] cycles,
    output logic [31:0] memory_stalls,
    output logic [31:0] compute_stalls
);
  localparam logic [1:0] IDLE = 2'd0, RUN = 2'd1, DRAIN = 2'd2, FLUSH = 2'd3;
  localparam logic [7:0] READ_ERROR = 8'd16, WRITE_ERROR = 8'd17, TIMEOUT = 8'd18;
  localparam int FLUSH_CYCLES = 8;  // an empty read buffer may show one more word so much later

  logic [1:0]  state;
  logic        running;             // a run is on: its end is due
  // A cycle ago, as their paths are long: writes_idle, masters_idle, and the end of a pass.
  logic        written, quiescent, pass_done, matmul_done;
  logic        drained;             // with halt, masters that were idle a cycle ago stay idle
  logic [7:0]  passes_open;         // sent and not yet written
  logic [23:0] matmuls_written;
  logic [TIMEOUT_LOG2:0] quiet;     // cycles since the last transfer or change of state

  wire late     = quiet[TIMEOUT_LOG2];
  wire flushed  = abandon ? quiet[QUIET_LOG2] : quiet[$clog2(FLUSH_CYCLES)];

  assign begun = state == IDLE && start && !done;
  assign idle  = state == IDLE;
  assign flush = state == FLUSH;

  always_ff @(posedge clk) begin
    done    <= 1'b0;
    written     <= writes_idle;  // a pass is written later than its last command is taken
    quiescent   <= masters_idle;
    drained     <= state == DRAIN && quiescent;
    pass_done   <= pass_written;
    matmul_done <= pass_written && pass_last;
    quiet <= progress || (state == FLUSH && residue) ? '0 : quiet + 1'b1;

    if (begun) begin
      running         <= 1'b1;
      status          <= 32'd0;
      cycles          <= 64'd0;
      memory_stalls   <= 32'd0;
      compute_stalls  <= 32'd0;
      passes_open     <= 8'd0;
      matmuls_written <= 24'd0;
    end else if (running) begin
      cycles         <= cycles + 64'd1;
      memory_stalls  <= memory_stalls + {28'd0, stall_memory};
      compute_stalls <= compute_stalls + {28'd0, stall_compute};
      passes_open    <= passes_open + {7'd0, pass_sent} - {7'd0, pass_done};
      if (matmul_done) matmuls_written <= matmuls_written + 24'd1;
    end

    case (state)
      IDLE: begin
        quiet <= '0;
        if (begun) state <= RUN;
      end
      RUN: if (read_error || write_error || late) begin
        state  <= DRAIN;
        halt   <= 1'b1;
        quiet  <= '0;
        status <= {matmuls_written, read_error ? READ_ERROR : (write_error ? WRITE_ERROR : TIMEOUT)};
      end else if (list_ended && passes_open == 8'd0 && written) begin
        state  <= DRAIN;
        halt   <= 1'b1;
        quiet  <= '0;
        status <= list_status;
      end
      DRAIN: if (drained || late) begin
        state   <= FLUSH;
        quiet   <= '0;
        abandon <= !drained;
      end
      default: if (flushed) begin
        state   <= IDLE;
        halt    <= 1'b0;
        abandon <= 1'b0;
        done    <= running;
        running <= 1'b0;
      end
    endcase

    if (rst) begin
      state   <= FLUSH;
      halt    <= 1'b1;
      quiet   <= '0;
      abandon <= 1'b1;
      running <= 1'b0;
      done    <= 1'b0;
      status  <= 32'd0;
      cycles  <= 64'd0;
      memory_stalls  <= 32'd0;
      compute_stalls <= 32'd0;
    end
  end
endmodule

`default_nettype wire
