// bfq_d_store: tiles with up to 32 words of each section written as fast as they fit, read at random words of the oldest, given
// back one by one, also with the read. With two sections dmin, or d where it is both, comes after d. A reset empties it.
#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

using Word = std::array<uint32_t, 4>;
using Words = std::vector<Word>;
using Tile = std::array<Words, SECTIONS>;

constexpr int kDelay = 3;  // bfq_latency::D_STORE, and one for the address

}  // namespace

int main() {
  Bench bench;
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.word_valid = dut.give_back = dut.read = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::deque<Tile> tiles;
  std::deque<std::pair<int, Word>> waiting;           // words still to be written, with their section
  std::array<size_t, SECTIONS> stored{}, before{};    // words in the store, and a cycle ago
  std::deque<std::pair<bool, Word>> on(kDelay);       // words that come, in their cycles
  bool offered = false, after_read = false;
  int back = 0, full = 0;
  for (int i = 0; i < 40000; ++i) {
    if (bench.random.below(4000) == 0) {
      dut.rst = 1;  // whatever the others say
      bench.settle();
      bench.tick();
      dut.rst = 0;
      tiles.clear();
      waiting.clear();
      stored = before = {};
      on.assign(kDelay, {});
      offered = after_read = false;
    }
    if (waiting.empty()) {
      Tile tile;
      for (int s = 0; s < SECTIONS; ++s) {
        tile[s].resize(bench.random.chance(30) ? 32 : s + bench.random.below(bench.random.chance(30) ? 32 : 12));
        if (s == 0 && tile[s].empty()) tile[s].resize(1);
        for (Word& word : tile[s]) {
          for (uint32_t& part : word) part = bench.random.bits();
          waiting.push_back({s, word});
        }
      }
      tiles.push_back(tile);
    }
    if (!offered) offered = bench.random.chance(70);
    const int section = waiting.front().first;
    dut.word_valid = offered << section;
    std::memcpy(&dut.word, waiting.front().second.data(), 16);
    bool whole = !tiles.empty();
    uint64_t counts = 0;
    for (int s = 0; whole && s < SECTIONS; ++s) whole = stored[s] >= tiles.front()[s].size();
    for (int s = 0; whole && s < SECTIONS; ++s) counts |= tiles.front()[s].size() << 6 * s;
    const bool has_min = whole && SECTIONS > 1 && !tiles.front()[SECTIONS - 1].empty();
    const size_t words = !whole ? 0 : has_min ? std::min(tiles.front()[0].size(), tiles.front()[SECTIONS - 1].size()) : tiles.front()[0].size();
    dut.read = whole && !after_read && bench.random.chance(60);
    dut.min_is_d = !has_min || bench.random.chance(30);
    dut.tile_words = counts;
    dut.read_address = words ? bench.random.below(words) : 0;
    dut.give_back = whole && bench.random.chance(10);
    bench.settle();
    if (on.front().first) CHECK(bench, std::memcmp(&dut.read_word, on.front().second.data(), 16) == 0, "a wrong word");
    on.pop_front();
    for (int s = 0; s < SECTIONS; ++s) {
      CHECK(bench, (dut.word_ready >> s & 1) == (before[s] < 32), "word_ready of section %d with %zu words", s, stored[s]);
      full += before[s] == 32;
    }
    before = stored;
    if (dut.read) {
      on.push_back({true, tiles.front()[0][dut.read_address]});
      if (SECTIONS > 1) on.push_back({true, tiles.front()[dut.min_is_d ? 0 : SECTIONS - 1][dut.read_address]});
    }
    after_read = SECTIONS > 1 && dut.read;
    while (on.size() < kDelay) on.push_back({});
    if (offered && (dut.word_ready >> section & 1)) {
      waiting.pop_front();
      offered = false;
      ++stored[section];
    }
    if (dut.give_back) {
      for (int s = 0; s < SECTIONS; ++s) stored[s] -= tiles.front()[s].size();
      tiles.pop_front();
      ++back;
    }
    bench.tick();
  }
  CHECK(bench, back > 100 && full > 100, "only %d tiles went through, full %d times", back, full);
}
