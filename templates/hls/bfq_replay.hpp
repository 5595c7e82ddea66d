// Row steps: the planes of 64 codes of one row, and their replay. A tile is assembled once and goes through the multipliers
// once for each batch of COLUMNS activation columns.
#ifndef BFQ_REPLAY_HPP
#define BFQ_REPLAY_HPP

#include "bfq_job.hpp"

namespace bfq {

/// Assembles row steps from the code section, planes 2w and 2w + 1 in word w. A word per beat, and a row step per beat with
/// 1-bit codes.
template <int LANE>
void assemble_codes(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t>& codes,
                    hls::stream<word_t> planes[STEP_WORDS]) {
#pragma HLS inline off
BFQ_LABEL(assemble_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const ap_uint<4> code_bits = ap_uint<4>(job.format.code_bits);
    const ap_uint<8> tile_beats = code_bits == 1 ? ap_uint<8>(ROW_STEPS) : ap_uint<8>(code_bits * (ROW_STEPS / 2));
    const count_t beats = count_t(lane_tiles<LANE>(job) * tile_beats);
    ap_uint<64> held[CODE_BITS + 1];  // planes of the next row step: at most one is left over from the last
#pragma HLS array_partition variable=held type=complete
    for (int bit = 0; bit <= CODE_BITS; ++bit) {
#pragma HLS unroll
      held[bit] = 0;
    }
    ap_uint<4> have = 0;  // planes in `held`
  BFQ_LABEL(assemble_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=32 max=32768
#pragma HLS pipeline II=1 style=flp
      if (have < code_bits) {
        const word_t word = codes.read();
        for (int bit = 0; bit <= CODE_BITS; ++bit) {
#pragma HLS unroll
          if (bit == have) held[bit] = ap_uint<64>(word);
          if (bit == have + 1) held[bit] = ap_uint<64>(word >> 64);
        }
        have = ap_uint<4>(have + 2);
      }
      if (have >= code_bits) {
        for (int w = 0; w < STEP_WORDS; ++w) {
#pragma HLS unroll
          const int low = 2 * w;
          const int high = low + 1 < CODE_BITS ? low + 1 : low;
          word_t word = low < code_bits ? word_t(held[low]) : word_t(0);
          if (low + 1 < CODE_BITS && high < code_bits) word |= placed(held[high], 64);
          planes[w].write(word);
        }
        have = ap_uint<4>(have - code_bits);
        held[0] = held[code_bits];  // the one that may be left
      }
    }
  }
}

/// Keeps a tile's row steps and their factors in the first batch and sends them again in the others: 32 beats per batch.
template <int LANE>
void replay_tiles(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t> planes[STEP_WORDS],
                  hls::stream<word_t>& factors, hls::stream<word_t> step_planes[STEP_WORDS],
                  hls::stream<word_t>& step_factors) {
#pragma HLS inline off
  word_t tile_planes[STEP_WORDS][ROW_STEPS];
  word_t tile_factors[ROW_STEPS];
#pragma HLS array_partition variable=tile_planes dim=1 type=complete
BFQ_LABEL(replay_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const count_t beats = count_t(lane_tiles<LANE>(job) * job.batches * ROW_STEPS);
    ap_uint<5> step = 0;
    ap_uint<4> batch = 0;
  BFQ_LABEL(replay_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=32 max=98304
#pragma HLS pipeline II=1 style=flp
// What the first batch keeps is read a batch later.
#pragma HLS dependence variable=tile_planes type=inter direction=raw distance=ROW_STEPS dependent=true
#pragma HLS dependence variable=tile_factors type=inter direction=raw distance=ROW_STEPS dependent=true
      const bool keeps = batch == 0;
      for (int w = 0; w < STEP_WORDS; ++w) {
#pragma HLS unroll
        const word_t word = keeps ? planes[w].read() : tile_planes[w][step];
        if (keeps) tile_planes[w][step] = word;
        step_planes[w].write(word);
      }
      const word_t factor_word = keeps ? factors.read() : tile_factors[step];
      if (keeps) tile_factors[step] = factor_word;
      step_factors.write(factor_word);
      if (step == ROW_STEPS - 1) batch = batch + 1 == job.batches ? ap_uint<4>(0) : ap_uint<4>(batch + 1);
      step = ap_uint<5>(step + 1);
    }
  }
}

}  // namespace bfq

#endif
