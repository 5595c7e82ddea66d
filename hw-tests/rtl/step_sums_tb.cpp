// bfq_step_sums in the order that row steps come (groups of eight rows, idle cycles between), with steps of every length:
// the ring is read at random in every cycle and must hold each sum from the promised cycle on.
#include <deque>
#include <vector>

#include <cstring>

#include "bench.hpp"

namespace {

constexpr int kLatency = 6;
constexpr int64_t kSumMask = (int64_t{1} << SUM_BITS) - 1;

template <typename Port>
void put(Port& port, const int64_t* values, int bits) {
  uint32_t words[8] = {};
  for (int i = 0; i < 4; ++i)
    for (int b = 0; b < bits; ++b) words[(i * bits + b) / 32] |= static_cast<uint32_t>(values[i] >> b & 1) << (i * bits + b) % 32;
  std::memcpy(&port, words, sizeof port);
}

struct Write {
  uint64_t cycle;
  int window, row, sub;
  int64_t sum;
};

}  // namespace

int main() {
  Bench bench;
  auto& dut = bench.dut;
  std::deque<Write> writes;
  std::vector<int64_t> ring(4 * 8 * SUBS), so_far(8);
  std::vector<bool> known(ring.size());
  int window = 0;

  auto cycle = [&] {
    dut.read_window = bench.random.below(4);
    dut.read_row = bench.random.below(8 / BANKS);
    dut.read_sub = 4 / SUBS * (1 + bench.random.below(SUBS)) - 1;
    bench.settle();
    while (!writes.empty() && writes.front().cycle + kLatency <= bench.cycle) {
      const Write& write = writes.front();
      const size_t at = (write.window * 8 + write.row) * SUBS + write.sub;
      ring[at] = write.sum;
      known[at] = true;
      writes.pop_front();
    }
    uint32_t words[(BANKS * SUM_BITS + 31) / 32];
    std::memcpy(words, &dut.read_sum, sizeof words);
    for (int b = 0; b < BANKS; ++b) {
      int64_t sum = 0;
      for (int i = 0; i < SUM_BITS; ++i) sum |= int64_t{words[(b * SUM_BITS + i) / 32] >> (b * SUM_BITS + i) % 32 & 1} << i;
      const size_t at = (dut.read_window * 8 + dut.read_row * BANKS + b) * SUBS + (dut.read_sub + 1) * SUBS / 4 - 1;
      CHECK(bench, !known[at] || sum == ring[at], "window %d row %d part %d is %llx, not %llx", dut.read_window,
            dut.read_row * BANKS + b, dut.read_sub, static_cast<long long>(sum), static_cast<long long>(ring[at]));
    }
    bench.tick();
  };

  for (int round = 0; round < 1500; ++round) {
    // 2^parts steps per group, or a step of several groups.
    const int parts = bench.random.below(SUBS == 4 ? 3 : SUBS);
    const int groups = parts == 0 ? 1 + bench.random.below(4) : 1;
    const uint32_t idle = bench.random.chance(50) ? 0 : 30;
    for (int group = 0; group < groups; ++group)
      for (int row = 0; row < 8; ++row) {
        while (bench.random.chance(idle)) {
          dut.valid = 0;
          cycle();
        }
        int64_t x[4], y[4], s[4], products[4];
        for (int i = 0; i < 4; ++i) {
          const int64_t x_half = int64_t{1} << (X_BITS - 1), s_half = int64_t{1} << (S_BITS - 1);
          x[i] = bench.random.chance(10) ? -x_half : static_cast<int64_t>(bench.random.below(2 * x_half)) - x_half;
          s[i] = bench.random.chance(10) ? -s_half : static_cast<int64_t>(bench.random.below(2 * s_half)) - s_half;
          y[i] = bench.random.chance(10) ? -x_half : static_cast<int64_t>(bench.random.below(2 * x_half)) - x_half;
          products[i] = (NEGATED ? -1 : 1) * (x[i] + y[i]) * s[i];
        }
        dut.valid = 1;
        dut.window = window;
        dut.row = row;
        dut.start = group == 0;
        dut.split = parts;
        put(dut.x, x, X_BITS);
        put(dut.y, y, X_BITS);
        put(dut.s, s, S_BITS);
        if (group == 0) so_far[row] = 0;
        // A part is read where its last 16 columns are; what is elsewhere in the window is nobody's business.
        for (int sub = 0; sub < SUBS; ++sub) known[(window * 8 + row) * SUBS + sub] = false;
        for (int sub = 0; sub < 1 << parts; ++sub) {
          int64_t sum = 0;
          for (int i = 0; i < 4 >> parts; ++i) sum += products[sub * (4 >> parts) + i];
          if (parts == 0) sum = so_far[row] += sum;
          writes.push_back({bench.cycle, window, row, (sub + 1) * SUBS / (1 << parts) - 1, sum & kSumMask});
        }
        cycle();
      }
    window = (window + 1) & 3;
  }
}
