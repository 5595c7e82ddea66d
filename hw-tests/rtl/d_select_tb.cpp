// bfq_d_select: every place of a row's d in random words. Combinational, so the clock has nothing to do.
#include "Vdut.h"
#include "coverage.hpp"
#include "verilated.h"

#include <cstdint>
#include <cstdio>
#include <random>

int main() {
  Vdut dut;
  std::mt19937 random(1);
  std::printf("seed 1\n");
  for (int i = 0; i < 2000; ++i) {
    for (int j = 0; j < 4; ++j) dut.word[j] = random();
    for (unsigned bytes : {1u, 2u, 4u}) {
      if (!(D_TYPES & (bytes == 1 ? 0b111000 : bytes == 2 ? 0b000011 : 0b000100))) continue;
      for (unsigned address = 0; address < 16; address += bytes * ROWS) {
        dut.address = address;
        dut.bytes = bytes;
        dut.eval();
        const unsigned place = address + ROW * bytes;
        const uint32_t mask = bytes == 4 ? ~0u : (1u << 8 * bytes) - 1;
        const uint32_t want = dut.word[place / 4] >> place % 4 * 8 & mask;
        if ((dut.piece & mask) != want) {
          std::printf("FAIL at cycle 0: %u bytes at %u are %x, not %x\n", bytes, place, dut.piece & mask, want);
          return 1;
        }
      }
    }
  }
  write_coverage();
}
