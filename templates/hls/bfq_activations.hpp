// A lane's activation buffer: all of K for REPLAY batches of COLUMNS columns, twice. While one half feeds the lane, record
// after record and again for each row of tiles, the next job's activations fill the other half.
#ifndef BFQ_ACTIVATIONS_HPP
#define BFQ_ACTIVATIONS_HPP

#include "bfq_job.hpp"

namespace bfq {

constexpr int HALF_WORDS = REPLAY * MAX_K_TILES * RECORD_WORDS;

/// The order in which a record leaves: its float scales, then the codes of two groups (4 words each) with the word of
/// sums that belongs to both in between.
constexpr unsigned char RECORD_ORDER[RECORD_WORDS] = {0, 1, 4, 5, 6, 7, 2, 8, 9, 10, 11, 12, 13, 14, 15, 3, 16, 17, 18, 19};

/// For each tile the record of each batch leaves. `codes` gets 18 words a record (2 x (4 codes, sums, 4 codes)); `scales` the 2 words of float scales, or only the first
/// where one step covers all 256 columns.
template <int LANE>
void hold_activations(hls::stream<word_t>& jobs, hls::stream<word_t>& loads, hls::stream<word_t> codes[COLUMNS],
                      hls::stream<word_t> scales[COLUMNS]) {
#pragma HLS inline off
  word_t buffer[COLUMNS][2 * HALF_WORDS];
#pragma HLS array_partition variable=buffer dim=1 type=complete
#pragma HLS bind_storage variable=buffer type=ram_s2p

  count_t feed_words = 0;         // of the job that feeds now: none at first
  ap_uint<24> feed_length = 0;    // words of its K
  ap_uint<8> feed_columns = 0;
  ap_uint<4> feed_batches = 0;
  bool feed_short_steps = false;
  ap_uint<1> feed_half = 0;
  bool running = true;
BFQ_LABEL(phases)
  while (running) {
#pragma HLS loop_tripcount min=2 max=65
    const Job next = read_job(jobs);
    const ap_uint<24> next_length = ap_uint<24>(next.k_tiles * RECORD_WORDS);
    const count_t coming_words = load_words(next);
    const count_t beats = coming_words > feed_words ? coming_words : feed_words;
    const int load_base = feed_half == 0 ? HALF_WORDS : 0;
    const int feed_base = feed_half == 0 ? 0 : HALF_WORDS;

    ap_uint<4> load_column = 0;
    ap_uint<24> load_batch_at = 0;  // where the batch begins
    ap_uint<24> load_at = 0;
    ap_uint<24> record_at = 0;
    ap_uint<4> batch = 0;
    ap_uint<24> batch_at = 0;
    ap_uint<8> columns_left = feed_columns;  // from this batch on
    ap_uint<5> feed_at = 0;
  BFQ_LABEL(beats_of_phase)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=160 max=10240
#pragma HLS pipeline II=1 style=flp
// Reads and writes of one phase go to different halves: they never meet.
#pragma HLS dependence variable=buffer type=inter dependent=false
      if (i < coming_words) {
        const word_t word = loads.read();
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          if (m == load_column) buffer[m][load_base + load_batch_at + load_at] = word;
        }
        const bool column_full = load_at + 1 == next_length;
        load_at = column_full ? ap_uint<24>(0) : ap_uint<24>(load_at + 1);
        if (column_full) {
          const bool batch_full = load_column == COLUMNS - 1;
          load_column = batch_full ? ap_uint<4>(0) : ap_uint<4>(load_column + 1);
          if (batch_full) load_batch_at = ap_uint<24>(load_batch_at + next_length);
        }
      }
      if (i < feed_words) {
        const bool is_scale = feed_at < 2;
        const bool is_needed = feed_at != 1 || feed_short_steps;
        for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
          const word_t stored = m < columns_left ? buffer[m][feed_base + batch_at + record_at + RECORD_ORDER[feed_at]] : word_t(0);
          if (!is_scale) codes[m].write(stored);
          if (is_scale && is_needed) scales[m].write(stored);
        }
        const bool record_done = feed_at == RECORD_WORDS - 1;
        const bool row_done = record_at + RECORD_WORDS == feed_length;
        feed_at = record_done ? ap_uint<5>(0) : ap_uint<5>(feed_at + 1);
        if (record_done) {
          const bool tile_done = batch + 1 == feed_batches;
          batch = tile_done ? ap_uint<4>(0) : ap_uint<4>(batch + 1);
          batch_at = tile_done ? ap_uint<24>(0) : ap_uint<24>(batch_at + feed_length);
          columns_left = tile_done ? feed_columns : ap_uint<8>(columns_left - COLUMNS);
          if (tile_done) record_at = row_done ? ap_uint<24>(0) : ap_uint<24>(record_at + RECORD_WORDS);
        }
      }
    }
    if (coming_words > 0) feed_half = feed_half == 0 ? ap_uint<1>(1) : ap_uint<1>(0);
    feed_words = next.stop ? count_t(0) : count_t(lane_tiles<LANE>(next) * next.batches * RECORD_WORDS);
    feed_length = next_length;
    feed_columns = next.columns;
    feed_batches = next.batches;
    feed_short_steps = next.format.step_log2 < 8;
    running = !next.stop;
  }
}

}  // namespace bfq

#endif
