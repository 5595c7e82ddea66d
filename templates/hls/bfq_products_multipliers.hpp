// The datapath `multipliers`: 64 x COLUMNS products in a beat, one row step.
//
// Every datapath has a file bfq_products_<name>.hpp with this process. It walks the lane's jobs; for each row step, in the
// order tile, batch, group, row, it takes the planes and sends one word a column: the four sums of 16 products, 32 bits
// each. Before a group's first row come its activations, four words a column.
#ifndef BFQ_PRODUCTS_HPP
#define BFQ_PRODUCTS_HPP

#include "bfq_counter.hpp"
#include "bfq_levels.hpp"

namespace bfq {

typedef ap_int<8> activation_t;
typedef ap_int<LEVEL_BITS + 8> product_t;
typedef ap_int<LEVEL_BITS + 12> quarter_t;  // sum of 16 products

/// Levels of at most 4 bits: products in fabric, a DSP would be mostly idle.
inline product_t multiply_in_fabric(level_t level, activation_t activation) {
#pragma HLS inline
  const product_t product = product_t(level * activation);
#pragma HLS bind_op variable=product op=mul impl=fabric
  return product;
}

struct ProductPair {
  product_t low;
  product_t high;
};

/// Two products that share the level in one DSP48E2: high * 2^18 + low times level. The low product has at most 17 bits
/// (9 x 8), so it fits its field of 18; where it is negative it has borrowed one from the high field.
inline ProductPair multiply_pair(level_t level, activation_t low, activation_t high) {
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
inline void multiply_columns(level_t level, const activation_t activations[COLUMNS], product_t products[COLUMNS]) {
#pragma HLS inline
  for (int m = 0; m < COLUMNS; m += 2) {
#pragma HLS unroll
    const int other = m + 1 < COLUMNS ? m + 1 : m;
    if (LEVEL_BITS <= 4) {
      products[m] = multiply_in_fabric(level, activations[m]);
      products[other] = multiply_in_fabric(level, activations[other]);
    } else if (other != m) {
      const ProductPair pair = multiply_pair(level, activations[m], activations[other]);
      products[m] = pair.low;
      products[other] = pair.high;
    } else {
      products[m] = product_t(level * activations[m]);
    }
  }
}

/// The sums of one run of 16 columns.
inline void sum_quarter(const word_t planes[STEP_WORDS], const Format& format, const ap_int<8> codebook[CODEBOOK_SIZE],
                        const activation_t activations[GROUP][COLUMNS], int quarter, quarter_t sums[COLUMNS]) {
#pragma HLS inline
  for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
    sums[m] = 0;
  }
  for (int i = 0; i < QUARTER; ++i) {
#pragma HLS unroll
    const int column = quarter * QUARTER + i;
    product_t products[COLUMNS];
#pragma HLS array_partition variable=products type=complete
    multiply_columns(to_level(code_of(planes, column), format, codebook), activations[column], products);
    for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
      sums[m] = quarter_t(sums[m] + products[m]);
    }
  }
}

inline void sum_row_step(const word_t planes[STEP_WORDS], const Format& format, const ap_int<8> codebook[CODEBOOK_SIZE],
                         const activation_t activations[GROUP][COLUMNS], word_t dots[COLUMNS]) {
#pragma HLS inline
  for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
    dots[m] = 0;
  }
  for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
    quarter_t sums[COLUMNS];
#pragma HLS array_partition variable=sums type=complete
    sum_quarter(planes, format, codebook, activations, quarter, sums);
    for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
      dots[m] |= placed(ap_uint<32>(ap_int<32>(sums[m])), 32 * quarter);
    }
  }
}

/// A group takes 8 beats, a row step each; while it is multiplied, the activations of the next one are read.
template <int LANE>
void sum_products(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t> planes[STEP_WORDS],
                  hls::stream<word_t> activations[COLUMNS], hls::stream<word_t> dots[COLUMNS]) {
#pragma HLS inline off
BFQ_LABEL(product_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const count_t groups = count_t(lane_tiles<LANE>(job) * job.batches * GROUPS);
    const count_t beats = groups == 0 ? count_t(0) : count_t((groups + 1) * ROWS);
    ap_int<8> codebook[CODEBOOK_SIZE];
    activation_t now[GROUP][COLUMNS];  // of the group that is multiplied
    word_t coming[COLUMNS][QUARTERS];  // of the next one, as read
#pragma HLS array_partition variable=codebook type=complete
#pragma HLS array_partition variable=now dim=0 type=complete
#pragma HLS array_partition variable=coming dim=0 type=complete
    read_codebook(job, codebook);
    for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
      for (int column = 0; column < GROUP; ++column) {
#pragma HLS unroll
        now[column][m] = 0;
      }
      for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
        coming[m][quarter] = 0;
      }
    }
    Countdown<40> group = countdown<40>(groups);
    ap_uint<3> row = 0;
    bool reading = true;       // a group is to come
    bool multiplying = false;  // not yet: the first group's activations come first
  BFQ_LABEL(product_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=40 max=16392
#pragma HLS pipeline II=1 style=flp
      BFQ_BEAT
      if (reading && row < QUARTERS) {
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          const word_t word = activations[m].read();
          for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
            if (row == quarter) coming[m][quarter] = word;
          }
        }
      }
      if (multiplying) {
        word_t step_planes[STEP_WORDS];
        word_t step_dots[COLUMNS];
#pragma HLS array_partition variable=step_planes type=complete
#pragma HLS array_partition variable=step_dots type=complete
        for (int w = 0; w < STEP_WORDS; ++w) {
#pragma HLS unroll
          step_planes[w] = planes[w].read();
        }
        sum_row_step(step_planes, job.format, codebook, now, step_dots);
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          dots[m].write(step_dots[m]);
        }
      }
      if (row == ROWS - 1) {
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          for (int column = 0; column < GROUP; ++column) {
#pragma HLS unroll
            now[column][m] = signed_field<8>(coming[m][column / QUARTER], 8 * (column % QUARTER));
          }
        }
        multiplying = true;
        reading = reading && !group.last;
        count(group);
      }
      row = ap_uint<3>(row + 1);
    }
  }
}

}  // namespace bfq

#endif
