// bfq_fp32_mul (UNIT_MUL) and bfq_fp32_add (UNIT_ADD) against the machine's IEEE 754 fp32, one pair a cycle.
#include <deque>
#include <vector>

#include "bench.hpp"
#include "float32.hpp"

namespace {

struct Case {
  uint32_t a, b;
  bool subtract;
};

class Unit {
 public:
  void push(uint32_t a, uint32_t b, bool subtract = false) {
#ifdef UNIT_ADD
    // Either of an operand's two places.
    const uint64_t first = to_number(a, random().bits());
    const uint64_t second = to_number(subtract ? b ^ 0x80000000u : b, random().bits());
    const uint32_t places = OTHERS ? random().below(4) : 3;
    bench_.dut.a = places & 1 ? first : 0;
    bench_.dut.a_other = places & 1 ? 0 : first;
    bench_.dut.b = places & 2 ? second : 0;
    bench_.dut.b_other = places & 2 ? 0 : second;
#else
    const uint32_t cut = 0x7FFFFFu >> (B_BITS - 1);
    if ((b & 0x7F800000u) != 0x7F800000u) b &= ~cut;
    bench_.dut.a = to_number(a, random().bits());
    bench_.dut.b = to_number(b, random().bits());
#endif
    waiting_.push_back({a, b, subtract});
    bench_.settle();
    bench_.tick();
    if (waiting_.size() < LATENCY) return;
    const Case done = waiting_.front();
    waiting_.pop_front();
#ifdef UNIT_ADD
    const uint32_t want = add(done.a, done.b, done.subtract);
    const char* operation = done.subtract ? "-" : "+";
#else
    const uint32_t want = multiply(done.a, done.b);
    const char* operation = "*";
#endif
    const uint64_t y = bench_.dut.y;
    CHECK(bench_, from_number(y) == want && is_number(y), "%08x %s %08x is %08x, not %09llx", done.a, operation, done.b, want,
          static_cast<unsigned long long>(y));
    ++checked_;
  }

  /// Both orders, and for the adder both operations.
  void push_all(uint32_t a, uint32_t b) {
    push(a, b);
    push(b, a);
#ifdef UNIT_ADD
    push(a, b, true);
    push(b, a, true);
#endif
  }

  void drain() {
    for (int i = 0; i < LATENCY; ++i) push(0, 0);
  }

  Random& random() { return bench_.random; }
  void scene(const char* text) { bench_.scene = text; }
  uint64_t checked() const { return checked_; }

 private:
  Bench bench_;
  std::deque<Case> waiting_;
  uint64_t checked_ = 0;
};

/// Every class: zeros, subnormals, the ends of the normal range, infinities, NaNs; and fractions that round hard.
std::vector<uint32_t> corners() {
  const uint32_t exponents[] = {0, 1, 2, 3, 23, 24, 25, 63, 64, 101, 102, 103, 104, 125, 126, 127, 128, 129,
                                150, 151, 152, 190, 191, 192, 230, 231, 252, 253, 254, 255};
  const uint32_t fractions[] = {0,        1,        2,        3,        0x3FFFFF, 0x400000, 0x400001,
                                0x555555, 0x2AAAAB, 0x7FFFFD, 0x7FFFFE, 0x7FFFFF, 0x000FFF, 0x001000, 0x3504F3};
  std::vector<uint32_t> all;
  for (uint32_t sign = 0; sign < 2; ++sign)
    for (uint32_t exponent : exponents)
      for (uint32_t fraction : fractions) all.push_back(sign << 31 | exponent << 23 | fraction);
  return all;
}

uint32_t random_fraction(Random& random) {
  switch (random.below(4)) {
    case 0: return random.bits() & 0x7FFFFF;
    case 1: return 0x7FFFFF ^ (1u << random.below(24)) >> 1;          // nearly all ones
    case 2: return (random.bits() & 0x7FFFFF) & 0x7FFFFFu << random.below(23);  // trailing zeros: ties
    default: return (1u << random.below(24)) >> 1;
  }
}

uint32_t pack(Random& random, int exponent) {
  if (exponent < 0) exponent = 0;
  if (exponent > 255) exponent = 255;
  return static_cast<uint32_t>(random.below(2)) << 31 | static_cast<uint32_t>(exponent) << 23 | random_fraction(random);
}

}  // namespace

int main() {
  Unit unit;
  Random& random = unit.random();
  const uint64_t count = Bench::long_run() ? 50'000'000 : 2'000'000;

  unit.scene("corner x corner");
  const std::vector<uint32_t> all = corners();
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t j = i; j < all.size(); ++j) unit.push_all(all[i], all[j]);

  unit.scene("random bits");
  for (uint64_t i = 0; i < count; ++i) unit.push(random.bits() >> 32, random.bits() >> 32, random.below(2));

#ifdef UNIT_ADD
  unit.scene("close exponents: cancellation, ties, sticky");
  for (uint64_t i = 0; i < count; ++i) {
    const int exponent = 1 + static_cast<int>(random.below(254));
    unit.push(pack(random, exponent), pack(random, exponent + static_cast<int>(random.below(57)) - 28), random.below(2));
  }
  unit.scene("neighbours: full cancellation");
  for (uint64_t i = 0; i < count / 4; ++i) {
    const uint32_t a = pack(random, static_cast<int>(random.below(256)));
    unit.push_all(a, a + random.below(9) - 4);
  }
#else
  unit.scene("product around 2^-126");
  for (uint64_t i = 0; i < count; ++i) {
    const int exponent = 1 + static_cast<int>(random.below(127));
    unit.push(pack(random, exponent), pack(random, 127 - exponent + static_cast<int>(random.below(5)) - 2));
  }
  unit.scene("product around the largest finite");
  for (uint64_t i = 0; i < count / 4; ++i) {
    const int exponent = 127 + static_cast<int>(random.below(128));
    unit.push(pack(random, exponent), pack(random, 381 - exponent + static_cast<int>(random.below(5)) - 2));
  }
  // 2^-126 - 2^-150 is the tie that gradual underflow rounds up: factors whose product lies on, above or below it.
  unit.scene("product at 2^-126 - 2^-150");
  for (uint64_t i = 0; i < count / 4; ++i) {
    const uint32_t a = (random.bits() & 0x7FFFFF) | 0x3F800000;
    const float target = as_float(0x3F7FFFFF) / as_float(a);  // close to (1 - 2^-24) / a
    const uint32_t b = as_bits(target) + random.below(5) - 2;
    const uint32_t down = random.below(126) + 1;  // 2^-126 shared between the two
    unit.push(a - (down << 23), b - ((126 - down) << 23));
  }
#endif
  unit.drain();
  std::printf("%llu pairs agree\n", static_cast<unsigned long long>(unit.checked()));
}
