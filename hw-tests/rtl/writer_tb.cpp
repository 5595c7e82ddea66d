// bfq_writer: lanes that give their row tiles at their own pace, a memory that takes commands and data apart. Every row of every
// column must arrive once, at its address; without a pass nothing moves. Some passes are far longer than they look by any bits of
// their length, and a reset ends them.
#include <array>
#include <cstring>
#include <deque>
#include <map>

#include "bench.hpp"

namespace {

using Word = std::array<uint32_t, 4>;

constexpr uint64_t kAddresses = (1ull << 40) - 1;

/// What the lanes give: all different.
Word result_word(Random& random) {
  Word word;
  for (uint32_t& part : word) part = random.bits();
  return word;
}

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  bench.settle();
  dut.rst = 1;
  bench.tick();
  dut.rst = 0;
  unsigned fast_passes = 0;
  for (uint32_t pass = 0; pass < 2000; ++pass) {
    // Some write masters take data only after its command, others at once.
    const bool command_first = random.chance(50), fast = !command_first && random.chance(50);
    const bool cut = random.chance(10);
    const uint32_t few = 1 + random.below(20), columns = 1 + random.below(8), stalls = fast ? 0 : random.below(90);
    const uint32_t tiles = cut ? (1u << (8 + random.below(columns > 1 ? 21 : 19))) + few : few;
    const uint32_t come = cut ? LANES * (few / LANES + 2 + random.below(4)) : tiles;
    const uint32_t far = (random.bits() & ~0u << (2 + random.below(20))) | 256u << random.below(24);
    const uint32_t stride = random.chance(50) ? come * 8 + 4 * random.below(3) : far;
    const uint64_t offset = random.bits() & kAddresses & ~15ull, base = random.bits() & kAddresses & ~15ull;
    const uint64_t address = base + offset;
    std::deque<Word> lanes[LANES];
    std::map<uint64_t, Word> want, got;
    for (uint32_t tile = 0; tile < come; ++tile) {
      for (uint32_t column = 0; column < columns; ++column) {
        for (uint32_t half = 0; half < 2; ++half) {
          const Word word = result_word(random);
          lanes[tile % LANES].push_back(word);
          want[(address + uint64_t{column} * stride * 4 + tile * 32 + half * 16) & kAddresses] = word;
        }
      }
    }
    const bool patient = random.chance(50);  // readies wait for their valids
    struct Command {
      uint64_t address;
      uint32_t words;
    };
    std::deque<Command> commands;
    std::deque<Word> data;
    uint32_t asked = 0;
    dut.pass_valid = 1;
    dut.pass_row_tiles = tiles;
    dut.pass_columns = columns;
    dut.pass_address = offset;
    dut.base = base >> 4;
    dut.pass_stride = stride;
    const uint64_t start = bench.cycle;
    for (int idle = 0;; ++idle) {
      CHECK(bench, idle < 2000, "stuck with %zu of %zu words written", got.size(), want.size());
      for (uint32_t lane = 0; lane < LANES; ++lane) {
        const uint32_t bit = 1u << lane;
        if (!(dut.result_valid & bit) && !lanes[lane].empty() && !random.chance(stalls)) dut.result_valid |= bit;
        if (lanes[lane].empty()) continue;
        std::memcpy(&dut.result_data[4 * lane], lanes[lane].front().data(), sizeof(Word));
      }
      dut.write_ready = fast || !random.chance(stalls);
      dut.data_ready = (!command_first || !commands.empty()) && (fast || !random.chance(stalls));
      bench.settle();
      if (patient) {
        dut.write_ready &= dut.write_valid;
        dut.data_ready &= dut.data_valid;
        bench.settle();
      }
      if (dut.write_valid && dut.write_ready) {
        CHECK(bench, columns > 1 || dut.write_words == 2 * tiles, "%u words of %u tiles", dut.write_words, tiles);
        commands.push_back({dut.write_address, dut.write_words});
        ++asked;
      }
      const uint32_t popped = dut.result_valid & dut.result_ready;
      if (dut.data_valid && dut.data_ready) {
        CHECK(bench, (popped & (popped - 1)) == 0 && popped != 0, "lanes popped: %x", popped);
        data.push_back({dut.data[0], dut.data[1], dut.data[2], dut.data[3]});
        idle = 0;
      } else {
        CHECK(bench, popped == 0, "a result lost");
      }
      while (!commands.empty() && !data.empty()) {
        Command& command = commands.front();
        got[command.address] = data.front();
        data.pop_front();
        command.address = (command.address + 16) & kAddresses;
        if (--command.words == 0) commands.pop_front();
      }
      const bool done = dut.pass_ready;
      bench.tick();
      for (uint32_t lane = 0; lane < LANES; ++lane) {
        if (!(popped >> lane & 1)) continue;
        lanes[lane].pop_front();
        dut.result_valid &= ~(1u << lane);
        if (fast && !lanes[lane].empty()) dut.result_valid |= 1u << lane;
      }
      CHECK(bench, !cut || !done, "done before time");
      if (done || (cut && got.size() == want.size())) break;
    }
    if (cut) {
      CHECK(bench, got == want, "words at wrong places of a long pass");
      for (int i = 0; i < 4; ++i, bench.tick()) CHECK(bench, !dut.pass_ready, "done before time");
      dut.rst = 1;  // whatever the others say
      bench.tick();
      dut.rst = dut.result_valid = 0;
    }
    CHECK(bench, cut || (commands.empty() && data.empty()), "commands and data part");
    CHECK(bench, got == want, "pass %u: %u tiles, %u columns: words at wrong places", pass, tiles, columns);
    CHECK(bench, columns > 1 || asked == 1, "a single column in %u commands", asked);
    // Where nothing waits, a word per cycle, and one cycle more for a column of one lane.
    const uint32_t single = LANES == 1 ? tiles * columns : tiles % LANES == 1 ? columns : 0;
    if (fast && !cut)
      CHECK(bench, bench.cycle - start <= want.size() + single + 5, "%zu words took %u cycles", want.size(), int(bench.cycle - start));
    fast_passes += fast && !cut;
    dut.pass_valid = 0;
    // The next pass's results may already be there.
    for (int i = random.below(8); i > 0; --i) {
      dut.result_valid = random.bits() & ((1 << LANES) - 1);
      dut.write_ready = dut.data_ready = 1;
      bench.settle();
      CHECK(bench, !dut.write_valid && !dut.data_valid && !dut.result_ready && !dut.pass_ready, "something moves without a pass");
      bench.tick();
    }
    dut.result_valid = 0;
  }
  CHECK(bench, fast_passes > 100, "only %u fast passes", fast_passes);
}
