// bfq_read_mux: each reader gets the words of its own commands, in order, and none is kept waiting by the other for ever; both
// ask often or seldom. A reset at any time forgets what is open.
#include <deque>

#include "bench.hpp"

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  bench.settle();
  dut.rst = 1;
  bench.tick();
  dut.rst = 0;
  struct Reader {
    bool waiting = false;
    uint64_t address = 0;
    uint32_t words = 0;
    unsigned waited = 0, commands = 0, received = 0, expected = 0;
  } readers[2];
  std::deque<std::pair<int, uint32_t>> order;  // reader, words left
  int side = 0;  // reader that went last
  uint32_t pause[2] = {};  // % of cycles in which the reader doesn't begin to ask
  for (int cycle = 0; cycle < 1200000; ++cycle) {
    const bool resets = cycle < 300000, rest = cycle > 1000000;
    if (cycle % 500 == 0)
      for (uint32_t& percent : pause) percent = random.chance(50) ? 40 : 97;
    if (resets && random.below(1000) == 0) {
      dut.rst = 1;
      bench.tick();
      dut.rst = 0;
      order.clear();
      side = 0;
      for (Reader& reader : readers) reader = {false, 0, 0, 0, reader.commands, 0, 0};
    }
    for (int i = 0; i < 2; ++i) {
      Reader& reader = readers[i];
      if (reader.waiting || rest || random.chance(pause[i])) continue;
      // Seldom many words, as their data takes its time.
      const uint32_t words = 1 + (!resets && random.below(500) == 0 ? random.below(0xffff) : random.below(random.chance(10) ? 300 : 12));
      reader = {true, random.bits() & 0xffffffffff, words, 0, reader.commands, reader.received, reader.expected};
    }
    dut.a_valid = readers[0].waiting;
    dut.a_address = readers[0].address;
    dut.a_words = readers[0].words;
    dut.b_valid = readers[1].waiting;
    dut.b_address = readers[1].address;
    dut.b_words = readers[1].words;
    dut.command_ready = !random.chance(50);
    dut.data_valid = !order.empty() && (rest || !random.chance(cycle / 1000 % 100));
    bench.settle();
    // No command waits that could go: one of the same side, or any where all words have come.
    const bool both = readers[0].waiting && readers[1].waiting, alone = readers[side].waiting && !both;
    if (order.empty() || alone) CHECK(bench, dut.command_valid == (dut.a_valid || dut.b_valid), "a command waits for nothing");
    CHECK(bench, !(dut.a_valid && dut.a_ready && dut.b_valid && dut.b_ready), "both taken");
    const bool ready[2] = {dut.a_valid && dut.a_ready, dut.b_valid && dut.b_ready};
    CHECK(bench, (ready[0] || ready[1]) == (dut.command_valid && dut.command_ready), "a command lost or made up");
    if (dut.data_valid) {
      auto& [reader, left] = order.front();
      CHECK(bench, dut.a_data_valid == (reader == 0) && dut.b_data_valid == (reader == 1), "data to the wrong reader");
      ++readers[reader].received;
      if (--left == 0) order.pop_front();
    } else {
      CHECK(bench, !dut.a_data_valid && !dut.b_data_valid, "data from nowhere");
    }
    for (int i = 0; i < 2; ++i) {
      Reader& reader = readers[i];
      if (!ready[i]) {
        if (dut.command_valid && dut.command_ready && reader.waiting) ++reader.waited;
        CHECK(bench, reader.waited < 2, "the other went twice");
        continue;
      }
      CHECK(bench, dut.command_address == reader.address && dut.command_words == reader.words, "wrong command");
      order.push_back({i, reader.words});
      side = i;
      reader.expected += reader.words;
      reader.waiting = false;
      ++reader.commands;
    }
    bench.tick();
  }
  for (const Reader& reader : readers)
    CHECK(bench, reader.commands > 1000 && reader.received == reader.expected, "%u of %u words", reader.received, reader.expected);
}
