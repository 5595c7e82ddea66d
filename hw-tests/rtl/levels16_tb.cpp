// bfq_levels16 with random codes, maps and table writes in every cycle, against a table and a subtraction.
#include <vector>

#include "bench.hpp"

int main() {
  Bench bench;
  auto& dut = bench.dut;
  constexpr int kMask = (1 << LEVEL_BITS) - 1;
  constexpr int kIndex = CODEBOOK == 0 ? 0 : CODEBOOK - 1;
  constexpr int kUnknown = 1 << 20;  // not written yet
  std::vector<int> table(kIndex + 1, kUnknown);
  for (int i = 0; i < 20000; ++i) {
    dut.shift = bench.random.below(2);
    dut.codebook = CODEBOOK > 0 && bench.random.chance(50);
    const int offset = dut.codebook ? 0 : static_cast<int>(bench.random.bits() & kMask);
    dut.not_offset = ~offset & kMask;
    dut.table_write = bench.random.chance(30);
    dut.table_index = bench.random.bits() & kIndex;
    dut.table_entry = bench.random.bits() & 0xFF;
    int codes[16];
    uint32_t planes[4] = {};
    for (int c = 0; c < 16; ++c) {
      codes[c] = bench.random.below(1 << CODE_BITS);
      for (int b = 0; b < CODE_BITS; ++b) planes[(b * 16 + c) / 32] |= (codes[c] >> b & 1u) << (b * 16 + c) % 32;
    }
#if CODE_BITS > 4
    for (int j = 0; j < (CODE_BITS * 16 + 31) / 32; ++j) dut.planes[j] = planes[j];
#else
    dut.planes = planes[0] | uint64_t{planes[1]} << 32;
#endif
    bench.settle();
    for (int c = 0; c < 16; ++c) {
      int value = 0;
      for (int b = 0; b < LEVEL_BITS; ++b) {
        const int at = c * LEVEL_BITS + b;
#if LEVEL_BITS > 4
        value |= (dut.levels[at / 32] >> at % 32 & 1) << b;
#else
        value |= static_cast<int>(dut.levels >> at & 1) << b;
#endif
      }
      const int want = dut.codebook ? table[codes[c] & kIndex] : (codes[c] << dut.shift) - offset;
      CHECK(bench, want == kUnknown || value == (want & kMask), "level %d is %x, not %x", c, value, want & kMask);
    }
    if (CODEBOOK > 0 && dut.table_write) table[dut.table_index] = static_cast<int8_t>(dut.table_entry);
    bench.tick();
  }
}
