// bfq_dispatcher: every lane gets every pass once, in order, with its share of the row tiles; lanes take it when they like.
// A reset at any time forgets the pass at work.
#include <algorithm>
#include <cstring>

#include "bench.hpp"

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  bench.settle();
  uint32_t tiles = 0, taken = 0, passes = 0;
  bool offered = false, loaded = false, settled = false;
  for (int cycle = 0; cycle < 200000; ++cycle) {
    dut.rst = cycle == 0 || random.chance(1);
    if (dut.rst) {
      bench.tick();
      dut.rst = taken = settled = 0;
      offered = offered && random.chance(50);
    }
    // Few, or any number of any size that the sum has room for.
    if (!offered) tiles = random.chance(50) ? 1 + random.below(LANES) : std::min<uint32_t>(random.bits() >> 32 >> random.below(32), -LANES);
    offered = offered || random.chance(70);
    loaded = loaded || random.chance(70);
    dut.pass_valid = offered;
    dut.announced_valid = loaded;
    dut.pass_row_tiles = tiles;
    dut.job_ready = static_cast<uint8_t>(random.bits() & random.bits()) & ((1u << LANES) - 1);
    bench.settle();
    const uint32_t all = (1u << LANES) - 1;
    CHECK(bench, dut.job_valid == (offered && loaded && settled ? all & ~taken : 0), "jobs offered %x, taken before %x", dut.job_valid, taken);
    uint32_t sum = settled ? 0 : tiles, shares[LANES];
    std::memcpy(shares, &dut.job_row_tiles, sizeof shares);
    for (uint32_t lane = 0; settled && lane < LANES; ++lane) {
      const uint32_t share = shares[lane];
      const uint32_t want = tiles / LANES + (lane < tiles % LANES);
      CHECK(bench, share == want, "lane %u has %u of %u row tiles", lane, share, tiles);
      sum += share;
    }
    CHECK(bench, sum == tiles, "%u row tiles of %u", sum, tiles);
    taken |= dut.job_valid & dut.job_ready;
    CHECK(bench, dut.pass_ready == (offered && loaded && settled && taken == all) && dut.announced_ready == dut.pass_ready, "end of the pass");
    const bool done = dut.pass_ready;
    settled = offered && !done;  // a cycle for the row tiles
    bench.tick();
    if (!done) continue;
    offered = loaded = false;
    taken = 0;
    ++passes;
  }
  CHECK(bench, passes > 2000, "only %u passes", passes);
}
