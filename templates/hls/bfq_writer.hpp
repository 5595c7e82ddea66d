// Results to memory, gathered so that each burst finds its words ready: a port that waits in the middle of a burst keeps
// others from the memory.
#ifndef BFQ_WRITER_HPP
#define BFQ_WRITER_HPP

#include "bfq_job.hpp"

namespace bfq {

/// What tells the writer that a burst's words are there; with `stop` instead the status of the run.
struct Burst {
  bool stop;
  ap_uint<16> words;
  ap_uint<32> status;
  ap_uint<64> index;  // of the first word in the output
};

inline word_t burst_word(const Burst& burst) {
#pragma HLS inline
  return word_t(placed(burst.stop ? 1 : 0, 0) | placed(burst.words, 16) | placed(burst.status, 32) |
                placed(burst.index, 64));
}

inline Burst parse_burst(const word_t& word) {
#pragma HLS inline
  Burst burst;
  burst.stop = word[0];
  burst.words = field<16>(word, 16);
  burst.status = field<32>(word, 32);
  burst.index = field<64>(word, 64);
  return burst;
}

/// Row tiles from `begin` on whose results are gathered: of one column, and then of the next.
struct Run {
  ap_uint<31> begin;
  ap_uint<8> tiles;
};

inline Run run_at(const Job& job, ap_uint<31> begin) {
#pragma HLS inline
  const ap_uint<8> whole = job.columns == 1 ? ap_uint<8>(BURST_TILES) : ap_uint<8>(RUN_TILES);
  const ap_uint<31> left = ap_uint<31>(job.row_tiles - begin);
  Run run;
  run.begin = begin;
  run.tiles = left < whole ? ap_uint<8>(left) : whole;
  return run;
}

inline Burst burst_of(const Job& job, const Run& run, ap_uint<8> column) {
#pragma HLS inline
  Burst burst;
  burst.stop = false;
  burst.words = ap_uint<16>(run.tiles * 2);
  burst.status = 0;
  const ap_uint<32> stride_words = ap_uint<32>(job.output_stride >> 2);
  burst.index = ap_uint<64>(word_index(job.output) + run.begin.to_uint() * 2ULL +
                            ap_uint<40>(stride_words * column).to_uint64());
  return burst;
}

inline Burst last_burst(const Job& job) {
#pragma HLS inline
  Burst burst;
  burst.stop = true;
  burst.words = 0;
  burst.status = job.status;
  burst.index = 0;
  return burst;
}

/// Writes burst after burst; at the stop it passes the status on, so that it counts only once all is written.
inline void write_output(hls::stream<word_t>& bursts, hls::stream<word_t>& gathered, word_t* memory,
                         hls::stream<word_t>& finished) {
#pragma HLS inline off
  Burst burst = parse_burst(bursts.read());
BFQ_LABEL(write_bursts)
  while (!burst.stop) {
#pragma HLS loop_tripcount min=1 max=4096
    const unsigned words = burst.words.to_uint();
    const index_t base = burst.index.to_uint64();
  BFQ_LABEL(write_burst)
    for (unsigned i = 0; i < words; ++i) {
#pragma HLS loop_tripcount min=2 max=64
#pragma HLS pipeline II=1
      BFQ_BEAT
      write_port(memory, base + i, gathered.read());
    }
    burst = parse_burst(bursts.read());
  }
  finished.write(burst.status);
}

}  // namespace bfq

#endif
