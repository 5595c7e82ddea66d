// In simulation only: bound into every channel, prints the state of its handshakes when the host asks for it.
module bfq_probe (
    input wire clk,
    input wire region_valid,
    input wire region_ready,
    input wire job_valid,
    input wire job_ready,
    input wire weights_valid,
    input wire weights_ready,
    input wire result_valid,
    input wire result_ready
);
  import "DPI-C" function bit bfq_wants_handshakes();
  import "DPI-C" function void bfq_handshake(input string scope, input string stream, input bit valid, input bit ready);

  string scope;

  always @(posedge clk) begin
    if (bfq_wants_handshakes()) begin
      scope = $sformatf("%m");
      bfq_handshake(scope, "region ", region_valid, region_ready);
      bfq_handshake(scope, "job    ", job_valid, job_ready);
      bfq_handshake(scope, "weights", weights_valid, weights_ready);
      bfq_handshake(scope, "result ", result_valid, result_ready);
    end
  end
endmodule

bind bfq_channel bfq_probe probe (.*);
