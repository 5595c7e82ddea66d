// bfq_row_steps: random tiles and formats, everything that a step needs coming and going, windows drained late: the order
// of the steps, the ring of four, when a window is complete, and what it says about its row tile.
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

struct Tile { bool k_first, k_last, job_last; int step_log2, sub_block_log2; };
struct Window { int index; bool k_first, k_last, job_last; uint64_t complete; };

void try_tiles(Bench& bench, uint32_t missing, uint32_t late) {
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.tile_valid = 0;
  dut.window_ready = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::vector<Tile> tiles;
  for (int job = 0; job < 30; ++job) {
    const int k_tiles = 1 + bench.random.below(3), row_tiles = 1 + bench.random.below(2);
    const int step = 4 + bench.random.below(5), sub_block = 4 + bench.random.below(5);
    for (int row = 0; row < row_tiles; ++row)
      for (int k = 0; k < k_tiles; ++k)
        tiles.push_back({k == 0, k + 1 == k_tiles, k + 1 == k_tiles && row + 1 == row_tiles, step, sub_block});
  }
  std::deque<Window> windows;
  size_t tile = 0;
  int group = 0, row = 0, open = 0;
  const uint64_t start = bench.cycle;
  while (tile < tiles.size() || !windows.empty()) {
    CHECK(bench, bench.cycle - start < 100000, "nothing moves");
    dut.tile_valid = tile < tiles.size();
    const Tile now = dut.tile_valid ? tiles[tile] : Tile{};
    dut.tile_k_first = now.k_first;
    dut.tile_k_last = now.k_last;
    dut.tile_job_last = now.job_last;
    dut.step_log2 = now.step_log2;
    dut.sub_block_log2 = now.sub_block_log2;
    dut.codes_valid = !bench.random.chance(missing);
    dut.factors_valid = !bench.random.chance(missing);
    dut.activations_valid = !bench.random.chance(missing);
    dut.window_ready = !bench.random.chance(late);
    bench.settle();

    const int step_groups = now.step_log2 > 6 ? 1 << (now.step_log2 - 6) : 1;
    const int chunk_groups = now.sub_block_log2 > 6 ? 1 << (now.sub_block_log2 - 6) : 1;
    const bool begins = row == 0 && group % step_groups == 0;
    const bool room = !begins || windows.size() < 4;
    const bool others = dut.tile_valid && dut.activations_valid && room;
    CHECK(bench, dut.start == (others && dut.codes_valid && dut.factors_valid), "start is %d", dut.start);
    CHECK(bench, dut.missing_weights == (others && !(dut.codes_valid && dut.factors_valid)), "missing_weights is %d", dut.missing_weights);

    const bool complete = !windows.empty() && windows.front().complete < bench.cycle;
    CHECK(bench, dut.window_valid == complete, "window_valid is %d", dut.window_valid);
    if (complete) {
      const Window& want = windows.front();
      CHECK(bench, dut.window_index == want.index && dut.window_k_first == want.k_first && dut.window_k_last == want.k_last &&
            dut.window_job_last == want.job_last, "window %d %d%d%d", dut.window_index, dut.window_k_first, dut.window_k_last, dut.window_job_last);
    }
    const bool drained = complete && dut.window_ready;

    if (dut.start) {
      const bool last_row = row == 7;
      const int split = now.step_log2 == 4 ? 2 : now.step_log2 == 5 ? 1 : 0;
      CHECK(bench, dut.row == row && dut.window == open % 4 && dut.split == split && dut.step_start == (group % step_groups == 0), "wrong step");
      CHECK(bench, dut.activations_done == last_row, "activations_done");
      CHECK(bench, dut.factors_done == (last_row && (group + 1) % chunk_groups == 0), "factors_done");
      CHECK(bench, dut.tile_ready == (last_row && group == 3), "tile_ready");
      if (begins)
        windows.push_back({open % 4, now.k_first && group == 0, now.k_last && group + step_groups == 4,
                           now.job_last && group + step_groups == 4, ~0ull});
      if (last_row && (group + 1) % step_groups == 0) {
        windows.back().complete = bench.cycle + LATENCY;
        ++open;
      }
      if (++row == 8) {
        row = 0;
        if (++group == 4) {
          group = 0;
          ++tile;
        }
      }
    } else {
      CHECK(bench, !dut.tile_ready && !dut.factors_done && !dut.activations_done, "done without a start");
    }
    if (drained) windows.pop_front();
    bench.tick();
  }
}

}  // namespace

int main() {
  Bench bench;
  for (int i = 0; i < 10; ++i) {
    bench.scene = "round " + std::to_string(i);
    try_tiles(bench, 0, 0);
    try_tiles(bench, 0, 95);
    try_tiles(bench, 30, 50);
    try_tiles(bench, 60, 0);
  }
}
