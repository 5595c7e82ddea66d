// From a tile's words to its parts: the sections apart, and the planes of scales and mins to numbers.
#ifndef BFQ_TILE_HPP
#define BFQ_TILE_HPP

#include "bfq_job.hpp"

namespace bfq {

/// Sends each word of a tile to the stream of its section.
template <int LANE>
void split_tiles(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t>& weights,
                 hls::stream<word_t>& d, hls::stream<word_t>& dmin, hls::stream<word_t>& scales,
                 hls::stream<word_t>& mins, hls::stream<word_t>& codes) {
#pragma HLS inline off
BFQ_LABEL(split_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const count_t words = lane_words<LANE>(job);
    const ap_uint<8> dmin_begin = job.format.d_words;
    const ap_uint<8> scales_begin = ap_uint<8>(dmin_begin + job.format.dmin_words);
    const ap_uint<8> mins_begin = ap_uint<8>(scales_begin + job.format.scale_words);
    const ap_uint<8> codes_begin = ap_uint<8>(mins_begin + job.format.min_words);
    ap_uint<8> at = 0;
  BFQ_LABEL(split_words)
    for (count_t i = 0; i < words; ++i) {
#pragma HLS loop_tripcount min=72 max=36864
#pragma HLS pipeline II=1 style=flp
      const word_t word = weights.read();
      if (at < dmin_begin) {
        d.write(word);
      } else if (at < scales_begin) {
        dmin.write(word);
      } else if (at < mins_begin) {
        scales.write(word);
      } else if (at < codes_begin) {
        mins.write(word);
      } else {
        codes.write(word);
      }
      at = at + 1 == job.tile_words ? ap_uint<8>(0) : ap_uint<8>(at + 1);
    }
  }
}

/// Takes a section of planes apart, `plane_bits` (8, 16 or 32) at a time.
struct PlaneReader {
  word_t word;
  ap_uint<7> at;
};

inline ap_uint<32> next_plane(PlaneReader& reader, hls::stream<word_t>& words, ap_uint<6> plane_bits) {
#pragma HLS inline
  if (reader.at == 0) reader.word = words.read();
  const ap_uint<32> plane = field<32>(reader.word, reader.at.to_int());
  reader.at = ap_uint<7>(reader.at + plane_bits);
  return plane;
}

/// The value whose bits lie at `place` of the planes, shifted and offset.
template <int PLANES>
inline ap_int<16> factor(const ap_uint<32> planes[PLANES], int place, ap_uint<8> shift, ap_int<16> offset) {
#pragma HLS inline
  ap_uint<PLANES> stored = 0;
  for (int bit = 0; bit < PLANES; ++bit) {
#pragma HLS unroll
    stored |= ap_uint<PLANES>(ap_uint<PLANES>(planes[bit][place] ? 1 : 0) << bit);
  }
  const ap_int<16> shifted = shift == 0 ? ap_int<16>(stored) : ap_int<16>(stored * 2);
  return ap_int<16>(shifted - offset);
}

constexpr int SCALE_PLANES = SCALE_BITS > 0 ? SCALE_BITS : 1;  // a local array has at least one element
constexpr int MIN_PLANES = MIN_BITS > 0 ? MIN_BITS : 1;

/// One word for each row step, of the scales and mins of its four runs of 16 columns: int16 each, scales in the low half.
/// The planes of a group are read, one per beat, while the 8 rows of the group before are sent: 8 beats per group.
template <int LANE>
void unpack_factors(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t>& scales,
                    hls::stream<word_t>& mins, hls::stream<word_t>& factors) {
#pragma HLS inline off
BFQ_LABEL(factor_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const Format& format = job.format;
    const count_t groups = count_t(lane_tiles<LANE>(job) * GROUPS);
    // Sub-blocks in a row step: a plane holds 8 bits for each.
    const ap_uint<2> blocks_log2 = format.sub_block_log2 < 6 ? ap_uint<2>(6 - format.sub_block_log2) : ap_uint<2>(0);
    const ap_uint<6> plane_bits = ap_uint<6>(8 << blocks_log2.to_int());
    // Groups that share their scales, minus 1.
    const ap_uint<2> chunk_mask =
        format.sub_block_log2 > 6 ? ap_uint<2>((1 << (format.sub_block_log2.to_int() - 6)) - 1) : ap_uint<2>(0);

    PlaneReader scale_reader;
    PlaneReader min_reader;
    scale_reader.at = 0;
    scale_reader.word = 0;
    min_reader.at = 0;
    min_reader.word = 0;
    ap_uint<32> scale_planes[SCALE_PLANES];
    ap_uint<32> min_planes[MIN_PLANES];
    ap_uint<32> next_scale_planes[SCALE_PLANES];
    ap_uint<32> next_min_planes[MIN_PLANES];
#pragma HLS array_partition variable=scale_planes type=complete
#pragma HLS array_partition variable=min_planes type=complete
#pragma HLS array_partition variable=next_scale_planes type=complete
#pragma HLS array_partition variable=next_min_planes type=complete
    for (int bit = 0; bit < SCALE_PLANES; ++bit) {
#pragma HLS unroll
      scale_planes[bit] = 0;
      next_scale_planes[bit] = 0;
    }
    for (int bit = 0; bit < MIN_PLANES; ++bit) {
#pragma HLS unroll
      min_planes[bit] = 0;
      next_min_planes[bit] = 0;
    }

    ap_uint<3> row = 0;
    count_t group = 0;
    const count_t beats = count_t((groups + 1) * ROWS);
  BFQ_LABEL(factor_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=40 max=16392
#pragma HLS pipeline II=1 style=flp
      if (group < groups && (group & chunk_mask) == 0) {
        if ((group & (GROUPS - 1)) == 0 && row == 0) {  // a tile's sections start on new words
          scale_reader.at = 0;
          min_reader.at = 0;
        }
        if (row < format.scale_bits) next_scale_planes[row] = next_plane(scale_reader, scales, plane_bits);
        if (row < format.min_bits) next_min_planes[row] = next_plane(min_reader, mins, plane_bits);
      }
      if (group > 0) {
        word_t word = 0;
        for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
          const int place = ((quarter << blocks_log2.to_int()) / QUARTERS) * 8 + row.to_int();
          const ap_int<16> s = factor<SCALE_PLANES>(scale_planes, place, format.scale_shift, format.scale_offset);
          const ap_int<16> m = factor<MIN_PLANES>(min_planes, place, format.min_shift, format.min_offset);
          word |= placed(ap_uint<16>(s), 16 * quarter) | placed(ap_uint<16>(m), 64 + 16 * quarter);
        }
        factors.write(word);
      }
      if (row == ROWS - 1) {
        for (int bit = 0; bit < SCALE_PLANES; ++bit) {
#pragma HLS unroll
          scale_planes[bit] = next_scale_planes[bit];
        }
        for (int bit = 0; bit < MIN_PLANES; ++bit) {
#pragma HLS unroll
          min_planes[bit] = next_min_planes[bit];
        }
        ++group;
      }
      row = ap_uint<3>(row + 1);
    }
  }
}

}  // namespace bfq

#endif
