// bfq_shift_add: every code, shift and base. Combinational, so the clock has nothing to do.
#include "Vdut.h"
#include "verilated.h"

#include <cstdio>

int main() {
  Vdut dut;
  for (unsigned code = 0; code < 1u << IN_BITS; ++code)
    for (unsigned base = 0; base < 1u << OUT_BITS; ++base)
      for (unsigned shift = 0; shift < 2; ++shift) {
        dut.code = code;
        dut.base = base;
        dut.shift = shift;
        dut.eval();
        const unsigned want = ((code << shift) + base) & ((1u << OUT_BITS) - 1);
        if (dut.value != want) {
          std::printf("FAIL at cycle 0: code %u shift %u base %u is %u, not %u\n", code, shift, base, dut.value, want);
          return 1;
        }
      }
}
