// Judges bfq_float.hpp and multiply_pair. The truth is IEEE 754 in double precision, rounded once: a product of two fp32
// is exact in double, a sum rounds twice without harm (53 >= 2 x 24 + 2), an int32 and every stored scale is exact.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "bfq_float.hpp"
#include "bfq_products_multipliers.hpp"

using namespace bfq;

static std::uint64_t state;

static std::uint32_t random_bits() {  // xorshift64*
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return static_cast<std::uint32_t>((state * 0x2545F4914F6CDD1DULL) >> 32);
}

static std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

static double flushed(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return std::fabs(value) < std::numeric_limits<float>::min() ? std::copysign(0.0, value) : value;
}

/// A double as the contract's fp32.
static std::uint32_t contract(double exact) {
  const float rounded = static_cast<float>(exact);
  if (std::isnan(rounded)) return 0x7FC00000u;
  if (std::fabs(rounded) < std::numeric_limits<float>::min()) return std::signbit(rounded) ? 0x80000000u : 0u;
  return bits_of(rounded);
}

static void expect(const char* what, std::uint32_t a, std::uint32_t b, std::uint32_t got, std::uint32_t want) {
  if (got == want) return;
  std::printf("%s(0x%08x, 0x%08x) is 0x%08x, not 0x%08x\n", what, a, b, got, want);
  std::exit(1);
}

static void judge_pair(std::uint32_t a, std::uint32_t b) {
  const double x = flushed(a), y = flushed(b);
  expect("multiply", a, b, multiply_f32(flush(f32_t(a)), flush(f32_t(b))).to_uint(), contract(x * y));
  expect("add", a, b, add_f32(flush(f32_t(a)), flush(f32_t(b))).to_uint(), contract(x + y));
  expect("subtract", a, b, subtract_f32(flush(f32_t(a)), flush(f32_t(b))).to_uint(), contract(x - y));
}

static void judge_int(std::uint32_t value) {
  const std::int32_t number = static_cast<std::int32_t>(value);
  expect("int_to_f32", value, 0, int_to_f32(ap_int<32>(number)).to_uint(), contract(number));
}

static double half(std::uint32_t bits) {
  const int exponent = (bits >> 10) & 31;
  const double fraction = bits & 1023, sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

/// ggml_ue4m3_to_fp32 without its factor 0.5.
static double ue4m3(std::uint32_t byte) {
  if (byte == 0x7F) return 0;
  const int exponent = (byte >> 3) & 15;
  const double fraction = byte & 7;
  return exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(8 + fraction, exponent - 10);
}

static double stored_scale(int type, std::uint32_t stored) {
  switch (type) {
    case SCALE_F16: return half(stored);
    case SCALE_BF16: return flushed(stored << 16);
    case SCALE_F32: return flushed(stored);
    case SCALE_E8M0: return std::ldexp(1.0, static_cast<int>(stored) - 127);
    case SCALE_E8M0_NAN: return stored == 255 ? NAN : std::ldexp(1.0, static_cast<int>(stored) - 127);
    default: return ue4m3(stored);
  }
}

static void judge_scale(int type, std::uint32_t stored, int bias) {
  // Exact in double; what then lies under fp32's normal range is a zero, with no rounding before.
  const double exact = std::ldexp(stored_scale(type, stored), -bias);
  const std::uint32_t want = std::fabs(exact) < std::numeric_limits<float>::min() ? (std::signbit(exact) ? 0x80000000u : 0u)
                                                                                  : contract(exact);
  expect("scale_to_f32", type << 8 | bias, stored, scale_to_f32(ap_uint<3>(type), f32_t(stored), ap_uint<8>(bias)).to_uint(),
         want);
}

int main(int argc, char** argv) {
  state = argc > 1 ? std::strtoull(argv[1], nullptr, 10) | 1 : 1;
  const std::uint32_t magnitudes[] = {0,          1,          0x00000002, 0x003FFFFF, 0x00400000, 0x007FFFFF, 0x00800000,
                                      0x00800001, 0x00FFFFFF, 0x01000000, 0x20000000, 0x3F7FFFFF, 0x3F800000, 0x3F800001,
                                      0x3FFFFFFF, 0x40000000, 0x4B000000, 0x4B7FFFFF, 0x5F7FFFFF, 0x7F000000, 0x7F7FFFFE,
                                      0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000, 0x7FFFFFFF, 0x1F800000, 0x20400000};
  for (std::uint32_t a : magnitudes) {
    for (std::uint32_t b : magnitudes) {
      for (std::uint32_t signs = 0; signs < 4; ++signs) judge_pair(a | (signs & 1) << 31, b | (signs & 2) << 30);
    }
  }
  for (int i = 0; i < 1000000; ++i) {
    const std::uint32_t a = random_bits();
    judge_pair(a, random_bits());
    // Exponents close to each other, for sums, and results close to the smallest normal number, for products.
    judge_pair(a, (a & 0x7F800000u) ^ (random_bits() & 0x81FFFFFFu));
    judge_pair(a, ((0x3F800000u + 0x00800000u - (a & 0x7F800000u)) & 0x7F800000u) | (random_bits() & 0x80FFFFFFu));
    judge_int(random_bits() >> (random_bits() & 31));
    judge_int(0u - (random_bits() >> (random_bits() & 31)));
  }
  for (std::uint32_t value : {0u, 1u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu, 0x01000001u, 0x01000003u}) judge_int(value);
  const int biases[] = {0, 1, 2, 14, 15, 24, 25, 103, 126, 127, 128, 254, 255};
  for (int bias : biases) {
    for (std::uint32_t stored = 0; stored < 65536; ++stored) {
      judge_scale(SCALE_F16, stored, bias);
      judge_scale(SCALE_BF16, stored, bias);
      judge_scale(SCALE_F32, random_bits(), bias);
    }
    for (std::uint32_t magnitude : magnitudes) {
      judge_scale(SCALE_F32, magnitude, bias);
      judge_scale(SCALE_F32, magnitude | 0x80000000u, bias);
    }
    for (int type : {SCALE_E8M0, SCALE_E8M0_NAN, SCALE_UE4M3}) {
      for (std::uint32_t stored = 0; stored < 256; ++stored) judge_scale(type, stored, bias);
    }
  }
  for (int level = -(1 << (LEVEL_BITS - 1)); level < 1 << (LEVEL_BITS - 1); ++level) {
    for (int low = -128; low < 128; ++low) {
      for (int high = -128; high < 128; high += argc > 2 ? 1 : 5) {
        const ProductPair pair = multiply_pair(level_t(level), ap_int<8>(low), ap_int<8>(high));
        if (pair.low != level * low || pair.high != level * high) {
          std::printf("multiply_pair(%d, %d, %d)\n", level, low, high);
          return 1;
        }
      }
    }
  }
  std::printf("ok\n");
  return 0;
}
