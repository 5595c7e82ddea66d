// bfq_pace with readers of any speed: a pass begins when its regions are there and all bursts of the pass before are asked for,
// and not later; no reader gets more than LEAD bursts ahead of one that still has some to ask for, and none that is less far
// ahead waits for long. A reset at any time forgets the pass at work.
#include <algorithm>

#include "bench.hpp"

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  uint32_t left[LANES] = {}, asked[LANES] = {}, speed[LANES] = {}, held[LANES] = {};
  bool loaded = false;
  uint32_t passes = 0, holds = 0;
  bench.settle();
  for (int cycle = 0; cycle < 400000; ++cycle) {
    bench.scene = "pass " + std::to_string(passes);
    dut.rst = cycle == 0 || random.below(2000) == 0;
    uint32_t asking = 0;
    for (uint32_t lane = 0; lane < LANES; ++lane) asking |= (left[lane] != 0) << lane;
    dut.asking = asking;
    dut.loaded = !loaded && random.chance(asking == 0 ? 70 : 5);
    bench.settle();
    CHECK(bench, dut.start == (loaded && asking == 0), "start is %d, readers that ask: %x", dut.start, asking);
    uint32_t slowest = ~0u;
    for (uint32_t lane = 0; lane < LANES; ++lane)
      if (left[lane] != 0) slowest = std::min(slowest, asked[lane]);
    uint32_t asks = 0;
    for (uint32_t lane = 0; lane < LANES; ++lane) {
      if (left[lane] == 0) continue;
      const bool hold = dut.hold >> lane & 1;
      const uint32_t ahead = asked[lane] - slowest;
      holds += hold;
      held[lane] = hold && ahead < LEAD ? held[lane] + 1 : 0;
      CHECK(bench, held[lane] <= LEAD + 2, "reader %u waits, %u bursts ahead", lane, ahead);
      CHECK(bench, hold || ahead < LEAD, "reader %u may ask for more, %u bursts ahead", lane, ahead);
      if (!hold && random.chance(speed[lane])) asks |= 1u << lane;
    }
    dut.asked = asks;
    bench.settle();
    if (dut.start) {
      ++passes;
      for (uint32_t lane = 0; lane < LANES; ++lane) {
        left[lane] = random.chance(20) ? 0 : 1 + random.below(random.chance(50) ? 4 : 60);
        speed[lane] = random.chance(50) ? 100 : 1 + random.below(100);
        asked[lane] = held[lane] = 0;
      }
    }
    for (uint32_t lane = 0; lane < LANES; ++lane) {
      if (!(asks >> lane & 1)) continue;
      ++asked[lane];
      --left[lane];
    }
    loaded = dut.loaded || (loaded && !dut.start);
    const bool reset = dut.rst;
    bench.tick();
    if (!reset) continue;
    loaded = false;
    std::fill_n(left, LANES, 0);
  }
  CHECK(bench, passes > 1000, "only %u passes", passes);
  if (LANES > 1) CHECK(bench, holds > 1000, "only %u cycles in which a reader had to wait", holds);
}
