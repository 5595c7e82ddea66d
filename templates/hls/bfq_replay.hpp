// A tile is assembled once and goes through the products once for each batch of COLUMNS activation columns.
#ifndef BFQ_REPLAY_HPP
#define BFQ_REPLAY_HPP

#include "bfq_counter.hpp"
#include "bfq_job.hpp"

namespace bfq {

/// Keeps a tile's row steps and their factors in the first batch and sends them again in the others: 32 beats per batch. With
/// one batch nothing is kept.
template <int LANE>
void replay_tiles(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t> planes[STEP_WORDS],
                  hls::stream<word_t>& factors, hls::stream<word_t> step_planes[STEP_WORDS],
                  hls::stream<word_t>& step_factors) {
#pragma HLS inline off
  BFQ_RAMS(word_t, tile_planes, STEP_WORDS, ROW_STEPS, ROW_STEPS);
  BFQ_RAM(word_t, tile_factors, ROW_STEPS, ROW_STEPS);
#pragma HLS array_partition variable=tile_planes dim=1 type=complete
#pragma HLS bind_storage variable=tile_planes type=ram_s2p impl=lutram
#pragma HLS bind_storage variable=tile_factors type=ram_s2p impl=lutram
BFQ_LABEL(replay_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const count_t beats = count_t(lane_tiles<LANE>(job) * job.batches * ROW_STEPS);
    ap_uint<5> step = 0;
    Countdown<4> batch = countdown<4>(job.batches);
    bool keeps = true;  // the first batch
  BFQ_LABEL(replay_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=32 max=98304
#pragma HLS pipeline II=1 style=flp
// What the first batch keeps is read a batch later.
#pragma HLS dependence variable=tile_planes type=inter direction=raw distance=ROW_STEPS dependent=true
#pragma HLS dependence variable=tile_factors type=inter direction=raw distance=ROW_STEPS dependent=true
      BFQ_BEAT
      const bool is_new = REPLAY == 1 || keeps;
      for (int w = 0; w < STEP_WORDS; ++w) {
#pragma HLS unroll
        const word_t word = is_new ? planes[w].read() : word_t(tile_planes[w][step]);
        if (REPLAY > 1 && keeps) tile_planes[w][step] = word;
        step_planes[w].write(word);
      }
      const word_t factor_word = is_new ? factors.read() : word_t(tile_factors[step]);
      if (REPLAY > 1 && keeps) tile_factors[step] = factor_word;
      step_factors.write(factor_word);
      if (step == ROW_STEPS - 1) {
        keeps = batch.last;
        count(batch);
      }
      step = ap_uint<5>(step + 1);
    }
  }
}

}  // namespace bfq

#endif
