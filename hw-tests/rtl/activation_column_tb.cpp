// bfq_activation_column under random controls in every cycle, against the registers written down one by one.
#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "bench.hpp"

using Word = std::array<uint32_t, 4>;

int main() {
  Bench bench;
  auto& dut = bench.dut;
  constexpr int kWords = ACT_WORDS;
  std::vector<Word> memory(kWords);
  auto any = [&] {
    Word word;
    for (uint32_t& part : word) part = bench.random.bits();
    return word;
  };
  for (int i = 0; i < kWords; ++i) {
    memory[i] = any();
    dut.write = 1;
    dut.write_address = i;
    std::memcpy(&dut.write_data, memory[i].data(), 16);
    bench.settle();
    bench.tick();
  }
  Word latch{}, out{}, word{};
  std::array<uint32_t, 2> staged_da{}, present_da{}, staged_sums{}, sums{};
  std::map<int, std::array<uint32_t, 2>> ring;
  for (int i = 0; i < 20000; ++i) {
    dut.move = bench.random.chance(70);
    dut.read_address = bench.random.below(kWords);
    dut.write = bench.random.chance(20);
    dut.write_address = bench.random.below(kWords);
    if (dut.write_address == dut.read_address) dut.write = 0;  // never the same half
    const Word data = any();
    std::memcpy(&dut.write_data, data.data(), 16);
    dut.stage = bench.random.chance(50);
    dut.stage_index = bench.random.below(6);
    dut.stage_high = bench.random.below(2);
    dut.swap = bench.random.chance(20);
    dut.window_write = bench.random.chance(20);
    dut.window = bench.random.below(4);
    dut.read_window = bench.random.below(4);
    dut.read_block = bench.random.below(DA_BLOCKS);
    bench.settle();
    if (i > 200) {
      CHECK(bench, std::memcmp(&dut.word, word.data(), 16) == 0, "word is wrong");
      CHECK(bench, dut.sums == (sums[0] | uint64_t{sums[1]} << 32), "sums are wrong");
      if (ring.count(dut.read_window)) CHECK(bench, dut.read_da == ring[dut.read_window][dut.read_block], "da is wrong");
    }
    if (dut.window_write && i > 100) ring[dut.window] = present_da;
    if (dut.swap) {
      present_da = staged_da;
      sums = staged_sums;
    }
    const std::array<uint32_t, 2> half = {word[dut.stage_high * 2], word[dut.stage_high * 2 + 1]};
    if (dut.stage && dut.stage_index == 0) staged_da = half;
    if (dut.stage && dut.stage_index == 1) staged_sums = half;
    word = out;
    if (dut.move) {
      out = latch;
      latch = memory[dut.read_address];
    }
    if (dut.write) memory[dut.write_address] = data;
    bench.tick();
  }
}
