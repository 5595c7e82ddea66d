// A lane's activation buffer: all of K for REPLAY batches of COLUMNS columns, twice. While one half feeds the lane, record
// after record and again for each row of tiles, the next job's activations fill the other half.
#ifndef BFQ_ACTIVATIONS_HPP
#define BFQ_ACTIVATIONS_HPP

#include "bfq_counter.hpp"
#include "bfq_job.hpp"

namespace bfq {

constexpr int HALF_WORDS = ACT_WORDS / 2;
typedef ap_uint<20> place_t;  // of a word in the buffer of a column
static_assert(ACT_WORDS < 1 << 20, "a place in the activation buffer has 20 bits");

/// The order in which a record leaves: its float scales, then the codes of two groups (4 words each) with the word of
/// sums that belongs to both in between.
constexpr unsigned char RECORD_ORDER[RECORD_WORDS] = {0, 1, 4, 5, 6, 7, 2, 8, 9, 10, 11, 12, 13, 14, 15, 3, 16, 17, 18, 19};

/// A word of a record is read at least so many beats after it was written: a record goes out in 20 beats, once it is whole.
constexpr int READ_DISTANCE = 18;

/// Where the next word of a job's activations goes: column after column of a batch, then the next batch.
struct Load {
  bool active;
  place_t at;
  place_t batch_begin;
  ap_uint<4> column;  // of the batch
  Countdown<20> column_word;
  Countdown<5> record_word;
  Countdown<8> pass_column;
  ap_uint<16> records;  // of the pass's last column: those that are whole
};

inline Load load_of(const Job& job, place_t half) {
#pragma HLS inline
  Load load;
  load.active = job.load;
  load.at = half;
  load.batch_begin = half;
  load.column = 0;
  load.column_word = countdown<20>(ap_uint<20>(job.k_tiles * RECORD_WORDS));
  load.record_word = countdown<5>(ap_uint<5>(RECORD_WORDS));
  load.pass_column = countdown<8>(job.columns);
  load.records = 0;
  return load;
}

/// Goes on by a word. @returns whether it was the last one
inline bool advance(Load& load) {
#pragma HLS inline
  const bool column_full = load.column_word.last;
  const bool last_column = load.pass_column.last;
  const bool batch_full = load.column == COLUMNS - 1;
  const place_t after = place_t(load.at + 1);
  load.at = column_full && !batch_full ? load.batch_begin : after;
  if (column_full) {
    if (batch_full) load.batch_begin = after;
    load.column = batch_full ? ap_uint<4>(0) : ap_uint<4>(load.column + 1);
    count(load.pass_column);
  }
  if (last_column && load.record_word.last) load.records = ap_uint<16>(load.records + 1);
  count(load.column_word);
  count(load.record_word);
  return column_full && last_column;
}

/// Which record leaves: for each row of tiles, K tile after K tile, that of each batch.
struct Feed {
  bool active;
  bool ready;  // the record has begun, or is whole
  place_t record;        // where it begins
  place_t tile;          // the first batch's record of the K tile
  place_t begin;
  place_t batch_words;
  ap_uint<5> word;       // in the order in which they leave
  ap_uint<16> k_tile_index;
  Countdown<4> batch;
  Countdown<16> k_tile;
  Countdown<40> records;
  bool short_steps;      // both words of scales are needed
};

template <int LANE>
inline Feed feed_of(const Job& job, place_t half) {
#pragma HLS inline
  const count_t records = count_t(lane_tiles<LANE>(job) * job.batches);
  Feed feed;
  feed.active = records != 0;
  feed.ready = false;
  feed.record = half;
  feed.tile = half;
  feed.begin = half;
  feed.batch_words = place_t(job.k_tiles * RECORD_WORDS);
  feed.word = 0;
  feed.k_tile_index = 0;
  feed.batch = countdown<4>(job.batches);
  feed.k_tile = countdown<16>(job.k_tiles);
  feed.records = countdown<40>(records);
  feed.short_steps = job.format.step_log2 < 8;
  return feed;
}

/// Goes on by a word; where all is loaded the next record follows at once.
inline void advance(Feed& feed, bool is_loaded) {
#pragma HLS inline
  const bool record_done = feed.word == RECORD_WORDS - 1;
  feed.word = record_done ? ap_uint<5>(0) : ap_uint<5>(feed.word + 1);
  if (!record_done) return;
  const bool tile_done = feed.batch.last;
  const bool row_done = tile_done && feed.k_tile.last;
  const place_t next_tile = row_done ? feed.begin : place_t(feed.tile + RECORD_WORDS);
  feed.record = tile_done ? next_tile : place_t(feed.record + feed.batch_words);
  if (tile_done) {
    feed.tile = next_tile;
    feed.k_tile_index = row_done ? ap_uint<16>(0) : ap_uint<16>(feed.k_tile_index + 1);
    count(feed.k_tile);
  }
  feed.active = !feed.records.last;
  feed.ready = is_loaded;
  count(feed.batch);
  count(feed.records);
}

/// For each tile the record of each batch leaves, for all COLUMNS columns: `codes` gets 16 words of it, `sums` 2, and
/// `scales` 2, or only the first where one step covers all 256 columns.
///
/// A job begins when the first record of its last column is there, and goes on as the others come; a beat that may take a
/// word waits for it.
template <int LANE>
void hold_activations(hls::stream<word_t>& jobs, hls::stream<word_t>& loads, hls::stream<word_t> codes[COLUMNS],
                      hls::stream<word_t> sums[COLUMNS], hls::stream<word_t> scales[COLUMNS]) {
#pragma HLS inline off
  BFQ_RAMS(word_t, buffer, COLUMNS, ACT_WORDS, READ_DISTANCE);
#pragma HLS array_partition variable=buffer dim=1 type=complete
#if BFQ_ACTIVATIONS_IN_URAM
#pragma HLS bind_storage variable=buffer type=ram_s2p impl=uram
#else
#pragma HLS bind_storage variable=buffer type=ram_s2p impl=bram
#endif
  bool upper_half = false;
  Job job = read_job(jobs);
  Load load = load_of(job, 0);
BFQ_LABEL(feed_jobs)
  while (!job.stop) {
#pragma HLS loop_tripcount min=1 max=64
    const Job next = read_job(jobs);
    const bool next_half = next.load ? !upper_half : upper_half;
    const Load next_load = load_of(next, next_half ? place_t(HALF_WORDS) : place_t(0));
    Feed feed = feed_of<LANE>(job, upper_half ? place_t(HALF_WORDS) : place_t(0));
    bool is_loaded = !load.active;
    if (is_loaded) load = next_load;
  BFQ_LABEL(feed_beats)
    while (feed.active || !is_loaded) {
#pragma HLS loop_tripcount min=160 max=10240
#pragma HLS pipeline II=1 style=flp
#pragma HLS dependence variable=buffer type=inter direction=raw distance=READ_DISTANCE dependent=true
#pragma HLS dependence variable=buffer type=intra dependent=false
      BFQ_BEAT
      const bool loads_now = load.active;
      const bool feeds_now = feed.active && feed.ready;
      const word_t loaded = loads_now ? loads.read() : word_t(0);
      for (int m = 0; m < COLUMNS; ++m) {
#pragma HLS unroll
        if (feeds_now) {
          const word_t word = buffer[m][feed.record + RECORD_ORDER[feed.word]];
          if (feed.word == 0 || (feed.word == 1 && feed.short_steps)) scales[m].write(word);
          if (feed.word == 6 || feed.word == 15) sums[m].write(word);
          if (feed.word >= 2 && feed.word != 6 && feed.word != 15) codes[m].write(word);
        }
        if (loads_now && m == load.column) buffer[m][load.at] = loaded;
      }
      if (feeds_now) {
        advance(feed, is_loaded);
      } else {
        feed.ready = is_loaded || feed.k_tile_index < load.records;
      }
      if (loads_now && advance(load)) {
        load.active = false;
        if (!is_loaded) load = next_load;
        is_loaded = true;
      }
    }
    job = next;
    upper_half = next_half;
  }
}

}  // namespace bfq

#endif
