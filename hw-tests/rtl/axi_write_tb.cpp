// bfq_axi_write against a memory that misbehaves within the rules of AXI4: every word at its address, each burst legal
// and answered, `idle` only when all responses are back, errors sticky, one word a cycle where nobody stalls. No burst but a
// command's last is asked for before its words are there; a halt ends soon, loses no command whose words had come, and leaves
// nothing behind.
#include "axi_memory.hpp"

namespace {

class Writer {
 public:
  Bench bench;
  Memory memory{bench};
  uint64_t given = 0, last_given = 0, first_given = 0;

  void reset() {
    bench.dut.rst = 1;
    bench.dut.halt = 0;
    bench.dut.command_valid = 0;
    bench.dut.in_valid = 0;
    bench.dut.clear = 0;
    memory.drive();
    bench.settle();
    bench.tick();
    bench.dut.rst = 0;
  }

  void command(uint64_t address, uint32_t words) {
    commands_.push_back({address, words, 0});
    for (uint32_t i = 0; i < words; ++i) {
      Word word;
      for (uint32_t& part : word) part = static_cast<uint32_t>(bench.random.bits() >> 32);
      words_.push_back(word);
      order_.push_back(address + 16ull * i);
      wanted_[address + 16ull * i] = word;
    }
    ends_.push_back(order_.size());
  }

  /// `offer_command` and `offer_data`: whether a new one is offered; what waits stays offered.
  void cycle(bool offer_command, bool offer_data) {
    memory.drive();
    command_offered_ = !commands_.empty() && (command_offered_ || offer_command);
    data_offered_ = !words_.empty() && (data_offered_ || offer_data);
    bench.dut.command_valid = command_offered_;
    bench.dut.command_address = command_offered_ ? commands_.front().address : 0;
    bench.dut.command_words = command_offered_ ? commands_.front().beats : 0;
    bench.dut.in_valid = data_offered_;
    for (int i = 0; i < 4; ++i) bench.dut.in_data[i] = data_offered_ ? words_.front()[i] : 0xDEADBEEF;
    bench.settle();
    memory.observe();
    if (bench.dut.idle) {
      CHECK(bench, memory.quiet() && !command_offered_, "idle with a burst that is not answered");
      CHECK(bench, memory.beats == accepted_ || halted_, "idle with words of a command missing");
    }
    if (bench.dut.m_axi_awvalid && bench.dut.m_axi_awready) follow_request(bench.dut.m_axi_awlen + 1u);
    if (command_offered_ && bench.dut.command_ready) {
      accepted_ += commands_.front().beats;
      open_.push_back(commands_.front().beats);
      commands_.pop_front();
      command_offered_ = false;
    }
    if (data_offered_ && bench.dut.in_ready) {
      words_.pop_front();
      data_offered_ = false;
      if (given++ == 0) first_given = bench.cycle;
      last_given = bench.cycle;
      CHECK(bench, given <= memory.beats + 2 * MAX_BURST + 3 || halted_, "took more words than the buffer holds");
    }
    settled_ = recent_[0];
    recent_[0] = recent_[1];
    recent_[1] = given;
    bench.tick();
  }

  /// Cuts short whatever is under way, as at the end of a run with an error, and starts afresh.
  void halt(uint32_t data_idle) {
    commands_.clear();
    command_offered_ = false;
    halted_ = true;
    requests_ = 0;
    const uint64_t accepted = accepted_, safe = settled_;  // words that had come some cycles before
    const bool starved = bench.random.chance(50);  // who gives the words may have stopped as well
    if (starved) words_.clear(), data_offered_ = false;
    bench.dut.halt = 1;
    for (int i = 0; !bench.dut.idle; ++i) {
      CHECK(bench, i < 20000, "the halt hangs");
      cycle(false, !bench.random.chance(data_idle));
      bench.settle();
    }
    uint64_t whole = 0;
    for (uint64_t end : ends_)
      if (end <= accepted && end <= safe) whole = end;
    for (uint64_t i = 0; i < whole; ++i)
      CHECK(bench, memory.written[order_[i]] == wanted_[order_[i]], "the halt lost word %llu of %llu",
            static_cast<unsigned long long>(i), static_cast<unsigned long long>(whole));
    words_.clear();
    data_offered_ = false;
    for (int i = 0; i < 8; ++i) cycle(false, false);
    bench.dut.halt = 0;
    open_.clear();
    clear();
    halted_ = false;
  }

  void run(uint32_t command_idle, uint32_t data_idle) {
    uint64_t quiet = 0;
    do {
      const uint64_t before = memory.beats;
      cycle(!bench.random.chance(command_idle), !bench.random.chance(data_idle));
      quiet = memory.beats == before ? quiet + 1 : 0;
      CHECK(bench, quiet < 20000, "it hangs");
    } while (!commands_.empty() || !words_.empty() || !bench.dut.idle);
    for (int i = 0; i < 4; ++i) cycle(false, false);
    CHECK(bench, bench.dut.idle, "not idle at the end");
    CHECK(bench, memory.written == wanted_, "memory does not hold what was written");
    CHECK(bench, bench.dut.words == static_cast<uint32_t>(memory.beats), "the word counter is wrong");
    CHECK(bench, static_cast<bool>(bench.dut.error) == (memory.errors > 0), "error is %d after %llu bad responses",
          bench.dut.error, static_cast<unsigned long long>(memory.errors));
  }

  void clear() {
    bench.dut.clear = 1;
    cycle(false, false);
    bench.dut.clear = 0;
    memory.written.clear();
    wanted_.clear();
    order_.clear();
    ends_.clear();
    recent_[0] = recent_[1] = settled_ = 0;
    memory.beats = memory.errors = 0;
    given = accepted_ = asked_ = 0;
    CHECK(bench, bench.dut.words == 0 && !bench.dut.error, "clear did not clear");
  }

 private:
  /// A burst that is not the last of its command has all its words in the buffer.
  void follow_request(uint32_t beats) {
    asked_ += beats;
    // After a halt one may wait on the channel, one be on its way there, and the last of a command waits for no words.
    if (halted_) {
      CHECK(bench, ++requests_ <= 3 || given >= asked_, "asked for words that won't come");
      return;
    }
    CHECK(bench, !open_.empty() && open_.front() >= beats, "a burst beyond its command");
    open_.front() -= beats;
    if (open_.front() == 0) open_.pop_front();
    else CHECK(bench, given >= asked_, "asked for %llu words with %llu there", static_cast<unsigned long long>(asked_),
               static_cast<unsigned long long>(given));
  }

  std::deque<Burst> commands_;
  std::deque<uint32_t> open_;  // words of each command taken that are not asked for yet
  std::vector<uint64_t> order_, ends_;  // addresses of the words in their order, words up to the end of each command
  uint64_t asked_ = 0;
  uint64_t recent_[2] = {}, settled_ = 0;  // `given` one, two and three cycles ago
  uint32_t requests_ = 0;
  bool halted_ = false;
  std::deque<Word> words_;
  std::map<uint64_t, Word> wanted_;
  uint64_t accepted_ = 0;
  bool command_offered_ = false, data_offered_ = false;
};

}  // namespace

int main() {
  Writer writer;
  Bench& bench = writer.bench;
  writer.reset();

  bench.scene = "a long stream to an ideal memory";
  // Enough in flight for the latency below, also where two short bursts meet between commands.
  const bool covered = OUTSTANDING >= 4 && MAX_BURST * OUTSTANDING >= 128;
  writer.memory.manners.latency = covered ? 40 : 0;
  writer.command(0x12340, 3000);
  writer.command(0x7FFFFFFF0, 1000);
  writer.run(0, 0);
  if (covered) {
    CHECK(bench, writer.last_given - writer.first_given == 3999, "4000 words took %llu cycles",
          static_cast<unsigned long long>(writer.last_given - writer.first_given + 1));
    CHECK(bench, writer.memory.most_outstanding > 1, "bursts do not overlap");
  }

  bench.scene = "many commands of four words";
  writer.clear();
  writer.memory.manners = {};
  for (uint64_t i = 0; i < 250; ++i) writer.command(0x8000 + 64 * i, 4);
  writer.run(0, 0);
  if (OUTSTANDING >= 4 && MAX_BURST >= 4)
    CHECK(bench, writer.last_given - writer.first_given == 999, "1000 words took %llu cycles",
          static_cast<unsigned long long>(writer.last_given - writer.first_given + 1));

  const uint32_t rounds = Bench::long_run() ? 200 : 6;
  for (uint32_t round = 0; round < rounds; ++round)
    for (uint32_t command_idle : {0, 50, 95})
      for (uint32_t data_idle : {0, 30, 90})
        for (uint32_t memory_stall : {0, 40, 85}) {
          writer.clear();
          writer.memory.manners = {bench.random.below(30), bench.random.below(60), memory_stall,
                                   bench.random.below(2) ? memory_stall : 0, round % 2 ? 20u : 0u};
          bench.scene = "command idle " + std::to_string(command_idle) + "%, data idle " + std::to_string(data_idle) +
                        "%, memory stall " + std::to_string(memory_stall) + "%";
          uint64_t address = (bench.random.bits() & 0xFFFFFFFF) << 4;
          for (int i = 0; i < 12; ++i) {
            const uint32_t words = 1 + (bench.random.below(3) ? bench.random.below(3 * MAX_BURST + 8) : bench.random.below(3));
            writer.command(address, words);
            address += 16ull * words + (bench.random.below(2) ? 4096 - 16 * bench.random.below(40) : 0);
          }
          writer.run(command_idle, data_idle);

          writer.clear();
          bench.scene += ", halted";
          for (int i = 0; i < 6; ++i) writer.command(address += 16 * 4 * MAX_BURST, 1 + bench.random.below(3 * MAX_BURST));
          const uint32_t cycles = bench.random.below(6 * MAX_BURST);
          for (uint32_t i = 0; i < cycles; ++i)
            writer.cycle(!bench.random.chance(command_idle), !bench.random.chance(data_idle));
          writer.halt(data_idle);
        }
  std::printf("%llu cycles\n", static_cast<unsigned long long>(bench.cycle));
}
