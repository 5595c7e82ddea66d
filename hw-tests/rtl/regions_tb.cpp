// bfq_regions: each port gets the region of its row tiles once a pass, lanes without row tiles get none.
#include <deque>

#include "bench.hpp"

namespace {

/// Sets the 36 bits of `lane` in the flat port, whatever C++ type Verilator gives its width.
template <class Port>
void set_base(Port& port, uint32_t lane, uint64_t base) {
  for (uint32_t bit = 0; bit < 36; ++bit) {
    const uint32_t place = 36 * lane + bit;
    if constexpr (sizeof(Port) <= 8) {
      port = (port & ~(Port{1} << place)) | static_cast<Port>(base >> bit & 1) << place;
    } else {
      port[place / 32] = (port[place / 32] & ~(1u << place % 32)) | static_cast<uint32_t>(base >> bit & 1) << place % 32;
    }
  }
}

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  bench.settle();
  dut.rst = 1;
  bench.tick();
  dut.rst = 0;
  struct Region {
    uint64_t address;
    uint32_t words;
  };
  unsigned without = 0;
  for (int pass = 0; pass < 5000; ++pass) {
    const uint32_t stalls = random.below(90), row_tiles = 1 + random.below(random.chance(50) ? 2 * LANES : 1000);
    const uint32_t tile_row = 1 + random.below(5000), stride = random.bits() & 0xfffffff0;
    const uint64_t weights = random.bits() & 0xffffffff0;
    std::deque<Region> want[LANES];
    for (uint32_t lane = 0; lane < LANES; ++lane) {
      const uint64_t base = random.bits() & 0x3fffffff0;
      set_base(dut.bases, lane, base >> 4);
      const uint32_t tiles = (row_tiles + LANES - 1 - lane) / LANES;
      if (tiles > 0) want[lane].push_back({base + weights + uint64_t{lane} * stride, tiles * tile_row});
      without += tiles == 0;
    }
    dut.pass_weights = weights;
    dut.pass_lane_stride = stride;
    dut.pass_row_tiles = row_tiles;
    dut.pass_lane_words = row_tiles / LANES * tile_row;
    dut.pass_tile_row = tile_row;
    dut.pass_valid = 1;
    for (int idle = 0;; ++idle) {
      CHECK(bench, idle < 1000, "stuck");
      dut.region_ready = static_cast<uint32_t>(random.bits()) & ((1u << LANES) - 1);
      if (random.chance(stalls)) dut.region_ready = 0;
      bench.settle();
      CHECK(bench, (dut.region_valid & (dut.region_valid - 1)) == 0, "two lanes at once");
      for (uint32_t lane = 0; lane < LANES; ++lane) {
        if (!(dut.region_valid >> lane & 1)) continue;
        CHECK(bench, !want[lane].empty(), "a region too many for lane %u", lane);
        CHECK(bench, dut.region_address == want[lane].front().address && dut.region_words == want[lane].front().words,
              "wrong region for lane %u of %u row tiles", lane, row_tiles);
        if (dut.region_ready >> lane & 1) want[lane].pop_front();
      }
      const bool done = dut.pass_ready;
      bench.tick();
      if (done) break;
    }
    for (const auto& lane : want) CHECK(bench, lane.empty(), "a region is missing");
    dut.pass_valid = 0;
    for (uint32_t rest = random.below(3); rest > 0; --rest) bench.tick();
  }
  if (LANES > 1) CHECK(bench, without > 100, "hardly a lane without row tiles");
}
