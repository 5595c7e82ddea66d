  // Properties of bfq_fifo_block, put inside the module by formal.test.ts; see bfq_fifo.svh.
  (* anyconst *) logic [7:0] watched;
  (* anyconst *) logic [WIDTH-1:0] value;
  logic [7:0] pushed, popped;
  logic waited, seen_reset = 1'b0;
  logic [WIDTH-1:0] waited_data;
  wire [7:0] inside = pushed - popped;
  wire [7:0] ahead = watched - popped;
  wire [7:0] fetched = 8'(out_valid) + 8'(latch_valid);  // words that have left the memory

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
      if (inside < 8'(DEPTH)) assert (in_ready);
      if (in_ready) assert (inside < 8'(DEPTH + 2));
      if (out_valid) assert (inside != 8'd0);
      if (out_valid && popped == watched) assert (out_data == value);
      if (waited) assert (out_valid && out_data == waited_data);
    end
    // What makes the induction close.
    if (seen_reset) begin
      assert (inside <= 8'(DEPTH) + fetched && inside >= fetched);
      assert (write_count == pushed[DEPTH_LOG2:0]);
      assert (read_count == (DEPTH_LOG2 + 1)'(popped + fetched));
      if (ahead < inside) begin
        if (ahead >= fetched) assert (memory[watched[DEPTH_LOG2-1:0]] == value);
        else if (out_valid && ahead == 8'd0) assert (out_data == value);
        else assert (latch_data == value);
      end
    end
  end
