// bfq_step_float: random and special operands, sums at the smallest distance that is allowed and farther, against this
// machine's IEEE 754 with the flush of DESIGN.md 5. A shared unit gets its mins a cycle after the rest.
#include <deque>
#include <vector>

#include "bench.hpp"
#include "float32.hpp"

namespace {

constexpr int kDistance = DISTANCE;
constexpr int kOperandDelay = 4;  // bfq_latency::D_STORE + TO_FP32

/// A number of a d converter; short ones have ten bits of fraction.
uint64_t d_number(uint32_t& bits, Random& random) {
  if (D_BITS < 24 && (bits & 0x7F800000u) != 0x7F800000u) bits &= ~(0x7FFFFFu >> (D_BITS - 1));
  return to_number(bits, random.bits());
}

uint32_t any_float(Random& random) {
  const uint32_t bits = random.bits();
  if (random.chance(3)) {
    const uint32_t corners[] = {0, 0x80000000u, 1, 0x007FFFFFu, 0x00800000u, 0x7F7FFFFFu, 0x7F800000u, 0xFF800000u, 0x7FC00000u, 0x7F812345u};
    return corners[random.below(10)];
  }
  return (bits & 0x807FFFFFu) | (100 + random.below(50)) << 23;
}

int32_t any_integer(Random& random, int bits) {
  const int32_t value = static_cast<int32_t>(random.bits());
  return value >> (32 - 1 - random.below(bits));  // of every size
}

}  // namespace

int main() {
  Bench bench;
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.valid = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::vector<uint32_t> sums(ACCUMULATORS);
  std::vector<uint64_t> used(ACCUMULATORS, 0);
  std::deque<uint32_t> results;
  std::deque<std::pair<uint64_t, uint64_t>> late;  // d and dmin
  std::vector<bool> begun(ACCUMULATORS);
  uint64_t seen = 0;
  bool turn_of_mins = false;
  uint32_t da = 0, msum_bits = 0;
  uint64_t dmin_number = 0;
  const auto masked = [](int32_t value, int bits) { return static_cast<uint32_t>(value) & (bits == 32 ? ~0u : (1u << bits) - 1); };
  for (int i = 0; i < 60000 || !results.empty(); ++i) {
    CHECK(bench, i < 70000, "results are missing");
    // In rounds, so that sums come at the smallest distance, or at random.
    const int round = i / (1 + SHARED) % (kDistance / (1 + SHARED));
    const int address = bench.random.chance(70) ? round : bench.random.below(ACCUMULATORS);
    turn_of_mins = SHARED && i % 2 == 1;
    dut.valid = !turn_of_mins && i < 60000 && address < ACCUMULATORS && !bench.random.chance(10) &&
                (used[address] == 0 || bench.cycle - used[address] >= kDistance);
    uint32_t d = any_float(bench.random), dmin = any_float(bench.random);
    const int32_t isum = any_integer(bench.random, ISUM_BITS), msum = HAS_MIN ? any_integer(bench.random, MSUM_BITS) : 0;
    const uint64_t number = d_number(d, bench.random), min_number = d_number(dmin, bench.random);
    dut.address = address;
    if (turn_of_mins) {
      dut.isum = msum_bits;
      late.push_back({dmin_number, 0});
    } else {
      da = any_float(bench.random);
      dut.isum = masked(isum, ISUM_BITS);
      late.push_back({number, min_number});
      msum_bits = masked(msum, SHARED ? ISUM_BITS : MSUM_BITS);
      dmin_number = min_number;
    }
    dut.da = da;
    dut.msum = masked(msum, MSUM_BITS);
    dut.use_min = HAS_MIN && bench.random.chance(50);
    dut.first = bench.random.chance(10);
    dut.last = bench.random.chance(30);
    if (late.size() > kOperandDelay) {
      dut.d = late.front().first;
      dut.dmin = late.front().second;
      late.pop_front();
    }
    if (dut.valid) {
      if (!begun[address]) dut.first = 1;
      begun[address] = true;
      uint32_t p = multiply(multiply(d, da), from_integer(isum));
      if (dut.use_min) p = add(p, multiply(multiply(dmin, da), from_integer(msum)), true);
      sums[address] = add(dut.first ? 0 : sums[address], p, false);
      // A sum that went to NaN or infinity starts anew soon.
      if ((sums[address] & 0x7F800000u) == 0x7F800000u) begun[address] = false;
      used[address] = bench.cycle;
      if (dut.last) results.push_back(sums[address]);
    }
    bench.settle();
    if (dut.result_valid) {
      CHECK(bench, !results.empty(), "a result too many");
      CHECK(bench, dut.result == results.front(), "%08x, not %08x", dut.result, results.front());
      results.pop_front();
      ++seen;
    }
    bench.tick();
  }
  CHECK(bench, seen > 5000, "only %llu results", static_cast<unsigned long long>(seen));
}
