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

/// One scale for a run; its reciprocal may be infinite only where all products vanish.
float symmetric(const float* x, size_t n, int8_t* codes) {
  const float d = largest(x, n) / 127.0f;
  const float inverse = d == 0 ? 0.0f : 1.0f / d;
  scale_codes<false>(x, n, std::isfinite(inverse) ? inverse : 0.0f, codes);
  return d;
}

/// q8_K: the scale is negative where the largest value is positive, and the first of equals decides.
float super_block(const float* x, size_t n, int8_t* codes) {
  const float magnitude = largest(x, n);
  if (magnitude == 0) {
    std::memset(codes, 0, n);
    return 0;
  }
  const float value = *std::find_if(x, x + n, [&](float v) { return std::fabs(v) == magnitude; });
  const float inverse = -127.0f / value;
  scale_codes<true>(x, n, inverse, codes);
  return 1.0f / inverse;
}

/// The scales, code sums and codes of one record, before they are laid out.
struct Record {
  float scales[TILE_COLUMNS / RECORD_SCALE_GROUP] = {};
  int16_t sums[TILE_COLUMNS / RECORD_SUM_GROUP] = {};
  int8_t codes[TILE_COLUMNS] = {};

  void sum() {
    for (unsigned group = 0; group < TILE_COLUMNS / RECORD_SUM_GROUP; ++group) {
      int sum = 0;
      for (unsigned i = 0; i < RECORD_SUM_GROUP; ++i) sum += codes[group * RECORD_SUM_GROUP + i];
      sums[group] = static_cast<int16_t>(sum);
    }
  }

  void store(uint8_t* out) const {
    std::memset(out, 0, RECORD_BYTES);
    std::memcpy(out + RECORD_SCALES_AT, scales, sizeof scales);
    std::memcpy(out + RECORD_SUMS_AT, sums, sizeof sums);
    std::memcpy(out + RECORD_CODES_AT, codes, sizeof codes);
  }
};

}  // namespace

size_t activation_block(Activation activation, size_t k) {
  switch (activation) {
    case Activation::q8_K: return std::min<size_t>(TILE_COLUMNS, k);
    case Activation::int8_token: return k;
    default: return RECORD_SCALE_GROUP;
  }
}

void quantize_column(Activation activation, const float* x, size_t k, uint8_t* records) {
  const float token_magnitude = activation == Activation::int8_token ? largest(x, k) : 0;
  const float token_d = token_magnitude / 127.0f;
  const float token_inverse = token_d == 0 ? 0.0f : 1.0f / token_d;
  for (size_t first = 0; first < k; first += TILE_COLUMNS, records += RECORD_BYTES) {
    const size_t n = std::min<size_t>(TILE_COLUMNS, k - first);
    Record record;
    if (activation == Activation::q8_K) {
      const float d = super_block(x + first, n, record.codes);
      std::fill_n(record.scales, n / RECORD_SCALE_GROUP, d);
    } else if (activation == Activation::int8_token) {
      scale_codes<false>(x + first, n, std::isfinite(token_inverse) ? token_inverse : 0.0f, record.codes);
      std::fill_n(record.scales, (n + RECORD_SCALE_GROUP - 1) / RECORD_SCALE_GROUP, token_d);
    } else {
      for (size_t at = 0; at < n; at += RECORD_SCALE_GROUP) {
        const float d = symmetric(x + first + at, RECORD_SCALE_GROUP, record.codes + at);
        record.scales[at / RECORD_SCALE_GROUP] = half_to_float(float_to_half(d));
      }
    }
    record.sum();
    record.store(records);
  }
}

}  // namespace bfq
