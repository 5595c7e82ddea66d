// bfq_activation_fetch with the pipeline of a column's memory beside it, in which the data is the address: every group's six
// reads in order, never into a set that is still waiting for its swap, a set every eight cycles, and each release
// after the last read of its half. A reset at any time forgets all walks.
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

struct Walk { bool empty, release; int address; };

/// @param slow of 100 cycles, those in which the datapath is not done with the staged set
void try_walks(Bench& bench, uint32_t idle, int gap, uint32_t slow) {
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.walk_valid = dut.set_done = 0;
  dut.prepared = 1;
  bench.settle();
  bench.tick();
  dut.rst = 0;

  std::deque<Walk> walks;
  std::vector<int> addresses;        // of all reads
  std::deque<size_t> releases;       // number of reads before each release
  for (int job = 0; job < 12; ++job) {
    const int k_tiles = 1 + bench.random.below(3), row_tiles = bench.random.below(4);
    const bool release = bench.random.chance(60);
    for (int row = 0; row < row_tiles; ++row)
      for (int k = 0; k < k_tiles; ++k) {
        const bool last = row + 1 == row_tiles && k + 1 == k_tiles;
        const int base = bench.random.below((1 << ADDRESS_BITS) - 20);
        walks.push_back({false, release && last, base});
        for (int group = 0; group < 4; ++group)
          for (int index = 0; index < 6; ++index)
            addresses.push_back(base + (index == 0 ? group / 2 : index == 1 ? 2 + group / 2 : 4 + group * 4 + index - 2));
      }
    if (row_tiles == 0) walks.push_back({true, release, 0});
    if (release) releases.push_back(addresses.size());
  }

  int latch = 0, out = 0, word = 0, staged = 0, busy = 0;
  size_t read = 0, sets = 0, swaps = 0;
  bool offered = false;
  const uint64_t start = bench.cycle;
  uint64_t last_done = 0;
  const uint64_t cut = start + (bench.random.chance(30) ? bench.random.below(400) : 1u << 30);
  while (bench.cycle < cut && (read < addresses.size() || sets * 6 < addresses.size() || !releases.empty() || !walks.empty())) {
    CHECK(bench, bench.cycle - start < 100000, "nothing moves");
    if (!offered) offered = !walks.empty() && !bench.random.chance(idle);
    dut.walk_valid = offered;
    if (offered) {
      const Walk& walk = walks.front();
      dut.walk_empty = walk.empty;
      dut.walk_release = walk.release;
      dut.walk_address = walk.address;
    }
    if (busy > 0) --busy;
    dut.set_done = dut.set_valid && busy == 0;
    const bool prepared = dut.prepared;
    dut.prepared = !bench.random.chance(slow);
    bench.settle();
    CHECK(bench, prepared || !dut.swap, "swapped before the set was prepared");
    swaps += dut.swap;
    CHECK(bench, dut.set_valid == (swaps > sets) && swaps <= sets + 1, "set_valid is %d with %zu swaps of %zu", dut.set_valid, swaps, sets);
    if (dut.set_done) {
      // Eight row steps a set: the next one must be there by then.
      if (idle == 0 && gap == 8 && sets > 1) CHECK(bench, bench.cycle - last_done == 8, "a set was late");
      last_done = bench.cycle;
      ++sets;
      busy = gap;
    }
    if (dut.swap) {
      CHECK(bench, staged == 6, "swapped a set of %d words", staged);
      staged = 0;
    }
    if (dut.stage) {
      CHECK(bench, staged < 6, "staged over a set that waits");
      CHECK(bench, releases.empty() || read < releases.front(), "read %zu comes before its predecessors' release", read);
      CHECK(bench, read < addresses.size() && word == addresses[read], "read %zu is of address %d", read, word);
      CHECK(bench, dut.stage_index == read % 6, "word %zu of a group staged as %d", read % 6, dut.stage_index);
      if (dut.stage_index < 2) CHECK(bench, dut.stage_high == read / 6 % 2, "wrong half of da or sums");
      ++read;
      ++staged;
    }
    if (dut.released) {
      // Staging shows one cycle after the read left the memory.
      CHECK(bench, !releases.empty() && read + 1 >= releases.front(), "released after %zu reads", read);
      releases.pop_front();
    }
    if (offered && dut.walk_ready) {
      walks.pop_front();
      offered = false;
    }
    word = out;
    if (dut.move) {
      out = latch;
      latch = dut.address;
    }
    bench.tick();
  }
  CHECK(bench, read == addresses.size() || bench.cycle == cut, "reads are missing");
}

}  // namespace

int main() {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.scene = "round " + std::to_string(i);
    try_walks(bench, 0, 8, 0);
    try_walks(bench, 80, 8, 0);
    try_walks(bench, 10, 1, 50);
    try_walks(bench, 0, 30, 90);
  }
}
