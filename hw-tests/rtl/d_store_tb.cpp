// bfq_d_store: tiles of up to 32 words written as fast as they fit, read at random words of the oldest, given back one by one.
#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "bench.hpp"

using Word = std::array<uint32_t, 4>;

int main() {
  Bench bench;
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.word_valid = dut.give_back = dut.read = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::deque<std::vector<Word>> tiles;
  std::deque<Word> waiting;   // words still to be written
  size_t stored = 0;          // words in the store
  bool reading = false, offered = false;
  Word want{};
  int back = 0;
  for (int i = 0; i < 20000; ++i) {
    if (waiting.empty()) {
      std::vector<Word> tile(bench.random.chance(30) ? 32 : 1 + bench.random.below(12));
      for (Word& word : tile) for (uint32_t& part : word) part = bench.random.bits();
      waiting.insert(waiting.end(), tile.begin(), tile.end());
      tiles.push_back(tile);
    }
    if (!offered) offered = bench.random.chance(70);
    dut.word_valid = offered;
    std::memcpy(&dut.word, waiting.front().data(), 16);
    const bool whole = !tiles.empty() && stored >= tiles.front().size();
    dut.read = whole && bench.random.chance(60);
    dut.tile_words = whole ? tiles.front().size() : 0;
    dut.read_address = whole ? bench.random.below(tiles.front().size()) : 0;
    dut.give_back = whole && bench.random.chance(10);
    bench.settle();
    if (reading) CHECK(bench, std::memcmp(&dut.read_word, want.data(), 16) == 0, "a wrong word");
    CHECK(bench, dut.word_ready == (stored < 32), "word_ready with %zu words", stored);
    reading = dut.read;
    if (dut.read) want = tiles.front()[dut.read_address];
    if (offered && dut.word_ready) {
      waiting.pop_front();
      offered = false;
      ++stored;
    }
    if (dut.give_back) {
      stored -= tiles.front().size();
      tiles.pop_front();
      ++back;
    }
    bench.tick();
  }
  CHECK(bench, back > 100, "only %d tiles went through", back);
}
