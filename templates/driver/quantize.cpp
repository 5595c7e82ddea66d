#include "quantize.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "bfq_plan.hpp"
#include "bits.hpp"
#include "half.hpp"

namespace bfq {
namespace {

/// Largest magnitude of a run; a NaN never is the largest.
float largest(const float* x, size_t n) {
  float magnitude = 0;
  size_t done = 0;
#if BFQ_NEON
  float32x4_t most = vdupq_n_f32(0);
  done = n / 4 * 4;
  for (size_t i = 0; i < done; i += 4) most = vmaxnmq_f32(most, vabsq_f32(vld1q_f32(x + i)));
  magnitude = vmaxvq_f32(most);
#endif
  for (size_t i = done; i < n; ++i)
    if (std::fabs(x[i]) > magnitude) magnitude = std::fabs(x[i]);
  return magnitude;
}

/// x * inverse to int8: halves away from zero, or to even. What is not a number becomes 0.
template <bool to_even>
void scale_codes(const float* x, size_t n, float inverse, int8_t* codes) {
  size_t done = 0;
#if BFQ_NEON
  done = n / 8 * 8;
  for (size_t i = 0; i < done; i += 8) {
    const float32x4_t low = vmulq_n_f32(vld1q_f32(x + i), inverse), high = vmulq_n_f32(vld1q_f32(x + i + 4), inverse);
    const int32x4_t a = to_even ? vcvtnq_s32_f32(low) : vcvtaq_s32_f32(low);
    const int32x4_t b = to_even ? vcvtnq_s32_f32(high) : vcvtaq_s32_f32(high);
    vst1_s8(codes + i, vqmovn_s16(vcombine_s16(vqmovn_s32(a), vqmovn_s32(b))));
  }
#endif
  for (size_t i = done; i < n; ++i) {
    const float scaled = x[i] * inverse;
    const float rounded = to_even ? std::nearbyint(scaled) : std::round(scaled);
    codes[i] = rounded == rounded ? static_cast<int8_t>(std::clamp(rounded, -128.0f, 127.0f)) : int8_t{0};
  }
}

/// What the values of a block are multiplied with, and their scale.
struct Scale {
  float inverse, d;
};

Scale scale_of(const ActivationFormat& format, const float* x, size_t n) {
  const float magnitude = largest(x, n), most = static_cast<float>((1 << (format.bits - 1)) - 1);
  if (magnitude == 0) return {0, 0};
  if (format.extreme_rule) {  // the first of equals decides
    const float value = *std::find_if(x, x + n, [&](float v) { return std::fabs(v) == magnitude; });
    const float inverse = -most / value;
    return {inverse, 1.0f / inverse};
  }
  const float d = magnitude / most, inverse = d == 0 ? 0.0f : 1.0f / d;
  // The reciprocal may be infinite only where all products vanish.
  return {std::isfinite(inverse) ? inverse : 0.0f, d};
}

void sum_codes(uint8_t* record) {
  for (unsigned group = 0; group < TILE_COLUMNS / RECORD_SUM_GROUP; ++group) {
    int sum = 0;
    for (unsigned i = 0; i < RECORD_SUM_GROUP; ++i) sum += static_cast<int8_t>(record[RECORD_CODES_AT + group * RECORD_SUM_GROUP + i]);
    const int16_t stored = static_cast<int16_t>(sum);
    std::memcpy(record + RECORD_SUMS_AT + group * sizeof stored, &stored, sizeof stored);
  }
}

}  // namespace

size_t activation_block(Activation activation, size_t k) {
  const size_t block = ACTIVATIONS[static_cast<size_t>(activation)].block;
  return block == 0 ? k : std::min(block, k);
}

void quantize_column(Activation activation, const float* x, size_t k, uint8_t* records) {
  const ActivationFormat& format = ACTIVATIONS[static_cast<size_t>(activation)];
  const size_t block = activation_block(activation, k), tiles = (k + TILE_COLUMNS - 1) / TILE_COLUMNS;
  std::memset(records, 0, tiles * RECORD_BYTES);
  for (size_t from = 0; from < k; from += block) {
    const size_t end = std::min(from + block, k);
    const Scale scale = scale_of(format, x + from, end - from);
    const float d = format.half_scale ? half_to_float(float_to_half(scale.d)) : scale.d;
    for (size_t at = from; at < end;) {  // a block may go over several records
      uint8_t* const record = records + at / TILE_COLUMNS * RECORD_BYTES;
      const size_t column = at % TILE_COLUMNS, n = std::min<size_t>(TILE_COLUMNS - column, end - at);
      const auto codes = reinterpret_cast<int8_t*>(record + RECORD_CODES_AT + column);
      if (format.to_even) scale_codes<true>(x + at, n, scale.inverse, codes);
      else scale_codes<false>(x + at, n, scale.inverse, codes);
      for (size_t group = column / RECORD_SCALE_GROUP; group * RECORD_SCALE_GROUP < column + n; ++group)
        std::memcpy(record + RECORD_SCALES_AT + group * sizeof d, &d, sizeof d);
      at += n;
    }
  }
  for (size_t tile = 0; tile < tiles; ++tile) sum_codes(records + tile * RECORD_BYTES);
}

}  // namespace bfq
