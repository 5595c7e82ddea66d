  // Properties of bfq_axi_bursts, put inside the module by formal.test.ts. No narrowing casts in here: Yosys 0.23 takes
  // the width of `c ? 9'(x) : y` from x, not from the cast.
  // Words are numbered in the order of the commands. Word number `watched`, any number, must lie in the burst whose
  // turn it is, at its own address; bursts are legal and hold while they wait.
  (* anyconst *) logic [8:0] watched;
  (* anyconst *) logic [11:0] place;  // its address / 16
  logic [8:0] commanded, given;
  logic seen_reset = 1'b0, waited;
  logic [39:0] waited_address;
  logic [8:0] waited_beats;
  wire [8:0] in_command = watched - commanded;
  wire [8:0] in_burst = watched - given;
  wire [8:0] cut = given + (burst_valid ? burst_beats : 9'd0);
  wire [8:0] in_rest = watched - cut;
  wire [WORDS_BITS:0] position = {page, offset};
  wire [WORDS_BITS:0] left = {pages, tail} - position;
  wire [39:4] next_address = {first_page + page, offset};
  wire [15:0] last_beat = burst_address[15:0] + {12'(burst_beats - 9'd1), 4'd0};

  always_ff @(posedge clk) begin
    commanded <= rst ? 9'd0 : commanded + (command_valid && command_ready ? command_words : 9'd0);
    given <= rst ? 9'd0 : given + (burst_valid && burst_ready ? burst_beats : 9'd0);
    waited <= burst_valid && !burst_ready && !rst;
    waited_address <= burst_address;
    waited_beats <= burst_beats;
    if (rst) seen_reset <= 1'b1;
  end

  always_comb begin
    if (!seen_reset) assume (rst);
    assume (command_address[3:0] == 4'd0);
    // Small numbers, for the solver's sake: the lowest 64 KB, and no wrap of the counts within what is under way.
    assume (command_address[39:16] == 24'd0 && command_words < 32 && command_words != 0);
    assume (command_address[15:4] + 12'(command_words) >= command_address[15:4]);
    if (command_valid && in_command < command_words) assume (place == command_address[15:4] + 12'(in_command));

    if (seen_reset && !rst) begin
      if (waited) assert (burst_valid && burst_address == waited_address && burst_beats == waited_beats);
      if (burst_valid) begin
        assert (burst_beats != 9'd0 && burst_beats <= 9'(MAX_BURST));
        assert (burst_last == !(active && page != 0));  // else the rest of its command follows
        assert (burst_address[3:0] == 4'd0 && burst_address[15:12] == last_beat[15:12]);
        if (in_burst < burst_beats) assert (burst_address[15:4] + 12'(in_burst) == place);
      end
      assert (cut + (active || settle ? left : 9'd0) == commanded);
      if (idle) assert (given == commanded);
    end
    // What makes the induction close.
    if (seen_reset) begin
      if (burst_valid) assert (9'(burst_address[4+:BITS]) + burst_beats <= 9'(MAX_BURST));
      assert (!(active && settle));
      if (settle) assert (page == 0 && next_page == 0 && left < 32);
      if (active) assert (next_page == page + 1'b1 && at_last_page == (page == pages) && left < 32);
      if (active || settle) begin
        assert (position < {pages, tail} && (offset == 0 || page == 0));
        if (in_rest < left) assert (next_address[15:4] + 12'(in_rest) == place);
      end
    end
  end
