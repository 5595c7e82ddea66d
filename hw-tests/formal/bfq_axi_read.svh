  // Properties of bfq_axi_read, put inside the module by formal.test.ts.
  // Words are numbered in the order of the commands. Word number `watched`, any number, must be asked for at its own
  // address when its turn comes, by legal bursts that hold while they wait, and never without room for it; and the
  // answer to request number n must be word n of the stream.
  // A burst is open until its last word is taken.
  // With CONTRACTS the burst cutter and the buffer are empty boxes that do whatever their own proofs allow, so that
  // the induction closes; without, they are the real ones.
  (* anyconst *) logic [8:0] watched;
  (* anyconst *) logic [11:0] place;  // its address / 16
  logic [8:0] commanded, requested, answered, popped;
  logic seen_reset = 1'b0, waited_ar, waited_out, waited_bit;
  logic [63:0] waited_address;
  logic [7:0] waited_length;

  wire [8:0] length = {1'b0, m_axi_arlen} + 9'd1;
  wire request = m_axi_arvalid && m_axi_arready;
  wire [8:0] in_command = watched - commanded;
  wire [8:0] in_request = watched - requested;
  wire [15:0] last_beat = m_axi_araddr[15:0] + {12'(m_axi_arlen), 4'd0};

  // Lengths of the open bursts, in order, and the words of the first that are taken.
  logic [8:0] open_0, open_1, head;
  wire pop = out_valid && out_ready;

  // The memory: beats left of the requests that wait, in order. It answers at any time after the request.
  logic [8:0] queue_0, queue_1;
  wire [8:0] after_0 = queue_0 - 9'(m_axi_rvalid);

  always_ff @(posedge clk) begin
    commanded <= rst ? 9'd0 : commanded + (command_valid && command_ready ? command_words[8:0] : 9'd0);
    requested <= rst ? 9'd0 : requested + (request ? length : 9'd0);
    answered <= rst ? 9'd0 : answered + 9'(m_axi_rvalid);
    popped <= rst ? 9'd0 : popped + 9'(pop);

    if (rst) {open_0, open_1, head} <= 27'd0;
    else if (pop && head + 9'd1 == open_0) begin
      open_0 <= open_1 != 9'd0 ? open_1 : issue ? burst_beats : 9'd0;
      open_1 <= open_1 != 9'd0 && issue ? burst_beats : 9'd0;
      head <= 9'd0;
    end else begin
      if (issue && open_0 == 9'd0) open_0 <= burst_beats;
      if (issue && open_0 != 9'd0) open_1 <= burst_beats;
      head <= head + 9'(pop);
    end

    if (rst) {queue_0, queue_1} <= 18'd0;
    else if (after_0 != 9'd0) {queue_0, queue_1} <= {after_0, request ? length : queue_1};
    else if (queue_1 != 9'd0) {queue_0, queue_1} <= {queue_1, request ? length : 9'd0};
    else {queue_0, queue_1} <= {request ? length : 9'd0, 9'd0};

    waited_ar <= m_axi_arvalid && !m_axi_arready && !rst;
    waited_address <= m_axi_araddr;
    waited_length <= m_axi_arlen;
    waited_out <= out_valid && !out_ready && !rst;
    waited_bit <= out_data[0];
    if (rst) seen_reset <= 1'b1;
  end

  always_comb begin
    if (!seen_reset) assume (rst);
    assume (command_address[3:0] == 4'd0 && !halt);
    // Small numbers, for the solver's sake: the lowest 64 KB, and no wrap of the counts within what is under way.
    assume (command_address[39:16] == 24'd0 && command_words < 32'd32 && command_words != 32'd0);
    assume (command_address[15:4] + 12'(command_words[8:0]) >= command_address[15:4]);
    if (command_valid && in_command < command_words[8:0]) assume (place == command_address[15:4] + 12'(in_command));
    if (queue_0 == 9'd0) assume (!m_axi_rvalid);
    if (m_axi_rvalid) assume (m_axi_rlast == (queue_0 == 9'd1) && m_axi_rdata[0] == (answered == watched));

    if (seen_reset && !rst) begin
      assert (m_axi_rready);
      if (m_axi_rvalid) assert (buffer_ready);
      if (waited_ar) assert (m_axi_arvalid && m_axi_araddr == waited_address && m_axi_arlen == waited_length);
      if (m_axi_arvalid) begin
        assert (m_axi_araddr[3:0] == 4'd0 && m_axi_arlen < 8'(MAX_BURST));
        assert (m_axi_araddr[15:12] == last_beat[15:12]);
        if (in_request < length) assert (m_axi_araddr[15:4] + 12'(in_request) == place);
      end
      assert (open == {1'b0, open_0 != 9'd0} + {1'b0, open_1 != 9'd0} + {1'b0, taken} && (open_0 != 9'd0 || open_1 == 9'd0));
      assert ({1'b0, m_axi_arvalid} + {1'b0, queue_0 != 9'd0} + {1'b0, queue_1 != 9'd0} <= open);
      assert (queue_0 != 9'd0 || queue_1 == 9'd0);
      if (idle) assert (requested == popped && requested == commanded);
    end
  end

`ifndef CONTRACTS
  always_comb begin
    if (seen_reset && !rst) begin
      if (out_valid) assert (popped != answered && out_data[0] == (popped == watched));
      if (waited_out) assert (out_valid && out_data[0] == waited_bit);
    end
  end
`else
  wire [8:0] filled = answered - popped;
  wire [8:0] issued = requested + (m_axi_arvalid ? length : 9'd0);
  wire [8:0] in_burst = watched - issued;
  wire [15:0] last_in_burst = burst_address[15:0] + {12'(burst_beats - 9'd1), 4'd0};
  logic waited_burst;
  logic [8:0] waited_beats;
  logic [39:0] waited_burst_address;

  always_ff @(posedge clk) begin
    waited_burst <= burst_valid && !issue && !rst;
    waited_beats <= burst_beats;
    waited_burst_address <= burst_address;
  end

  always_comb begin
    // bfq_fifo
    assume (buffer_ready == (filled != 9'(1 << BUFFER_LOG2)));
    assume (out_valid == (filled != 9'd0));
    if (out_valid) assume (out_last == (head + 9'd1 == open_0));
    // bfq_axi_bursts
    if (waited_burst)
      assume (burst_valid && burst_beats == waited_beats && burst_address == waited_burst_address);
    if (burst_valid) begin
      assume (burst_beats != 9'd0 && burst_beats <= 9'(MAX_BURST));
      assume (burst_address[3:0] == 4'd0 && burst_address[15:12] == last_in_burst[15:12]);
      if (in_burst < burst_beats) assume (burst_address[15:4] + 12'(in_burst) == place);
    end
    if (bursts_idle) assume (!burst_valid && issued == commanded);

    // What makes the induction close.
    if (seen_reset && !rst) begin
      assert (requested == answered + queue_0 + queue_1);
      assert (queue_0 <= 9'(MAX_BURST) && queue_1 <= 9'(MAX_BURST));
      assert (open_0 <= 9'(MAX_BURST) && open_1 <= 9'(MAX_BURST) && (open_0 == 9'd0 ? head == 9'd0 : head < open_0));
      assert (issued - popped == open_0 + open_1 - head && filled <= issued - popped);
      // What is asked for and has not come are the last bursts that are open.
      if (m_axi_arvalid && queue_0 != 9'd0) assert (length == open_1 && queue_0 <= open_0 - head);
      else if (queue_1 != 9'd0) assert (queue_1 == open_1 && queue_0 <= open_0 - head);
      else assert (issued - answered <= (open_1 != 9'd0 ? open_1 : open_0 - head));
      if (m_axi_arvalid) assert (length <= 9'(MAX_BURST));
    end
  end
`endif
