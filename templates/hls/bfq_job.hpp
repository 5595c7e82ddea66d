// A job is one pass over a weight matrix: a descriptor's columns in runs of at most PASS_COLUMNS. Every process gets
// every job, as a fixed number of words on a stream, and takes from it what it needs; the last one says stop.
#ifndef BFQ_JOB_HPP
#define BFQ_JOB_HPP

#include "bfq_descriptor.hpp"
#include "bfq_types.hpp"

namespace bfq {

/// FORMAT_WORD words of our own, then the descriptor's from there on.
constexpr int JOB_WORDS = DESC_WORDS;

struct Job {
  bool stop;
  bool load;             // this job brings its own activations
  ap_uint<8> columns;    // of this pass
  ap_uint<4> batches;    // of COLUMNS columns, the last one perhaps with fewer
  ap_uint<16> k_tiles;
  ap_uint<30> row_tiles;
  ap_uint<32> status;    // with stop: of the whole run
  address_t weights;
  address_t activations; // of the first column of this pass
  address_t output;
  ap_uint<32> lane_stride;
  ap_uint<32> output_stride;
  count_t base_tiles;    // tiles of a lane, without the row tile that only the first lanes have
  count_t base_words;    // words of them
  ap_uint<24> row_words; // words of that row tile
  ap_uint<8> tile_words;
  Format format;
  word_t codebook[CODEBOOK_SIZE / 16];
};

inline Job parse_job(const word_t words[JOB_WORDS]) {
#pragma HLS inline
  Job job;
  job.stop = words[0][0];
  job.load = words[0][1];
  job.batches = field<4>(words[0], 4);
  job.columns = field<8>(words[0], 8);
  job.k_tiles = field<16>(words[0], 16);
  job.row_tiles = field<30>(words[0], 32);
  job.tile_words = field<8>(words[0], 64);
  job.row_words = field<24>(words[0], 72);
  job.status = field<32>(words[0], 96);
  job.weights = field<64>(words[1], 0);
  job.activations = field<64>(words[1], 64);
  job.output = field<64>(words[2], 0);
  job.lane_stride = field<32>(words[2], 64);
  job.output_stride = field<32>(words[2], 96);
  job.base_tiles = field<40>(words[3], 0);
  job.base_words = field<40>(words[3], 64);
  job.format = parse_format(words);
  job.codebook[0] = 0;
  for (int i = 0; i < CODEBOOK_WORDS; ++i) {
#pragma HLS unroll
    job.codebook[i] = words[FORMAT_WORD + FORMAT_WORDS + i];
  }
  return job;
}

inline Job read_job(hls::stream<word_t>& jobs) {
#pragma HLS inline
  word_t words[JOB_WORDS];
#pragma HLS array_partition variable=words type=complete
BFQ_LABEL(read_job_words)
  for (int i = 0; i < JOB_WORDS; ++i) {
#pragma HLS pipeline II=1
    BFQ_BEAT
    words[i] = jobs.read();
  }
  return parse_job(words);
}

/// The same, and hands the job on to the next process of the lane.
inline Job forward_job(hls::stream<word_t>& jobs, hls::stream<word_t>& next) {
#pragma HLS inline
  word_t words[JOB_WORDS];
#pragma HLS array_partition variable=words type=complete
BFQ_LABEL(forward_job_words)
  for (int i = 0; i < JOB_WORDS; ++i) {
#pragma HLS pipeline II=1
    BFQ_BEAT
    words[i] = jobs.read();
    next.write(words[i]);
  }
  return parse_job(words);
}

/// Row tile t is on lane t mod LANES: the first row_tiles mod LANES lanes have one more.
template <int LANE>
inline bool has_last_row_tile(const Job& job) {
#pragma HLS inline
  return LANE < (job.row_tiles & (LANES - 1));
}

template <int LANE>
inline count_t lane_tiles(const Job& job) {
#pragma HLS inline
  return count_t(job.base_tiles + (has_last_row_tile<LANE>(job) ? job.k_tiles : ap_uint<16>(0)));
}

template <int LANE>
inline count_t lane_words(const Job& job) {
#pragma HLS inline
  return count_t(job.base_words + (has_last_row_tile<LANE>(job) ? job.row_words : ap_uint<24>(0)));
}

/// Words of activations that the job brings; a stop brings none.
inline count_t load_words(const Job& job) {
#pragma HLS inline
  return job.load ? count_t(ap_uint<24>(job.k_tiles * RECORD_WORDS) * job.columns) : count_t(0);
}

}  // namespace bfq

#endif
