// bfq_shift_add: every code, shift and offset. Combinational, so the clock has nothing to do.
#include "Vdut.h"
#include "coverage.hpp"
#include "verilated.h"

#include <cstdio>

int main() {
  Vdut dut;
  for (unsigned code = 0; code < 1u << IN_BITS; ++code)
    for (unsigned offset = 0; offset < 1u << OUT_BITS; ++offset)
      for (unsigned shift = 0; shift < 2; ++shift) {
        dut.code = code;
        dut.not_offset = ~offset & ((1u << OUT_BITS) - 1);
        dut.shift = shift;
        dut.eval();
        const unsigned want = ((code << shift) - offset) & ((1u << OUT_BITS) - 1);
        if (dut.value != want) {
          std::printf("FAIL at cycle 0: code %u shift %u offset %u is %u, not %u\n", code, shift, offset, dut.value, want);
          return 1;
        }
      }
  write_coverage();
}
