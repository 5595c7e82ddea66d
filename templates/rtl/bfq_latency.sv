`default_nettype none

// Cycles from operands at the ports to the result at `y`, for those who instantiate the pipelined units.
package bfq_latency;
  localparam int FP32_MUL = 4;
  localparam int FP32_ADD = 4;
  localparam int INT_TO_FP32 = 3;
  localparam int TO_FP32 = 2;
endpackage

`default_nettype wire
