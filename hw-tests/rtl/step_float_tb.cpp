// bfq_step_float: random and special operands, sums at the smallest distance that is allowed and farther, also such as cancel
// out, are hardly more than zero or nearly infinite, against this machine's IEEE 754 with the flush of docs/numerics.md. A shared unit
// gets its mins a cycle after the rest.
#include <algorithm>
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

/// Any, or of few bits or few zeros, where roundings tie.
uint32_t any_fraction(Random& random) {
  const uint32_t bits = random.bits() & 0x7FFFFF, one = (1u << random.below(24)) >> 1;
  switch (random.below(4)) {
    case 0: return one;
    case 1: return 0x7FFFFF ^ one;
    case 2: return bits & 0x7FFFFFu << random.below(23);
    default: return bits;
  }
}

uint32_t any_float(Random& random, int exponent, uint32_t corner) {
  if (random.chance(corner)) {
    const uint32_t corners[] = {0,           0x80000000u, 1,           0x007FFFFFu, 0x00800000u,
                                0x7F7FFFFFu, 0x7F800000u, 0xFF800000u, 0x7FC00000u, 0x7F800000u | 1u << random.below(23)};
    return corners[random.below(10)];
  }
  return random.below(2) << 31 | static_cast<uint32_t>(std::clamp(exponent, 0, 254)) << 23 | any_fraction(random);
}

int32_t any_integer(Random& random, int bits) {
  const int32_t value = static_cast<int32_t>(random.bits()) >> (32 - 1 - random.below(bits));  // of every size
  return random.chance(30) ? value & -value : value;
}

struct Step {
  uint32_t d, dmin, da;
  int32_t isum, msum;
};

/// `scene`: 0 all is middling, 1 only the products are, 2 they hardly differ from zero, 3 nor from infinity.
Step any_step(Random& random, int scene) {
  const int corner = random.below(2) ? 1 << random.below(8) : 255 ^ 1 << random.below(8);
  const int da = scene == 0 ? 100 + random.below(50) : random.chance(30) ? corner : random.below(255);
  const int near = random.below(9) - 4, sum = scene == 0 ? 100 + random.below(50) + da : scene == 1 ? 254 : scene == 2 ? 127 : 370;
  const uint32_t special = random.chance(3) ? 60 : 1;  // also infinity times infinity
  Step step{any_float(random, sum + near - da, special), any_float(random, sum - near - da, special), any_float(random, da, special),
            any_integer(random, scene == 2 && random.chance(80) ? 3 : ISUM_BITS), 0};
  if (HAS_MIN) step.msum = any_integer(random, MSUM_BITS);
  if (HAS_MIN && random.chance(20)) {  // nearly the same taken away again
    step.dmin = step.d;
    const uint32_t near = (step.isum + random.below(3) - 1) << (32 - MSUM_BITS);
    step.msum = static_cast<int32_t>(near) >> (32 - MSUM_BITS);
  }
  return step;
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
  std::vector<Step> before(ACCUMULATORS, Step{});
  uint64_t seen = 0;
  bool turn_of_mins = false;
  uint32_t da = 0, msum_bits = 0;
  uint64_t dmin_number = 0;
  const auto masked = [](int32_t value, int bits) { return static_cast<uint32_t>(value) & (bits == 32 ? ~0u : (1u << bits) - 1); };
  constexpr int kSteps = 300000;
  for (int i = 0; i < kSteps || !results.empty(); ++i) {
    CHECK(bench, i < kSteps + 1000, "results are missing");
    // In rounds, so that sums come at the smallest distance, or at random.
    const int round = i / (1 + SHARED) % (kDistance / (1 + SHARED));
    const int address = bench.random.chance(70) ? round : bench.random.below(ACCUMULATORS);
    turn_of_mins = SHARED && i % 2 == 1;
    dut.valid = !turn_of_mins && i < kSteps && address < ACCUMULATORS && !bench.random.chance(10) &&
                (used[address] == 0 || bench.cycle - used[address] >= kDistance);
    dut.rst = bench.random.below(3000) == 0;
    Step step = any_step(bench.random, i / 1000 % 4);
    if (address < ACCUMULATORS && bench.random.chance(20)) {  // the last step undone, but for a bit perhaps
      step = before[address];
      step.da ^= 0x80000000u ^ (1u << bench.random.below(24)) >> 1;
    }
    uint32_t d = step.d, dmin = step.dmin;
    const int32_t isum = step.isum, msum = step.msum;
    const uint64_t number = d_number(d, bench.random), min_number = d_number(dmin, bench.random);
    dut.address = address;
    if (turn_of_mins) {
      dut.isum = msum_bits;
      late.push_back({dmin_number, 0});
    } else {
      da = step.da;
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
    if (dut.valid && !dut.rst) {
      before[address] = step;
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
    if (dut.rst) {
      results.clear();
      begun.assign(ACCUMULATORS, false);
    }
    bench.tick();
  }
  CHECK(bench, seen > 5000, "only %llu results", static_cast<unsigned long long>(seen));
}
