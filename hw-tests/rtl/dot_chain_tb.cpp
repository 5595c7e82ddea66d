// bfq_dot_chain: a new row of levels in every cycle, activations staged and swapped at random, corners of both, against
// products and a sum. A pair besides: every pair of activations with levels beside every carry of the packed fields, and
// with BFQ_LONG all levels. Truth: int8 arithmetic.
#include <cstring>
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

constexpr int kColumns = 1 + PAIR, kHalf = 1 << (LEVEL_BITS - 1), kLatency = 2 + LENGTH / 2;
constexpr int kHold = LENGTH / 2 - 1;  // cycles from a swap to the first free stage
constexpr int kSumBits = LEVEL_BITS + 7 + (LENGTH == 8 ? 3 : 2);

using Row = std::vector<int>;

template <typename Port>
void put(Port& port, const Row& values, int bits) {
  uint8_t bytes[sizeof(Port)] = {};
  for (size_t i = 0; i < values.size(); ++i)
    for (int b = 0; b < bits; ++b) {
      const size_t at = i * bits + b;
      bytes[at / 8] = static_cast<uint8_t>(bytes[at / 8] | (values[i] >> b & 1) << at % 8);
    }
  std::memcpy(&port, bytes, sizeof port);
}

class Chain {
 public:
  Bench bench;

  /// One cycle: levels, and activations where `stage`.
  void cycle(bool stage, bool swap, const Row& activations, const Row& levels) {
    auto& dut = bench.dut;
    dut.stage = stage;
    dut.swap = swap;
    put(dut.activations, activations, 8);
    put(dut.levels, levels, LEVEL_BITS);
    bench.settle();
    if (wanted_.size() == kLatency) {
      uint64_t sums = 0;
      std::memcpy(&sums, &dut.sums, sizeof dut.sums);
      for (int c = 0; c < kColumns && !wanted_.front().empty(); ++c) {
        const int sum = static_cast<int>(static_cast<int64_t>(sums << (64 - (c + 1) * kSumBits)) >> (64 - kSumBits));
        CHECK(bench, sum == wanted_.front()[c], "column %d: %d, not %d", c, sum, wanted_.front()[c]);
      }
      wanted_.pop_front();
    }
    // A swap counts from the next cycle on, which is when a level of this cycle meets its activation.
    if (swap) present_ = staged_;
    if (stage) staged_ = activations;
    Row want;
    for (int c = 0; c < kColumns && !present_.empty(); ++c) {
      int sum = 0;
      for (int i = 0; i < LENGTH; ++i) sum -= levels[i] * present_[c * LENGTH + i];
      want.push_back(sum);
    }
    wanted_.push_back(want);
    bench.tick();
  }

 private:
  Row staged_, present_;
  std::deque<Row> wanted_;
};

void random_cycles(Chain& chain) {
  Random& random = chain.bench.random;
  int since_swap = 0;
  for (int i = 0; i < 40000; ++i, ++since_swap) {
    const uint32_t corner = random.below(4), level_corner = random.below(6);
    Row activations, levels;
    for (int a = 0; a < kColumns * LENGTH; ++a)
      activations.push_back(corner == 0 ? -128 : corner == 1 ? 127 : static_cast<int8_t>(random.bits()));
    for (int l = 0; l < LENGTH; ++l)
      levels.push_back(level_corner == 0   ? -kHalf
                       : level_corner == 1 ? kHalf - 1
                                           : static_cast<int>(random.below(2 * kHalf)) - kHalf);
    const bool swap = random.chance(20);
    if (swap) since_swap = 0;
    chain.cycle(since_swap >= kHold && random.chance(40), swap, activations, levels);
  }
}

/// All pairs of activations, the same at every place; the levels at the places beside the first at their extremes.
void all_pairs(Chain& chain) {
  Row some = {-kHalf, 1 - kHalf, -1, 0, 1, kHalf - 1};
  if (Bench::long_run()) {
    some.clear();
    for (int level = -kHalf; level < kHalf; ++level) some.push_back(level);
  }
  const Row zeros(LENGTH, 0);
  Row activations(kColumns * LENGTH);
  for (int pair = 0; pair < 1 << 16; ++pair) {
    for (int i = 0; i < LENGTH; ++i) {
      activations[i] = static_cast<int8_t>(pair);
      activations[(kColumns - 1) * LENGTH + i] = static_cast<int8_t>(pair >> 8);
    }
    chain.cycle(true, false, activations, zeros);
    for (size_t i = 0; i < some.size(); ++i) {
      Row levels(LENGTH, i % 3 == 0 ? -kHalf : i % 3 == 1 ? kHalf - 1 : 0);
      levels[(i + pair) % LENGTH] = some[i];
      chain.cycle(false, i == 0, activations, levels);
    }
  }
}

}  // namespace

int main() {
  Chain chain;
  chain.bench.scene = "random";
  random_cycles(chain);
  chain.bench.scene = "pairs";
  for (int i = 0; i < kHold; ++i) chain.cycle(false, false, Row(kColumns * LENGTH, 0), Row(LENGTH, 0));
  if (PAIR) all_pairs(chain);
}
