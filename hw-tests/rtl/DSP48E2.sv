// A DSP48E2 for simulation, our own reading of UG579 ("UltraScale Architecture DSP Slice"): pre-adder, multiplier, W, X, Y and
// Z multiplexers, adder and every register with its enable. Without pattern detector, SIMD, wide XOR, carry inputs and the A and
// B cascades; a mode that is not here ends the simulation.
`default_nettype none

module DSP48E2 #(
    parameter AMULTSEL    = "A",
    parameter BMULTSEL    = "B",
    parameter PREADDINSEL = "A",
    parameter A_INPUT     = "DIRECT",
    parameter B_INPUT     = "DIRECT",
    parameter USE_MULT    = "MULTIPLY",
    parameter integer AREG          = 1,
    parameter integer ACASCREG      = 1,
    parameter integer DREG          = 1,
    parameter integer ADREG         = 1,
    parameter integer BREG          = 1,
    parameter integer BCASCREG      = 1,
    parameter integer CREG          = 1,
    parameter integer MREG          = 1,
    parameter integer PREG          = 1,
    parameter integer OPMODEREG     = 1,
    parameter integer ALUMODEREG    = 1,
    parameter integer INMODEREG     = 1,
    parameter integer CARRYINREG    = 1,
    parameter integer CARRYINSELREG = 1,
    parameter [47:0]  RND           = 48'd0
) (
    input wire        CLK,
    input wire [29:0] A,
    input wire [17:0] B,
    input wire [47:0] C,
    input wire [26:0] D,
    input wire [47:0] PCIN,
    input wire [8:0]  OPMODE,
    input wire [3:0]  ALUMODE,
    input wire [4:0]  INMODE,
    input wire        CARRYIN,
    input wire [2:0]  CARRYINSEL,
    input wire CEA1, input wire CEA2, input wire CEB1, input wire CEB2, input wire CEC, input wire CED, input wire CEAD,
    input wire CEM, input wire CEP, input wire CECTRL, input wire CEALUMODE, input wire CEINMODE, input wire CECARRYIN,
    input wire RSTA, input wire RSTB, input wire RSTC, input wire RSTD, input wire RSTM, input wire RSTP,
    input wire RSTCTRL, input wire RSTALUMODE, input wire RSTINMODE, input wire RSTALLCARRYIN,
    input wire [29:0] ACIN,
    input wire [17:0] BCIN,
    input wire        CARRYCASCIN,
    input wire        MULTSIGNIN,
    output wire [47:0] P,
    output wire [47:0] PCOUT,
    output wire [29:0] ACOUT,
    output wire [17:0] BCOUT,
    output wire        CARRYCASCOUT,
    output wire [3:0]  CARRYOUT,
    output wire        MULTSIGNOUT,
    output wire        OVERFLOW,
    output wire        UNDERFLOW,
    output wire        PATTERNDETECT,
    output wire        PATTERNBDETECT,
    output wire [7:0]  XOROUT
);
  initial begin
    if (A_INPUT != "DIRECT" || B_INPUT != "DIRECT" || USE_MULT != "MULTIPLY") $fatal(1, "not in this model");
    if (ACASCREG != AREG || BCASCREG != BREG || CARRYINREG != 1 || CARRYINSELREG != 1) $fatal(1, "not in this model");
  end

  // Table "A, B pipeline": with one register it is the second one.
  reg [29:0] a1, a2_register;
  reg [17:0] b1, b2_register;
  wire [29:0] a2 = AREG == 0 ? A : a2_register;
  wire [17:0] b2 = BREG == 0 ? B : b2_register;
  always @(posedge CLK) begin
    if (RSTA) {a1, a2_register} <= 60'd0;
    else begin
      if (CEA1) a1 <= A;
      if (CEA2) a2_register <= AREG == 2 ? a1 : A;
    end
    if (RSTB) {b1, b2_register} <= 36'd0;
    else begin
      if (CEB1) b1 <= B;
      if (CEB2) b2_register <= BREG == 2 ? b1 : B;
    end
  end

  reg [26:0] d_register, ad_register;
  reg [47:0] c_register, p_register;
  reg [44:0] m_register;
  reg [8:0]  opmode_register;
  reg [3:0]  alumode_register;
  reg [4:0]  inmode_register;
  wire [26:0] d       = DREG == 0 ? D : d_register;
  wire [47:0] c       = CREG == 0 ? C : c_register;
  wire [8:0]  opmode  = OPMODEREG == 0 ? OPMODE : opmode_register;
  wire [3:0]  alumode = ALUMODEREG == 0 ? ALUMODE : alumode_register;
  wire [4:0]  inmode  = INMODEREG == 0 ? INMODE : inmode_register;

  // INMODE: [0] A1, [1] no A or B at the pre-adder, [2] D at the pre-adder, [3] minus, [4] B1.
  wire [29:0] a_chosen = inmode[0] ? a1 : a2;
  wire [17:0] b_chosen = inmode[4] ? b1 : b2;
  wire [26:0] inner    = inmode[1] ? 27'd0 : PREADDINSEL == "A" ? a_chosen[26:0] : {{9{b_chosen[17]}}, b_chosen};
  wire [26:0] ad_sum   = (inmode[2] ? d : 27'd0) + (inmode[3] ? -inner : inner);
  wire [26:0] ad       = ADREG == 0 ? ad_sum : ad_register;
  wire signed [26:0] a_factor = AMULTSEL == "AD" ? ad : a_chosen[26:0];
  wire signed [17:0] b_factor = BMULTSEL == "AD" ? ad[17:0] : b_chosen;
  wire signed [44:0] product  = a_factor * b_factor;
  wire [44:0] m = MREG == 0 ? product : m_register;

  // X and Y carry the two halves of the product; only together they are it.
  wire [47:0] w = opmode[8:7] == 2'b00 ? 48'd0 : opmode[8:7] == 2'b01 ? p_register : opmode[8:7] == 2'b10 ? RND : c;
  wire [47:0] z = opmode[6:4] == 3'b000 ? 48'd0 : opmode[6:4] == 3'b001 ? PCIN : opmode[6:4] == 3'b010 ? p_register : c;
  wire [47:0] xy = opmode[3:0] == 4'b0101 ? {{3{m[44]}}, m} : 48'd0;
  wire [47:0] sum = alumode == 4'b0011 ? z - (w + xy) : z + w + xy;
  always @(posedge CLK) begin
    if (opmode[6:4] > 3'b011 || (opmode[3:0] != 4'b0101 && opmode[3:0] != 4'b0000)) $fatal(1, "OPMODE %b not in this model", opmode);
    if (alumode != 4'b0011 && alumode != 4'b0000) $fatal(1, "ALUMODE %b not in this model", alumode);
    if (CARRYIN || CARRYINSEL != 3'd0 || RSTALLCARRYIN) $fatal(1, "carry inputs not in this model");
    if (RSTC) c_register <= 48'd0;
    else if (CEC) c_register <= C;
    if (RSTD) {d_register, ad_register} <= 54'd0;
    else begin
      if (CED) d_register <= D;
      if (CEAD) ad_register <= ad_sum;
    end
    if (RSTM) m_register <= 45'd0;
    else if (CEM) m_register <= product;
    if (RSTP) p_register <= 48'd0;
    else if (CEP) p_register <= sum;
    if (RSTCTRL) opmode_register <= 9'd0;
    else if (CECTRL) opmode_register <= OPMODE;
    if (RSTALUMODE) alumode_register <= 4'd0;
    else if (CEALUMODE) alumode_register <= ALUMODE;
    if (RSTINMODE) inmode_register <= 5'd0;
    else if (CEINMODE) inmode_register <= INMODE;
  end

  assign P     = PREG == 0 ? sum : p_register;
  assign PCOUT = P;
  assign {ACOUT, BCOUT, CARRYCASCOUT, CARRYOUT, MULTSIGNOUT, OVERFLOW, UNDERFLOW, PATTERNDETECT, PATTERNBDETECT, XOROUT} = '0;
  wire unused = &{1'b0, ACIN, BCIN, CARRYCASCIN, MULTSIGNIN, CECARRYIN, a_chosen};
endmodule

`default_nettype wire
