// bfq_codebook_writer: each codebook job's entries are all in the bank of that job when it is taken, and no write falls into
// the bank of the job before; jobs without one are not held up.
#include <vector>

#include "bench.hpp"

int main() {
  Bench bench;
  auto& dut = bench.dut;
  constexpr int kMask = (1 << LEVEL_BITS) - 1;
  dut.rst = 1;
  dut.job_valid = dut.job_take = dut.room = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::vector<int> tables[2] = {std::vector<int>(CODEBOOK, -1), std::vector<int>(CODEBOOK, -1)};
  int bank = 0;
  for (int job = 0; job < 500; ++job) {
    std::vector<int> entries;
    for (int i = 0; i < CODEBOOK; ++i) entries.push_back(static_cast<int8_t>(bench.random.bits()));
    const bool uses = bench.random.chance(60), tiles = bench.random.chance(80);
    for (int i = 0; i < CODEBOOK / 4; ++i) {
      dut.job_codebook[i] = 0;
      for (int j = 0; j < 4; ++j) dut.job_codebook[i] |= (static_cast<uint32_t>(entries[i * 4 + j]) & 0xFF) << j * 8;
    }
    dut.job_uses = uses && tiles;
    const int wait = bench.random.below(4), delay = bench.random.below(6);
    bool taken = false;
    for (int cycle = 0; !taken; ++cycle) {
      CHECK(bench, cycle < 200, "the job is never ready");
      dut.room = cycle >= delay;
      dut.job_valid = cycle >= wait;
      dut.job_take = 0;
      bench.settle();
      CHECK(bench, dut.bank == bank, "wrong bank");
      CHECK(bench, !dut.write || (dut.room && dut.job_valid), "a write while the bank may be in use");
      if (!dut.job_uses) CHECK(bench, dut.job_ready && !dut.write, "a job without codebook waits");
      taken = dut.job_valid && dut.room && dut.job_ready;
      dut.job_take = taken && tiles;
      bench.settle();
      if (dut.write) tables[dut.bank][dut.index] = dut.entry;
      bench.tick();
    }
    if (uses && tiles)
      for (int i = 0; i < CODEBOOK; ++i)
        CHECK(bench, tables[bank][i] == (entries[i] & kMask), "entry %d is %x, not %x", i, tables[bank][i], entries[i] & kMask);
    for (int& entry : tables[!bank]) entry = -1;
    if (tiles) bank = !bank;
  }
}
