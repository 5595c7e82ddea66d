// The integer half of a lane: a row step's planes to codes to levels, 64 x COLUMNS products per row step, sums over the sub-blocks.
#ifndef BFQ_MULTIPLY_HPP
#define BFQ_MULTIPLY_HPP

#include "bfq_job.hpp"

namespace bfq {

typedef ap_int<LEVEL_BITS> level_t;
typedef ap_int<LEVEL_BITS + 8> product_t;
typedef ap_int<LEVEL_BITS + 12> quarter_t;  // sum of 16 products
typedef ap_int<ISUM_BITS> isum_t;
typedef ap_int<MSUM_TYPE_BITS> msum_t;

/// A word on a stream of sums is (isum, msum) of STEP_ROWS rows, 32 bits each.
constexpr int SUM_BITS = 64;

/// Levels of at most 4 bits: products in fabric, a DSP would be mostly idle.
inline product_t multiply_in_fabric(level_t level, ap_int<8> activation) {
#pragma HLS inline
  const product_t product = product_t(level * activation);
#pragma HLS bind_op variable=product op=mul impl=fabric
  return product;
}

inline product_t multiply_one(level_t level, ap_int<8> activation) {
#pragma HLS inline
  return product_t(level * activation);
}

struct ProductPair {
  product_t low;
  product_t high;
};

/// Two products that share the level in one DSP48E2: high * 2^18 + low times level. The low product has at most 17 bits
/// (9 x 8), so it fits its field of 18; where it is negative it has borrowed one from the high field.
inline ProductPair multiply_pair(level_t level, ap_int<8> low, ap_int<8> high) {
#pragma HLS inline
  const ap_int<27> packed = ap_int<27>((ap_int<27>(high) << 18) + low);
  const ap_int<45> product = ap_int<45>(packed * level);
  const ap_int<18> low_field = ap_int<18>(product);
  ProductPair pair;
  pair.low = product_t(low_field);
  pair.high = product_t((product >> 18) + (low_field < 0 ? 1 : 0));
  return pair;
}

/// Products of one level with all columns.
inline void multiply_columns(level_t level, const ap_int<8> activations[COLUMNS], product_t products[COLUMNS]) {
#pragma HLS inline
  for (int m = 0; m < COLUMNS; m += 2) {
#pragma HLS unroll
    if (LEVEL_BITS <= 4) {
      products[m] = multiply_in_fabric(level, activations[m]);
      if (m + 1 < COLUMNS) products[(m + 1) % COLUMNS] = multiply_in_fabric(level, activations[(m + 1) % COLUMNS]);
    } else if (m + 1 < COLUMNS) {
      const ProductPair pair = multiply_pair(level, activations[m], activations[(m + 1) % COLUMNS]);
      products[m] = pair.low;
      products[(m + 1) % COLUMNS] = pair.high;
    } else {
      products[m] = multiply_one(level, activations[m]);
    }
  }
}

inline level_t to_level(ap_uint<CODE_BITS> code, const Format& format, const ap_int<8> codebook[CODEBOOK_SIZE]) {
#pragma HLS inline
  if (CODEBOOK > 0 && format.level_mode == 1) return level_t(codebook[code.to_uint() % CODEBOOK_SIZE]);
  const ap_uint<CODE_BITS + 1> shifted = format.level_shift == 0 ? ap_uint<CODE_BITS + 1>(code)
                                                                 : ap_uint<CODE_BITS + 1>(code * 2);
  return level_t(shifted - format.level_offset);
}

/// Consumes row steps and the activations, and sends the sums of each step, one stream a column and a part (the p-th of
/// the steps that end in a row step). A group of 64 columns takes 8 beats, a row step each; while it runs, the activations
/// of the next group are read.
template <int LANE>
void multiply_tiles(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t> planes[STEP_WORDS],
                    hls::stream<word_t>& factors, hls::stream<word_t> activations[COLUMNS],
                    hls::stream<word_t> sums[COLUMNS * PARTS]) {
#pragma HLS inline off
BFQ_LABEL(multiply_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const Format& format = job.format;
    const count_t groups = count_t(lane_tiles<LANE>(job) * job.batches * GROUPS);
    const count_t beats = count_t((groups + 1) * ROWS);
    // Groups that share a step, minus 1, and the steps that end in a row step.
    const ap_uint<2> step_mask =
        format.step_log2 > 6 ? ap_uint<2>((1 << (format.step_log2.to_int() - 6)) - 1) : ap_uint<2>(0);
    const int parts = format.step_log2 < 6 ? 1 << (6 - format.step_log2.to_int()) : 1;

    ap_int<8> codebook[CODEBOOK_SIZE];
#pragma HLS array_partition variable=codebook type=complete
    for (int i = 0; i < CODEBOOK_SIZE; ++i) {
#pragma HLS unroll
      codebook[i] = signed_field<8>(job.codebook[i / 16], 8 * (i % 16));
    }

    ap_int<8> now[GROUP][COLUMNS];          // activations of the group that is multiplied
    word_t now_sums[COLUMNS];               // sums over 16 columns of it and the other group of its half tile
    word_t coming[COLUMNS][QUARTERS];       // the next group's, as read
    word_t coming_sums[COLUMNS];
    isum_t isum[ROWS][COLUMNS];             // a row's sums in a step that spans groups
    msum_t msum[ROWS][COLUMNS];
    word_t pair[COLUMNS][PARTS];            // rows that wait for their word to be full
#pragma HLS array_partition variable=now dim=0 type=complete
#pragma HLS array_partition variable=now_sums type=complete
#pragma HLS array_partition variable=coming dim=0 type=complete
#pragma HLS array_partition variable=coming_sums type=complete
#pragma HLS array_partition variable=isum dim=2 type=complete
#pragma HLS array_partition variable=msum dim=2 type=complete
#pragma HLS array_partition variable=pair dim=0 type=complete
    for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
      now_sums[m] = 0;
      coming_sums[m] = 0;
      for (int i = 0; i < GROUP; ++i) {
#pragma HLS unroll
        now[i][m] = 0;
      }
      for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
        coming[m][quarter] = 0;
      }
      for (int part = 0; part < PARTS; ++part) {
#pragma HLS unroll
        pair[m][part] = 0;
      }
    }
    ap_uint<3> row = 0;
    ap_uint<2> group_of_tile = 3;  // of the group that is multiplied
    bool multiplying = false;      // not yet: the first group's activations come first
    count_t coming_group = 0;
  BFQ_LABEL(multiply_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=40 max=16392
#pragma HLS pipeline II=1 style=flp
// A row comes again in the next group, 8 beats later at the least.
#pragma HLS dependence variable=isum type=inter direction=raw distance=ROWS dependent=true
#pragma HLS dependence variable=msum type=inter direction=raw distance=ROWS dependent=true
      if (coming_group < groups && row <= QUARTERS) {
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          // After the four words of codes: the sums, which two groups share.
          if (row < QUARTERS || !coming_group[0]) {
            const word_t word = activations[m].read();
            for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
              if (row == quarter) coming[m][quarter] = word;
            }
            if (row == QUARTERS) coming_sums[m] = word;
          }
        }
      }
      if (multiplying) {
        word_t step_planes[STEP_WORDS];
#pragma HLS array_partition variable=step_planes type=complete
        for (int w = 0; w < STEP_WORDS; ++w) {
#pragma HLS unroll
          step_planes[w] = planes[w].read();
        }
        const word_t factor_word = factors.read();
        quarter_t dot[COLUMNS][QUARTERS];
#pragma HLS array_partition variable=dot dim=0 type=complete
        for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
          for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
            dot[m][quarter] = 0;
          }
          for (int j = 0; j < QUARTER; ++j) {
#pragma HLS unroll
            const int column = quarter * QUARTER + j;
            ap_uint<CODE_BITS> code = 0;
            for (int bit = 0; bit < CODE_BITS; ++bit) {
#pragma HLS unroll
              const bool one = step_planes[bit / 2][64 * (bit % 2) + column];
              code |= ap_uint<CODE_BITS>(ap_uint<CODE_BITS>(one ? 1 : 0) << bit);
            }
            product_t products[COLUMNS];
#pragma HLS array_partition variable=products type=complete
            multiply_columns(to_level(code, format, codebook), now[column], products);
            for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
              dot[m][quarter] = quarter_t(dot[m][quarter] + products[m]);
            }
          }
        }

        const bool step_begins = (group_of_tile & step_mask) == 0;
        const bool step_ends = (group_of_tile & step_mask) == step_mask;
        const int slot = row.to_int() % STEP_ROWS;
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          isum_t part_isum[QUARTERS];
          msum_t part_msum[QUARTERS];
#pragma HLS array_partition variable=part_isum type=complete
#pragma HLS array_partition variable=part_msum type=complete
          for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
            const ap_int<SCALE_FACTOR_BITS> s = ap_int<SCALE_FACTOR_BITS>(signed_field<16>(factor_word, 16 * quarter));
            part_isum[quarter] = isum_t(s * dot[m][quarter]);
            part_msum[quarter] = 0;
            if (HAS_MIN) {
              const ap_int<MIN_FACTOR_BITS> min = ap_int<MIN_FACTOR_BITS>(signed_field<16>(factor_word, 64 + 16 * quarter));
              const int sum_at = 16 * quarter + (group_of_tile[0] ? 64 : 0);
              part_msum[quarter] = msum_t(min * signed_field<16>(now_sums[m], sum_at));
            }
          }
          if (parts <= 2) {
            part_isum[0] = isum_t(part_isum[0] + part_isum[1]);
            part_msum[0] = msum_t(part_msum[0] + part_msum[1]);
            part_isum[1] = isum_t(part_isum[2] + part_isum[3]);
            part_msum[1] = msum_t(part_msum[2] + part_msum[3]);
          }
          if (parts == 1) {
            part_isum[0] = isum_t(part_isum[0] + part_isum[1] + (step_begins ? isum_t(0) : isum[row][m]));
            part_msum[0] = msum_t(part_msum[0] + part_msum[1] + (step_begins ? msum_t(0) : msum[row][m]));
            isum[row][m] = part_isum[0];
            msum[row][m] = part_msum[0];
          }
          for (int part = 0; part < PARTS; ++part) {
#pragma HLS unroll
            const ap_uint<32> isum_bits = ap_uint<32>(ap_int<32>(part_isum[part]));
            const ap_uint<32> msum_bits = ap_uint<32>(ap_int<32>(part_msum[part]));
            const word_t sum = placed(isum_bits | placed(msum_bits, 32), SUM_BITS * slot);
            pair[m][part] = slot == 0 ? sum : word_t(pair[m][part] | sum);
            if (step_ends && slot == STEP_ROWS - 1 && part < parts) sums[m * PARTS + part].write(pair[m][part]);
          }
        }
      }
      if (row == ROWS - 1) {
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          now_sums[m] = coming_sums[m];
          for (int column = 0; column < GROUP; ++column) {
#pragma HLS unroll
            now[column][m] = signed_field<8>(coming[m][column / QUARTER], 8 * (column % QUARTER));
          }
        }
        multiplying = true;
        group_of_tile = ap_uint<2>(group_of_tile + 1);
        ++coming_group;
      }
      row = ap_uint<3>(row + 1);
    }
  }
}

}  // namespace bfq

#endif
