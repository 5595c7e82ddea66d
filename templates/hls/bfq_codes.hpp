// Row steps from the code section.
#ifndef BFQ_CODES_HPP
#define BFQ_CODES_HPP

#include "bfq_job.hpp"

namespace bfq {

/// Planes of the code section, the newest last: a row step, and one of the next that may have come with its last word.
constexpr int RECENT_PLANES = CODE_BITS + 1;

/// Assembles row steps from the code section, planes 2w and 2w + 1 in word w. A word per beat, and a row step per beat with
/// 1-bit codes.
///
/// The planes move by two a word, whatever the number of code bits; a row step is taken out of `recent` where it lies then.
/// So only `missing` decides about the next beat.
template <int LANE>
void assemble_codes(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t>& codes,
                    hls::stream<word_t> planes[STEP_WORDS]) {
#pragma HLS inline off
BFQ_LABEL(assemble_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const ap_uint<4> code_bits = ap_uint<4>(job.format.code_bits);
    const ap_uint<8> tile_beats = code_bits == 1 ? ap_uint<8>(ROW_STEPS) : ap_uint<8>(code_bits * (ROW_STEPS / 2));
    const count_t beats = count_t(lane_tiles<LANE>(job) * tile_beats);
    ap_uint<64> recent[RECENT_PLANES];
#pragma HLS array_partition variable=recent type=complete
    for (int bit = 0; bit < RECENT_PLANES; ++bit) {
#pragma HLS unroll
      recent[bit] = 0;
    }
    ap_uint<4> missing = code_bits;  // planes of the row step
  BFQ_LABEL(assemble_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=32 max=32768
#pragma HLS pipeline II=1 style=flp
      BFQ_BEAT
      if (missing != 0) {
        const word_t word = codes.read();
        for (int bit = 0; bit + 2 < RECENT_PLANES; ++bit) {
#pragma HLS unroll
          recent[bit] = recent[bit + 2];
        }
        recent[RECENT_PLANES - 2] = ap_uint<64>(word);
        recent[RECENT_PLANES - 1] = ap_uint<64>(word >> 64);
      }
      const bool one_more = missing == 1;
      if (missing <= 2) {
        const int first = RECENT_PLANES - code_bits.to_int() - (one_more ? 1 : 0);
        for (int w = 0; w < STEP_WORDS; ++w) {
#pragma HLS unroll
          word_t word = 0;
          if (2 * w < code_bits) word = recent[first + 2 * w];
          if (2 * w + 1 < code_bits) word |= placed(recent[first + 2 * w + 1], 64);
          planes[w].write(word);
        }
        missing = one_more ? ap_uint<4>(code_bits - 1) : code_bits;
      } else {
        missing = ap_uint<4>(missing - 2);
      }
    }
  }
}

}  // namespace bfq

#endif
