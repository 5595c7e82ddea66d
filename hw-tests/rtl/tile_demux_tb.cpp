// bfq_tile_demux: random jobs (some without tiles) under idle and back-pressure of every stream. Each word to its section, in
// order; each tile's token with its first word; and with everything ready a word in every cycle, over job ends too. Jobs of
// any size, which a reset then cuts short.
#include <deque>

#include "bench.hpp"

namespace {

struct Job {
  uint32_t row_tiles, k_tiles, words[5], code_bits, note;
  uint32_t section(uint32_t index) const { return index == 5 ? 16 * code_bits : words[index]; }
  uint64_t total() const {
    uint64_t tile = 0;
    for (uint32_t index = 0; index < 6; ++index) tile += section(index);
    return tile * row_tiles * k_tiles;
  }
};

Job random_job(Random& random, bool may_be_empty) {
  Job job{};
  job.row_tiles = may_be_empty ? random.below(4) : 1 + random.below(3);
  job.k_tiles = 1 + random.below(3);
  job.code_bits = 1 + random.below(random.chance(5) ? 15 : 8);
  job.note = random.below(1 << NOTE_BITS);
  for (uint32_t& words : job.words) words = random.chance(40) ? 0 : 1 + random.below(random.chance(10) ? 255 : 9);
  if (job.words[0] == 0) job.words[0] = 32;
  return job;
}

/// The smallest tiles, many of them.
Job large_job(uint32_t row_tiles, uint32_t k_tiles) { return {row_tiles, k_tiles, {1, 0, 0, 0, 0}, 1, 0}; }

/// Ends in a reset after `most` cycles.
void try_jobs(Bench& bench, uint32_t idle, uint32_t stall, std::deque<Job> jobs, uint64_t most) {
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.job_valid = dut.weights_valid = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;

  bool no_empty = true;
  uint64_t left = 0;  // words
  for (const Job& job : jobs) {
    left += job.total();
    no_empty = no_empty && job.row_tiles > 0;
  }
  std::deque<Job> taken;  // that are not finished; the rest is the place in the first of them
  uint32_t row = 0, k = 0, section = 0, word = 0;
  uint64_t first_word = 0;
  const uint64_t total = left, start = bench.cycle;
  bool job_offered = false, word_offered = false;
  uint32_t quiet = 0;
  while (!jobs.empty() || !taken.empty()) {
    if (bench.cycle - start > most) return;
    if (!job_offered) job_offered = !jobs.empty() && !bench.random.chance(idle);
    dut.job_valid = job_offered;
    if (job_offered) {
      const Job& job = jobs.front();
      dut.job_row_tiles = job.row_tiles;
      dut.job_k_tiles = job.k_tiles;
      dut.job_section_words = 0;  // d, dmin, scale, min, aux, code, lowest first
      for (uint32_t s = 0; s < 6; ++s) dut.job_section_words |= uint64_t{job.section(s)} << 8 * s;
      dut.job_note = job.note;
    }
    if (!word_offered) word_offered = left > 0 && !bench.random.chance(idle);
    dut.weights_valid = word_offered;
    dut.section_ready = 0;
    for (int s = 0; s < 6; ++s) dut.section_ready |= !bench.random.chance(stall) << s;
    dut.tile_ready = !bench.random.chance(stall);
    bench.settle();
    const bool word_taken = dut.weights_valid && dut.weights_ready, token = dut.tile_valid && dut.tile_ready;
    CHECK(bench, word_taken == ((dut.section_valid & dut.section_ready) != 0), "a word was taken by nobody, or not taken by its section");
    CHECK(bench, dut.busy == !taken.empty(), "busy is %d", dut.busy);
    CHECK(bench, !taken.empty() || (dut.section_valid == 0 && !dut.tile_valid), "at work without a job");
    quiet = word_taken || token ? 0 : quiet + 1;
    CHECK(bench, quiet < 500, "nothing moves");
    bool job_end = false;
    if (!taken.empty()) {
      const Job& job = taken.front();
      const bool empty = job.row_tiles == 0, k_last = k + 1 == job.k_tiles, job_last = k_last && row + 1 == job.row_tiles;
      if (token) {
        CHECK(bench, dut.tile_empty == empty && dut.tile_job_last == (job_last || empty) && dut.tile_note == job.note, "wrong token");
        if (!empty) CHECK(bench, dut.tile_k_first == (k == 0) && dut.tile_k_last == k_last, "wrong place in K");
      }
      CHECK(bench, (token && !empty) == (word_taken && section == 0 && word == 0), "token and first word apart");
      job_end = token && empty;
      if (word_taken) {
        CHECK(bench, !empty && dut.section_valid == 1 << section, "a word of section %u went to %x", section, dut.section_valid);
        if (section == 5) CHECK(bench, dut.code_bits == job.code_bits, "wrong code_bits");
        if (left-- == total) first_word = bench.cycle;
        word_offered = false;
        if (++word == job.section(section)) {
          word = 0;
          const bool tile_end = section == 5;
          do section = (section + 1) % 6;
          while (job.section(section) == 0);
          job_end = tile_end && job_last;
          if (tile_end && ++k == job.k_tiles) k = 0, ++row;
        }
      }
    }
    if (job_end) {
      taken.pop_front();
      row = 0;
    }
    if (job_offered && dut.job_ready) {
      taken.push_back(jobs.front());
      jobs.pop_front();
      job_offered = false;
    }
    bench.tick();
  }
  if (idle == 0 && stall == 0 && no_empty)
    CHECK(bench, bench.cycle - first_word == total, "%llu cycles for %llu words", static_cast<unsigned long long>(bench.cycle - first_word), static_cast<unsigned long long>(total));
  bench.settle();
  CHECK(bench, left == 0 && !dut.busy, "busy at the end");
}

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  for (int i = 0; i < 50; ++i) {
    bench.scene = "round " + std::to_string(i);
    const uint32_t idle = i % 5 == 2 ? 60 : i % 5 == 4 ? 50 : 0, stall = i % 5 == 3 ? 30 : i % 5 == 4 ? 50 : 0;
    std::deque<Job> jobs;
    for (int job = 0; job < 40; ++job) jobs.push_back(random_job(random, i % 5 > 0));
    try_jobs(bench, idle, stall, jobs, random.chance(30) ? random.below(3000) : 400000);
  }
  bench.scene = "counts that get far";
  try_jobs(bench, 0, 0, {large_job(1, 0xa000 + random.below(0x2000)), large_job(4000, 1)}, 1000000);
  bench.scene = "counts that would get further";
  for (int i = 0; i < 48; ++i) {
    const uint32_t few = 1 + random.below(7);
    try_jobs(bench, 0, 0, {i < 16 ? large_job(2, few | 1u << i) : large_job(few | 1u << (i - 16), 1), random_job(random, true)}, 1000);
  }
}
