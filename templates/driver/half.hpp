// IEEE 754 binary16, the width of stored activation scales. No hardware conversion: the same bits on every machine.
#ifndef BFQ_HALF_HPP
#define BFQ_HALF_HPP

#include <cmath>
#include <cstdint>
#include <cstring>

namespace bfq {

inline uint32_t float_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

/// Nearest, ties to even.
inline uint16_t float_to_half(float value) {
  const uint32_t bits = float_bits(value);
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);
  if (magnitude >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);  // 65520 and above
  if (magnitude < 0x38800000) {  // below 2^-14 a unit is 2^-24
    return static_cast<uint16_t>(sign | static_cast<uint32_t>(std::nearbyint(std::fabs(value) * 16777216.0f)));
  }
  const uint32_t rebased = magnitude - 0x38000000;  // the exponent's bias drops from 127 to 15
  return static_cast<uint16_t>(sign | (rebased + 0xfff + (rebased >> 13 & 1)) >> 13);
}

inline float half_to_float(uint16_t half) {
  const uint32_t magnitude = half & 0x7fff;
  const float sign = half & 0x8000 ? -1.0f : 1.0f;
  if (magnitude < 0x400) return sign * (static_cast<float>(magnitude) * 5.9604644775390625e-8f);
  const uint32_t rebased = magnitude << 13;
  const uint32_t bits = magnitude >= 0x7c00 ? rebased | 0x7f800000 : rebased + 0x38000000;
  float value;
  std::memcpy(&value, &bits, 4);
  return sign * value;
}

}  // namespace bfq

#endif
