// The fp32 half of a lane: one chain of operations for each step of each row, added up in ascending K.
#ifndef BFQ_ACCUMULATE_HPP
#define BFQ_ACCUMULATE_HPP

#include "bfq_float.hpp"
#include "bfq_job.hpp"
#include "bfq_multiply.hpp"

namespace bfq {

/// Beats of a step: the distance between two steps of one row.
constexpr int ROW_DISTANCE = ROWS / STEP_ROWS;

/// Longest section d or dmin of a tile.
constexpr int D_WORDS = D_BITS * (256 >> MIN_STEP_LOG2) > 16 ? D_BITS * (256 >> MIN_STEP_LOG2) / 16 : 1;

/// p = (d * da) * isum, then p - (dmin * da) * msum where the format has mins.
inline f32_t step_value(f32_t d, f32_t dmin, f32_t da, ap_int<32> isum, ap_int<32> msum, bool has_min) {
#pragma HLS inline
  const f32_t p = multiply_f32(multiply_f32(d, da), int_to_f32(isum));
  if (HAS_MIN == 0 || !has_min) return p;
  return subtract_f32(p, multiply_f32(multiply_f32(dmin, da), int_to_f32(msum)));
}

/// Steps drain in the order batch, step, row, STEP_ROWS rows per beat: 8 / STEP_ROWS beats per step. A d-group's words are taken
/// when its first row that needs them comes, and kept for the tile's other batches. `results` gets two words of four rows
/// for each row tile and column.
template <int LANE>
void accumulate_steps(hls::stream<word_t>& jobs, hls::stream<word_t>& d_words, hls::stream<word_t>& dmin_words,
                      hls::stream<word_t> scales[COLUMNS], hls::stream<word_t> sums[COLUMNS * PARTS],
                      hls::stream<word_t> results[PASS_COLUMNS]) {
#pragma HLS inline off
BFQ_LABEL(accumulate_jobs)
  for (Job job = read_job(jobs); !job.stop; job = read_job(jobs)) {
#pragma HLS loop_tripcount min=1 max=64
    const Format& format = job.format;
    const ap_uint<4> step_log2 = ap_uint<4>(format.step_log2);
    const ap_uint<5> steps_log2 = ap_uint<5>(8 - step_log2);  // of a row in a tile
    const count_t beats = count_t(lane_tiles<LANE>(job) * job.batches * (ROW_DISTANCE << steps_log2.to_int()));
    const ap_uint<3> d_type = ap_uint<3>(format.d_type);
    const ap_uint<2> d_bytes_log2 = scale_bytes_log2(d_type);
    const bool has_min = format.min_mode != MIN_NONE;
    const ap_uint<2> parts_mask = step_log2 < 6 ? ap_uint<2>((1 << (6 - step_log2.to_int())) - 1) : ap_uint<2>(0);

    f32_t sum_of_row[STEP_ROWS][COLUMNS][REPLAY * ROW_DISTANCE];  // row = index mod ROW_DISTANCE * STEP_ROWS + unit
    word_t tile_d[D_WORDS];     // the tile's sections, for its later batches
    word_t tile_dmin[D_WORDS];
    word_t d_word[2] = {0, 0};  // the second one for rows 4 to 7 of 32-bit types
    word_t dmin_word[2] = {0, 0};
    word_t scale_word[COLUMNS];
    word_t result[COLUMNS];
#pragma HLS array_partition variable=sum_of_row dim=1 type=complete
#pragma HLS array_partition variable=sum_of_row dim=2 type=complete
#pragma HLS array_partition variable=d_word type=complete
#pragma HLS array_partition variable=dmin_word type=complete
#pragma HLS array_partition variable=scale_word type=complete
#pragma HLS array_partition variable=result type=complete
    for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
      scale_word[m] = 0;
      result[m] = 0;
    }

    ap_uint<4> first_row = 0;  // of the STEP_ROWS rows of this beat
    ap_uint<4> step = 0;       // of the tile
    ap_uint<4> batch = 0;
    ap_uint<8> first_column = 0;  // of the batch
    ap_uint<6> d_at_word = 0;     // next of the section
    ap_uint<16> k_tile = 0;
  BFQ_LABEL(accumulate_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=8 max=8192
#pragma HLS pipeline II=1 style=flp
// A row comes again ROW_DISTANCE beats later, in its next step: so far apart are a sum's write and its next read.
#pragma HLS dependence variable=sum_of_row type=inter direction=raw distance=ROW_DISTANCE dependent=true
// Words of d are read in the next batch, at least ROW_DISTANCE beats after they were kept.
#pragma HLS dependence variable=tile_d type=inter direction=raw distance=ROW_DISTANCE dependent=true
#pragma HLS dependence variable=tile_dmin type=inter direction=raw distance=ROW_DISTANCE dependent=true
      const ap_uint<8> column = ap_uint<8>(ap_uint<8>(step) << step_log2.to_int());
      const ap_uint<4> d_group = ap_uint<4>(column >> format.d_group_log2.to_int());
      const bool d_group_begins = (column & ((1 << format.d_group_log2.to_int()) - 1)) == 0;
      // A word of d holds 16, 8 or 4 rows' values: two groups, one, or half of one.
      const bool d_upper = D_BITS == 32 && d_bytes_log2 == 2 && first_row >= 4;
      bool d_word_needed = d_group_begins && first_row == 0;
      if (d_bytes_log2 == 0) d_word_needed = d_word_needed && !d_group[0];
      if (d_bytes_log2 == 2) d_word_needed = d_group_begins && (first_row & 3) == 0;
      if (d_word_needed) {
        const word_t word = batch == 0 ? d_words.read() : tile_d[d_at_word];
        if (batch == 0) tile_d[d_at_word] = word;
        d_word[d_upper] = word;
      }
      if (HAS_MIN && d_word_needed && format.min_mode == MIN_SECTION) {
        const word_t word = batch == 0 ? dmin_words.read() : tile_dmin[d_at_word];
        if (batch == 0) tile_dmin[d_at_word] = word;
        dmin_word[d_upper] = word;
      }
      if (d_word_needed) d_at_word = ap_uint<6>(d_at_word + 1);

      if (first_row == 0 && (column & 127) == 0) {  // four float scales of 32 columns each in a word
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          scale_word[m] = scales[m].read();
        }
      }
      const int scale_at = 32 * ((column.to_int() >> 5) & 3);

      word_t sum_word[COLUMNS];
#pragma HLS array_partition variable=sum_word type=complete
      for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
        sum_word[m] = 0;
        for (int part = 0; part < PARTS; ++part) {
#pragma HLS unroll
          if ((step & parts_mask) == part) sum_word[m] = sums[m * PARTS + part].read();
        }
      }

      const ap_uint<6> place = ap_uint<6>(batch * ROW_DISTANCE + first_row / STEP_ROWS);
      const bool first_step = step == 0 && k_tile == 0;
      const bool last_step_of_tile = step + 1 == (1 << steps_log2.to_int());
      const bool last_step = last_step_of_tile && k_tile + 1 == job.k_tiles;
      for (int unit = 0; unit < STEP_ROWS; ++unit) {
#pragma HLS unroll
        const ap_uint<3> row = ap_uint<3>(first_row + unit);
        const int d_row = row.to_int() & (d_bytes_log2 == 2 ? 3 : 7);
        const int d_at = (d_row << (3 + d_bytes_log2.to_int())) + (d_bytes_log2 == 0 && d_group[0] ? 64 : 0);
        const f32_t d_stored = field<32>(d_word[d_upper], d_at);
        const f32_t dmin_stored = format.min_mode == MIN_FROM_D ? d_stored : field<32>(dmin_word[d_upper], d_at);
        const f32_t d = scale_to_f32(d_type, d_stored, ap_uint<8>(format.d_bias));
        const f32_t dmin = HAS_MIN ? scale_to_f32(d_type, dmin_stored, ap_uint<8>(format.dmin_bias)) : f32_t(0);
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          const f32_t p = step_value(d, dmin, field<32>(scale_word[m], scale_at),
                                     signed_field<32>(sum_word[m], SUM_BITS * unit),
                                     signed_field<32>(sum_word[m], SUM_BITS * unit + 32), has_min);
          const f32_t sum = add_f32(first_step ? f32_t(0) : sum_of_row[unit][m][place], p);
          sum_of_row[unit][m][place] = sum;
          const int result_at = 32 * (row.to_int() & 3);
          result[m] = result_at == 0 ? word_t(sum) : word_t(result[m] | placed(sum, result_at));
          for (int b = 0; b < REPLAY; ++b) {
#pragma HLS unroll
            if (last_step && (row & 3) == 3 && b == batch && first_column + m < job.columns)
              results[b * COLUMNS + m].write(result[m]);
          }
        }
      }

      const bool step_done = first_row + STEP_ROWS == ROWS;
      first_row = step_done ? ap_uint<4>(0) : ap_uint<4>(first_row + STEP_ROWS);
      if (step_done) {
        step = last_step_of_tile ? ap_uint<4>(0) : ap_uint<4>(step + 1);
        if (last_step_of_tile) {
          const bool tile_done = batch + 1 == job.batches;
          batch = tile_done ? ap_uint<4>(0) : ap_uint<4>(batch + 1);
          first_column = tile_done ? ap_uint<8>(0) : ap_uint<8>(first_column + COLUMNS);
          d_at_word = 0;
          if (tile_done) k_tile = last_step ? ap_uint<16>(0) : ap_uint<16>(k_tile + 1);
        }
      }
    }
  }
}

}  // namespace bfq

#endif
