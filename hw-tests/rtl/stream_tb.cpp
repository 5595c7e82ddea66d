// bfq_fifo, bfq_fifo_block and bfq_queue: one valid/ready stream in, one out. Every word once and in order under idle
// x back-pressure, outputs that hold while waiting, no combinational path, and the latency, capacity and
// throughput that the module's head promises (DELAY cycles, CAPACITY words, a word every INTERVAL
// cycles).
#include <deque>

#include "bench.hpp"

namespace {

constexpr uint64_t kMask = WIDTH >= 64 ? ~0ull : (1ull << WIDTH) - 1;

class Stream {
 public:
  Bench bench;
  uint64_t pushed = 0, popped = 0;

  /// One cycle with the given wishes. A word that waits stays offered. Checks order, and that outputs hold.
  void cycle(bool offer, bool accept) {
    if (!offered_) {
      offered_ = offer;
      bench.dut.in_data = offer ? bench.random.bits() & kMask : 0;
    }
    bench.dut.in_valid = !offered_;
    bench.dut.out_ready = !accept;
    bench.settle();
    const bool ready = bench.dut.in_ready, valid = bench.dut.out_valid;
    const uint64_t data = bench.dut.out_data;
    bench.dut.in_valid = offered_;
    bench.dut.out_ready = accept;
    bench.settle();
    CHECK(bench, bench.dut.in_ready == ready && bench.dut.out_valid == valid && bench.dut.out_data == data,
          "an output follows in_valid or out_ready within the cycle");
    if (waited_) CHECK(bench, valid && data == held_, "the output did not hold while it waited");

    if (valid) {
      CHECK(bench, !inside_.empty(), "a word came that never went in");
      CHECK(bench, data == inside_.front(), "word %llu is %llx, not %llx", static_cast<unsigned long long>(popped),
            static_cast<unsigned long long>(data), static_cast<unsigned long long>(inside_.front()));
    }
    waited_ = valid && !accept;
    held_ = data;
    if (valid && accept) {
      inside_.pop_front();
      ++popped;
    }
    if (offered_ && ready) {
      inside_.push_back(bench.dut.in_data);
      ++pushed;
      offered_ = false;
    }
    bench.tick();
  }

  void reset() {
    bench.dut.rst = 1;  // whatever the others say
    bench.settle();
    bench.tick();
    bench.dut.rst = 0;
    inside_.clear();
    offered_ = waited_ = false;
    pushed = popped = 0;
  }

  void drain() {
    for (int i = 0; i < CAPACITY + DELAY + 4; ++i) cycle(false, true);
    CHECK(bench, inside_.empty() && !offered_, "%zu words are lost", inside_.size());
  }

 private:
  std::deque<uint64_t> inside_;
  bool offered_ = false, waited_ = false;
  uint64_t held_ = 0;
};

}  // namespace

int main() {
  Stream stream;
  Bench& bench = stream.bench;
  stream.reset();

  bench.scene = "latency";
  stream.cycle(true, true);
  for (int i = 1; i < DELAY; ++i) stream.cycle(false, true);
  CHECK(bench, stream.popped == 0, "the word came before cycle %d", DELAY);
  stream.cycle(false, true);
  CHECK(bench, stream.popped == 1, "the word did not come at cycle %d", DELAY);

  bench.scene = "capacity";
  for (int pause : {0, 1, 5}) {  // after each word
    for (int i = 0; i < (CAPACITY + 8) * (pause + 1); ++i) stream.cycle(i % (pause + 1) == 0, false);
    CHECK(bench, stream.pushed - stream.popped == CAPACITY, "it holds %llu words, not %d",
          static_cast<unsigned long long>(stream.pushed - stream.popped), CAPACITY);
    stream.drain();
  }

  bench.scene = "throughput, empty and full";
  for (int fill = 0; fill < 2; ++fill) {
    stream.reset();
    for (int i = 0; fill && i < CAPACITY + 4; ++i) stream.cycle(true, false);
    for (int i = 0; i < DELAY + 4; ++i) stream.cycle(true, true);
    const uint64_t pushed = stream.pushed, popped = stream.popped;
    for (int i = 0; i < 1000; ++i) stream.cycle(true, true);
    CHECK(bench, stream.pushed - pushed == 1000 / INTERVAL && stream.popped - popped == 1000 / INTERVAL,
          "less than one word in %d cycles", INTERVAL);
    stream.drain();
  }

  const uint64_t cycles = Bench::long_run() ? 1'000'000 : 20'000;
  for (uint32_t idle : {0, 10, 50, 90})
    for (uint32_t stall : {0, 10, 50, 90}) {
      bench.scene = "idle " + std::to_string(idle) + "%, back-pressure " + std::to_string(stall) + "%";
      stream.reset();
      for (uint64_t i = 0; i < cycles; ++i) stream.cycle(!bench.random.chance(idle), !bench.random.chance(stall));
      stream.drain();
      CHECK(bench, stream.popped > cycles / 25, "hardly a word came through");
    }

  bench.scene = "reset with any number of words inside";
  for (int words = 0; words < 2 * CAPACITY && words < 300; ++words) {
    for (int i = 0; i < words; ++i) stream.cycle(true, bench.random.chance(10));
    bench.dut.in_valid = bench.random.below(2);
    bench.dut.out_ready = bench.random.below(2);
    stream.reset();
    bench.settle();
    CHECK(bench, !bench.dut.out_valid && bench.dut.in_ready, "not empty after reset");
    for (int i = 0; i < CAPACITY + 8; ++i) stream.cycle(true, false);
    CHECK(bench, stream.pushed == CAPACITY, "it holds %llu words after the reset", static_cast<unsigned long long>(stream.pushed));
    stream.drain();
  }
  std::printf("%llu cycles\n", static_cast<unsigned long long>(bench.cycle));
}
