// bfq_byte_select: every aligned piece of random words. Combinational, so the clock has nothing to do.
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
    for (unsigned bytes : {1u, 2u, 4u})
      for (unsigned address = 0; address < 16; address += bytes) {
        dut.address = address;
        dut.eval();
        const uint32_t mask = bytes == 4 ? ~0u : (1u << 8 * bytes) - 1;
        const uint32_t want = dut.word[address / 4] >> address % 4 * 8 & mask;
        if ((dut.piece & mask) != want) {
          std::printf("FAIL at cycle 0: %u bytes at %u are %x, not %x\n", bytes, address, dut.piece & mask, want);
          return 1;
        }
      }
  }
  write_coverage();
}
