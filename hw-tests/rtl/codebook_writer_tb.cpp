// bfq_codebook_writer: whenever a codebook job is taken its entries are all in the tables, no write falls into the time of
// jobs with row steps to come, a codebook that is there already is not written, and jobs without one are not held up. A reset
// at any time forgets the tables.
#include <vector>

#include "bench.hpp"

int main() {
  Bench bench;
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.job_valid = dut.job_take = dut.idle = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::vector<int> table(CODEBOOK, -1), entries(CODEBOOK, 0);
  for (int job = 0; job < 8000; ++job) {
    const uint32_t kind = bench.random.below(4);
    if (kind == 0)
      for (int& entry : entries) entry = static_cast<int>(bench.random.bits() & 0xFF);
    else if (kind == 1)
      entries[bench.random.below(CODEBOOK)] ^= 1 << bench.random.below(8);
    const bool uses = bench.random.chance(60), tiles = bench.random.chance(80), same = table == entries;
    const int wait = bench.random.below(4), idle_from = bench.random.below(80), idle = bench.random.chance(50) ? 100 : bench.random.chance(50) ? 50 : 3;
    // Now and then it ends in a reset instead.
    const int reset = bench.random.chance(10) ? bench.random.below(60) : 2000;
    bool taken = false;
    int written = 0;
    for (int cycle = 0; !taken && cycle < reset; ++cycle) {
      CHECK(bench, cycle < 100 + 3 * CODEBOOK || dut.job_ready, "the job is never ready");
      // Once no job has row steps to come, this stays so until the next is taken.
      dut.idle = cycle >= idle_from;
      dut.job_valid = cycle >= wait;
      dut.job_uses = dut.job_valid ? uses && tiles : bench.random.chance(50);
      for (int i = 0; i < CODEBOOK / 4 && cycle <= wait; ++i) {
        dut.job_codebook[i] = bench.random.bits();  // of no job, or of one without codebook
        if (!dut.job_uses || !dut.job_valid) continue;
        dut.job_codebook[i] = 0;
        for (int j = 0; j < 4; ++j) dut.job_codebook[i] |= static_cast<uint32_t>(entries[i * 4 + j]) << j * 8;
      }
      dut.job_take = 0;
      bench.settle();
      CHECK(bench, !dut.write || (dut.idle && dut.job_valid && !same), "a write that must not be");
      if (dut.job_valid && !dut.job_uses) CHECK(bench, dut.job_ready && !dut.write, "a job without codebook waits");
      if (same && dut.job_valid && dut.job_uses) CHECK(bench, dut.job_ready || cycle < wait + CODEBOOK + 3, "a job with the codebook of before waits");
      taken = dut.job_valid && dut.job_ready && bench.random.chance(idle);
      dut.job_take = taken && tiles;
      bench.settle();
      if (dut.write) {
        CHECK(bench, dut.index == written++, "entry %d out of turn", dut.index);
        table[dut.index] = dut.entry;
      }
      bench.tick();
    }
    if (!taken) {
      dut.job_valid = 0;
      dut.rst = 1;
      bench.tick();
      dut.rst = 0;
      table.assign(CODEBOOK, -1);
    }
    if (taken && uses && tiles)
      for (int i = 0; i < CODEBOOK; ++i) CHECK(bench, table[i] == entries[i], "entry %d is %x, not %x", i, table[i], entries[i]);
  }
}
