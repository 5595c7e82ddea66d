// Between the products and the floating point: the sums of 16 products times their scales and mins, added up to the
// integer sums of a step.
#ifndef BFQ_STEPS_HPP
#define BFQ_STEPS_HPP

#include "bfq_counter.hpp"
#include "bfq_job.hpp"

namespace bfq {

typedef ap_int<ISUM_BITS> isum_t;
typedef ap_int<MSUM_TYPE_BITS> msum_t;

/// Both sums of a step of one row, 32 bits each, isum in the low half.
typedef ap_uint<64> step_sum_t;

/// Steps of a row that end in one row step: four of 16 columns, two of 32, else one.
struct StepParts {
  isum_t isum[QUARTERS];
  msum_t msum[QUARTERS];
};

/// The four runs of 16 columns of one column's row step.
inline void scale_quarters(const word_t& factors, const word_t& dots, const word_t& column_sums, bool upper_group,
                           StepParts& parts) {
#pragma HLS inline
  for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
    const ap_int<SCALE_FACTOR_BITS> s = ap_int<SCALE_FACTOR_BITS>(signed_field<16>(factors, 16 * quarter));
    parts.isum[quarter] = isum_t(s * ap_int<LEVEL_BITS + 12>(signed_field<32>(dots, 32 * quarter)));
    parts.msum[quarter] = 0;
    if (HAS_MIN) {
      const ap_int<MIN_FACTOR_BITS> min = ap_int<MIN_FACTOR_BITS>(signed_field<16>(factors, 64 + 16 * quarter));
      const ap_int<16> sum = upper_group ? signed_field<16>(column_sums, 64 + 16 * quarter)
                                         : signed_field<16>(column_sums, 16 * quarter);
      parts.msum[quarter] = msum_t(min * sum);
    }
  }
}

/// Adds up what belongs to one step; a step of the whole row step and more goes on from `isum`, `msum`.
inline void join_quarters(StepParts& parts, ap_uint<3> steps, isum_t isum, msum_t msum) {
#pragma HLS inline
  if (steps == 4) return;
  parts.isum[0] = isum_t(parts.isum[0] + parts.isum[1]);
  parts.msum[0] = msum_t(parts.msum[0] + parts.msum[1]);
  parts.isum[1] = isum_t(parts.isum[2] + parts.isum[3]);
  parts.msum[1] = msum_t(parts.msum[2] + parts.msum[3]);
  if (steps == 2) return;
  parts.isum[0] = isum_t(parts.isum[0] + parts.isum[1] + isum);
  parts.msum[0] = msum_t(parts.msum[0] + parts.msum[1] + msum);
}

/// For each row step one word of sums a column and a part that ends in it.
template <int LANE>
void sum_steps(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t>& factors,
               hls::stream<word_t> dots[COLUMNS], hls::stream<word_t> column_sums[COLUMNS],
               hls::stream<step_sum_t> sums[COLUMNS * STEP_PARTS]) {
#pragma HLS inline off
BFQ_LABEL(step_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const count_t beats = count_t(lane_tiles<LANE>(job) * job.batches * ROW_STEPS);
    const ap_uint<4> step_log2 = ap_uint<4>(job.format.step_log2);
    // Groups that share a step, minus 1, and the steps that end in a row step.
    const ap_uint<2> step_mask = step_log2 == 8 ? ap_uint<2>(3) : step_log2 == 7 ? ap_uint<2>(1) : ap_uint<2>(0);
    const ap_uint<3> steps = step_log2 == 4 ? ap_uint<3>(4) : step_log2 == 5 ? ap_uint<3>(2) : ap_uint<3>(1);

    word_t sums_word[COLUMNS];     // of two groups
    isum_t isum[COLUMNS][ROWS];    // of a step that spans groups: a ring of the rows
    msum_t msum[COLUMNS][ROWS];
#pragma HLS array_partition variable=sums_word type=complete
#pragma HLS array_partition variable=isum dim=0 type=complete
#pragma HLS array_partition variable=msum dim=0 type=complete
    for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
      sums_word[m] = 0;
      clear<isum_t>(isum[m]);
      clear<msum_t>(msum[m]);
    }
    ap_uint<3> row = 0;
    ap_uint<2> group = 0;  // of the tile
  BFQ_LABEL(step_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=32 max=98304
#pragma HLS pipeline II=1 style=flp
      BFQ_BEAT
      word_t dot_words[COLUMNS];  // read first: they come last
#pragma HLS array_partition variable=dot_words type=complete
      for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
        dot_words[m] = dots[m].read();
      }
      const word_t factor_word = factors.read();
      const bool step_ends = (group & step_mask) == step_mask;
      for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
        if (row == 0 && !group[0]) sums_word[m] = column_sums[m].read();
        StepParts parts;
        scale_quarters(factor_word, dot_words[m], sums_word[m], group[0], parts);
        join_quarters(parts, steps, isum[m][ROWS - 1], msum[m][ROWS - 1]);
        turn<isum_t>(isum[m], step_ends ? isum_t(0) : parts.isum[0]);
        turn<msum_t>(msum[m], step_ends ? msum_t(0) : parts.msum[0]);
        for (int part = 0; part < STEP_PARTS; ++part) {
#pragma HLS unroll
          const step_sum_t isum_bits = step_sum_t(ap_uint<32>(ap_int<32>(parts.isum[part])));
          const step_sum_t msum_bits = step_sum_t(ap_uint<32>(ap_int<32>(parts.msum[part])));
          if (step_ends && part < steps) sums[m * STEP_PARTS + part].write(step_sum_t(isum_bits | (msum_bits << 32)));
        }
      }
      if (row == ROWS - 1) group = ap_uint<2>(group + 1);
      row = ap_uint<3>(row + 1);
    }
  }
}

}  // namespace bfq

#endif
