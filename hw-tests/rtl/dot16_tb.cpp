// bfq_dot16: random levels in every cycle, activations staged and swapped at random, against 16 products and a sum.
#include <cstring>
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

constexpr int kColumns = 1 + PAIR, kXBits = LEVEL_BITS + 10, kLatency = CHAIN == 8 ? 6 : 5;
constexpr int kHold = CHAIN / 2 - 1;  // cycles from a swap to the first free stage

template <typename Port>
void put(Port& port, size_t at, int bits, int value) {
  uint8_t* bytes = reinterpret_cast<uint8_t*>(&port);
  for (int b = 0; b < bits; ++b, ++at)
    bytes[at / 8] = static_cast<uint8_t>((bytes[at / 8] & ~(1 << at % 8)) | (value >> b & 1) << at % 8);
}

template <typename Port>
int get(const Port& port, int column) {
  uint64_t value = 0;
  std::memcpy(&value, &port, sizeof port);
  return static_cast<int>(static_cast<int64_t>(value << (64 - (column + 1) * kXBits)) >> (64 - kXBits));
}

}  // namespace

int main() {
  Bench bench;
  auto& dut = bench.dut;
  int staged[kColumns * 16] = {}, present[kColumns * 16] = {};
  int since_swap = 0;
  std::deque<std::vector<int>> wanted;
  for (int i = 0; i < 20000; ++i, ++since_swap) {
    const uint32_t corner = bench.random.below(4);
    int next[kColumns * 16], levels[16];
    for (int c = 0; c < kColumns * 16; ++c) {
      next[c] = corner == 0 ? -128 : static_cast<int8_t>(bench.random.bits());
      put(dut.words, c * 8, 8, next[c]);
    }
    for (int c = 0; c < 16; ++c) {
      const int half = 1 << (LEVEL_BITS - 1);
      levels[c] = corner == 0 ? -half : corner == 1 ? half - 1 : static_cast<int>(bench.random.below(2 * half)) - half;
      put(dut.levels, c * LEVEL_BITS, LEVEL_BITS, levels[c]);
    }
    dut.swap = bench.random.chance(20);
    if (dut.swap) since_swap = 0;
    dut.stage = since_swap >= kHold && bench.random.chance(40);
    bench.settle();
    if (wanted.size() == kLatency) {
      for (int c = 0; c < kColumns && i > 100; ++c) {  // until then the registers hold whatever they held
        const int sum = get(dut.x, c) + get(dut.y, c);
        CHECK(bench, sum == wanted.front()[c], "column %d: %d, not %d", c, sum, wanted.front()[c]);
      }
      wanted.pop_front();
    }
    for (int c = 0; c < kColumns * 16; ++c) {
      if (dut.swap) present[c] = staged[c];
      if (dut.stage) staged[c] = next[c];
    }
    std::vector<int> sums(kColumns);
    for (int c = 0; c < kColumns * 16; ++c) sums[c / 16] -= levels[c % 16] * present[c];
    wanted.push_back(sums);
    bench.tick();
  }
}
