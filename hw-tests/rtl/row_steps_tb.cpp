// bfq_row_steps: random walks of tiles and formats, everything that a step needs coming and going, windows drained late: the order
// of the steps, the ring of four, when a window is complete, and what it says about its row tile and batch. A reset at any time
// forgets all of them.
#include <algorithm>
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

struct Walk { bool k_first, k_last, job_last; int batch; bool last; int step_log2, sub_block_log2; };
struct Window { int index; Walk walk; bool first, end; uint64_t complete; };

void try_walks(Bench& bench, uint32_t missing, uint32_t late) {
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.walk_valid = 0;
  dut.window_ready = dut.complete = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::vector<Walk> walks;
  for (int job = 0; job < 30; ++job) {
    const int k_tiles = 1 + bench.random.below(3), row_tiles = 1 + bench.random.below(2);
    const int step = 4 + bench.random.below(5), sub_block = 4 + bench.random.below(5);
    const int batches = 1 + bench.random.below(1 << BATCH_BITS);
    for (int row = 0; row < row_tiles; ++row)
      for (int k = 0; k < k_tiles; ++k)
        for (int batch = 0; batch < batches; ++batch) {
          const bool last = batch + 1 == batches, k_last = k + 1 == k_tiles;
          walks.push_back({k == 0, k_last, last && k_last && row + 1 == row_tiles, batch, last, step, sub_block});
        }
  }
  std::deque<Window> windows;
  size_t walk = 0;
  int group = 0, row = 0, open = 0;
  uint64_t last_complete = 0;
  const uint64_t start = bench.cycle, cut = start + (bench.random.chance(30) ? bench.random.below(500) : 1u << 30);
  bool offered = false;
  while (bench.cycle < cut && (walk < walks.size() || !windows.empty())) {
    CHECK(bench, bench.cycle - start < 400000, "nothing moves");
    offered = walk < walks.size() && (offered || !bench.random.chance(missing));
    dut.walk_valid = offered;
    const Walk now = dut.walk_valid ? walks[walk] : Walk{};
    dut.walk_k_first = now.k_first;
    dut.walk_k_last = now.k_last;
    dut.walk_job_last = now.job_last;
    dut.walk_batch = now.batch;
    dut.walk_last = now.last;
    dut.step_log2 = now.step_log2;
    dut.sub_block_log2 = now.sub_block_log2;
    dut.codes_valid = !bench.random.chance(missing);
    dut.factors_valid = !bench.random.chance(missing);
    dut.activations_valid = !bench.random.chance(missing);
    dut.window_ready = !bench.random.chance(late);
    dut.step_ready = !bench.random.chance(missing);
    dut.complete = 0;
    for (const Window& window : windows) dut.complete |= window.complete == bench.cycle;
    bench.settle();

    const int step_groups = now.step_log2 > 6 ? 1 << (now.step_log2 - 6) : 1;
    const int chunk_groups = now.sub_block_log2 > 6 ? 1 << (now.sub_block_log2 - 6) : 1;
    const bool begins = row == 0 && group % step_groups == 0;
    const bool room = !begins || windows.size() < 4;
    const bool others = dut.walk_valid && dut.activations_valid && room;
    const bool valid = others && dut.codes_valid && dut.factors_valid;
    CHECK(bench, dut.step_valid == valid, "step_valid is %d", dut.step_valid);
    CHECK(bench, dut.start == (valid && dut.step_ready), "start is %d", dut.start);
    CHECK(bench, dut.missing_weights == (others && !(dut.codes_valid && dut.factors_valid)), "missing_weights is %d", dut.missing_weights);

    const bool complete = !windows.empty() && windows.front().complete < bench.cycle;
    CHECK(bench, dut.window_valid == complete, "window_valid is %d", dut.window_valid);
    if (complete) {
      const Window& want = windows.front();
      const bool k_first = want.walk.k_first && want.first, k_last = want.walk.k_last && want.end, job_last = want.walk.job_last && want.end;
      CHECK(bench, dut.window_index == want.index && dut.window_k_first == k_first && dut.window_k_last == k_last &&
            dut.window_job_last == job_last, "window %d %d%d%d", dut.window_index, dut.window_k_first, dut.window_k_last, dut.window_job_last);
      CHECK(bench, dut.window_batch == want.walk.batch && dut.window_batch_last == want.walk.last, "window of batch %d", dut.window_batch);
    }
    const bool drained = complete && dut.window_ready;

    if (dut.start) {
      const bool last_row = row == 7;
      const int split = now.step_log2 == 4 ? 2 : now.step_log2 == 5 ? 1 : 0;
      CHECK(bench, dut.row == row && dut.window == open % 4 && dut.split == split && dut.step_start == (group % step_groups == 0), "wrong step");
      CHECK(bench, dut.activations_done == last_row, "activations_done");
      CHECK(bench, dut.step_end == (last_row && (group + 1) % step_groups == 0), "step_end");
      CHECK(bench, dut.factors_done == (last_row && (group + 1) % chunk_groups == 0), "factors_done");
      CHECK(bench, dut.walk_ready == (last_row && group == 3), "walk_ready");
      if (begins)
        windows.push_back({open % 4, now, group == 0, group + step_groups == 4, ~0ull});
      if (last_row && (group + 1) % step_groups == 0) {
        windows.back().complete = last_complete = std::max(last_complete, bench.cycle + bench.random.below(12)) + 1;
        ++open;
      }
      if (++row == 8) {
        row = 0;
        if (++group == 4) {
          group = 0;
          ++walk;
          offered = false;
        }
      }
    } else {
      CHECK(bench, !dut.walk_ready && !dut.factors_done && !dut.activations_done, "done without a start");
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
    try_walks(bench, 0, 0);
    try_walks(bench, 0, 95);
    try_walks(bench, 30, 50);
    try_walks(bench, 60, 0);
  }
}
