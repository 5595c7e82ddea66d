// Judges one descriptor by the rules of docs/interface.md, before any of it is used.
// `descriptor` must be held; `status` follows it two cycles later: 0 good, else the code of the first broken rule
// (1 magic or reserved field, 2 shape, 3 format outside the envelope, 4 alignment, 5 "same activations" where it can't be).
`default_nettype none

module bfq_descriptor_check (
    input  wire         clk,
    /* verilator lint_off UNUSEDSIGNAL */     // addresses: any multiple of 16 is allowed
    input  wire [bfq_descriptor::BITS-1:0] descriptor,     // words 0..5, word 0 low
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire         first,          // of the run: nothing was loaded before
    input  wire [31:0]  last_k_tiles,   // of the descriptor before
    input  wire [31:0]  last_columns,
    output logic [7:0]        status
);
  localparam logic [7:0]  TYPES = 8'(bfq_params::D_TYPES);

  // Words 0..3: the shape and the addresses.
  wire [31:0] magic         = descriptor[bfq_descriptor::MAGIC +: 32];
  wire [31:0] flags         = descriptor[bfq_descriptor::FLAGS +: 32];
  wire [31:0] rows          = descriptor[bfq_descriptor::ROWS +: 32];
  wire [31:0] k_tiles       = descriptor[bfq_descriptor::K_TILES +: 32];
  wire [31:0] columns       = descriptor[bfq_descriptor::COLUMNS +: 32];
  wire [1:0]  stride_low    = descriptor[bfq_descriptor::OUTPUT_STRIDE +: 2];
  wire [28:0] stride_eights = descriptor[bfq_descriptor::OUTPUT_STRIDE + 3 +: 29];
  wire [31:0] tile_words    = descriptor[bfq_descriptor::TILE_WORDS +: 32];
  wire [3:0]  unaligned     = descriptor[bfq_descriptor::LANE_STRIDE +: 4] | descriptor[bfq_descriptor::WEIGHTS +: 4] | descriptor[bfq_descriptor::ACTIVATIONS +: 4] | descriptor[bfq_descriptor::OUTPUT +: 4];

  // Word 4: the integer part of the format.
  wire [7:0] code_bits      = descriptor[bfq_descriptor::CODE_BITS +: 8];
  wire [7:0] level_mode     = descriptor[bfq_descriptor::LEVEL_MODE +: 8];
  wire [7:0] level_shift    = descriptor[bfq_descriptor::LEVEL_SHIFT +: 8];
  wire [7:0] sub_block_log2 = descriptor[bfq_descriptor::SUB_BLOCK_LOG2 +: 8];
  wire [7:0] step_log2      = descriptor[bfq_descriptor::STEP_LOG2 +: 8];
  wire [7:0] scale_bits     = descriptor[bfq_descriptor::SCALE_BITS +: 8];
  wire [7:0] scale_shift    = descriptor[bfq_descriptor::SCALE_SHIFT +: 8];
  wire [7:0] min_bits       = descriptor[bfq_descriptor::MIN_BITS +: 8];
  wire [7:0] min_shift      = descriptor[bfq_descriptor::MIN_SHIFT +: 8];

  // Word 5: the float part.
  wire [7:0]  d_type        = descriptor[bfq_descriptor::D_TYPE +: 8];
  wire [7:0]  d_group_log2  = descriptor[bfq_descriptor::D_GROUP_LOG2 +: 8];
  wire [15:0] d_bias        = descriptor[bfq_descriptor::D_BIAS +: 16];
  wire [7:0]  min_mode      = descriptor[bfq_descriptor::MIN_MODE +: 8];
  wire [15:0] dmin_bias     = descriptor[bfq_descriptor::DMIN_BIAS +: 16];
  wire [7:0]  d_words       = descriptor[bfq_descriptor::D_WORDS +: 8];
  wire [7:0]  dmin_words    = descriptor[bfq_descriptor::DMIN_WORDS +: 8];
  wire [7:0]  scale_words   = descriptor[bfq_descriptor::SCALE_WORDS +: 8];
  wire [7:0]  min_words     = descriptor[bfq_descriptor::MIN_WORDS +: 8];

  wire [15:0] level_offset = descriptor[bfq_descriptor::LEVEL_OFFSET +: 16];
  wire [15:0] scale_offset = descriptor[bfq_descriptor::SCALE_OFFSET +: 16];
  wire [15:0] min_offset   = descriptor[bfq_descriptor::MIN_OFFSET +: 16];

  // The highest value of (stored << shift) - offset; the lowest is -offset.
  function automatic logic [17:0] highest(input logic [3:0] bits, input logic shift, input logic [15:0] offset);
    highest = (~(18'h3FFFF << bits) << shift) - {{2{offset[15]}}, offset};
  endfunction

  // Whether the one and the other fit a signed `width`.
  function automatic logic high_fits(input logic [17:0] high, input int width);
    high_fits = high[17] || high >> (width - 1) == 18'd0;
  endfunction

  function automatic logic low_fits(input logic [15:0] offset, input int width);
    low_fits = offset[15] || {2'd0, offset} <= 18'(1 << (width - 1));
  endfunction

  // log2 of the bytes of one d: f16, bf16: 1, f32: 2, the 8-bit types: 0.
  wire [1:0] d_size_log2 = d_type[2:0] == 3'd2 ? 2'd2 : (d_type[2:0] < 3'd2 ? 2'd1 : 2'd0);

  // Section words that a format must have: 8 rows of d in 256 >> d_group_log2 groups.
  wire [7:0] want_d = (8'd128 >> (d_group_log2[3:0] - {2'b0, d_size_log2}))
                          | {7'd0, d_group_log2 == 8'd8 && d_size_log2 == 2'd0};

  // Whole words that factors leave of their section; a bit in 8 rows is a byte. Right is none.
  function automatic logic [7:0] unused_words(input logic [7:0] words, input logic [3:0] bits, input logic [3:0] sub_block);
    unused_words = 8'(({words, 4'd0} - ({bits, 8'd0} >> sub_block)) >> 4);
  endfunction

  // A register for each rule, or for what it compares: two cycles, as none holds a sum and its comparison in one.
  logic bad_magic, bad_shape, bad_alignment, bad_reuse;
  logic bad_shapes, bad_groups, bad_types, bad_lows, bad_d;
  logic linear, has_min;
  logic [17:0] high_level, high_scale, high_min;
  logic [7:0]  unused_scale, unused_min;
  logic [11:0] other_words, section_words;

  logic [11:0] words_before_codes;

  always_comb begin
    words_before_codes = 12'd0;
    for (int s = 0; s < bfq_tile::SECTIONS - 1; s++)
      words_before_codes = words_before_codes + {4'd0, descriptor[bfq_descriptor::SECTION_WORDS + 8*s +: 8]};
  end

  wire bad_highs    = (linear && !high_fits(high_level, bfq_params::LEVEL_BITS)) || !high_fits(high_scale, bfq_params::SCALE_WIDTH)
                    || (has_min && !high_fits(high_min, bfq_params::MIN_WIDTH));
  wire bad_sections = bad_d || unused_scale != 8'd0 || unused_min != 8'd0 || other_words != section_words;

  always_ff @(posedge clk) begin
    bad_magic <= magic != bfq_descriptor::MAGIC_VALUE || flags[31:1] != 31'd0 || (descriptor & bfq_descriptor::RESERVED) != '0;
    // Columns must not overlap: a stride holds the rows, rounded up to a multiple of 8.
    bad_shape <= rows == 32'd0 || columns == 32'd0 || k_tiles == 32'd0 || k_tiles > 32'(bfq_params::MAX_K_TILES)
              || stride_low != 2'd0
              || (columns > 32'd1 && {stride_eights, 1'b0} < {rows[31:3], rows[2:0] != 3'd0});
    bad_alignment <= unaligned != 4'd0;
    bad_reuse <= flags[0] && (first || k_tiles != last_k_tiles || columns != last_columns);

    bad_shapes <= code_bits == 8'd0 || code_bits > 8'(bfq_params::CODE_BITS) || scale_bits > 8'(bfq_params::SCALE_BITS)
               || min_bits > 8'(bfq_params::MIN_BITS) || level_shift > 8'd1 || scale_shift > 8'd1 || min_shift > 8'd1
               || d_bias > 16'd255 || dmin_bias > 16'd255 || tile_words[31:12] != 20'd0;
    bad_groups <= sub_block_log2 < 8'd4 || sub_block_log2 > 8'd8 || step_log2 < 8'(bfq_params::MIN_STEP_LOG2) || step_log2 > 8'd8
               || d_group_log2 < 8'd4 || d_group_log2 > 8'd8 || step_log2 > d_group_log2;
    bad_types  <= d_type > 8'd5 || !TYPES[d_type[2:0]] || (8 << d_size_log2) > bfq_params::D_BITS
               || level_mode > 8'd1 || (level_mode == 8'd1 && (bfq_params::CODEBOOK >> code_bits[3:0]) == 0)
               || min_mode > 8'd2 || (min_mode != 8'd0 && bfq_params::HAS_MIN == 0);
    bad_lows   <= (level_mode == 8'd0 && !low_fits(level_offset, bfq_params::LEVEL_BITS)) || !low_fits(scale_offset, bfq_params::SCALE_WIDTH)
               || (min_mode != 8'd0 && !low_fits(min_offset, bfq_params::MIN_WIDTH));
    bad_d      <= d_words != want_d || dmin_words != (min_mode == 8'd1 ? want_d : 8'd0);

    linear     <= level_mode == 8'd0;
    has_min    <= min_mode != 8'd0;
    high_level <= highest(code_bits[3:0], level_shift[0], level_offset);
    high_scale <= highest(scale_bits[3:0], scale_shift[0], scale_offset);
    high_min   <= highest(min_bits[3:0], min_shift[0], min_offset);

    unused_scale  <= unused_words(scale_words, scale_bits[3:0], sub_block_log2[3:0]);
    unused_min    <= unused_words(min_words, min_bits[3:0], sub_block_log2[3:0]);
    other_words   <= tile_words[11:0] - {code_bits, 4'd0};  // than codes
    section_words <= words_before_codes;

    status <= 8'd0;
    if (bad_reuse) status <= 8'd5;
    if (bad_alignment) status <= 8'd4;
    if (bad_shapes || bad_groups || bad_types || bad_lows || bad_highs || bad_sections) status <= 8'd3;
    if (bad_shape) status <= 8'd2;
    if (bad_magic) status <= 8'd1;
  end
endmodule

`default_nettype wire
