// bfq_delay: what went in comes out STAGES cycles later.
#include <deque>

#include "bench.hpp"

int main() {
  Bench bench;
  std::deque<uint32_t> inside;
  for (int i = 0; i < 1000; ++i) {
    bench.dut.in = bench.random.bits() & ((1u << WIDTH) - 1);
    inside.push_back(bench.dut.in);
    bench.settle();
    if (inside.size() > STAGES) {
      CHECK(bench, bench.dut.out == inside.front(), "%x, not %x", bench.dut.out, inside.front());
      inside.pop_front();
    }
    bench.tick();
  }
}
