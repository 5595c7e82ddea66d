// bfq_descriptor_fetch: whole lists arrive in order from a memory of any latency, and never more is asked for than fits. A list
// follows the one before, or a reset at any time.
#include <cstring>
#include <deque>

#include "bench.hpp"

namespace {

constexpr uint64_t kAddress = (1ull << 40) - 1;

/// Half `half` of the word that the memory holds at an address: any bits.
uint64_t content(uint64_t address, uint32_t half) {
  return Random((address & kAddress) / 8 + half).bits();
}

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  bool reset = true;
  unsigned ends = 0, cuts = 0;
  bench.settle();
  for (int list = 0; list < 600; ++list) {
    const bool longer = random.chance(5);  // the count gets far
    uint32_t count = random.below(longer ? 1u << random.below(13) : 12);
    if (random.chance(20)) count ^= 1u << random.below(32);
    const bool endless = count >= 5000;
    const uint32_t stalls = longer ? 0 : random.below(90), latency = longer ? 1 : 1 + random.below(60);
    const uint32_t rest = random.chance(50) ? stalls : 94;  // % of cycles in which no descriptor is taken
    const uint64_t base = random.bits() & kAddress & ~15ull;
    // Some lists are cut short; the longest would never end.
    const uint64_t cut = bench.cycle + (random.chance(20) ? random.below(500) : 1u << 31);
    struct Word {
      uint64_t due, address;
    };
    std::deque<Word> words;
    dut.start = dut.read_ready = dut.data_valid = 0;
    if (reset) {
      dut.rst = 1;
      bench.tick();
      dut.rst = 0;
    }
    for (uint32_t quiet = random.below(6); quiet > 0; --quiet) {
      CHECK(bench, !dut.read_valid && !dut.descriptor_valid, "asked before the start");
      bench.tick();
    }
    dut.start = 1;
    dut.address = base;
    dut.count = count;
    bench.tick();
    dut.start = 0;
    dut.address = random.bits();
    dut.count = random.bits();
    uint32_t asked = 0, taken = 0;
    reset = false;
    for (int idle = 0; idle < 400 && !reset; ++idle) {
      dut.read_ready = !random.chance(stalls);
      dut.descriptor_ready = !random.chance(rest);
      dut.data_valid = !words.empty() && words.front().due <= bench.cycle && !random.chance(stalls);
      for (uint32_t half = 0; half < 2; ++half) {
        const uint64_t value = dut.data_valid ? content(words.front().address, half) : random.bits();
        std::memcpy(&dut.data[2 * half], &value, 8);
      }
      bench.settle();
      CHECK(bench, dut.read_words == DESC_WORDS, "words of a read");
      if (dut.read_valid) {
        const uint64_t address = (base + uint64_t{asked} * DESC_WORDS * 16) & kAddress;
        CHECK(bench, asked < count, "asked for more than the list");
        CHECK(bench, dut.read_address == address, "wrong read");
        if (dut.read_ready) {
          for (uint32_t i = 0; i < DESC_WORDS; ++i) words.push_back({bench.cycle + latency, address + 16 * i});
          CHECK(bench, words.size() == DESC_WORDS && asked <= taken + 1, "asked for more than there is room for");
          ++asked;
          idle = 0;
        }
      }
      if (dut.descriptor_valid) {
        for (uint32_t i = 0; i < 2 * DESC_WORDS; ++i) {
          uint64_t value;
          std::memcpy(&value, &dut.descriptor[2 * i], 8);
          CHECK(bench, value == content(base + (uint64_t{taken} * DESC_WORDS + i / 2) * 16, i % 2), "word %u of descriptor %u", i / 2, taken);
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
      reset = bench.cycle > cut || (endless && taken > 20);
    }
    ++(reset ? cuts : ends);
    if (reset) continue;
    CHECK(bench, asked == count && taken == count, "%u asked for, %u handed over, of %u", asked, taken, count);
    reset = random.chance(50);
  }
  CHECK(bench, ends > 200 && cuts > 100, "%u lists ended, %u cut short", ends, cuts);
}
