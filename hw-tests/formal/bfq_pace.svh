  // Properties of bfq_pace, put inside the module by formal.test.ts: no reader is ever more than LEAD bursts ahead of one that
  // still has some to ask for; where one waits, another has fewer and may ask, or the wait ends with the cycle.
  logic [7:0] count[LANES];  // bursts of the pass
  logic [7:0] slowest;       // at least so many of each that still asks
  logic [LANES-1:0] behind;
  logic seen_reset = 1'b0;

  always_comb begin
    if (!seen_reset) assume (rst);
    assume (slowest < 8'd100);  // no wrap
  end
  always_ff @(posedge clk) begin
    if (rst) seen_reset <= 1'b1;
    slowest <= rst || start ? 8'd0 : slowest + 8'(ahead == '1);
  end

  for (genvar l = 0; l < LANES; l++) begin : g_count
    logic asked_for;  // its region began, and isn't asked for as a whole
    assign behind[l] = asking[l] && !hold[l] && !g_lane[l].leads;

    always_ff @(posedge clk) begin
      count[l]  <= rst || start ? 8'd0 : count[l] + 8'(asked[l]);
      asked_for <= !rst && (start || asking[l]);
    end

    always_comb begin
      assume (!asked[l] || (asking[l] && !hold[l]));
      if (!asked_for) assume (!asking[l]);
      // What makes the induction close, in numbers without a wrap.
      if (seen_reset && !rst) begin
        if (asking[l]) assert (count[l] == slowest + 8'(g_lane[l].lead));
        assert (g_lane[l].lead <= 2'(LEAD) && count[l] <= slowest + 8'(LEAD));
      end
    end
  end

  always_comb begin
    if (seen_reset && !rst) begin
      if (start) assert (asking == '0);
      if ((hold & asking) != '0) assert (behind != '0 || ahead == '1);
      for (int a = 0; a < LANES; a++)
        for (int b = 0; b < LANES; b++)
          if (asking[b]) assert (count[a] <= count[b] + 8'(LEAD));
    end
  end
