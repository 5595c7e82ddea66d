// A DSP48E2 in the one shape that our chains have: p = z - (d + a) * b, z by `opmode` (UG579). It is there under
// BFQ_DSP48E2, which synthesis sets: no flow has to find it. Who instantiates this module has a body of the same latency
// beside it, for simulators without the primitive.
// Latency: d, a to p: 4 with P_REGISTER (3 without); b: 2 + B_REGISTERS; opmode, c: 2.
`ifdef BFQ_DSP48E2
`default_nettype none

module bfq_dsp #(
    parameter int B_REGISTERS      = 1,             // 1, 2
    parameter int P_REGISTER       = 1,             // 0: the next one in the cascade adds in the same cycle
    parameter int SUBTRACT         = 1,             // 0: p = z + (d + a) * b
    parameter logic [47:0] CONSTANT = 48'd0         // opmode[8:7] == 2 adds it to the product
) (
    input wire logic clk,

    input wire logic        load,     // d and a
    input wire logic        present,  // their sum
    input wire logic [26:0] d,        // signed, as all operands
    input wire logic [26:0] a,
    input wire logic [17:0] b,
    input wire logic [47:0] c,
    input wire logic [8:0]  opmode,
    input wire logic [47:0] cascade_in,

    output wire logic [47:0] cascade_out,
    output wire logic [47:0] p
);
  DSP48E2 #(
      .AMULTSEL("AD"), .PREADDINSEL("A"), .BMULTSEL("B"), .A_INPUT("DIRECT"), .B_INPUT("DIRECT"), .USE_MULT("MULTIPLY"),
      .AREG(1), .ACASCREG(1), .DREG(1), .ADREG(1), .BREG(B_REGISTERS), .BCASCREG(B_REGISTERS), .CREG(1), .MREG(1),
      .PREG(P_REGISTER), .OPMODEREG(1), .ALUMODEREG(1), .INMODEREG(1), .CARRYINREG(1), .CARRYINSELREG(1), .RND(CONSTANT)
  ) dsp (
      .CLK(clk), .A({{3{a[26]}}, a}), .B(b), .C(c), .D(d), .PCIN(cascade_in),
      .OPMODE(opmode), .ALUMODE(SUBTRACT != 0 ? 4'b0011 : 4'b0000), .INMODE(5'b00100), .CARRYIN(1'b0), .CARRYINSEL(3'b000),
      .CEA1(1'b0), .CEA2(load), .CED(load), .CEAD(present), .CEB1(1'b1), .CEB2(1'b1), .CEC(1'b1), .CEM(1'b1), .CEP(1'b1),
      .CECTRL(1'b1), .CEALUMODE(1'b1), .CEINMODE(1'b1), .CECARRYIN(1'b1),
      .RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTCTRL(1'b0), .RSTALUMODE(1'b0),
      .RSTINMODE(1'b0), .RSTALLCARRYIN(1'b0),
      .ACIN(30'd0), .BCIN(18'd0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0),
      .P(p), .PCOUT(cascade_out), .ACOUT(), .BCOUT(), .CARRYCASCOUT(), .CARRYOUT(), .MULTSIGNOUT(), .OVERFLOW(),
      .UNDERFLOW(), .PATTERNDETECT(), .PATTERNBDETECT(), .XOROUT()
  );
endmodule

`default_nettype wire
`endif
