// bfq_int_to_fp32 against the machine's own conversion (IEEE 754, round to nearest even), one integer a cycle.
#include <deque>

#include "bench.hpp"
#include "float32.hpp"

int main() {
  Bench bench;
  std::deque<int32_t> waiting;
  uint64_t checked = 0;

  auto push = [&](int64_t number) {
    // Wrap into INT_WIDTH bits, as the port does.
    const int32_t value = static_cast<int32_t>(static_cast<uint32_t>(number) << (32 - INT_WIDTH)) >> (32 - INT_WIDTH);
    bench.dut.a = static_cast<uint32_t>(value) & (0xFFFFFFFFu >> (32 - INT_WIDTH));
    waiting.push_back(value);
    bench.settle();
    bench.tick();
    if (waiting.size() < LATENCY) return;
    const uint32_t want = from_integer(waiting.front());
    const uint64_t y = bench.dut.y;
    CHECK(bench, from_number(y) == want && is_number(y), "float(%d) is %08x, not %09llx", waiting.front(), want,
          static_cast<unsigned long long>(y));
    waiting.pop_front();
    ++checked;
  };

  bench.scene = "powers of two, their sums and neighbours";
  for (int i = 0; i < INT_WIDTH; ++i)
    for (int j = 0; j < INT_WIDTH; ++j)
      for (int64_t near = -3; near <= 3; ++near) {
        push((1ll << i) + (1ll << j) + near);
        push((1ll << i) - (1ll << j) + near);
        push(-(1ll << i) - (1ll << j) + near);
        push(-(1ll << i) + (1ll << j) + near);
      }

  bench.scene = "random lengths";
  const uint64_t count = Bench::long_run() ? 50'000'000 : 2'000'000;
  for (uint64_t i = 0; i < count; ++i) {
    const int64_t number = static_cast<int64_t>(bench.random.bits()) >> (63 - bench.random.below(INT_WIDTH));
    push(number);
  }
  // Every integer of the narrow instances.
  if (INT_WIDTH <= 16) {
    bench.scene = "every integer";
    for (int64_t number = 0; number < 1ll << INT_WIDTH; ++number) push(number);
  }
  for (int i = 0; i < LATENCY; ++i) push(0);
  std::printf("%llu integers agree\n", static_cast<unsigned long long>(checked));
}
