// bfq_to_fp32 against the definitions of the types, computed exactly in double: value * 2^-bias, then zero of its
// sign below 2^-126 (no rounding: the bias is subtracted from the exponent).
#include <cmath>
#include <deque>

#include "bench.hpp"
#include "float32.hpp"

namespace {

/// The stored value; NaN and infinity as such. Bits above the stored width are ignored.
double stored(uint32_t raw, int type) {
  const double sign16 = raw & 0x8000 ? -1.0 : 1.0;
  const int exponent16 = raw >> 10 & 31;
  const double fraction16 = raw & 1023;
  const uint32_t byte = raw & 255;
  switch (type) {
    case 0:  // IEEE 754 binary16
      if (exponent16 == 31) return fraction16 != 0 ? std::nan("") : sign16 * INFINITY;
      return sign16 * (exponent16 ? std::ldexp(1024 + fraction16, exponent16 - 25) : std::ldexp(fraction16, -24));
    case 1: return as_float(raw << 16);  // bfloat16 is the upper half of binary32
    case 2: return as_float(raw);
    case 3: return std::ldexp(1.0, static_cast<int>(byte) - 127);  // 255 is 2^128
    case 4: return byte == 255 ? std::nan("") : std::ldexp(1.0, static_cast<int>(byte) - 127);  // OCP MX
    case 5:  // ggml's unsigned e4m3: bit 7 is ignored, except that 7F is zero and FF is not
      if (byte == 0x7F) return 0;
      return (byte >> 3 & 15) ? std::ldexp(8 + (byte & 7), static_cast<int>(byte >> 3 & 15) - 10)
                              : std::ldexp(byte & 7, -9);
    default: return 0;
  }
}

uint32_t wanted(uint32_t raw, int type, uint32_t bias) {
  const double value = stored(raw, type);
  if (std::isnan(value)) return 0x7FC00000;
  const double scaled = std::ldexp(value, -static_cast<int>(bias));
  if (std::fabs(scaled) < std::ldexp(1.0, -126)) return std::signbit(scaled) ? 0x80000000 : 0;
  return as_bits(static_cast<float>(scaled));  // exact, or 2^128 to infinity
}

}  // namespace

int main() {
  Bench bench;
  struct Case {
    uint32_t raw;
    int type;
    uint32_t bias;
  };
  std::deque<Case> waiting;
  uint64_t checked = 0;

  auto push = [&](uint32_t raw, int type, uint32_t bias) {
    if (type > 5 || !(D_TYPES >> type & 1)) return;  // means nothing
    bench.dut.raw = raw;
    bench.dut.d_type = type;
    bench.dut.bias = bias;
    waiting.push_back({raw, type, bias});
    bench.settle();
    bench.tick();
    if (waiting.size() < LATENCY) return;
    const Case done = waiting.front();
    waiting.pop_front();
    const uint32_t want = wanted(done.raw, done.type, done.bias);
    const uint64_t y = bench.dut.y;
    CHECK(bench, from_number(y) == want && is_number(y), "type %d, raw %08x, bias %u is %08x, not %09llx", done.type, done.raw,
          done.bias, want, static_cast<unsigned long long>(y));
    ++checked;
  };

  bench.scene = "every byte, every bias";
  for (int type = 3; type < 8; ++type)
    for (uint32_t raw = 0; raw < 256; ++raw)
      for (uint32_t bias = 0; bias < 256; ++bias) push(raw | (bench.random.bits() << 8), type, bias);

  bench.scene = "every half word";
  const uint32_t biases[] = {0, 1, 2, 7, 8, 23, 24, 101, 102, 103, 111, 112, 113, 125, 126, 127, 140, 141, 142, 253, 254, 255};
  for (int type = 0; type < 2; ++type)
    for (uint32_t raw = 0; raw < 65536; ++raw) {
      for (uint32_t bias : biases) push(raw | (bench.random.bits() << 16), type, bias);
      push(raw | (bench.random.bits() << 16), type, bench.random.below(256));
    }

  bench.scene = "f32";
  const uint64_t count = Bench::long_run() ? 50'000'000 : 1'000'000;
  for (uint64_t i = 0; i < count; ++i) {
    const uint32_t raw = bench.random.bits() >> 32;
    const uint32_t exponent = raw >> 23 & 255;
    push(raw, 2, bench.random.below(256));
    push(raw, 2, (exponent + bench.random.below(5) - 2) & 255);  // around the smallest normal number
    push(raw | 0x7FFFFF, 2, exponent);                             // all ones: must not round up
    push((raw & 0x807FFFFF) | 0x7F800000, 2, bench.random.below(256));
    push((raw & 0x80000000) | 0x7F800000, 2, bench.random.below(256));
    push((raw & 0x80000000) | 0x7F800000 | 1u << bench.random.below(23), 2, bench.random.below(256));  // NaN by one bit
  }
  for (int i = 0; i < LATENCY; ++i)
    for (int type = 0; type < 6; ++type) push(0, type, 0);
  std::printf("%llu scales agree\n", static_cast<unsigned long long>(checked));
}
