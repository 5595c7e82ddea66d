`default_nettype none

// Cycles from operands at the ports to the result at `y`, for those who instantiate the pipelined units.
package bfq_latency;
  localparam int FP32_MUL = 5;
  localparam int FP32_MUL_NARROW = 4;  // with B_BITS <= 17
  localparam int FP32_ADD = 4;
  localparam int INT_TO_FP32 = 2;
  localparam int TO_FP32 = 2;
  localparam int D_STORE = 2;  // from the cycle of the other operands' addresses to the word of d
endpackage

`default_nettype wire
