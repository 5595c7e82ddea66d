// The fp32 half of a lane: one chain of operations for each step of each row, added up in ascending K.
#ifndef BFQ_ACCUMULATE_HPP
#define BFQ_ACCUMULATE_HPP

#include "bfq_counter.hpp"
#include "bfq_float.hpp"
#include "bfq_job.hpp"
#include "bfq_steps.hpp"

namespace bfq {

/// Longest section d or dmin of a tile.
constexpr int D_WORDS = D_BITS * (256 >> MIN_STEP_LOG2) > 16 ? D_BITS * (256 >> MIN_STEP_LOG2) / 16 : 1;

/// Between two uses of a sum in `kept` lies a step of another batch at the least.
constexpr int KEPT_DISTANCE = 2 * ROWS;

/// d and dmin of the row in a beat, and whether the format has mins.
struct StepScales {
  f32_t d;
  f32_t dmin;
  bool has_min;
};

/// p = (d * da) * isum, then p - (dmin * da) * msum where the format has mins.
inline f32_t step_value(const StepScales& scales, f32_t da, const step_sum_t& sums) {
#pragma HLS inline
  const f32_t isum = int_to_f32(ap_int<32>(ap_uint<32>(sums)));
  const f32_t p = multiply_f32(multiply_f32(scales.d, da), isum);
  if (HAS_MIN == 0 || !scales.has_min) return p;
  const f32_t msum = int_to_f32(ap_int<32>(ap_uint<32>(sums >> 32)));
  return subtract_f32(p, multiply_f32(multiply_f32(scales.dmin, da), msum));
}

/// What a job says about the order of steps, and how d is stored.
struct StepPlan {
  ap_uint<4> step_log2;
  ap_uint<3> d_type;
  ap_uint<2> d_bytes_log2;
  ap_uint<8> column_step;
  Countdown<5> step;       // of a tile
  Countdown<5> group_step; // of a d-group
  Countdown<4> batch;
  Countdown<16> k_tile;
};

inline StepPlan step_plan(const Job& job) {
#pragma HLS inline
  StepPlan plan;
  const ap_uint<4> d_group_log2 = ap_uint<4>(job.format.d_group_log2);
  plan.step_log2 = ap_uint<4>(job.format.step_log2);
  plan.d_type = ap_uint<3>(job.format.d_type);
  plan.d_bytes_log2 = scale_bytes_log2(plan.d_type);
  plan.column_step = ap_uint<8>(1 << plan.step_log2.to_int());
  const ap_uint<3> steps_log2 = ap_uint<3>(8 - plan.step_log2);
  const ap_uint<3> group_steps_log2 = ap_uint<3>(d_group_log2 - plan.step_log2);
  plan.step = countdown<5>(ap_uint<5>(1 << steps_log2.to_int()));
  plan.group_step = countdown<5>(ap_uint<5>(1 << group_steps_log2.to_int()));
  plan.batch = countdown<4>(job.batches);
  plan.k_tile = countdown<16>(job.k_tiles);
  return plan;
}

/// A beat's place in the order K tile, batch, step, row.
struct StepPlace {
  ap_uint<3> row;
  ap_uint<8> column;     // first of the step
  ap_uint<3> batch;
  ap_uint<8> columns_left;  // of the pass, from this batch on
  bool group_begins;     // a d-group begins with this step
  bool odd_group;        // of two 8-bit groups in one word of d, the second one
  bool first_step;       // of the tile
  bool first_k_tile;
  ap_uint<6> d_word;     // of the section: next one
};

inline StepPlace first_place_of_steps(const Job& job) {
#pragma HLS inline
  StepPlace place;
  place.row = 0;
  place.column = 0;
  place.batch = 0;
  place.columns_left = job.columns;
  place.group_begins = true;
  place.odd_group = false;
  place.first_step = true;
  place.first_k_tile = true;
  place.d_word = 0;
  return place;
}

/// Goes on by a beat; `word_taken`: one of d.
inline void advance(StepPlace& place, StepPlan& plan, const Job& job, bool word_taken) {
#pragma HLS inline
  const bool step_done = place.row == ROWS - 1;
  const bool batch_done = step_done && plan.step.last;
  const bool tile_done = batch_done && plan.batch.last;
  if (word_taken) place.d_word = ap_uint<6>(place.d_word + 1);
  if (step_done) {
    place.column = ap_uint<8>(place.column + plan.column_step);  // 256 is 0: the next batch's first
    place.odd_group = plan.group_step.last && !plan.step.last ? !place.odd_group : place.odd_group && !plan.step.last;
    place.group_begins = plan.group_step.last;
    place.first_step = plan.step.last;
    count(plan.group_step);
  }
  if (batch_done) {
    place.d_word = 0;
    place.batch = plan.batch.last ? ap_uint<3>(0) : ap_uint<3>(place.batch + 1);
    place.columns_left = plan.batch.last ? job.columns : ap_uint<8>(place.columns_left - COLUMNS);
  }
  if (tile_done) {
    place.first_k_tile = plan.k_tile.last;
    count(plan.k_tile);
  }
  if (batch_done) count(plan.batch);
  if (step_done) count(plan.step);
  place.row = ap_uint<3>(place.row + 1);
}

/// A word of d holds 16, 8 or 4 rows' values: two groups, one, or half of one.
inline bool needs_d_word(const StepPlace& place, ap_uint<2> d_bytes_log2) {
#pragma HLS inline
  if (!place.group_begins) return false;
  if (d_bytes_log2 == 0) return place.row == 0 && !place.odd_group;
  if (d_bytes_log2 == 1) return place.row == 0;
  return (place.row & 3) == 0;
}

/// The row's stored value in the words of its d-group.
inline f32_t stored_scale(const word_t words[2], const StepPlace& place, ap_uint<2> d_bytes_log2) {
#pragma HLS inline
  const int row = place.row.to_int();
  if (d_bytes_log2 == 0) return field<32>(words[0], 8 * row + (place.odd_group ? 64 : 0));
  if (d_bytes_log2 == 1) return field<32>(words[0], 16 * row);
  return field<32>(words[D_BITS == 32 ? row >> 2 : 0], 32 * (row & 3));
}

inline StepScales scales_of(const Format& format, const StepPlan& plan, const StepPlace& place, const word_t d_word[2],
                            const word_t dmin_word[2]) {
#pragma HLS inline
  const f32_t d = stored_scale(d_word, place, plan.d_bytes_log2);
  const f32_t dmin = format.min_mode == MIN_FROM_D ? d : stored_scale(dmin_word, place, plan.d_bytes_log2);
  StepScales scales;
  scales.d = scale_to_f32(plan.d_type, d, ap_uint<8>(format.d_bias));
  scales.dmin = HAS_MIN ? scale_to_f32(plan.d_type, dmin, ap_uint<8>(format.dmin_bias)) : f32_t(0);
  scales.has_min = format.min_mode != MIN_NONE;
  return scales;
}

/// Which of the streams of sums has this step.
inline ap_uint<2> part_of(const StepPlace& place, ap_uint<4> step_log2) {
#pragma HLS inline
  const ap_uint<2> sixteenth = ap_uint<2>(place.column >> 4);
  return step_log2 == 4 ? sixteenth : step_log2 == 5 ? ap_uint<2>(sixteenth >> 1) : ap_uint<2>(0);
}

/// Sums are read before anything else in a beat: they come last, and in hardware a beat takes all its words or none.
inline void read_step_sums(hls::stream<step_sum_t> sums[COLUMNS * STEP_PARTS], ap_uint<2> part_now,
                           step_sum_t step_sums[COLUMNS]) {
#pragma HLS inline
  for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
    step_sums[m] = 0;
    for (int part = 0; part < STEP_PARTS; ++part) {
#pragma HLS unroll
      if (part == part_now) step_sums[m] = sums[m * STEP_PARTS + part].read();
    }
  }
}

/// Four rows of each column that the pass has.
inline void write_results(const word_t result[COLUMNS], const StepPlace& place,
                          hls::stream<word_t> results[PASS_COLUMNS]) {
#pragma HLS inline
  for (int column = 0; column < PASS_COLUMNS; ++column) {
#pragma HLS unroll
    const int m = column % COLUMNS;
    if (column / COLUMNS == place.batch && m < place.columns_left) results[column].write(result[m]);
  }
}

/// Steps come in the order batch, step, row, a row a beat. The words of d are taken when the first row that needs them comes,
/// and kept for the tile's other batches. `results` gets two words of four rows for each row tile and column.
///
/// A row's sum is in a ring of the 8 rows: from a sum to the next one of its row lie 8 beats, the adder and `clean`. Between
/// two tiles the other batches have the ring: `kept` holds the sums of all of them.
template <int LANE>
void accumulate_steps(hls::stream<word_t>& jobs, hls::stream<word_t>& d_words, hls::stream<word_t>& dmin_words,
                      hls::stream<word_t> scales[COLUMNS], hls::stream<step_sum_t> sums[COLUMNS * STEP_PARTS],
                      hls::stream<word_t> results[PASS_COLUMNS]) {
#pragma HLS inline off
  BFQ_RAM(word_t, tile_d, D_WORDS, ROWS);  // the tile's sections, for its later batches
  BFQ_RAM(word_t, tile_dmin, D_WORDS, ROWS);
  BFQ_RAMS(f32_t, kept, COLUMNS, REPLAY * ROWS, KEPT_DISTANCE);
#pragma HLS array_partition variable=kept dim=1 type=complete
#pragma HLS bind_storage variable=tile_d type=ram_s2p impl=lutram
#pragma HLS bind_storage variable=tile_dmin type=ram_s2p impl=lutram
#pragma HLS bind_storage variable=kept type=ram_s2p impl=lutram
BFQ_LABEL(accumulate_jobs)
  for (Job job = read_job(jobs); !job.stop; job = read_job(jobs)) {
#pragma HLS loop_tripcount min=1 max=64
    StepPlan plan = step_plan(job);
    StepPlace place = first_place_of_steps(job);
    const count_t beats = count_t(lane_tiles<LANE>(job) * job.batches * (plan.step.whole_after + 1) * ROWS);
    const bool many = REPLAY > 1 && job.batches > 1;
    f32_t ring[COLUMNS][ROWS];
    word_t d_word[2] = {0, 0};  // the second one for rows 4 to 7 of 32-bit types
    word_t dmin_word[2] = {0, 0};
    word_t scale_word[COLUMNS];
    word_t result[COLUMNS];
#pragma HLS array_partition variable=ring dim=0 type=complete
#pragma HLS array_partition variable=d_word type=complete
#pragma HLS array_partition variable=dmin_word type=complete
#pragma HLS array_partition variable=scale_word type=complete
#pragma HLS array_partition variable=result type=complete
    for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
      clear<f32_t>(ring[m]);
      scale_word[m] = 0;
      result[m] = 0;
    }
  BFQ_LABEL(accumulate_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=8 max=98304
#pragma HLS pipeline II=1 style=flp
// What the first batch keeps of d, and a batch of its sums, is read in another batch.
#pragma HLS dependence variable=tile_d type=inter direction=raw distance=ROWS dependent=true
#pragma HLS dependence variable=tile_dmin type=inter direction=raw distance=ROWS dependent=true
#pragma HLS dependence variable=kept type=inter direction=raw distance=KEPT_DISTANCE dependent=true
      BFQ_BEAT
      step_sum_t step_sums[COLUMNS];
#pragma HLS array_partition variable=step_sums type=complete
      read_step_sums(sums, part_of(place, plan.step_log2), step_sums);
      const bool keeps = REPLAY == 1 || place.batch == 0;
      const bool takes_d = needs_d_word(place, plan.d_bytes_log2);
      const bool takes_dmin = takes_d && job.format.min_mode == MIN_SECTION;
      const int half = D_BITS == 32 && place.row >= 4 ? 1 : 0;
      if (takes_d) d_word[half] = keeps ? d_words.read() : word_t(tile_d[place.d_word]);
      if (takes_dmin) dmin_word[half] = keeps ? dmin_words.read() : word_t(tile_dmin[place.d_word]);
      if (REPLAY > 1 && keeps && takes_d) tile_d[place.d_word] = d_word[half];
      if (REPLAY > 1 && keeps && takes_dmin) tile_dmin[place.d_word] = dmin_word[half];
      const StepScales step_scales = scales_of(job.format, plan, place, d_word, dmin_word);
      const bool row_done = plan.step.last && plan.k_tile.last;
      const ap_uint<6> kept_at = ap_uint<6>(place.batch * ROWS + place.row);
      for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
        if (place.row == 0 && (place.column & 127) == 0) scale_word[m] = scales[m].read();
        const f32_t da = flush(field<32>(scale_word[m], 32 * (place.column.to_int() >> 5 & 3)));
        const f32_t p = step_value(step_scales, da, step_sums[m]);
        f32_t before = ring[m][ROWS - 1];
        if (many && place.first_step) before = place.first_k_tile ? f32_t(0) : f32_t(kept[m][kept_at]);
        const f32_t sum = add_f32(before, p);
        turn<f32_t>(ring[m], row_done ? f32_t(0) : sum);
        if (many && plan.step.last) kept[m][kept_at] = sum;
        result[m] = word_t((result[m] >> 32) | placed(sum, 96));
      }
      if (row_done && (place.row & 3) == 3) write_results(result, place, results);
      advance(place, plan, job, takes_d);
    }
  }
}

}  // namespace bfq

#endif
