// bfq_result_pack: row tiles of random column counts in the units' order, words out in the stream's order, nothing lost when
// the output waits for as long as the tokens allow.
#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

constexpr int kRows = 8 / UNIT_ROWS, kUnits = UNIT_COLUMNS * UNIT_ROWS;

struct Step { int active; std::vector<uint32_t> data; bool token, job_last; int columns; };
struct Out { std::array<uint32_t, 4> word; bool last; };

/// With `cut` > 0 it ends after that many cycles, in the middle of a row tile.
void try_row_tiles(Bench& bench, uint32_t idle, uint32_t stall, uint64_t cut = 0) {
  auto& dut = bench.dut;
  dut.rst = 1;  // whatever the others say
  bench.settle();
  bench.tick();
  dut.rst = 0;
  const bool patient = bench.random.chance(50);  // result_ready waits for result_valid
  std::deque<Step> steps;
  std::deque<Out> outs;
  for (int tile = 0; tile < 60; ++tile) {
    const int columns = 1 + bench.random.below(COLUMNS);
    const bool job_last = bench.random.chance(30);
    std::vector<std::vector<uint32_t>> values(columns, std::vector<uint32_t>(8));
    for (auto& column : values) for (uint32_t& value : column) value = bench.random.bits();
    for (int turn = 0; turn * UNIT_COLUMNS < columns; ++turn)
      for (int row = 0; row < kRows; ++row) {
        Step step{0, std::vector<uint32_t>(kUnits), false, job_last, columns};
        for (int u = 0; u < UNIT_COLUMNS && turn * UNIT_COLUMNS + u < columns; ++u) {
          step.active |= 1 << u;
          for (int r = 0; r < UNIT_ROWS; ++r) step.data[u * UNIT_ROWS + r] = values[turn * UNIT_COLUMNS + u][row * UNIT_ROWS + r];
        }
        step.token = (turn + 1) * UNIT_COLUMNS >= columns && row + 1 == kRows;
        steps.push_back(step);
      }
    for (int m = 0; m < columns; ++m)
      for (int half = 0; half < 2; ++half) {
        Out out{{}, job_last && m + 1 == columns && half == 1};
        std::copy_n(values[m].begin() + half * 4, 4, out.word.begin());
        outs.push_back(out);
      }
  }
  // The adders lie between a decision and its result.
  std::deque<Step> flight(19, Step{0, std::vector<uint32_t>(kUnits), false, false, 0});
  const uint64_t start = bench.cycle;
  while (!outs.empty()) {
    CHECK(bench, bench.cycle - start < 100000, "nothing moves");
    if (cut != 0 && bench.cycle - start == cut) return;
    // Room for the token is asked for before every step, as the drain does for a row tile's last ones.
    bench.settle();
    Step go{0, std::vector<uint32_t>(kUnits), false, false, 0};
    if (!steps.empty() && dut.row_tile_ready && !bench.random.chance(idle)) {
      go = steps.front();
      steps.pop_front();
    }
    dut.row_tile_valid = go.token;
    dut.row_tile_columns = go.columns;
    dut.row_tile_job_last = go.job_last;
    flight.push_back(go);
    const Step in = flight.front();
    flight.pop_front();
    dut.in_valid = in.active;
    std::memcpy(&dut.in_data, in.data.data(), sizeof dut.in_data);
    dut.result_ready = !bench.random.chance(stall);
    bench.settle();
    if (patient) {
      dut.result_ready &= dut.result_valid;
      bench.settle();
    }
    if (dut.result_valid) {
      CHECK(bench, dut.busy, "a result, but not busy");
      CHECK(bench, std::memcmp(&dut.result_data, outs.front().word.data(), 16) == 0, "a wrong word, %zu to go", outs.size());
      CHECK(bench, dut.result_last == outs.front().last, "result_last is %d", dut.result_last);
      if (dut.result_ready) outs.pop_front();
    }
    bench.tick();
  }
  bench.settle();
  CHECK(bench, !dut.busy && !dut.result_valid, "busy at the end");
}

}  // namespace

int main() {
  Bench bench;
  for (int i = 0; i < 10; ++i) {
    bench.scene = "round " + std::to_string(i);
    try_row_tiles(bench, 0, 0);
    try_row_tiles(bench, 0, 90);
    try_row_tiles(bench, 60, 0);
    try_row_tiles(bench, 20, 50);
    for (int j = 0; j < 10; ++j) try_row_tiles(bench, 0, 30, 1 + bench.random.below(200));
  }
}
