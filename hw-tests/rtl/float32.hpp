// The outside truth of the fp32 units: this machine's own IEEE 754 binary32 (compile with -ffp-contract=off), with
// the two departures of docs/numerics.md written around it: subnormal operands and results are zero of their sign, and
// NaN is 7FC00000. The conversions of block scales are written here from their definitions, through double.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

inline float as_float(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

inline uint32_t as_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

inline uint32_t flush(uint32_t bits) { return (bits & 0x7F800000u) == 0 ? bits & 0x80000000u : bits; }

/// fp32 as the units have it inside: {nan, infinite, normal, sign, exponent, fraction} (bfq_fp32_mul). The low bits of NaN and
/// infinity mean nothing: `noise` is put there.
inline uint64_t to_number(uint32_t bits, uint64_t noise = 0) {
  const uint32_t exponent = bits >> 23 & 255;
  if (exponent == 255) {
    if (bits & 0x7FFFFFu) return (noise & 0x3FFFFFFFFull) | 1ull << 34;
    return (noise & 0x17FFFFFFFull & ~0x80000000ull) | (bits & 0x80000000u) | 1ull << 33;
  }
  return exponent == 0 ? bits & 0x80000000u : bits | 1ull << 32;
}

inline uint32_t from_number(uint64_t number) {
  if (number >> 34 & 1) return 0x7FC00000u;
  if (number >> 33 & 1) return 0x7F800000u | (number & 0x80000000u);
  return number;
}

/// Numbers are zero in all bits but the sign where they are not `normal`, and normal where they are not zero.
inline bool is_number(uint64_t number) {
  if (number >> 33) return number >> 35 == 0;
  const bool normal = number >> 32 & 1;
  return normal == ((number >> 23 & 255) != 0) && (normal || (number & 0x7FFFFF) == 0);
}

inline uint32_t finish(float value) { return std::isnan(value) ? 0x7FC00000u : flush(as_bits(value)); }

inline uint32_t multiply(uint32_t a, uint32_t b) { return finish(as_float(flush(a)) * as_float(flush(b))); }

inline uint32_t add(uint32_t a, uint32_t b, bool subtract) {
  return finish(as_float(flush(a)) + as_float(flush(b) ^ (subtract ? 0x80000000u : 0u)));
}

inline uint32_t from_integer(int32_t value) { return as_bits(static_cast<float>(value)); }
