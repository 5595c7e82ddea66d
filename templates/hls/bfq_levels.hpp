// From a row step's planes to codes, and from codes to levels: every datapath begins with this.
#ifndef BFQ_LEVELS_HPP
#define BFQ_LEVELS_HPP

#include "bfq_job.hpp"

namespace bfq {

typedef ap_uint<CODE_BITS> code_t;
typedef ap_int<LEVEL_BITS> level_t;

/// The code of one of the 64 columns: a bit of each plane.
inline code_t code_of(const word_t planes[STEP_WORDS], int column) {
#pragma HLS inline
  code_t code = 0;
  for (int bit = 0; bit < CODE_BITS; ++bit) {
#pragma HLS unroll
    const bool one = planes[bit / 2][64 * (bit % 2) + column];
    code |= code_t(code_t(one ? 1 : 0) << bit);
  }
  return code;
}

inline void read_codebook(const Job& job, ap_int<8> codebook[CODEBOOK_SIZE]) {
#pragma HLS inline
  for (int i = 0; i < CODEBOOK_SIZE; ++i) {
#pragma HLS unroll
    codebook[i] = signed_field<8>(job.codebook[i / 16], 8 * (i % 16));
  }
}

inline level_t to_level(code_t code, const Format& format, const ap_int<8> codebook[CODEBOOK_SIZE]) {
#pragma HLS inline
  if (CODEBOOK > 0 && format.level_mode == 1) return level_t(codebook[code.to_uint() % CODEBOOK_SIZE]);
  const ap_uint<CODE_BITS + 1> shifted = format.level_shift == 0 ? ap_uint<CODE_BITS + 1>(code)
                                                                 : ap_uint<CODE_BITS + 1>(code * 2);
  return level_t(shifted - format.level_offset);
}

}  // namespace bfq

#endif
