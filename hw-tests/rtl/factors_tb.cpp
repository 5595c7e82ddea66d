// bfq_factors: random tiles of every width and sub-block, one to three walks each, words with idle cycles, row steps at
// random: the four factors of each row step, and a set every eight row steps. Truth: the bits of the section,
// addressed as the device interface says.
#include <cstring>
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

struct Tile {
  int bits, sub_block_log2, shift, offset, walks;
  std::vector<uint32_t> words;

  int stored(int column, int row) const {
    const int chunk_columns = sub_block_log2 > 6 ? 1 << sub_block_log2 : 64;
    const int blocks = chunk_columns >> sub_block_log2;
    int value = 0;
    for (int bit = 0; bit < bits; ++bit) {
      const int at = ((column / chunk_columns * bits + bit) * blocks + (column % chunk_columns >> sub_block_log2)) * 8 + row;
      value |= static_cast<int>(words[at / 32] >> at % 32 & 1) << bit;
    }
    return value;
  }
};

/// With `cut` > 0 it ends after that many cycles, in the middle of a tile.
void try_tiles(Bench& bench, uint32_t idle, uint32_t wait, int widest, int most_walks, uint32_t walk_idle = 0, uint64_t cut = 0) {
  auto& dut = bench.dut;
  dut.rst = 1;  // whatever the others say
  bench.settle();
  bench.tick();
  dut.rst = 0;

  std::vector<Tile> tiles(40);
  std::deque<std::vector<uint32_t>> words;
  for (Tile& tile : tiles) {
    tile.bits = bench.random.below(widest + 1);
    tile.sub_block_log2 = 4 + bench.random.below(5);
    tile.shift = bench.random.below(2);
    tile.offset = bench.random.bits() & ((1 << WIDTH) - 1);
    tile.walks = 1 + bench.random.below(most_walks);
    const int count = (tile.bits * (256 >> tile.sub_block_log2) + 15) / 16;
    for (int i = 0; i < count * 4; ++i) tile.words.push_back(bench.random.bits());
    for (int i = 0; i < count; ++i) words.emplace_back(tile.words.begin() + i * 4, tile.words.begin() + i * 4 + 4);
  }
  size_t token = 0, tile = 0;
  int token_walk = 0, walk = 0;
  int step = 0;            // row step of the walk: group, row
  std::vector<int> want;   // of the cycle before
  uint64_t missed = 0;
  bool word_offered = false, walk_offered = false;
  const uint64_t start = bench.cycle;
  while (tile < tiles.size() || !want.empty()) {
    CHECK(bench, bench.cycle - start < 200000, "nothing moves");
    if (cut != 0 && bench.cycle - start == cut) return;
    walk_offered = token < tiles.size() && (walk_offered || !bench.random.chance(walk_idle));
    dut.walk_valid = walk_offered;
    if (dut.walk_valid) {
      dut.walk_last = token_walk + 1 == tiles[token].walks;
      dut.tile_bits = tiles[token].bits;
      dut.tile_sub_block_log2 = tiles[token].sub_block_log2;
    }
    if (!word_offered) word_offered = !words.empty() && !bench.random.chance(idle);
    dut.word_valid = word_offered;
    if (word_offered) std::memcpy(&dut.word, words.front().data(), 16);
    bool go = false;
    if (tile < tiles.size()) {
      const Tile& now = tiles[tile];
      const int groups = now.sub_block_log2 > 6 ? 1 << (now.sub_block_log2 - 6) : 1;
      dut.row = step % 8;
      dut.shift = now.shift;
      dut.not_offset = ~now.offset & ((1 << WIDTH) - 1);
      bench.settle();
      go = dut.set_valid && !bench.random.chance(wait);
      if (!dut.set_valid && tile > 2) ++missed;
      dut.set_done = go && step % 8 == 7 && (step / 8 + 1) % groups == 0;
    } else {
      dut.set_done = 0;
    }
    bench.settle();
    if (!want.empty()) {
      uint32_t packed[4] = {};
      std::memcpy(packed, &dut.factors, sizeof dut.factors);
      for (int q = 0; q < 4; ++q) {
        int value = 0;
        for (int b = 0; b < WIDTH; ++b) value |= static_cast<int>(packed[(q * WIDTH + b) / 32] >> (q * WIDTH + b) % 32 & 1) << b;
        CHECK(bench, value == want[q], "factor %d is %x, not %x", q, value, want[q]);
      }
      want.clear();
    }
    if (go) {
      const Tile& now = tiles[tile];
      for (int q = 0; q < 4; ++q)
        want.push_back(((now.stored(step / 8 * 64 + q * 16, step % 8) << now.shift) - now.offset) & ((1 << WIDTH) - 1));
      if (++step == 32) {
        step = 0;
        if (++walk == now.walks) {
          walk = 0;
          ++tile;
        }
      }
    }
    if (walk_offered && dut.walk_ready) walk_offered = false, ++token_walk;
    if (token < tiles.size() && token_walk == tiles[token].walks) {
      token_walk = 0;
      ++token;
    }
    if (word_offered && dut.word_ready) {
      words.pop_front();
      word_offered = false;
    }
    bench.tick();
  }
  if (idle == 0 && wait == 0) CHECK(bench, missed == 0, "a set was late in %llu cycles", static_cast<unsigned long long>(missed));
}

}  // namespace

int main() {
  Bench bench;
  for (int i = 0; i < 20; ++i) {
    bench.scene = "round " + std::to_string(i);
    try_tiles(bench, 0, 0, BITS, 1);
    try_tiles(bench, 0, 0, BITS, 3);
    try_tiles(bench, 80, 0, BITS, 3);
    try_tiles(bench, 30, 60, BITS, 3);
    try_tiles(bench, 0, 0, BITS, 2, 90);
    for (int idle = 0; idle < 50; idle += 10)
      try_tiles(bench, idle, 10 * bench.random.below(5), BITS, 3, 0, 1 + bench.random.below(300));
  }
}
