  // Properties of bfq_queue, put inside the module by formal.test.ts; see bfq_fifo.svh.
  (* anyconst *) logic [7:0] watched;
  (* anyconst *) logic [WIDTH-1:0] value;
  logic [7:0] pushed, popped;
  logic waited, seen_reset = 1'b0;
  logic [WIDTH-1:0] waited_data;
  wire [7:0] inside = pushed - popped;

  always_ff @(posedge clk) begin
    pushed <= rst ? 8'd0 : pushed + 8'(in_valid && in_ready);
    popped <= rst ? 8'd0 : popped + 8'(out_valid && out_ready);
    waited <= out_valid && !out_ready && !rst;
    waited_data <= out_data;
    if (rst) seen_reset <= 1'b1;
  end

  // Words in register i and in those ahead of it.
  wire [7:0] ahead[DEPTH+1:1];
  assign ahead[DEPTH+1] = 8'd0;
  for (genvar i = 1; i <= DEPTH; i++) begin : g_ahead
    assign ahead[i] = ahead[i+1] + 8'(full[i]);
    // What makes the induction close.
    always_comb begin
      if (seen_reset && full[i] && watched == popped + ahead[i+1]) assert (data[i] == value);
    end
  end

  always_comb begin
    if (!seen_reset) assume (rst);
    if (in_valid && pushed == watched) assume (in_data == value);
    if (seen_reset) assert (inside == ahead[1]);
    if (seen_reset && !rst) begin
      if (in_ready) assert (inside < 8'(DEPTH));
      if (inside == 8'(DEPTH)) assert (out_valid);
      if (out_valid && popped == watched) assert (out_data == value);
      if (waited) assert (out_valid && out_data == waited_data);
    end
  end
