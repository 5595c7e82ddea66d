// bfq_replay_store: tiles of 32 random row steps, one to four walks each, with idle and back-pressure: every walk gives the
// tile's row steps in order; none waits where the next tile is there; a tile comes in while the one before is gone through;
// a reset leaves nothing.
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

/// With `cut` > 0 it ends after that many cycles, in the middle of a tile.
void try_tiles(Bench& bench, uint32_t in_idle, uint32_t walk_idle, uint32_t stall, uint64_t cut = 0) {
  auto& dut = bench.dut;
  dut.rst = 1;  // whatever the others say
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::deque<uint32_t> in, out;
  std::deque<bool> walks;
  for (int tile = 0; tile < 40; ++tile) {
    std::vector<uint32_t> steps(32);
    for (uint32_t& step : steps) step = bench.random.bits();
    in.insert(in.end(), steps.begin(), steps.end());
    const int count = 1 + bench.random.below(4);
    for (int walk = 1; walk <= count; ++walk) {
      walks.push_back(walk == count);
      out.insert(out.end(), steps.begin(), steps.end());
    }
  }
  const bool patient = bench.random.chance(50);  // out_ready waits for out_valid
  const bool free = in_idle + walk_idle + stall == 0;
  bool in_offered = false, walk_offered = false, begun = false;
  const uint64_t start = bench.cycle;
  while (!out.empty()) {
    CHECK(bench, bench.cycle - start < 200000, "nothing moves");
    if (cut != 0 && bench.cycle - start == cut) return;
    if (!in_offered) in_offered = !in.empty() && !bench.random.chance(in_idle);
    dut.in_valid = in_offered;
    if (in_offered) dut.in_data = in.front();
    if (!walk_offered) walk_offered = !walks.empty() && !bench.random.chance(walk_idle);
    dut.walk_valid = walk_offered;
    if (walk_offered) dut.walk_last = walks.front();
    dut.out_ready = !bench.random.chance(stall) && !patient;
    bench.settle();
    if (patient) {
      dut.out_ready = dut.out_valid && !bench.random.chance(stall);
      bench.settle();
    }
    if (dut.out_valid) {
      CHECK(bench, dut.out_data == out.front(), "row step %zu from the end is %08x, not %08x", out.size(), dut.out_data, out.front());
      if (dut.out_ready) out.pop_front();
      begun = true;
    } else {
      CHECK(bench, !(free && begun), "a bubble, %zu row steps from the end", out.size());
    }
    if (in_offered && dut.in_ready) {
      in.pop_front();
      in_offered = false;
    }
    if (walk_offered && dut.walk_ready) {
      walks.pop_front();
      walk_offered = false;
    }
    bench.tick();
  }
  bench.settle();
  CHECK(bench, in.empty() && walks.empty() && !dut.out_valid, "row steps left");
}

}  // namespace

int main() {
  Bench bench;
  for (int i = 0; i < 10; ++i) {
    bench.scene = "round " + std::to_string(i);
    try_tiles(bench, 0, 0, 0);
    try_tiles(bench, 60, 0, 0);
    try_tiles(bench, 0, 90, 0);
    try_tiles(bench, 0, 0, 60);
    try_tiles(bench, 30, 30, 30);
    for (int j = 0; j < 20; ++j) try_tiles(bench, 2 * j, 10 * bench.random.below(5), 0, 1 + bench.random.below(150));
  }
}
