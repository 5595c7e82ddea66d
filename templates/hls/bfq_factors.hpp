// The planes of scales and mins to numbers.
#ifndef BFQ_FACTORS_HPP
#define BFQ_FACTORS_HPP

#include "bfq_counter.hpp"
#include "bfq_job.hpp"

namespace bfq {

/// Takes a section of planes apart, `plane_bits` (8, 16 or 32) at a time.
struct PlaneReader {
  word_t word;
  ap_uint<7> at;
};

inline ap_uint<32> read_plane(PlaneReader& reader, hls::stream<word_t>& words, ap_uint<6> plane_bits) {
#pragma HLS inline
  if (reader.at == 0) reader.word = words.read();
  const ap_uint<32> plane = field<32>(reader.word, reader.at.to_int());
  reader.at = ap_uint<7>(reader.at + plane_bits);
  return plane;
}

template <int BITS>
inline void copy_planes(const ap_uint<32> from[BITS], ap_uint<32> to[BITS]) {
#pragma HLS inline
  for (int bit = 0; bit < BITS; ++bit) {
#pragma HLS unroll
    to[bit] = from[bit];
  }
}

template <int BITS>
inline void clear_planes(ap_uint<32> planes[BITS]) {
#pragma HLS inline
  for (int bit = 0; bit < BITS; ++bit) {
#pragma HLS unroll
    planes[bit] = 0;
  }
}

/// The value whose bits lie at `place` of the planes, shifted and offset.
template <int BITS>
inline ap_uint<16> factor(const ap_uint<32> planes[BITS], int place, ap_uint<8> shift, ap_int<16> offset) {
#pragma HLS inline
  ap_uint<BITS> stored = 0;
  for (int bit = 0; bit < BITS; ++bit) {
#pragma HLS unroll
    stored |= ap_uint<BITS>(ap_uint<BITS>(planes[bit][place] ? 1 : 0) << bit);
  }
  const ap_int<16> shifted = shift == 0 ? ap_int<16>(stored) : ap_int<16>(stored * 2);
  return ap_uint<16>(ap_int<16>(shifted - offset));
}

constexpr int SCALE_PLANES = SCALE_BITS > 0 ? SCALE_BITS : 1;  // a local array has at least one element
constexpr int MIN_PLANES = MIN_BITS > 0 ? MIN_BITS : 1;

/// The factors of a row step's four runs of 16 columns: int16 each, scales in the low half.
inline word_t row_factors(const ap_uint<32> scale_planes[SCALE_PLANES], const ap_uint<32> min_planes[MIN_PLANES],
                          const Format& format, ap_uint<2> blocks_log2, ap_uint<3> row) {
#pragma HLS inline
  word_t word = 0;
  for (int quarter = 0; quarter < QUARTERS; ++quarter) {
#pragma HLS unroll
    const int block = blocks_log2 == 2 ? quarter : blocks_log2 == 1 ? quarter / 2 : 0;
    const int place = block * 8 + row.to_int();
    word |= placed(factor<SCALE_PLANES>(scale_planes, place, format.scale_shift, format.scale_offset), 16 * quarter);
    word |= placed(factor<MIN_PLANES>(min_planes, place, format.min_shift, format.min_offset), 64 + 16 * quarter);
  }
  return word;
}

/// One word for each row step, of the scales and mins of its four runs of 16 columns. The planes of a group are read, one per
/// beat, while the 8 rows of the group before are sent: 8 beats per group.
template <int LANE>
void unpack_factors(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t>& scale_words,
                    hls::stream<word_t>& min_words, hls::stream<word_t>& factors) {
#pragma HLS inline off
BFQ_LABEL(factor_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const Format& format = job.format;
    const count_t groups = count_t(lane_tiles<LANE>(job) * GROUPS);
    const count_t beats = groups == 0 ? count_t(0) : count_t((groups + 1) * ROWS);
    // Sub-blocks in a row step: a plane holds 8 bits for each. And the groups that share their scales, minus 1.
    const ap_uint<2> blocks_log2 = format.sub_block_log2 < 6 ? ap_uint<2>(6 - format.sub_block_log2) : ap_uint<2>(0);
    const ap_uint<6> plane_bits = ap_uint<6>(8 << blocks_log2.to_int());
    const ap_uint<2> chunk_mask = format.sub_block_log2 == 8   ? ap_uint<2>(3)
                                  : format.sub_block_log2 == 7 ? ap_uint<2>(1)
                                                               : ap_uint<2>(0);
    PlaneReader scales = {0, 0};
    PlaneReader mins = {0, 0};
    ap_uint<32> scale_planes[SCALE_PLANES];  // of the group that is sent
    ap_uint<32> min_planes[MIN_PLANES];
    ap_uint<32> coming_scales[SCALE_PLANES];  // of the one that is read
    ap_uint<32> coming_mins[MIN_PLANES];
#pragma HLS array_partition variable=scale_planes type=complete
#pragma HLS array_partition variable=min_planes type=complete
#pragma HLS array_partition variable=coming_scales type=complete
#pragma HLS array_partition variable=coming_mins type=complete
    clear_planes<SCALE_PLANES>(scale_planes);
    clear_planes<MIN_PLANES>(min_planes);
    clear_planes<SCALE_PLANES>(coming_scales);
    clear_planes<MIN_PLANES>(coming_mins);
    Countdown<40> group = countdown<40>(groups);
    ap_uint<3> row = 0;
    ap_uint<2> group_of_tile = 0;  // of the group that comes
    bool reading = true;           // a group is to come
    bool sending = false;          // not yet: the first group's planes come first
  BFQ_LABEL(factor_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=40 max=16392
#pragma HLS pipeline II=1 style=flp
      BFQ_BEAT
      if (group_of_tile == 0 && row == 0) {  // a tile's sections start on new words
        scales.at = 0;
        mins.at = 0;
      }
      if (reading && (group_of_tile & chunk_mask) == 0) {
        if (row < format.scale_bits) coming_scales[row] = read_plane(scales, scale_words, plane_bits);
        if (row < format.min_bits) coming_mins[row] = read_plane(mins, min_words, plane_bits);
      }
      if (sending) factors.write(row_factors(scale_planes, min_planes, format, blocks_log2, row));
      if (row == ROWS - 1) {
        copy_planes<SCALE_PLANES>(coming_scales, scale_planes);
        copy_planes<MIN_PLANES>(coming_mins, min_planes);
        sending = true;
        reading = reading && !group.last;
        group_of_tile = ap_uint<2>(group_of_tile + 1);
        count(group);
      }
      row = ap_uint<3>(row + 1);
    }
  }
}

}  // namespace bfq

#endif
