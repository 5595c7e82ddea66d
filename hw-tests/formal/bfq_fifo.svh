  // Properties of bfq_fifo, put inside the module by formal.test.ts (Yosys 0.23 has no bind).
  // The word number `watched`, any number, carries `value`, any value: it must come out as word `watched`, whatever
  // else goes in. So nothing is lost, doubled or reordered.
  (* anyconst *) logic [7:0] watched;
  (* anyconst *) logic [WIDTH-1:0] value;
  logic [7:0] pushed, popped;
  logic waited, seen_reset = 1'b0;
  logic [WIDTH-1:0] waited_data;
  wire [7:0] inside = pushed - popped;
  wire [7:0] ahead = watched - popped;

  always_ff @(posedge clk) begin
    pushed <= rst ? 8'd0 : pushed + 8'(in_valid && in_ready);
    popped <= rst ? 8'd0 : popped + 8'(out_valid && out_ready);
    waited <= out_valid && !out_ready && !rst;
    waited_data <= out_data;
    if (rst) seen_reset <= 1'b1;
  end

  always_comb begin
    if (!seen_reset) assume (rst);
    if (in_valid && pushed == watched) assume (in_data == value);
    if (seen_reset && !rst) begin
      assert (in_ready == (inside != 8'(DEPTH)));
      assert (out_valid == (inside != 8'd0));
      if (out_valid && popped == watched) assert (out_data == value);
      if (waited) assert (out_valid && out_data == waited_data);
    end
    // What makes the induction close.
    if (seen_reset) begin
      assert (inside <= 8'(DEPTH));
      assert (write_count == pushed[DEPTH_LOG2:0] && read_count == popped[DEPTH_LOG2:0]);
      if (ahead < inside) assert (memory[watched[DEPTH_LOG2-1:0]] == value);
    end
  end
