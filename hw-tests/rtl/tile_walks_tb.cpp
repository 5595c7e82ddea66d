// bfq_tile_walks: random jobs of row tiles, K tiles and batches, tokens taken late: every tile once for each batch, in order,
// each walk with the address of its record, none before the record is there, and without delay where all are. A reset at any
// time forgets the walk at work.
#include <deque>

#include "bench.hpp"

namespace {

struct Tile { bool half, k_first; int last_batch, note, k; };
int held = 0;  // tiles taken while their half was being loaded
struct Walk { int batch, note, address; bool last; };

void try_jobs(Bench& bench, uint32_t idle, uint32_t stall) {
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.tile_valid = dut.loading = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::deque<Tile> tiles;
  std::deque<Walk> walks;
  for (int job = 0; job < 60; ++job) {
    const int k_tiles = 1 + bench.random.below(MAX_K_TILES), row_tiles = 1 + bench.random.below(3);
    const int last = bench.random.below(REPLAY);
    const bool half = bench.random.below(2);
    for (int row = 0; row < row_tiles; ++row)
      for (int k = 0; k < k_tiles; ++k) {
        const int note = bench.random.below(1 << NOTE_BITS);
        tiles.push_back({half, k == 0, last, note, k});
        for (int batch = 0; batch <= last; ++batch)
          walks.push_back({batch, note, ((half * REPLAY + batch) * MAX_K_TILES + k) * 20, batch == last});
      }
  }
  bool offered = false;
  // A load of some half goes on now and then, a record in some cycles; what may be read follows two cycles later.
  int records = 0, before = 0;
  bool loading = false, was_loading = false, half = false;
  const uint64_t start = bench.cycle, cut = start + (bench.random.chance(30) ? bench.random.below(400) : 1u << 30);
  while (!walks.empty() && bench.cycle < cut) {
    CHECK(bench, bench.cycle - start < 100000, "nothing moves");
    if (!offered) offered = !tiles.empty() && !bench.random.chance(idle);
    dut.tile_valid = offered;
    if (offered) {
      dut.tile_half = tiles.front().half;
      dut.tile_k_first = tiles.front().k_first;
      dut.tile_last_batch = tiles.front().last_batch;
      dut.tile_note = tiles.front().note;
    }
    // A new load begins only where no tile of its half is on offer.
    if (!loading && !was_loading && bench.random.chance(10) && (tiles.empty() || !offered)) {
      loading = true;
      half = tiles.empty() ? bench.random.below(2) : tiles.front().half;
      records = before = 0;
    }
    dut.loading = loading;
    dut.loading_half = half;
    dut.limit = (half * REPLAY * MAX_K_TILES + records) * 20;
    dut.walk_ready = !bench.random.chance(stall);
    bench.settle();
    if (offered && dut.tile_ready && loading && tiles.front().half == half) {
      CHECK(bench, tiles.front().k < records, "K tile %d is taken with %d records there", tiles.front().k, records);
      ++held;
    }
    if (offered && !dut.walk_valid && ((!loading && !was_loading) || tiles.front().half != half || tiles.front().k < before))
      CHECK(bench, dut.tile_ready, "K tile %d waits for nothing", tiles.front().k);
    before = records;
    was_loading = loading;
    if (loading && bench.random.chance(20) && ++records > MAX_K_TILES) loading = false;
    if (dut.walk_valid) {
      const Walk& want = walks.front();
      CHECK(bench, dut.walk_batch == want.batch && dut.walk_last == want.last && dut.walk_note == want.note, "batch %d, not %d",
            dut.walk_batch, want.batch);
      CHECK(bench, dut.walk_address == want.address, "address %d, not %d", dut.walk_address, want.address);
      if (dut.walk_ready) walks.pop_front();
    }
    if (offered && dut.tile_ready) {
      tiles.pop_front();
      offered = false;
    }
    bench.tick();
  }
  bench.settle();
  if (walks.empty()) CHECK(bench, tiles.empty() && !dut.walk_valid, "tiles left");
}

}  // namespace

int main() {
  Bench bench;
  for (int i = 0; i < 40; ++i) {
    bench.scene = "round " + std::to_string(i);
    try_jobs(bench, 0, 0);
    try_jobs(bench, 0, 60);
    try_jobs(bench, 80, 20);
  }
  CHECK(bench, held > 200, "only %d tiles in a half that was being loaded", held);
}
