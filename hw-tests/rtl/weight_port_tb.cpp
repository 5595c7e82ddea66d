// bfq_weight_port against a memory: all regions, one after the other, none before its start; and a halt in mid-stream, also of a region far longer
// than it looks by any bits of its length, after which the port drains what it has asked for, little, and streams the next list
// rightly; so it does after a reset of everything with the memory.
#define AXI_READ
#define MAX_BURST 64
#define OUTSTANDING 8
#include <algorithm>
#include <optional>

#include "axi_memory.hpp"

namespace {

struct Region {
  uint64_t address;
  uint32_t words;
};

/// Drives the clock with the memory, counting.
template <class Take>
void step(Bench& bench, Memory& memory, Take take) {
  auto& dut = bench.dut;
  memory.drive();
  bench.settle();
  memory.observe();
  if (dut.clear || dut.master_rst) memory.beats = memory.errors = 0;
  take();
  bench.tick();
  CHECK(bench, dut.words == memory.beats, "%u words counted of %d", dut.words, int(memory.beats));
  CHECK(bench, static_cast<bool>(dut.error) == (memory.errors > 0), "error is %d", dut.error);
}

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  std::optional<Memory> memory(bench);
  dut.rst = dut.master_rst = 1;
  dut.halt = dut.hold = dut.start = 0;
  for (int i = 0; i < 4; ++i) step(bench, *memory, [] {});
  dut.rst = dut.master_rst = 0;
  unsigned halts = 0;
  for (int list = 0; list < 600; ++list) {
    memory->manners = {random.below(100), random.below(100), random.below(60), random.below(60), random.below(3) ? 0u : 1u};
    const uint32_t stalls = random.below(80), count = 1 + random.below(6);
    std::vector<Region> regions;
    std::deque<uint64_t> want;
    for (uint32_t i = 0; i < count; ++i) {
      regions.push_back({std::min<uint64_t>(random.bits() & 0xfffffffff0, 0xffffff0000), 1 + random.below(random.chance(50) ? 6 : 700)});
      for (uint32_t word = 0; word < regions.back().words; ++word) want.push_back(regions.back().address + 16 * word);
    }
    const bool cut = random.chance(40);
    if (cut) {  // never whole
      Region& last = regions.back();
      for (uint32_t word = last.words; word < 2000; ++word) want.push_back(last.address + 16 * word);
      last.words += 1u << (11 + random.below(17));
    }
    dut.clear = 1;
    step(bench, *memory, [] {});
    dut.clear = 0;
    const size_t all = want.size();
    const size_t halt_at = cut ? random.below(random.chance(50) ? 100 : static_cast<uint32_t>(all) + 1) : 0;
    const bool patient = random.chance(50);  // out_ready waits for out_valid
    const uint32_t holds = random.chance(50) ? random.below(90) : 0;
    uint32_t sent = 0, begun = 0;
    size_t allowed = 0;  // words of the regions that were started
    for (int idle = 0; !want.empty() || sent < count || !dut.idle; ++idle) {
      CHECK(bench, idle < 5000, "stuck with %zu of %zu words to come", want.size(), all);
      const Region& region = regions[std::min(sent, count - 1)];
      dut.region_address = region.address;
      dut.region_words = region.words;
      dut.region_valid = sent < count && !random.chance(stalls);
      dut.out_ready = !random.chance(stalls) && (!patient || dut.out_valid);
      dut.hold = random.chance(holds);
      dut.start = !dut.asking && random.chance(50);
      if (dut.start && begun < sent) allowed += regions[begun++].words;
      bool taken = false;
      step(bench, *memory, [&] {
        if (dut.out_valid && dut.out_ready) {
          CHECK(bench, !want.empty(), "more words than the regions have");
          CHECK(bench, to_word(dut.out_data) == original(want.front()), "wrong word, %zu to come", want.size());
          want.pop_front();
          CHECK(bench, all - want.size() <= allowed, "a region is read before its start");
          idle = 0;
        }
        taken = dut.region_valid && dut.region_ready;
      });
      sent += taken;
      if (!cut || all - want.size() < halt_at) continue;
      if (random.chance(50)) {
        dut.rst = dut.master_rst = 1;
        step(bench, *memory, [] {});
        dut.rst = dut.master_rst = dut.region_valid = 0;
        memory.emplace(bench);
        for (int i = 0; i < 4; ++i) {
          step(bench, *memory, [] {});
          CHECK(bench, dut.idle && !dut.out_valid && !dut.m_axi_arvalid && dut.region_ready, "something is left after the reset");
        }
        break;
      }
      // Cut short: what comes is dropped, and it is not much.
      const uint64_t before = memory->beats;
      dut.halt = 1;
      dut.region_valid = 0;
      dut.start = random.below(2);
      dut.out_ready = random.below(2);
      for (int left = 8, wait = 0; left > 0; ++wait) {
        CHECK(bench, wait < 20000, "does not drain");
        bool resting = false;
        step(bench, *memory, [&] { resting = dut.idle && !dut.out_valid; });
        left = resting ? left - 1 : 8;
      }
      // Those bursts that are asked for.
      CHECK(bench, memory->beats - before <= MAX_BURST * OUTSTANDING, "%d words were still read", int(memory->beats - before));
      dut.rst = 1;
      step(bench, *memory, [] {});
      dut.rst = dut.halt = 0;
      ++halts;
      break;
    }
    if (!cut) CHECK(bench, dut.words == all, "%u words counted of %zu", dut.words, all);
  }
  CHECK(bench, halts > 50, "only %u halts", halts);
}
