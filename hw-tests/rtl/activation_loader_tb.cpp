// bfq_activation_loader between a memory and lanes that finish their jobs when they like. A model of the double buffer says
// whether a word lands in a half that an unfinished job still reads, and whether each job finds its own records: all of them
// when its load is over, and while it lasts those below the limit. No load, announcement or limit comes later than it could.
#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

struct Pass {
  bool reuse;
  uint32_t columns, k_tiles;
  uint64_t address;
  uint32_t words() const { return k_tiles * 20; }  // of a column
};

struct Job {
  bool half;
  uint32_t pass;
  bool empty;  // without row tiles: it may end in mid-load
};

using Word = std::array<uint64_t, 2>;

constexpr uint32_t kMostColumns = COLUMNS * REPLAY;
constexpr uint32_t kMostJobs = 15;  // that are not released, in one lane
constexpr uint64_t kAddress = (1ull << 40) - 1;
// By slot of a batch and address: ((half * REPLAY + batch) * MAX_K_TILES + K tile) * 20 + word.
constexpr uint32_t kBatchWords = MAX_K_TILES * 20, kHalfWords = REPLAY * kBatchWords;

/// What the memory holds: any bits.
Word content(uint64_t address) {
  Random random(address & kAddress);
  const uint64_t low = random.bits();
  return {low, random.bits()};
}

enum class State { idle, load, loaded };

struct Buffers {
  std::vector<Word> slots[COLUMNS];
  Buffers() { for (auto& slot : slots) slot.resize(2 * kHalfWords); }
  bool holds(const Pass& pass, bool half, uint32_t column, uint32_t word) const {
    return slots[column % COLUMNS][half * kHalfWords + column / COLUMNS * kBatchWords + word] == content(pass.address + 16 * (column * pass.words() + word));
  }
};

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  unsigned loads = 0, reuses = 0, overlaps = 0, partial = 0, jams = 0;
  bench.settle();
  for (int list = 0; list < 300; ++list) {
    // Now and then a lane so slow, and so many jobs on one half, that its count of open jobs is full.
    const bool jammed = list % 5 == 0;
    const uint32_t count = 1 + random.below(40), stalls = random.below(90), slow = random.below(100), slowest = random.below(LANES);
    const uint32_t same = jammed ? 95 : random.below(100);
    std::vector<Pass> passes;
    for (uint32_t i = 0; i < count; ++i) {
      if (i > 0 && random.chance(same)) {
        passes.push_back(passes.back());
        passes.back().reuse = true;
      } else {
        const uint32_t k_tiles = random.below(200) == 0 ? MAX_K_TILES : MAX_K_TILES < 4 ? MAX_K_TILES : 4;  // seldom many
        passes.push_back({false, 1 + random.below(kMostColumns), 1 + random.below(k_tiles), random.bits() & kAddress & ~15ull});
      }
    }
    Buffers buffers;
    std::array<std::deque<Job>, LANES> jobs;
    std::deque<std::pair<uint64_t, uint64_t>> memory;  // due, address
    State state = State::idle;
    bool announcing = false, half = true, written = false;
    uint32_t next = 0, announced = 0, asked = 0, arrived = 0;
    dut.rst = 1;
    dut.pass_valid = dut.data_valid = dut.released = 0;
    bench.tick();
    dut.rst = 0;
    // Some lists are cut short by a reset.
    const uint64_t cut = bench.cycle + (random.chance(20) ? random.below(500) : 1u << 31);
    for (int idle = 0; bench.cycle < cut; ++idle) {
      CHECK(bench, idle < 1000000, "stuck at pass %u of %u", announced, count);
      const Pass& pass = passes[next < count ? next : 0];
      dut.pass_valid = next < count;
      dut.pass_reuse = pass.reuse;
      dut.pass_columns = pass.columns;
      dut.pass_k_tiles = pass.k_tiles;
      dut.pass_address = pass.address;
      dut.read_ready = !random.chance(stalls);
      dut.announce_ready = !random.chance(stalls);
      dut.data_valid = !memory.empty() && memory.front().first <= bench.cycle && !random.chance(stalls);
      const Word data = dut.data_valid ? content(memory.front().second) : Word{random.bits(), random.bits()};
      std::memcpy(&dut.data, data.data(), sizeof data);
      if (dut.data_valid) memory.pop_front();
      // As the module sees them: a lane that releases a job in this cycle still has it.
      bool free = true, full = false;
      for (const auto& lane : jobs) {
        for (const Job& job : lane) free = free && job.half == half;
        full = full || lane.size() == kMostJobs;
      }
      jams += full;
      dut.released = 0;
      for (uint32_t lane = 0; lane < LANES; ++lane) {
        if (jobs[lane].empty() || random.chance(jammed && lane == slowest ? 99 : slow)) continue;
        // A job ends: its half must hold what it was told.
        const Job job = jobs[lane].front();
        if ((state == State::load || written) && job.half == half && !job.empty) continue;  // not before all is there
        const Pass& its = passes[job.pass];
        for (uint32_t column = 0; column < its.columns && !job.empty; ++column)
          for (uint32_t word = 0; word < its.words(); ++word)
            CHECK(bench, buffers.holds(its, job.half, column, word), "pass %u: column %u word %u", job.pass, column, word);
        jobs[lane].pop_front();
        dut.released |= 1 << lane;
      }
      bench.settle();
      CHECK(bench, dut.act_write == written, "act_write is %d", dut.act_write);
      if (dut.act_write) {
        CHECK(bench, dut.act_column < COLUMNS && dut.act_address < 2 * kHalfWords, "nowhere");
        for (const auto& lane : jobs) {
          for (const Job& job : lane)
            CHECK(bench, job.half != (dut.act_address >= kHalfWords) || job.pass == next, "overwrites the half of pass %u", job.pass);
          if (!lane.empty()) ++overlaps;
        }
        std::memcpy(&buffers.slots[dut.act_column][dut.act_address], &dut.act_data, sizeof data);
      }
      written = dut.data_valid;
      CHECK(bench, dut.act_loading == (state == State::load) && dut.pass_ready == (state == State::loaded && !announcing),
            "loading is %d, ready %d", dut.act_loading, dut.pass_ready);
      CHECK(bench, dut.announce_valid == (announcing && !full), "announce_valid is %d", dut.announce_valid);
      CHECK(bench, dut.read_valid == (state == State::load && asked < pass.columns), "read_valid is %d", dut.read_valid);
      if (state == State::load) {
        CHECK(bench, dut.announce_half == half, "loads the wrong half");
        // Records that may be read: those of all columns in the K tiles below the limit.
        const uint32_t before = (pass.columns - 1) * pass.words(), readable = arrived < before ? 0 : (arrived - before) / 20;
        CHECK(bench, dut.act_limit == half * kHalfWords + 20 * readable, "limit %u with %u K tiles", dut.act_limit, readable);
        for (uint32_t word = readable < 1 ? 0 : 20 * readable - 20; word < 20 * readable; ++word, ++partial)
          for (uint32_t column = 0; column < pass.columns; ++column)
            CHECK(bench, buffers.holds(pass, half, column, word), "pass %u: column %u word %u is below the limit", next, column, word);
      }
      if (dut.read_valid && dut.read_ready) {
        CHECK(bench, dut.read_words == pass.words(), "words of a column");
        CHECK(bench, dut.read_address == ((pass.address + uint64_t{asked} * pass.words() * 16) & kAddress), "address of a column");
        for (uint32_t word = 0; word < dut.read_words; ++word) memory.push_back({bench.cycle + 20, dut.read_address + 16 * word});
        ++asked;
      }
      const bool announces = dut.announce_valid && dut.announce_ready, taken = dut.pass_valid && dut.pass_ready;
      if (announces) {
        CHECK(bench, announced == next && dut.announce_half == half, "announced out of turn");
        for (auto& lane : jobs) lane.push_back({half, announced, random.chance(20)});
        ++(pass.reuse ? reuses : loads);
        ++announced;
        announcing = false;
        idle = 0;
      }
      arrived += dut.data_valid;
      if (taken) {
        CHECK(bench, announced == next + 1, "taken before it is announced");
        state = State::idle;
        asked = arrived = 0;
        ++next;
      } else if (state == State::idle && dut.pass_valid && (pass.reuse || free)) {
        state = pass.reuse ? State::loaded : State::load;
        half ^= !pass.reuse;
        announcing = true;
      } else if (state == State::load && arrived == pass.columns * pass.words()) {
        state = State::loaded;
      }
      bench.tick();
      bool empty = next == count;
      for (const auto& lane : jobs) empty = empty && lane.empty();
      if (empty) break;
    }
  }
  CHECK(bench, loads > 1000 && reuses > 500 && overlaps > 1000 && (partial > 1000 || MAX_K_TILES == 1) && jams > 1000,
        "%u loads, %u reuses, %u overlaps, %u words early, %u cycles jammed", loads, reuses, overlaps, partial, jams);
}
