// From a tile's words to its sections.
#ifndef BFQ_TILE_HPP
#define BFQ_TILE_HPP

#include "bfq_counter.hpp"
#include "bfq_job.hpp"

namespace bfq {

/// Sends each word of a tile to the stream of its section.
template <int LANE>
void split_tiles(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t>& weights,
                 hls::stream<word_t>& d, hls::stream<word_t>& dmin, hls::stream<word_t>& scales,
                 hls::stream<word_t>& mins, hls::stream<word_t>& codes) {
#pragma HLS inline off
BFQ_LABEL(split_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const count_t words = lane_words<LANE>(job);
    const ap_uint<8> dmin_begin = job.format.d_words;
    const ap_uint<8> scales_begin = ap_uint<8>(dmin_begin + job.format.dmin_words);
    const ap_uint<8> mins_begin = ap_uint<8>(scales_begin + job.format.scale_words);
    const ap_uint<8> codes_begin = ap_uint<8>(mins_begin + job.format.min_words);
    Countdown<8> left = countdown<8>(job.tile_words);
    ap_uint<8> at = 0;
  BFQ_LABEL(split_words)
    for (count_t i = 0; i < words; ++i) {
#pragma HLS loop_tripcount min=72 max=36864
#pragma HLS pipeline II=1 style=flp
      BFQ_BEAT
      const word_t word = weights.read();
      if (at < dmin_begin) {
        d.write(word);
      } else if (at < scales_begin) {
        dmin.write(word);
      } else if (at < mins_begin) {
        scales.write(word);
      } else if (at < codes_begin) {
        mins.write(word);
      } else {
        codes.write(word);
      }
      at = left.last ? ap_uint<8>(0) : ap_uint<8>(at + 1);
      count(left);
    }
  }
}

}  // namespace bfq

#endif
