// fp32 as the numerics contract wants it: round to nearest even, subnormals are zeros of their sign on the way in and
// out, NaN comes out as 0x7FC00000. The operators are the tool's own (+ - * and int to float, never fused); what
// surrounds them works on bit patterns, exact in every tool.
#ifndef BFQ_FLOAT_HPP
#define BFQ_FLOAT_HPP

#include "bfq_types.hpp"

namespace bfq {

constexpr unsigned F32_NAN = 0x7FC00000u;
constexpr unsigned F32_INFINITY = 0x7F800000u;

union FloatBits {
  unsigned bits;
  float number;
};

inline float to_float(f32_t bits) {
#pragma HLS inline
  FloatBits both;
  both.bits = bits.to_uint();
  return both.number;
}

inline f32_t to_bits(float number) {
#pragma HLS inline
  FloatBits both;
  both.number = number;
  return f32_t(both.bits);
}

/// A subnormal becomes the zero of its sign.
inline f32_t flush(f32_t x) {
#pragma HLS inline
  const ap_uint<8> exponent = ap_uint<8>(x >> 23);
  return exponent == 0 ? f32_t(x & 0x80000000u) : x;
}

/// What an operator returned, flushed, with the one NaN of the contract.
inline f32_t clean(f32_t x) {
#pragma HLS inline
  const ap_uint<32> magnitude = ap_uint<32>(x & 0x7FFFFFFFu);
  return magnitude > F32_INFINITY ? f32_t(F32_NAN) : flush(x);
}

// Operands of these have been through `flush` or `clean`: no operator flushes them again, least of all in a running sum.

inline f32_t multiply_f32(f32_t a, f32_t b) {
#pragma HLS inline
  return clean(to_bits(to_float(a) * to_float(b)));
}

inline f32_t add_f32(f32_t a, f32_t b) {
#pragma HLS inline
  return clean(to_bits(to_float(a) + to_float(b)));
}

inline f32_t subtract_f32(f32_t a, f32_t b) {
#pragma HLS inline
  return clean(to_bits(to_float(a) - to_float(b)));
}

inline f32_t int_to_f32(ap_int<32> value) {
#pragma HLS inline
  return to_bits(static_cast<float>(value.to_int()));
}

/// Codes of the d types, as in the descriptor.
enum ScaleType { SCALE_F16 = 0, SCALE_BF16 = 1, SCALE_F32 = 2, SCALE_E8M0 = 3, SCALE_E8M0_NAN = 4, SCALE_UE4M3 = 5 };

/// log2 of the stored width in bits, minus 3: 0, 1, 2 for 8, 16, 32 bits.
inline ap_uint<2> scale_bytes_log2(ap_uint<3> type) {
#pragma HLS inline
  return type == SCALE_F32 ? ap_uint<2>(2) : type <= SCALE_BF16 ? ap_uint<2>(1) : ap_uint<2>(0);
}

/// A number on its way to fp32: the exponent field may still leave 1..254.
struct Unpacked {
  ap_uint<1> sign;
  ap_int<11> exponent;
  ap_uint<23> fraction;
  bool zero;
  bool special;  // infinity, or NaN where the fraction isn't 0: no bias applies
};

/// fraction * 2^-BITS * 2^scale with fraction < 2^BITS, normalised: exponent and fraction fields of an fp32 number.
template <int BITS>
inline Unpacked normalised(ap_uint<1> sign, ap_uint<BITS> fraction, int scale) {
#pragma HLS inline
  Unpacked result;
  result.sign = sign;
  result.exponent = 0;
  result.fraction = 0;
  result.zero = fraction == 0;
  result.special = false;
  for (int bit = 0; bit < BITS; ++bit) {
#pragma HLS unroll
    if (fraction[bit]) {
      result.exponent = ap_int<11>(127 + scale - BITS + bit);
      result.fraction = ap_uint<23>(ap_uint<23>(fraction) << (23 - bit));
    }
  }
  return result;
}

inline Unpacked unpack_f16(ap_uint<16> stored) {
#pragma HLS inline
  const ap_uint<5> exponent = ap_uint<5>(stored >> 10);
  const ap_uint<10> fraction = ap_uint<10>(stored);
  const ap_uint<1> sign = ap_uint<1>(stored >> 15);
  Unpacked result = normalised<10>(sign, fraction, -14);
  if (exponent != 0) {
    result.exponent = ap_int<11>(exponent + 112);
    result.fraction = ap_uint<23>(ap_uint<23>(fraction) << 13);
    result.zero = false;
    result.special = exponent == 31;
  }
  return result;
}

inline Unpacked unpack_f32(f32_t stored) {
#pragma HLS inline
  Unpacked result;
  result.sign = ap_uint<1>(stored >> 31);
  result.exponent = ap_int<11>(ap_uint<8>(stored >> 23));
  result.fraction = ap_uint<23>(stored);
  result.zero = result.exponent == 0;
  result.special = result.exponent == 255;
  return result;
}

/// 2^(stored - 127). 0xFF is 2^128, an ordinary number once a bias is taken off, or NaN in the OCP type.
inline Unpacked unpack_e8m0(ap_uint<8> stored, bool ocp) {
#pragma HLS inline
  Unpacked result;
  result.sign = 0;
  result.exponent = ap_int<11>(stored);
  result.fraction = (ocp && stored == 0xFF) ? ap_uint<23>(1) : ap_uint<23>(0);
  result.zero = stored == 0;
  result.special = ocp && stored == 0xFF;
  return result;
}

/// Unsigned e4m3 as ggml reads it: 0x7F is 0, bit 7 doesn't count otherwise.
inline Unpacked unpack_ue4m3(ap_uint<8> stored) {
#pragma HLS inline
  const ap_uint<4> exponent = ap_uint<4>(stored >> 3);
  const ap_uint<3> fraction = ap_uint<3>(stored);
  Unpacked result = normalised<3>(ap_uint<1>(0), fraction, -6);
  if (exponent != 0) {
    result.exponent = ap_int<11>(exponent + 120);
    result.fraction = ap_uint<23>(ap_uint<23>(fraction) << 20);
    result.zero = false;
  }
  if (stored == 0x7F) result.zero = true;
  return result;
}

/// A stored d or dmin times 2^-bias as fp32; below the normal range it is the zero of its sign.
inline f32_t scale_to_f32(ap_uint<3> type, f32_t stored, ap_uint<8> bias) {
#pragma HLS inline
  Unpacked number = unpack_f16(ap_uint<16>(stored));
  if (((D_TYPES >> SCALE_BF16) & 1) && type == SCALE_BF16) number = unpack_f32(f32_t(stored << 16));
  if (((D_TYPES >> SCALE_F32) & 1) && type == SCALE_F32) number = unpack_f32(stored);
  if (((D_TYPES >> SCALE_E8M0) & 1) && type == SCALE_E8M0) number = unpack_e8m0(ap_uint<8>(stored), false);
  if (((D_TYPES >> SCALE_E8M0_NAN) & 1) && type == SCALE_E8M0_NAN) number = unpack_e8m0(ap_uint<8>(stored), true);
  if (((D_TYPES >> SCALE_UE4M3) & 1) && type == SCALE_UE4M3) number = unpack_ue4m3(ap_uint<8>(stored));

  const f32_t sign = f32_t(f32_t(number.sign) << 31);
  const ap_int<11> exponent = ap_int<11>(number.exponent - bias);
  if (number.special) return number.fraction == 0 ? f32_t(sign | F32_INFINITY) : f32_t(F32_NAN);
  if (number.zero || exponent <= 0) return sign;
  if (exponent > 254) return f32_t(sign | F32_INFINITY);
  return f32_t(sign | f32_t(f32_t(exponent) << 23) | number.fraction);
}

}  // namespace bfq

#endif
