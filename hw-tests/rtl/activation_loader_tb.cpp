// bfq_activation_loader between a memory and lanes that finish their jobs when they like. A model of the double buffer says
// whether a word lands in a half that an unfinished job still reads, and whether each job finds its own records: all of them
// when its load is over, and while it lasts those below the limit.
#include <array>
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

struct Pass {
  bool reuse;
  uint32_t columns, k_tiles;
  uint64_t address;
};

constexpr uint32_t kMostColumns = COLUMNS * REPLAY;

uint64_t record_word(uint64_t address, uint32_t word) { return address / 16 + word; }

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  unsigned loads = 0, reuses = 0, overlaps = 0, partial = 0;
  bench.settle();
  for (int list = 0; list < 300; ++list) {
    // Now and then lanes so slow, and so many jobs on one half, that the count of open jobs is full.
    const bool jammed = list % 10 == 0;
    const uint32_t count = 1 + random.below(40), stalls = random.below(90), slow = jammed ? 99 : random.below(100);
    const uint32_t same = jammed ? 95 : random.below(100);
    std::vector<Pass> passes;
    for (uint32_t i = 0; i < count; ++i) {
      if (i > 0 && random.chance(same)) {
        passes.push_back(passes.back());
        passes.back().reuse = true;
      } else {
        passes.push_back({false, 1 + random.below(kMostColumns), 1 + random.below(MAX_K_TILES), random.bits() & 0x7ffffffff0});
      }
    }
    // By slot of a batch and address: ((half * REPLAY + batch) * MAX_K_TILES + K tile) * 20 + word.
    constexpr uint32_t batch_words = MAX_K_TILES * 20, half_words = REPLAY * batch_words;
    std::vector<uint64_t> memory_of[COLUMNS];
    for (auto& slot : memory_of) slot.assign(2 * half_words, 0);
    struct Job {
      bool half;
      uint32_t pass;
      bool empty;  // without row tiles: it may end in mid-load
    };
    std::array<std::deque<Job>, LANES> jobs;
    std::deque<std::pair<uint64_t, uint64_t>> memory;  // due, word
    uint32_t next = 0, announced = 0, asked = 0, commands = 0, checked = 0;
    bool loading = false, loading_half = false;
    dut.rst = 1;
    dut.pass_valid = dut.data_valid = dut.released = 0;
    bench.tick();
    dut.rst = 0;
    for (int idle = 0;; ++idle) {
      CHECK(bench, idle < 20000, "stuck at pass %u of %u", announced, count);
      const bool finished = announced == count;
      dut.pass_valid = next < count;
      if (next < count) {
        dut.pass_reuse = passes[next].reuse;
        dut.pass_columns = passes[next].columns;
        dut.pass_k_tiles = passes[next].k_tiles;
        dut.pass_address = passes[next].address;
      }
      dut.read_ready = !random.chance(stalls);
      dut.announce_ready = !random.chance(stalls);
      dut.data_valid = !memory.empty() && memory.front().first <= bench.cycle && !random.chance(stalls);
      if (dut.data_valid) {
        const uint64_t word = memory.front().second;
        dut.data[0] = static_cast<uint32_t>(word);
        dut.data[1] = static_cast<uint32_t>(word >> 32);
        memory.pop_front();
      }
      dut.released = 0;
      for (int lane = 0; lane < LANES; ++lane) {
        if (jobs[lane].empty() || random.chance(slow)) continue;
        // A job ends: its half must hold what it was told.
        const Job job = jobs[lane].front();
        if (loading && job.half == loading_half && !job.empty) continue;  // not before all is there
        const Pass& pass = passes[job.pass];
        for (uint32_t column = 0; column < pass.columns && !job.empty; ++column)
          for (uint32_t word = 0; word < pass.k_tiles * 20; ++word)
            CHECK(bench, memory_of[column % COLUMNS][job.half * half_words + column / COLUMNS * batch_words + word] == record_word(pass.address, column * pass.k_tiles * 20 + word),
                  "pass %u: column %u word %u", job.pass, column, word);
        jobs[lane].pop_front();
        dut.released |= 1 << lane;
      }
      bench.settle();
      if (dut.act_write) {
        CHECK(bench, dut.act_column < COLUMNS && dut.act_address < 2 * half_words, "nowhere");
        const bool half = dut.act_address >= half_words;
        for (const auto& lane : jobs) {
          for (const Job& job : lane)
            CHECK(bench, job.half != half || job.pass == next, "overwrites the half of pass %u", job.pass);
          if (!lane.empty()) ++overlaps;
        }
        memory_of[dut.act_column][dut.act_address] = dut.act_data[0] | uint64_t{dut.act_data[1]} << 32;
      }
      loading = dut.act_loading;
      if (loading) {
        // Records that may be read: those of all columns in the K tiles below the limit.
        const Pass& pass = passes[next];
        loading_half = dut.announce_half;
        const uint32_t base = loading_half ? half_words : 0;
        CHECK(bench, dut.act_limit >= base && (dut.act_limit - base) % 20 == 0, "limit %u", dut.act_limit);
        const uint32_t readable = (dut.act_limit - base) / 20;
        CHECK(bench, readable >= checked && readable < pass.k_tiles, "%u K tiles are to be read after %u", readable, checked);
        for (; checked < readable; ++checked, ++partial)
          for (uint32_t column = 0; column < pass.columns; ++column)
            for (uint32_t word = 20 * checked; word < 20 * checked + 20; ++word)
              CHECK(bench, memory_of[column % COLUMNS][base + column / COLUMNS * batch_words + word] == record_word(pass.address, column * pass.k_tiles * 20 + word),
                    "pass %u: column %u word %u is below the limit", next, column, word);
      } else {
        checked = 0;
      }
      if (dut.read_valid && dut.read_ready) {
        const Pass& pass = passes[next];
        CHECK(bench, dut.read_words == pass.k_tiles * 20, "words of a column");
        CHECK(bench, dut.read_address == pass.address + uint64_t{asked} * pass.k_tiles * 320, "address of a column");
        for (uint32_t word = 0; word < dut.read_words; ++word)
          memory.push_back({bench.cycle + 20, record_word(dut.read_address, word)});
        ++asked;
        ++commands;
      }
      if (dut.announce_valid && dut.announce_ready) {
        const Pass& pass = passes[announced];
        CHECK(bench, announced == next, "announced out of turn");
        for (auto& lane : jobs) lane.push_back({static_cast<bool>(dut.announce_half), announced, random.chance(20)});
        ++(pass.reuse ? reuses : loads);
        ++announced;
        idle = 0;
      }
      const bool taken = dut.pass_valid && dut.pass_ready;
      if (taken) {
        const Pass& pass = passes[next];
        CHECK(bench, announced == next + 1, "taken before it is announced");
        CHECK(bench, asked == (pass.reuse ? 0 : pass.columns), "%u columns read", asked);
        asked = 0;
      }
      bench.tick();
      if (taken) ++next;
      bool empty = true;
      for (const auto& lane : jobs) empty = empty && lane.empty();
      if (finished && empty && next == count) break;
    }
    CHECK(bench, next == count, "%u passes taken of %u", next, count);
  }
  CHECK(bench, loads > 1000 && reuses > 500 && overlaps > 1000 && (partial > 1000 || MAX_K_TILES == 1),
        "%u loads, %u reuses, %u overlaps, %u K tiles early", loads, reuses, overlaps, partial);
}
