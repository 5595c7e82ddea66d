// bfq_drain: random jobs and windows that come late, row tile tokens held back; every step of every column and row once, each
// for INTERVAL cycles, in the order of docs/numerics.md, with the addresses of its operands, and the tiles' d given back. A reset at
// any time forgets all windows.
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

constexpr int kTurns = COLUMNS / UNIT_COLUMNS, kRows = 8 / UNIT_ROWS;

struct Job { int columns, step_log2, d_type, d_group_log2; };
struct Window { int index; bool k_first, k_last, job_last; int batch; bool batch_last; };
/// One cycle of the units.
struct Go {
  size_t job;
  int window, row, sub, block, turn, d_byte, d_bytes, active, address, columns;
  bool first, last, window_end, give_back, row_tile, job_end;
};

void try_jobs(Bench& bench, uint32_t late, uint32_t held) {
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.window_valid = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::vector<Job> jobs;
  std::deque<Window> windows;
  std::deque<Go> goes;
  int index = 0;
  for (size_t j = 0; j < 12; ++j) {
    Job job{1 + static_cast<int>(bench.random.below(COLUMNS * REPLAY)), 4 + static_cast<int>(bench.random.below(5)), 0, 0};
    do job.d_type = bench.random.below(6);
    while (!(D_TYPES >> job.d_type & 1));
    job.d_group_log2 = job.step_log2 + bench.random.below(9 - job.step_log2);
    jobs.push_back(job);
    const int k_tiles = 1 + bench.random.below(3), row_tiles = 1 + bench.random.below(2);
    const int step = 1 << job.step_log2, window = step < 64 ? 64 : step;
    const int d_bytes = job.d_type == 2 ? 4 : job.d_type < 2 ? 2 : 1;
    const int batches = (job.columns + COLUMNS - 1) / COLUMNS;
    for (int tile = 0; tile < row_tiles; ++tile)
      for (int k = 0; k < k_tiles; ++k)
        for (int walk = 0; walk < batches; ++walk) {
          const bool batch_last = walk + 1 == batches;
          const int columns = batch_last ? job.columns - walk * COLUMNS : COLUMNS;
          for (int at = 0; at < 256; at += step) {
            const bool begins = at % window == 0, ends = (at + step) % window == 0, tile_end = at + step == 256;
            if (begins) {
              const bool last = at + window == 256 && k + 1 == k_tiles;
              windows.push_back({index, at == 0 && k == 0, last, last && batch_last && tile + 1 == row_tiles, walk, batch_last});
            }
            const Window now = windows.back();
            for (int turn = 0; turn * UNIT_COLUMNS < columns; ++turn)
              for (int row = 0; row < kRows; ++row) {
                int active = 0;
                for (int u = 0; u < UNIT_COLUMNS; ++u) active |= (turn * UNIT_COLUMNS + u < columns) << u;
                const bool done = row + 1 == kRows && (turn + 1) * UNIT_COLUMNS >= columns;
                goes.push_back({j, now.index, row, step < 64 ? (at % 64 + step) / 16 - 1 : 3, step < 64 ? at % 64 / 32 : 0, turn,
                                ((at >> job.d_group_log2) * 8 + row * UNIT_ROWS) * d_bytes, d_bytes, active, (walk * kTurns + turn) * kRows + row,
                                columns, at == 0 && k == 0, now.k_last && ends, done && ends, done && tile_end && batch_last,
                                done && ends && now.k_last, done && ends && now.job_last});
              }
            if (ends) index = (index + 1) & 3;
          }
        }
  }
  std::deque<Go> reads, units;  // what the two stages behind must show
  Go shown{};
  int turn = 0, old = INTERVAL;  // cycles since the reset, and since the last decision
  bool offered = false;
  size_t job = 0;
  const uint64_t start = bench.cycle, cut = start + (bench.random.chance(30) ? bench.random.below(500) : 1u << 30);
  while (bench.cycle < cut && (!goes.empty() || !units.empty() || !reads.empty())) {
    CHECK(bench, bench.cycle - start < 200000, "nothing moves");
    if (!offered) offered = !windows.empty() && !bench.random.chance(late);
    dut.window_valid = offered;
    if (offered) {
      dut.window_index = windows.front().index;
      dut.window_k_first = windows.front().k_first;
      dut.window_k_last = windows.front().k_last;
      dut.window_job_last = windows.front().job_last;
      dut.window_batch = windows.front().batch;
      dut.window_batch_last = windows.front().batch_last;
    }
    if (job < jobs.size()) {
      dut.job_last_column = (jobs[job].columns - 1) % COLUMNS;
      dut.job_step_log2 = jobs[job].step_log2;
      dut.job_d_type = jobs[job].d_type;
      dut.job_d_group_log2 = jobs[job].d_group_log2;
    }
    dut.row_tile_ready = !bench.random.chance(held);
    bench.settle();

    if (!units.empty()) {
      const Go& want = units.front();
      CHECK(bench, dut.unit_valid == want.active && dut.unit_first == want.first && dut.unit_last == want.last &&
            dut.unit_address == want.address, "units: %x %d %d at %d", dut.unit_valid, dut.unit_first, dut.unit_last, dut.unit_address);
      units.pop_front();
    } else {
      CHECK(bench, dut.unit_valid == 0, "a step that is nobody's");
    }
    if (!reads.empty()) {
      const Go& want = reads.front();
      CHECK(bench, dut.read_window == want.window && dut.read_row == want.row && dut.read_sub == want.sub && dut.read_block == want.block &&
            dut.read_turn == want.turn, "read of window %d row %d sub %d block %d turn %d", dut.read_window, dut.read_row, dut.read_sub,
            dut.read_block, dut.read_turn);
      CHECK(bench, dut.read_d_byte == want.d_byte % 16 && dut.read_d_bytes == want.d_bytes, "d at byte %d, not %d, of %d bytes",
            dut.read_d_byte, want.d_byte % 16, dut.read_d_bytes);
      units.push_back(want);
      shown = want;
      old = 0;
      reads.pop_front();
    }
    // The addresses hold.
    if (old < INTERVAL)
      CHECK(bench, dut.read_window == shown.window && dut.read_row == shown.row && dut.read_sub == shown.sub && dut.read_turn == shown.turn &&
            dut.read_block == shown.block && dut.read_d_byte == shown.d_byte % 16 && dut.read_d_bytes == shown.d_bytes && dut.read_min == (old > 0), "the operands moved");
    ++old;
    const bool go = turn++ % INTERVAL == 0 && offered && (!windows.front().k_last || dut.row_tile_ready);
    CHECK(bench, dut.d_read == go, "d_read is %d", dut.d_read);
    if (go) {
      const Go want = goes.front();
      CHECK(bench, dut.d_address == want.d_byte / 16, "d in word %d, not %d", dut.d_address, want.d_byte / 16);
      CHECK(bench, dut.window_ready == want.window_end && dut.d_give_back == want.give_back && dut.row_tile_valid == want.row_tile &&
            dut.job_done == want.job_end, "ends: %d %d %d %d", dut.window_ready, dut.d_give_back, dut.row_tile_valid, dut.job_done);
      if (want.row_tile) CHECK(bench, dut.row_tile_columns == want.columns && dut.row_tile_job_last == want.job_end, "row tile token");
      reads.push_back(want);
      goes.pop_front();
      if (want.window_end) {
        windows.pop_front();
        offered = false;
      }
      if (want.job_end) ++job;
    } else {
      CHECK(bench, !dut.window_ready && !dut.d_give_back && !dut.row_tile_valid && !dut.job_done, "an end without a step");
    }
    bench.tick();
  }
}

}  // namespace

int main() {
  Bench bench;
  for (int i = 0; i < 20; ++i) {
    bench.scene = "round " + std::to_string(i);
    try_jobs(bench, 0, 0);
    try_jobs(bench, 50, 0);
    try_jobs(bench, 0, 50);
    try_jobs(bench, 80, 80);
  }
}
