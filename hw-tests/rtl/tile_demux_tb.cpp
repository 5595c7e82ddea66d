// bfq_tile_demux: random jobs (some without tiles) under idle and back-pressure of every stream. Each word to its section, in
// order; each tile's token with its first word; and with everything ready a word in every cycle, over job ends too.
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

struct Job { uint32_t row_tiles, k_tiles, words[4], code_bits, note; };
struct Token { bool empty, k_first, k_last, job_last; uint32_t note; };
struct Place { int section; uint32_t code_bits; bool first; };

void try_jobs(Bench& bench, uint32_t idle, uint32_t stall, bool empty_jobs) {
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.job_valid = dut.weights_valid = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;

  std::deque<Job> jobs;
  std::deque<Token> tokens;
  std::deque<Place> places;
  for (int i = 0; i < 40; ++i) {
    Job job{};
    job.row_tiles = empty_jobs ? bench.random.below(4) : 1 + bench.random.below(3);
    job.k_tiles = 1 + bench.random.below(3);
    job.code_bits = 1 + bench.random.below(8);
    job.note = bench.random.below(1 << NOTE_BITS);
    for (uint32_t& words : job.words) words = bench.random.chance(40) ? 0 : 1 + bench.random.below(9);
    if (job.words[0] == 0) job.words[0] = 32;
    jobs.push_back(job);
    if (job.row_tiles == 0) tokens.push_back({true, true, false, true, job.note});
    for (uint32_t row = 0; row < job.row_tiles; ++row)
      for (uint32_t k = 0; k < job.k_tiles; ++k) {
        const bool last = k + 1 == job.k_tiles;
        tokens.push_back({false, k == 0, last, last && row + 1 == job.row_tiles, job.note});
        bool first = true;
        for (int section = 0; section < 5; ++section)
          for (uint32_t i = 0; i < (section == 4 ? 16 * job.code_bits : job.words[section]); ++i) {
            places.push_back({section, job.code_bits, first});
            first = false;
          }
      }
  }
  uint64_t first_word = 0;
  const size_t total = places.size();
  const uint64_t start = bench.cycle;
  bool job_offered = false, word_offered = false;
  while (!places.empty() || !tokens.empty()) {
    CHECK(bench, bench.cycle - start < 200000, "nothing moves");
    if (!job_offered) job_offered = !jobs.empty() && !bench.random.chance(idle);
    dut.job_valid = job_offered;
    if (job_offered) {
      const Job& job = jobs.front();
      dut.job_row_tiles = job.row_tiles;
      dut.job_k_tiles = job.k_tiles;
      dut.job_d_words = job.words[0];
      dut.job_dmin_words = job.words[1];
      dut.job_scale_words = job.words[2];
      dut.job_min_words = job.words[3];
      dut.job_code_bits = job.code_bits;
      dut.job_note = job.note;
    }
    if (!word_offered) word_offered = !places.empty() && !bench.random.chance(idle);
    dut.weights_valid = word_offered;
    dut.section_ready = 0;
    for (int s = 0; s < 5; ++s) dut.section_ready |= !bench.random.chance(stall) << s;
    dut.tile_ready = !bench.random.chance(stall);
    bench.settle();
    const bool taken = dut.weights_valid && dut.weights_ready;
    CHECK(bench, taken == ((dut.section_valid & dut.section_ready) != 0), "a word was taken by nobody, or not taken by its section");
    CHECK(bench, dut.busy || tokens.empty() || (dut.section_valid == 0 && !dut.tile_valid), "at work, but not busy");
    const bool token = dut.tile_valid && dut.tile_ready;
    if (token) {
      CHECK(bench, !tokens.empty(), "a token too many");
      const Token& want = tokens.front();
      CHECK(bench, dut.tile_empty == want.empty && dut.tile_job_last == want.job_last && dut.tile_note == want.note, "wrong token");
      if (!want.empty) CHECK(bench, dut.tile_k_first == want.k_first && dut.tile_k_last == want.k_last, "wrong place in K");
    }
    CHECK(bench, (token && !tokens.front().empty) == (taken && places.front().first), "token and first word apart");
    if (token) tokens.pop_front();
    if (taken) {
      CHECK(bench, dut.section_valid == 1 << places.front().section, "a word of section %d went to %x", places.front().section, dut.section_valid);
      if (places.front().section == 4) CHECK(bench, dut.code_bits == places.front().code_bits, "wrong code_bits");
      if (places.size() == total) first_word = bench.cycle;
      places.pop_front();
      word_offered = false;
    }
    if (job_offered && dut.job_ready) {
      jobs.pop_front();
      job_offered = false;
    }
    bench.tick();
  }
  if (idle == 0 && stall == 0 && !empty_jobs) CHECK(bench, bench.cycle - first_word == total, "%llu cycles for %zu words", static_cast<unsigned long long>(bench.cycle - first_word), total);
  bench.settle();
  CHECK(bench, !dut.busy, "busy at the end");
}

}  // namespace

int main() {
  Bench bench;
  for (int i = 0; i < 10; ++i) {
    bench.scene = "round " + std::to_string(i);
    try_jobs(bench, 0, 0, false);
    try_jobs(bench, 0, 0, true);
    try_jobs(bench, 60, 0, true);
    try_jobs(bench, 0, 30, true);
    try_jobs(bench, 50, 50, true);
  }
}
