// Bit transposes: the inner loops of repacking. NEON beside a portable twin; both give the same bytes.
#ifndef BFQ_BITS_HPP
#define BFQ_BITS_HPP

#include <cstdint>
#include <cstring>

#if defined(__aarch64__) && !defined(BFQ_PORTABLE)
#include <arm_neon.h>
#define BFQ_NEON 1
#else
#define BFQ_NEON 0
#endif

namespace bfq {

inline uint64_t load64(const uint8_t* bytes) {
  uint64_t x;
  std::memcpy(&x, bytes, 8);
  return x;
}

inline void store64(uint8_t* bytes, uint64_t x) { std::memcpy(bytes, &x, 8); }

/// Eight elements of `bits` bits, `stride` bits apart, to one byte each.
inline uint64_t spread(uint64_t x, unsigned stride, unsigned bits) {
  const uint64_t element = (uint64_t{1} << bits) - 1;
  if (stride == 8) return x & element * 0x0101010101010101u;
  const uint64_t four = (uint64_t{1} << 4 * stride) - 1;
  const uint64_t two = ((uint64_t{1} << 2 * stride) - 1) * 0x0000000100000001u;
  const uint64_t one = element * 0x0001000100010001u;
  x = (x & four) | ((x >> 4 * stride) & four) << 32;
  x = (x & two) | ((x >> 2 * stride) & two) << 16;
  return (x & one) | ((x >> stride) & one) << 8;
}

/// Bit j of byte i becomes bit i of byte j.
inline uint64_t transpose8(uint64_t x) {
  uint64_t t = (x ^ x >> 7) & 0x00aa00aa00aa00aau;
  x ^= t ^ t << 7;
  t = (x ^ x >> 14) & 0x0000cccc0000ccccu;
  x ^= t ^ t << 14;
  t = (x ^ x >> 28) & 0x00000000f0f0f0f0u;
  return x ^ t ^ t << 28;
}

/// 64 codes to `bits` planes of 8 bytes each, lowest bits first; every code is XORed with `flip`.
inline void code_planes(const uint8_t* codes, unsigned bits, uint8_t flip, uint8_t* out) {
#if BFQ_NEON
  static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t weight = vld1q_u8(weights);
  uint8x16_t code[4];
  for (int i = 0; i < 4; ++i) code[i] = veorq_u8(vld1q_u8(codes + 16 * i), vdupq_n_u8(flip));
  for (unsigned bit = 0; bit < bits; ++bit) {
    const uint8x16_t mask = vdupq_n_u8(static_cast<uint8_t>(1u << bit));
    uint8x16_t set[4];
    for (int i = 0; i < 4; ++i) set[i] = vandq_u8(vtstq_u8(code[i], mask), weight);
    const uint8x16_t pairs = vpaddq_u8(vpaddq_u8(set[0], set[1]), vpaddq_u8(set[2], set[3]));
    vst1_u8(out + 8 * bit, vget_low_u8(vpaddq_u8(pairs, pairs)));
  }
#else
  const uint64_t flips = flip * uint64_t{0x0101010101010101u};
  for (unsigned octet = 0; octet < 8; ++octet) {
    const uint64_t planes = transpose8(load64(codes + 8 * octet) ^ flips);
    for (unsigned bit = 0; bit < bits; ++bit) out[8 * bit + octet] = static_cast<uint8_t>(planes >> 8 * bit);
  }
#endif
}

/// The inverse of `code_planes`.
inline void plane_codes(const uint8_t* planes, unsigned bits, uint8_t flip, uint8_t* codes) {
  const uint64_t flips = flip * uint64_t{0x0101010101010101u};
  for (unsigned octet = 0; octet < 8; ++octet) {
    uint64_t x = 0;
    for (unsigned bit = 0; bit < bits; ++bit) x |= uint64_t{planes[8 * bit + octet]} << 8 * bit;
    store64(codes + 8 * octet, transpose8(x) ^ flips);
  }
}

}  // namespace bfq

#endif
