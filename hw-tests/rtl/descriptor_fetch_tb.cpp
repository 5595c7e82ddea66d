// bfq_descriptor_fetch: whole lists arrive in order from a memory of any latency, and never more is asked for than fits.
#include <cstring>
#include <deque>

#include "bench.hpp"

namespace {

/// Half `half` of the word that the memory holds at an address / 16: any bits.
uint64_t content(uint64_t place, uint32_t half) {
  return Random(2 * place + half).bits();
}

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  bench.settle();
  for (int list = 0; list < 500; ++list) {
    const uint32_t count = random.below(12), stalls = random.below(90), latency = 1 + random.below(60);
    const uint32_t rest = random.chance(50) ? stalls : 94;  // % of cycles in which no descriptor is taken
    const uint64_t base = random.bits() & 0xfffffff0;
    struct Word {
      uint64_t due, place;
    };
    std::deque<Word> words;
    dut.rst = 1;
    dut.start = dut.read_ready = dut.data_valid = dut.descriptor_ready = 0;
    bench.tick();
    dut.rst = 0;
    for (uint32_t quiet = random.below(6); quiet > 0; --quiet) {
      CHECK(bench, !dut.read_valid, "asked before the start");
      bench.tick();
    }
    dut.start = 1;
    dut.address = base;
    dut.count = count;
    bench.tick();
    dut.start = 0;
    dut.address = random.bits();
    uint32_t asked = 0, taken = 0;
    for (int idle = 0; idle < 400; ++idle) {
      dut.read_ready = !random.chance(stalls);
      dut.descriptor_ready = !random.chance(rest);
      dut.data_valid = !words.empty() && words.front().due <= bench.cycle && !random.chance(stalls);
      for (uint32_t half = 0; dut.data_valid && half < 2; ++half) {
        const uint64_t value = content(words.front().place, half);
        std::memcpy(&dut.data[2 * half], &value, 8);
      }
      bench.settle();
      if (dut.read_valid) {
        CHECK(bench, asked < count, "asked for more than the list");
        CHECK(bench, dut.read_address == base + uint64_t{asked} * DESC_WORDS * 16 && dut.read_words == DESC_WORDS, "wrong read");
        if (dut.read_ready) {
          for (uint32_t i = 0; i < DESC_WORDS; ++i) words.push_back({bench.cycle + latency, base + asked * DESC_WORDS + i});
          CHECK(bench, words.size() == DESC_WORDS && asked <= taken + 1, "asked for more than there is room for");
          ++asked;
          idle = 0;
        }
      }
      if (dut.descriptor_valid) {
        for (uint32_t i = 0; i < 2 * DESC_WORDS; ++i) {
          uint64_t value;
          std::memcpy(&value, &dut.descriptor[2 * i], 8);
          CHECK(bench, value == content(base + taken * DESC_WORDS + i / 2, i % 2), "word %u of descriptor %u", i / 2, taken);
        }
        if (dut.descriptor_ready) {
          ++taken;
          idle = 0;
        }
      }
      const bool moved = dut.data_valid;
      bench.tick();
      if (moved) {
        words.pop_front();
        idle = 0;
      }
    }
    CHECK(bench, asked == count && taken == count, "%u asked for, %u handed over, of %u", asked, taken, count);
  }
}
