// bfq_writer: lanes that give their row tiles at their own pace, a memory that takes commands and data apart. Every row of every
// column must arrive once, at its address.
#include <deque>
#include <map>

#include "bench.hpp"

namespace {

/// What the lanes give: tile, column and half of it, all different.
uint64_t result_word(uint32_t pass, uint32_t tile, uint32_t column, uint32_t half) {
  return uint64_t{pass} << 48 | uint64_t{tile} << 16 | column << 1 | half;
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
    const uint32_t tiles = 1 + random.below(20), columns = 1 + random.below(8), stalls = fast ? 0 : random.below(90);
    const uint32_t stride = (tiles * 8 + 4 * random.below(3));
    const uint64_t offset = random.bits() & 0x3fffffff0, base = random.bits() & 0x3fffffff0, address = base + offset;
    std::deque<uint64_t> lanes[LANES];
    std::map<uint64_t, uint64_t> want, got;
    for (uint32_t tile = 0; tile < tiles; ++tile) {
      for (uint32_t column = 0; column < columns; ++column) {
        for (uint32_t half = 0; half < 2; ++half) {
          const uint64_t word = result_word(pass, tile, column, half);
          lanes[tile % LANES].push_back(word);
          want[address + uint64_t{column} * stride * 4 + tile * 32 + half * 16] = word;
        }
      }
    }
    struct Command {
      uint64_t address;
      uint32_t words;
    };
    std::deque<Command> commands;
    std::deque<uint64_t> data;
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
        const uint64_t word = lanes[lane].front();
        dut.result_data[4 * lane] = static_cast<uint32_t>(word);
        dut.result_data[4 * lane + 1] = static_cast<uint32_t>(word >> 32);
        for (int i = 0; i < 2; ++i) dut.result_data[4 * lane + 2 + i] = ~dut.result_data[4 * lane + i];
      }
      dut.write_ready = fast || !random.chance(stalls);
      dut.data_ready = (!command_first || !commands.empty()) && (fast || !random.chance(stalls));
      bench.settle();
      if (dut.write_valid && dut.write_ready) {
        commands.push_back({dut.write_address, dut.write_words});
        ++asked;
      }
      const uint32_t popped = dut.result_valid & dut.result_ready;
      if (dut.data_valid && dut.data_ready) {
        CHECK(bench, (popped & (popped - 1)) == 0 && popped != 0, "lanes popped: %x", popped);
        CHECK(bench, dut.data[2] == ~dut.data[0] && dut.data[3] == ~dut.data[1], "half a word");
        data.push_back(dut.data[0] | uint64_t{dut.data[1]} << 32);
        idle = 0;
      } else {
        CHECK(bench, popped == 0, "a result lost");
      }
      while (!commands.empty() && !data.empty()) {
        Command& command = commands.front();
        got[command.address] = data.front();
        data.pop_front();
        command.address += 16;
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
      if (done) break;
    }
    CHECK(bench, commands.empty() && data.empty(), "commands and data part");
    CHECK(bench, got == want, "pass %u: %u tiles, %u columns: words at wrong places", pass, tiles, columns);
    CHECK(bench, columns > 1 || asked == 1, "a single column in %u commands", asked);
    // Where nothing waits, a word a cycle, and one cycle more for a column of one lane.
    const uint32_t single = LANES == 1 ? tiles * columns : tiles % LANES == 1 ? columns : 0;
    if (fast) CHECK(bench, bench.cycle - start <= want.size() + single + 5, "%zu words took %u cycles", want.size(), int(bench.cycle - start));
    fast_passes += fast;
    dut.pass_valid = 0;
    if (random.chance(50)) bench.tick();
  }
  CHECK(bench, fast_passes > 100, "only %u fast passes", fast_passes);
}
