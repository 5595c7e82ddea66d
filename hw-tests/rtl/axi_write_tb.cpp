// bfq_axi_write against a memory that misbehaves within the rules of AXI4: every word at its address, each burst legal
// and answered, `idle` only when all responses are back, counts and errors right in every cycle, one word per cycle where nobody
// stalls. No burst but a command's last is asked for before its words are there; a halt ends soon, loses no command whose words
// had come, and leaves nothing behind, nor does a reset with the memory->
#ifndef WORDS_BITS
#define WORDS_BITS 28
#endif
#include <algorithm>
#include <optional>

#include "axi_memory.hpp"

namespace {

class Writer {
 public:
  Bench bench;
  std::optional<Memory> memory{bench};
  bool patient = false;  // the memory's readies wait for their valids
  uint32_t clears = 0;   // % of cycles in which the counts are cleared
  uint64_t given = 0, last_given = 0, first_given = 0;

  /// Master and memory, whatever is under way.
  void reset() {
    bench.dut.rst = 1;
    bench.dut.halt = bench.dut.clear = 0;
    memory->drive();
    bench.settle();
    bench.tick();
    const Manners manners = memory->manners;
    memory.emplace(bench);
    memory->manners = manners;
    bench.dut.rst = 0;
    commands_.clear();
    words_.clear();
    open_.clear();
    command_offered_ = data_offered_ = false;
    cleared_beats_ = cleared_errors_ = 0;
    given = accepted_ = 0;
    for (int i = 0; i < 4; ++i) cycle(false, false);
    CHECK(bench, bench.dut.idle && !bench.dut.m_axi_awvalid && !bench.dut.m_axi_wvalid, "something is left after the reset");
    clear();
  }

  void command(uint64_t address, uint32_t words) { command(address, words, words); }

  /// A command of which only so many words come.
  void command(uint64_t address, uint32_t words, uint32_t come) {
    commands_.push_back({address, words, 0});
    for (uint32_t i = 0; i < come; ++i) {
      Word word;
      for (uint32_t& part : word) part = static_cast<uint32_t>(bench.random.bits() >> 32);
      words_.push_back(word);
      order_.push_back(address + 16ull * i);
      wanted_[address + 16ull * i] = word;
    }
    if (come == words) ends_.push_back(order_.size());
  }

  /// `offer_command` and `offer_data`: whether a new one is offered; what waits stays offered.
  void cycle(bool offer_command, bool offer_data) {
    memory->drive();
    bench.dut.clear = bench.random.chance(clears);
    command_offered_ = !commands_.empty() && (command_offered_ || offer_command);
    data_offered_ = !words_.empty() && (data_offered_ || offer_data);
    bench.dut.command_valid = command_offered_;
    bench.dut.command_address = command_offered_ ? commands_.front().address : 0;
    bench.dut.command_words = command_offered_ ? commands_.front().beats : 0;
    bench.dut.in_valid = data_offered_;
    for (int i = 0; i < 4; ++i) bench.dut.in_data[i] = data_offered_ ? words_.front()[i] : 0xDEADBEEF;
    bench.settle();
    if (patient) {
      bench.dut.m_axi_awready &= bench.dut.m_axi_awvalid;
      bench.dut.m_axi_wready &= bench.dut.m_axi_wvalid;
      bench.settle();
    }
    memory->observe();
    if (bench.dut.idle) {
      CHECK(bench, memory->quiet() && !command_offered_, "idle with a burst that is not answered");
      CHECK(bench, memory->beats == accepted_ || halted_, "idle with words of a command missing");
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
      CHECK(bench, given <= memory->beats + 2 * MAX_BURST + 3 || halted_, "took more words than the buffer holds");
    }
    settled_ = recent_[0];
    recent_[0] = recent_[1];
    recent_[1] = given;
    if (bench.dut.clear) {
      cleared_beats_ = memory->beats;
      cleared_errors_ = memory->errors;
    }
    bench.tick();
    CHECK(bench, bench.dut.words == static_cast<uint32_t>(memory->beats - cleared_beats_), "%u words counted of %llu",
          bench.dut.words, static_cast<unsigned long long>(memory->beats - cleared_beats_));
    CHECK(bench, static_cast<bool>(bench.dut.error) == (memory->errors > cleared_errors_), "error is %d after %llu bad responses",
          bench.dut.error, static_cast<unsigned long long>(memory->errors - cleared_errors_));
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
      CHECK(bench, memory->written[order_[i]] == wanted_[order_[i]], "the halt lost word %llu of %llu",
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
      const uint64_t before = memory->beats;
      cycle(!bench.random.chance(command_idle), !bench.random.chance(data_idle));
      quiet = memory->beats == before ? quiet + 1 : 0;
      CHECK(bench, quiet < 20000, "it hangs");
    } while (!commands_.empty() || !words_.empty() || !bench.dut.idle);
    for (int i = 0; i < 4; ++i) cycle(false, false);
    CHECK(bench, bench.dut.idle, "not idle at the end");
    CHECK(bench, memory->written == wanted_, "memory does not hold what was written");
  }

  void clear() {
    const uint32_t usual = clears;
    clears = 100;
    cycle(false, false);
    clears = usual;
    memory->written.clear();
    wanted_.clear();
    order_.clear();
    ends_.clear();
    recent_[0] = recent_[1] = settled_ = 0;
    memory->beats = memory->errors = cleared_beats_ = cleared_errors_ = 0;
    given = accepted_ = asked_ = 0;
  }

 private:
  /// A burst that is not the last of its command has all its words in the buffer.
  void follow_request(uint32_t beats) {
    asked_ += beats;
    // After a halt one may wait on the channel, one be on its way there, and the last of a command waits for no words.
    if (halted_) {
      CHECK(bench, given >= asked_ || ++requests_ <= 3, "asked for words that won't come");
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
  uint64_t accepted_ = 0, cleared_beats_ = 0, cleared_errors_ = 0;
  bool command_offered_ = false, data_offered_ = false;
};

/// Everywhere in 2^40 bytes, and where an address carries far.
uint64_t random_address(Random& random) {
  uint64_t page = random.below(1 << 28);
  if (random.chance(30)) page |= (1 << random.below(28)) - 1;
  return std::min<uint64_t>(page, (1 << 28) - 4096) * 4096 + 16 * random.below(256);
}

}  // namespace

int main() {
  Writer writer;
  Bench& bench = writer.bench;
  writer.reset();

  bench.scene = "a long stream to an ideal memory";
  // Enough in flight for the latency below, also where two short bursts meet between commands.
  const bool covered = OUTSTANDING >= 4 && MAX_BURST * OUTSTANDING >= 128;
  writer.memory->manners.latency = covered ? 40 : 0;
  writer.command(0x12340, 3000);
  writer.command(0x7FFFFFFF0, 1000);
  writer.run(0, 0);
  if (covered) {
    CHECK(bench, writer.last_given - writer.first_given == 3999, "4000 words took %llu cycles",
          static_cast<unsigned long long>(writer.last_given - writer.first_given + 1));
    CHECK(bench, writer.memory->most_outstanding > 1, "bursts do not overlap");
  }

  bench.scene = "many commands of four words";
  writer.clear();
  writer.memory->manners = {};
  for (uint64_t i = 0; i < 250; ++i) writer.command(0x8000 + 64 * i, 4);
  writer.run(0, 0);
  if (OUTSTANDING >= 4 && MAX_BURST >= 4)
    CHECK(bench, writer.last_given - writer.first_given == 999, "1000 words took %llu cycles",
          static_cast<unsigned long long>(writer.last_given - writer.first_given + 1));

  bench.scene = "as many bursts as may be open";
  writer.clear();
  writer.memory->manners.latency = 1000;
  for (uint64_t i = 0; i < 2 * OUTSTANDING; ++i) writer.command(0x8000 + 16 * i, 1);
  writer.run(0, 0);
  CHECK(bench, writer.memory->most_outstanding == OUTSTANDING, "%zu bursts open", writer.memory->most_outstanding);

  bench.scene = "words before their command";
  writer.clear();
  writer.memory->manners = {};
  writer.command(0x8010, 4 * MAX_BURST);
  for (int i = 0; i < 4 * MAX_BURST; ++i) writer.cycle(false, true);
  CHECK(bench, writer.given >= 2 * MAX_BURST - 2 && writer.given <= 2 * MAX_BURST, "the buffer holds %llu words",
        static_cast<unsigned long long>(writer.given));
  writer.run(0, 0);

  const uint32_t rounds = Bench::long_run() ? 200 : 6;
  for (uint32_t round = 0; round < rounds; ++round)
    for (uint32_t command_idle : {0, 50, 95})
      for (uint32_t data_idle : {0, 30, 90})
        for (uint32_t memory_stall : {0, 40, 85}) {
          writer.clear();
          writer.patient = bench.random.chance(50);
          writer.clears = bench.random.below(3);
          writer.memory->manners = {bench.random.below(30), bench.random.below(60), memory_stall,
                                   bench.random.below(2) ? memory_stall : 0, round % 2 ? 20u : 0u};
          bench.scene = "command idle " + std::to_string(command_idle) + "%, data idle " + std::to_string(data_idle) +
                        "%, memory stall " + std::to_string(memory_stall) + "%";
          uint64_t address = random_address(bench.random);
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
          if (bench.random.chance(80)) writer.halt(data_idle);
          else writer.reset();
        }

  // Commands of few words but several bursts among longer ones, all cut short wherever they are.
  writer.clears = 0;
  for (int round = 0; round < 100000 / MAX_BURST; ++round) {
    bench.scene = "halt " + std::to_string(round);
    writer.memory->manners = {bench.random.below(3), bench.random.below(3), bench.random.below(50), bench.random.below(50), 0};
    uint64_t address = 0;
    for (int i = 0; i < 4; ++i) {
      address += 16 * MAX_BURST * (4 + bench.random.below(3));
      const uint32_t before = bench.random.below(std::min(MAX_BURST, 5));  // words of its first burst
      const uint32_t after = 1 + bench.random.below(bench.random.chance(60) ? 4 : MAX_BURST);
      writer.command(address - 16 * before, before + after);
    }
    const uint32_t idle = bench.random.below(60), cycles = bench.random.below(3 * MAX_BURST + 30);
    const bool late = bench.random.chance(50);  // the words are there first
    for (uint32_t i = 0; late && i < 2 * MAX_BURST; ++i) writer.cycle(false, true);
    for (uint32_t i = 0; i < cycles; ++i) writer.cycle(!bench.random.chance(idle), true);
    writer.halt(0);
  }

  bench.scene = "far longer than it looks by any bits of its length";
  writer.memory->manners = {};
  for (int bit = 11; bit < WORDS_BITS; ++bit) {
    const uint32_t few = bench.random.below(100), come = 100 + few + 4 * MAX_BURST;
    writer.command(random_address(bench.random), (1u << bit) + few, come);
    for (uint32_t i = 0; i < 4 * come; ++i) writer.cycle(true, true);
    CHECK(bench, writer.memory->beats + MAX_BURST > writer.given && !bench.dut.idle, "%llu words written",
          static_cast<unsigned long long>(writer.memory->beats));
    writer.halt(0);
  }
  if (WORDS_BITS <= 14) {
    bench.scene = "the longest command";
    writer.command(random_address(bench.random), (1u << WORDS_BITS) - 1);
    writer.run(0, 0);
  }
  std::printf("%llu cycles\n", static_cast<unsigned long long>(bench.cycle));
}
