// bfq_dot16: random levels in every cycle, activations staged and swapped at random, against 16 products and a sum.
#include <deque>

#include "bench.hpp"

int main() {
  Bench bench;
  auto& dut = bench.dut;
  constexpr int kSumBits = LEVEL_BITS + 12, kLatency = 5;
  int staged[16] = {}, present[16] = {};
  bool known = false;
  std::deque<int> sums;
  for (int i = 0; i < 20000; ++i) {
    const int corner = bench.random.below(4);
    int next[16], levels[16];
    for (int c = 0; c < 16; ++c) {
      next[c] = corner == 0 ? -128 : static_cast<int8_t>(bench.random.bits());
      const int half = 1 << (LEVEL_BITS - 1);
      levels[c] = corner == 0 ? -half : corner == 1 ? half - 1 : static_cast<int>(bench.random.below(2 * half)) - half;
    }
    dut.stage = bench.random.chance(40);
    dut.swap = bench.random.chance(20);
    for (int c = 0; c < 16; ++c) {
      const uint32_t byte = static_cast<uint32_t>(next[c]) & 0xFF;
      dut.word[c / 4] = (c % 4 ? dut.word[c / 4] : 0) | byte << c % 4 * 8;
    }
    uint32_t packed[5] = {};
    for (int c = 0; c < 16; ++c)
      for (int b = 0; b < LEVEL_BITS; ++b) packed[(c * LEVEL_BITS + b) / 32] |= (levels[c] >> b & 1u) << (c * LEVEL_BITS + b) % 32;
#if LEVEL_BITS > 4
    for (int j = 0; j < (LEVEL_BITS * 16 + 31) / 32; ++j) dut.levels[j] = packed[j];
#else
    dut.levels = packed[0] | uint64_t{packed[1]} << 32;
#endif
    bench.settle();
    if (sums.size() == kLatency) {
      const int32_t sum = static_cast<int32_t>(dut.sum << (32 - kSumBits)) >> (32 - kSumBits);
      CHECK(bench, sum == sums.front(), "%d, not %d", sum, sums.front());
      sums.pop_front();
    }
    int sum = 0;
    for (int c = 0; c < 16; ++c) sum += levels[c] * present[c];
    if (known) sums.push_back(sum);
    if (dut.swap) {
      for (int c = 0; c < 16; ++c) present[c] = staged[c];
      known = known || i > 50;  // until then the registers hold whatever they held
      if (i <= 50) sums.clear();
    }
    if (dut.stage) for (int c = 0; c < 16; ++c) staged[c] = next[c];
    bench.tick();
  }
}
