// bfq_code_gearbox: tiles of random widths under idle x back-pressure; every row step's planes, nothing lost or added,
// and one word or one step per cycle, whichever is slower. Truth: the words that went in, cut into 64-bit pieces.
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

void try_tiles(Bench& bench, int tiles, uint32_t idle, uint32_t stall) {
  struct Entry { uint64_t low, high; int bits; };
  std::deque<Entry> words;
  std::deque<std::vector<uint64_t>> steps;
  uint64_t least = 0;
  for (int t = 0; t < tiles; ++t) {
    const int bits = 1 + bench.random.below(CODE_BITS);
    least += bits == 1 ? 32 : 16 * bits;
    std::vector<uint64_t> halves;
    for (int i = 0; i < 32 * bits; ++i) halves.push_back(bench.random.bits());
    for (size_t i = 0; i < halves.size(); i += 2) words.push_back({halves[i], halves[i + 1], bits});
    for (int s = 0; s < 32; ++s) {
      std::vector<uint64_t> planes(halves.begin() + s * bits, halves.begin() + (s + 1) * bits);
      planes.resize(CODE_BITS, 0);
      steps.push_back(planes);
    }
  }
  const uint64_t start = bench.cycle;
  bool offered = false;
  while (!steps.empty()) {
    CHECK(bench, bench.cycle - start < 100000, "nothing moves");
    auto& dut = bench.dut;
    if (!offered) offered = !words.empty() && !bench.random.chance(idle);
    dut.word_valid = offered;
    if (!words.empty()) {
      const Entry& entry = words.front();
      for (int i = 0; i < 4; ++i) dut.word[i] = static_cast<uint32_t>((i < 2 ? entry.low : entry.high) >> i % 2 * 32);
      dut.word_code_bits = entry.bits;
    }
    dut.step_ready = !bench.random.chance(stall);
    bench.settle();
    if (!dut.step_valid && bench.random.chance(50)) {  // ready may wait for valid
      dut.step_ready = 0;
      bench.settle();
    }
    if (dut.step_valid) {
      const uint32_t* planes = reinterpret_cast<const uint32_t*>(&dut.planes);
      for (int b = 0; b < CODE_BITS; ++b) {
        const uint64_t plane = planes[2 * b] | uint64_t{planes[2 * b + 1]} << 32;
        CHECK(bench, plane == steps.front()[b], "plane %d is %llx, not %llx", b, static_cast<unsigned long long>(plane),
              static_cast<unsigned long long>(steps.front()[b]));
      }
      if (dut.step_ready) steps.pop_front();
    }
    if (offered && dut.word_ready) {
      words.pop_front();
      offered = false;
    }
    bench.tick();
  }
  if (idle == 0 && stall == 0) CHECK(bench, bench.cycle - start <= least + 2, "%llu cycles, not %llu", static_cast<unsigned long long>(bench.cycle - start), static_cast<unsigned long long>(least));
  for (int i = 0; i < 4; ++i) {
    bench.dut.step_ready = 1;
    bench.settle();
    CHECK(bench, !bench.dut.step_valid, "a step too many");
    bench.tick();
  }
}

}  // namespace

int main() {
  Bench bench;
  for (const auto& [idle, stall] : std::vector<std::pair<uint32_t, uint32_t>>{{0, 0}, {50, 0}, {0, 50}, {60, 60}, {0, 0}}) {
    bench.scene = "idle " + std::to_string(idle) + " stall " + std::to_string(stall);
    bench.dut.rst = 1;
    bench.dut.word_valid = 0;
    bench.settle();
    bench.tick();
    bench.dut.rst = 0;
    try_tiles(bench, 60, idle, stall);
  }
  bench.scene = "resets in the middle of a tile";
  for (int i = 0; i < 200; ++i) {
    bench.dut.word_code_bits = 1 + bench.random.below(CODE_BITS);
    for (int cycles = bench.random.below(12); cycles > 0; --cycles) {
      bench.dut.word_valid = bench.random.below(2);
      bench.dut.step_ready = bench.random.below(2);
      bench.settle();
      bench.tick();
    }
    bench.dut.rst = 1;
    bench.settle();
    bench.tick();
    bench.dut.rst = bench.dut.word_valid = 0;
    bench.settle();
    CHECK(bench, !bench.dut.step_valid && bench.dut.word_ready, "a step is left after the reset");
    try_tiles(bench, 1, 0, 0);
  }
}
