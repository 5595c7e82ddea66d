// Results to memory. A run of row tiles is written column by column, so that each column is one burst.
#ifndef BFQ_WRITER_HPP
#define BFQ_WRITER_HPP

#include "bfq_job.hpp"

namespace bfq {

/// Row tiles of a run: with one column all of them, in memory order as they come.
inline ap_uint<30> run_tiles(const Job& job) {
#pragma HLS inline
  return job.columns == 1 || job.row_tiles < RUN_TILES ? job.row_tiles : ap_uint<30>(RUN_TILES);
}

/// Where the gathering of results is: half a tile (4 rows) of one column.
struct GatherPlace {
  ap_uint<1> half;
  ap_uint<30> tile;       // of the matrix
  ap_uint<30> run_begin;
  ap_uint<30> run_end;
  ap_uint<8> column;
};

inline GatherPlace first_place(const Job& job) {
#pragma HLS inline
  GatherPlace place;
  place.half = 0;
  place.tile = 0;
  place.run_begin = 0;
  place.run_end = run_tiles(job);
  place.column = 0;
  return place;
}

inline ap_uint<30> smaller(ap_uint<31> a, ap_uint<30> b) {
#pragma HLS inline
  return a < b ? ap_uint<30>(a) : b;
}

inline void advance(GatherPlace& place, const Job& job) {
#pragma HLS inline
  const bool tile_done = place.half == 1;
  const bool column_done = tile_done && place.tile + 1 == place.run_end;
  const bool run_done = column_done && place.column + 1 == job.columns;
  place.half = tile_done ? ap_uint<1>(0) : ap_uint<1>(1);
  if (run_done) {
    place.column = 0;
    place.run_begin = place.run_end;
    place.tile = place.run_end;
    place.run_end = smaller(ap_uint<31>(place.run_end + RUN_TILES), job.row_tiles);
  } else if (column_done) {
    place.column = ap_uint<8>(place.column + 1);
    place.tile = place.run_begin;
  } else if (tile_done) {
    place.tile = ap_uint<30>(place.tile + 1);
  }
}

inline ap_uint<3> lane_of(const GatherPlace& place) {
#pragma HLS inline
  return ap_uint<3>(place.tile & (LANES - 1));
}

inline count_t result_words(const Job& job) {
#pragma HLS inline
  return count_t(job.row_tiles * job.columns * 2);
}

/// Writes what was gathered; at the stop it passes the status on, so that it counts only once all is written.
inline void write_output(hls::stream<word_t>& jobs, hls::stream<word_t>& gathered, word_t* memory,
                         hls::stream<word_t>& finished) {
#pragma HLS inline off
  Job job = read_job(jobs);
BFQ_LABEL(write_jobs)
  while (!job.stop) {
#pragma HLS loop_tripcount min=1 max=64
    const ap_uint<30> run = run_tiles(job);
  BFQ_LABEL(write_runs)
    for (ap_uint<31> tile = 0; tile < job.row_tiles; tile += run) {
#pragma HLS loop_tripcount min=1 max=64
      const ap_uint<30> end = smaller(ap_uint<31>(tile + run), job.row_tiles);
      const unsigned length = ap_uint<31>((end - tile) * 2).to_uint();
      index_t base = word_index(job.output) + tile.to_uint() * 2;
    BFQ_LABEL(write_columns)
      for (ap_uint<8> column = 0; column < job.columns; ++column) {
#pragma HLS loop_tripcount min=1 max=PASS_COLUMNS
      BFQ_LABEL(write_burst)
        for (unsigned i = 0; i < length; ++i) {
#pragma HLS loop_tripcount min=2 max=512
#pragma HLS pipeline II=1
          memory[base + i] = gathered.read();
        }
        base += job.output_stride.to_uint() >> 2;
      }
    }
    job = read_job(jobs);
  }
  finished.write(job.status);
}

}  // namespace bfq

#endif
