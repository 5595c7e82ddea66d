// bfq_axi_read against a memory that misbehaves within the rules of AXI4: every word once and in order, RREADY never
// low, counts, errors and what is still to be asked for right in every cycle, and one word per cycle where nobody stalls; a
// halt asks for nothing more, and a reset with the memory leaves nothing. The outside truth is what the memory holds.
#define AXI_READ
#ifndef WORDS_BITS
#define WORDS_BITS 28
#endif
#include <algorithm>
#include <optional>

#include "axi_memory.hpp"

namespace {

constexpr int kDelay = MAX_BURST * OUTSTANDING <= 32 ? 1 : 3;  // from an R beat to the output

class Reader {
 public:
  Bench bench;
  std::optional<Memory> memory{bench};
  bool patient = false;  // readies wait for their valids
  uint32_t holds = 0;    // % of cycles in which nothing may be asked for
  uint64_t taken = 0, last_taken = 0, first_taken = 0, first_beat = 0;

  /// Master and memory, whatever is under way.
  void reset() {
    bench.dut.rst = 1;
    bench.dut.clear = bench.dut.halt = 0;
    memory->drive();
    bench.settle();
    bench.tick();
    const Manners manners = memory->manners;
    memory.emplace(bench);
    memory->manners = manners;
    bench.dut.rst = 0;
    commands_.clear();
    wanted_.clear();
    offered_ = waited_ = false;
    taken = unasked_ = asks_ = requests_ = 0;
    for (int i = 0; i < 4; ++i) cycle(false, true);
    CHECK(bench, bench.dut.idle && !bench.dut.out_valid && !bench.dut.m_axi_arvalid, "something is left after the reset");
  }

  void command(uint64_t address, uint32_t words) { commands_.push_back({address, words, 0}); }

  void cycle(bool offer, bool accept) {
    memory->drive();
    if (!commands_.empty() && (offer || offered_)) {
      offered_ = true;
      bench.dut.command_valid = 1;
      bench.dut.command_address = commands_.front().address;
      bench.dut.command_words = commands_.front().beats;
    } else {
      bench.dut.command_valid = 0;
    }
    bench.dut.out_ready = accept;
    bench.dut.hold = bench.random.chance(holds);
    bench.settle();
    if (patient) {
      bench.dut.m_axi_arready &= bench.dut.m_axi_arvalid;
      bench.dut.out_ready = accept = accept && bench.dut.out_valid;
      bench.settle();
    }
    const uint64_t beats = memory->beats;
    memory->observe();
    if (beats == 0 && memory->beats == 1) first_beat = bench.cycle;

    const bool valid = bench.dut.out_valid;
    const Word word = to_word(bench.dut.out_data);
    if (waited_) CHECK(bench, valid && word == held_, "the output did not hold while it waited");
    waited_ = valid && !accept;
    held_ = word;
    if (valid && accept) {
      CHECK(bench, !wanted_.empty(), "a word came that nobody asked for");
      Burst& wanted = wanted_.front();
      CHECK(bench, word == original(wanted.address), "word %llu is not the one at %llx",
            static_cast<unsigned long long>(taken), static_cast<unsigned long long>(wanted.address));
      wanted.address += 16;
      if (--wanted.beats == 0) wanted_.pop_front();
      if (taken++ == 0) first_taken = bench.cycle;
      last_taken = bench.cycle;
    }
    const bool asks = bench.dut.m_axi_arvalid;
    CHECK(bench, asks_ == requests_ + asks, "asked for %u bursts, %u requests", asks_, requests_ + asks);
    const uint64_t asked_words = asks ? bench.dut.m_axi_arlen + 1u : 0;
    if (!halted_) CHECK(bench, bench.dut.asking == (unasked_ > asked_words), "asking is %d", bench.dut.asking);
    CHECK(bench, !bench.dut.hold || !bench.dut.asked, "asked in spite of a hold");
    asks_ += bench.dut.asked;
    if (asks && bench.dut.m_axi_arready) {
      ++requests_;
      unasked_ -= asked_words;
    }
    if (bench.dut.idle) CHECK(bench, memory->quiet() && (halted_ || wanted_.empty()), "idle with something pending");
    if (offered_ && bench.dut.command_ready) {
      wanted_.push_back(commands_.front());
      unasked_ += commands_.front().beats;
      commands_.pop_front();
      offered_ = false;
    }
    if (bench.dut.clear) memory->beats = memory->errors = 0;
    bench.tick();
    CHECK(bench, bench.dut.words == static_cast<uint32_t>(memory->beats), "%u words counted of %llu", bench.dut.words,
          static_cast<unsigned long long>(memory->beats));
    CHECK(bench, static_cast<bool>(bench.dut.error) == (memory->errors > 0), "error is %d after %llu bad beats",
          bench.dut.error, static_cast<unsigned long long>(memory->errors));
  }

  bool busy() const { return !commands_.empty() || !wanted_.empty(); }

  /// Runs until everything asked for has come.
  void run(uint32_t idle, uint32_t stall) {
    uint64_t quiet = 0;
    for (uint64_t before = taken; busy(); before = taken) {
      cycle(!bench.random.chance(idle), !bench.random.chance(stall));
      quiet = taken == before ? quiet + 1 : 0;
      CHECK(bench, quiet < 20000, "it hangs");
    }
    for (int i = 0; i < 8; ++i) cycle(false, true);
    CHECK(bench, bench.dut.idle, "not idle at the end");
    CHECK(bench, memory->quiet(), "the memory still has requests");
  }

  /// Cuts short whatever is under way: what is open still comes, then nothing is left.
  void halt(uint32_t stall) {
    commands_.clear();
    offered_ = false;
    const uint32_t before = requests_;
    halted_ = true;
    bench.dut.halt = 1;
    for (int i = 0; i < 4 || !bench.dut.idle; ++i) {
      CHECK(bench, i < 20000, "the halt hangs");
      cycle(false, !bench.random.chance(stall));
      bench.settle();
    }
    // One may wait on the channel, one be on its way there.
    CHECK(bench, requests_ - before <= 2, "%u bursts asked for after the halt", requests_ - before);
    for (int i = 0; i < 8; ++i) cycle(false, true);
    CHECK(bench, bench.dut.idle && !bench.dut.out_valid, "something is left after the halt");
    wanted_.clear();
    unasked_ = 0;
    bench.dut.halt = 0;
    halted_ = false;
  }

  void clear() {
    bench.dut.clear = 1;
    cycle(false, true);
    bench.dut.clear = 0;
    memory->most_outstanding = 0;
    taken = 0;
  }

 private:
  std::deque<Burst> commands_, wanted_;  // to be offered; taken, and what is to come of them
  uint32_t asks_ = 0, requests_ = 0;  // bursts, as `asked` says and as requests
  uint64_t unasked_ = 0;              // words of the commands taken that are not requested
  bool offered_ = false, waited_ = false, halted_ = false;
  Word held_ = {};
};

uint64_t random_address(Random& random) {
  // Everywhere in 2^40 bytes, and where an address carries far.
  uint64_t page = random.below(1 << 28);
  if (random.chance(30)) page |= (1 << random.below(28)) - 1;
  page = std::min<uint64_t>(page, (1 << 28) - 4096) * 4096;  // not beyond
  switch (random.below(3)) {
    case 0: return page;
    case 1: return page + 4096 - 16 * (1 + random.below(MAX_BURST + 2));  // ends near a 4 KB boundary
    default: return page + 16 * random.below(256);
  }
}

uint32_t random_words(Random& random) {
  switch (random.below(4)) {
    case 0: return 1 + random.below(3);
    case 1: return MAX_BURST - 1 + random.below(3);
    default: return 1 + random.below(4 * MAX_BURST + 40);
  }
}

}  // namespace

int main() {
  Reader reader;
  Bench& bench = reader.bench;
  reader.reset();

  bench.scene = "a long stream from an ideal memory";
  const bool covered = MAX_BURST * OUTSTANDING >= 64;  // enough in flight for the latency below
  reader.memory->manners = {covered ? 40u : 0u, 0, 0, 0, 0};
  reader.command(0x12340, 3000);
  reader.command(0x7FFFFFFF0, 1000);
  reader.run(0, 0);
  if (covered)
    CHECK(bench, reader.last_taken - reader.first_taken == 3999, "4000 words took %llu cycles",
          static_cast<unsigned long long>(reader.last_taken - reader.first_taken + 1));
  if (covered) CHECK(bench, reader.memory->most_outstanding > 1, "bursts do not overlap");
  CHECK(bench, reader.first_taken - reader.first_beat == kDelay, "a word takes %llu cycles",
        static_cast<unsigned long long>(reader.first_taken - reader.first_beat));

  bench.scene = "many commands of four words";
  reader.clear();
  reader.memory->manners = {};
  for (uint64_t i = 0; i < 250; ++i) reader.command(0x8000 + 64 * i, 4);
  reader.run(0, 0);
  if (OUTSTANDING >= 4)
    CHECK(bench, reader.last_taken - reader.first_taken == 999, "1000 words took %llu cycles",
          static_cast<unsigned long long>(reader.last_taken - reader.first_taken + 1));

  const uint32_t rounds = Bench::long_run() ? 200 : 6;
  for (uint32_t round = 0; round < rounds; ++round)
    for (uint32_t idle : {0, 50, 95})
      for (uint32_t stall : {0, 30, 90})
        for (uint32_t memory_stall : {0, 40, 85}) {
          reader.clear();
          reader.patient = bench.random.chance(50);
          reader.holds = bench.random.chance(30) ? bench.random.below(95) : 0;
          reader.memory->manners = {bench.random.below(30), bench.random.below(60), memory_stall,
                                   bench.random.below(2) ? memory_stall : 0, round % 2 ? 1u : 0u};
          bench.scene = "idle " + std::to_string(idle) + "%, back-pressure " + std::to_string(stall) +
                        "%, memory stall " + std::to_string(memory_stall) + "%";
          for (int i = 0; i < 12; ++i) reader.command(random_address(bench.random), random_words(bench.random));
          reader.run(idle, stall);

          reader.clear();
          bench.scene += ", halted";
          for (int i = 0; i < 6; ++i) reader.command(random_address(bench.random), random_words(bench.random));
          const uint32_t cycles = bench.random.below(6 * MAX_BURST);
          for (uint32_t i = 0; i < cycles; ++i) reader.cycle(!bench.random.chance(idle), !bench.random.chance(stall));
          // As it stands, its counts cleared in mid-stream.
          if (bench.random.chance(50)) reader.clear();
          if (bench.random.chance(70)) reader.halt(stall);
          else reader.reset();
        }

  reader.holds = 0;
  bench.scene = "far longer than it looks by any bits of its length";
  reader.memory->manners = {};
  for (int bit = 12; bit < WORDS_BITS; ++bit) {
    reader.clear();
    reader.command(random_address(bench.random), (1u << bit) + bench.random.below(100));
    for (int i = 0; i < 400 + 10 * MAX_BURST; ++i) reader.cycle(true, true);
    CHECK(bench, reader.taken >= 300 || MAX_BURST < 16, "%llu words", static_cast<unsigned long long>(reader.taken));
    reader.halt(0);
  }
  if (WORDS_BITS <= 20) {
    bench.scene = "the longest command";
    reader.clear();
    reader.command(random_address(bench.random), (1u << WORDS_BITS) - 1);
    reader.run(0, 0);
  }

  bench.scene = "the stream stops for long";
  reader.clear();
  reader.memory->manners = {};
  reader.command(0x100000, 3 * MAX_BURST * OUTSTANDING);
  for (int i = 0; i < 4 * MAX_BURST * OUTSTANDING; ++i) reader.cycle(true, false);
  CHECK(bench, reader.memory->quiet() && reader.memory->beats == MAX_BURST * OUTSTANDING, "the buffer holds %llu words",
        static_cast<unsigned long long>(reader.memory->beats));
  CHECK(bench, !bench.dut.m_axi_arvalid, "a request without room for it");
  reader.run(0, 0);
  std::printf("%llu cycles\n", static_cast<unsigned long long>(bench.cycle));
}
