// The datapath `toy`: shift and add, one thing after the other. The process is that of bfq_products_multipliers.hpp.
#ifndef BFQ_PRODUCTS_HPP
#define BFQ_PRODUCTS_HPP

#include "bfq_levels.hpp"

namespace bfq {

typedef ap_int<LEVEL_BITS + 12> quarter_t;  // sum of 16 products

/// Level times activation, a bit of the level at a time; the top one counts negative.
inline quarter_t shift_and_add(level_t level, ap_int<8> activation) {
#pragma HLS inline
  quarter_t sum = 0;
  for (int bit = 0; bit < LEVEL_BITS; ++bit) {
#pragma HLS unroll
    const quarter_t term = quarter_t(quarter_t(activation) << bit);
    if (level[bit]) sum = bit == LEVEL_BITS - 1 ? quarter_t(sum - term) : quarter_t(sum + term);
  }
  return sum;
}

template <int LANE>
void sum_products(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t> planes[STEP_WORDS],
                  hls::stream<word_t> activations[COLUMNS], hls::stream<word_t> dots[COLUMNS]) {
#pragma HLS inline off
BFQ_LABEL(product_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    ap_int<8> codebook[CODEBOOK_SIZE];
    read_codebook(job, codebook);
    const count_t groups = count_t(lane_tiles<LANE>(job) * job.batches * GROUPS);
  BFQ_LABEL(product_groups)
    for (count_t group = 0; group < groups; ++group) {
#pragma HLS loop_tripcount min=4 max=2048
      word_t now[COLUMNS][QUARTERS];
      for (int quarter = 0; quarter < QUARTERS; ++quarter) {
        BFQ_BEAT
        for (int m = 0; m < COLUMNS; ++m) now[m][quarter] = activations[m].read();
      }
      for (int row = 0; row < ROWS; ++row) {
        BFQ_BEAT
        word_t step_planes[STEP_WORDS];
        for (int w = 0; w < STEP_WORDS; ++w) step_planes[w] = planes[w].read();
        for (int m = 0; m < COLUMNS; ++m) {
          word_t step_dots = 0;
          for (int quarter = 0; quarter < QUARTERS; ++quarter) {
            quarter_t sum = 0;
            for (int i = 0; i < QUARTER; ++i) {
              const level_t level = to_level(code_of(step_planes, quarter * QUARTER + i), job.format, codebook);
              sum = quarter_t(sum + shift_and_add(level, signed_field<8>(now[m][quarter], 8 * i)));
            }
            step_dots |= placed(ap_uint<32>(ap_int<32>(sum)), 32 * quarter);
          }
          dots[m].write(step_dots);
        }
      }
    }
  }
}

}  // namespace bfq

#endif
