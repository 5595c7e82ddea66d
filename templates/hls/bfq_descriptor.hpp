// A MatMul descriptor: what its words say, and the checks before it runs.
#ifndef BFQ_DESCRIPTOR_HPP
#define BFQ_DESCRIPTOR_HPP

#include "bfq_fields.hpp"
#include "bfq_float.hpp"
#include "bfq_types.hpp"

namespace bfq {

enum Status { STATUS_OK = 0, STATUS_MAGIC = 1, STATUS_SHAPE = 2, STATUS_FORMAT = 3, STATUS_ADDRESS = 4, STATUS_SAME = 5 };
enum MinMode { MIN_NONE = 0, MIN_SECTION = 1, MIN_FROM_D = 2 };

/// Words of a section that stores `bits` bits for 8 rows and each of 256 >> group_log2 groups, group_log2 in 4..8.
inline ap_uint<8> section_words(ap_uint<8> bits, ap_uint<8> group_log2) {
#pragma HLS inline
  const ap_uint<6> value_bits = ap_uint<6>(bits);
  const ap_uint<3> groups_log2 = ap_uint<3>(8 - group_log2);  // of any other value too: never a shift the other way
  const ap_uint<16> bytes = ap_uint<16>(ap_uint<16>(value_bits) << groups_log2.to_int());
  return ap_uint<8>((bytes + 15) >> 4);
}

/// Whether (stored << shift) - offset fits a signed `width` for all stored values of `bits` bits.
inline bool fits(ap_uint<8> bits, ap_uint<8> shift, ap_int<16> offset, int width) {
#pragma HLS inline
  const ap_uint<4> value_bits = ap_uint<4>(bits);
  const ap_uint<10> largest = ap_uint<10>(((1 << value_bits.to_int()) - 1) << (shift == 0 ? 0 : 1));
  const ap_int<18> low = ap_int<18>(-offset);
  const ap_int<18> high = ap_int<18>(largest - offset);
  const ap_int<18> limit = ap_int<18>(1 << (width - 1));
  return low >= -limit && high < limit;
}

inline bool in_range(ap_uint<8> value, int low, int high) {
#pragma HLS inline
  return value >= low && value <= high;
}

/// Whether the format lies in the envelope this kernel was built for, and its tile is as long as it says.
inline bool format_fits(const Format& format, ap_uint<32> tile_words) {
#pragma HLS inline
  if (!in_range(format.code_bits, 1, CODE_BITS) || format.level_mode > 1 || format.level_shift > 1) return false;
  if (format.level_mode == 0 && !fits(format.code_bits, format.level_shift, format.level_offset, LEVEL_BITS)) return false;
  if (format.level_mode == 1 && (1 << format.code_bits.to_int()) > CODEBOOK) return false;
  if (!in_range(format.sub_block_log2, 4, 8) || !in_range(format.step_log2, MIN_STEP_LOG2, 8)) return false;
  if (format.scale_bits > SCALE_BITS || format.scale_shift > 1) return false;
  if (!fits(format.scale_bits, format.scale_shift, format.scale_offset, SCALE_WIDTH)) return false;
  if (format.min_bits > MIN_BITS || format.min_shift > 1) return false;
  if (format.d_type > SCALE_UE4M3 || ((D_TYPES >> format.d_type.to_int()) & 1) == 0) return false;
  if (!in_range(format.d_group_log2, 4, 8) || format.step_log2 > format.d_group_log2) return false;
  if (format.d_bias > 255 || format.dmin_bias > 255) return false;
  if (format.min_mode > MIN_FROM_D) return false;
  if (format.min_mode != MIN_NONE) {
    if (HAS_MIN == 0) return false;
    if (!fits(format.min_bits, format.min_shift, format.min_offset, MIN_WIDTH)) return false;
  }
  const ap_uint<8> d_bits = ap_uint<8>(8 << scale_bytes_log2(ap_uint<3>(format.d_type)).to_int());
  const ap_uint<8> d_words = section_words(d_bits, format.d_group_log2);
  const ap_uint<8> dmin_words = format.min_mode == MIN_SECTION ? d_words : ap_uint<8>(0);
  if (format.d_words != d_words || format.dmin_words != dmin_words) return false;
  if (format.scale_words != section_words(format.scale_bits, format.sub_block_log2)) return false;
  if (format.min_words != section_words(format.min_bits, format.sub_block_log2)) return false;
  return tile_words == words_of_sections(format);
}

inline bool same_activations(const Descriptor& descriptor) {
#pragma HLS inline
  return descriptor.flags[0];
}

/// What the flag "same activations" is held against; no columns: there was none before.
struct Previous {
  ap_uint<32> k_tiles;
  ap_uint<32> columns;
  address_t activations;
};

inline ap_uint<8> check_descriptor(const word_t words[DESC_WORDS], const Descriptor& descriptor,
                                   const Previous& previous) {
#pragma HLS inline
  const bool reserved = (descriptor.flags >> 1) != 0 || reserved_bits(words);
  if (field<32>(words[0], 0) != MAGIC || reserved) return STATUS_MAGIC;

  const ap_uint<33> padded_rows = ap_uint<33>(((descriptor.rows + ap_uint<33>(7)) >> 3) << 3);
  if (descriptor.rows == 0 || descriptor.columns == 0 || descriptor.k_tiles == 0) return STATUS_SHAPE;
  if (descriptor.k_tiles > MAX_K_TILES || (descriptor.output_stride & 3) != 0) return STATUS_SHAPE;
  if (descriptor.columns > 1 && descriptor.output_stride < padded_rows) return STATUS_SHAPE;

  if (!format_fits(parse_format(words), descriptor.tile_words)) return STATUS_FORMAT;

  const ap_uint<4> unaligned = ap_uint<4>(descriptor.weights | descriptor.activations | descriptor.output |
                                          address_t(descriptor.lane_stride));
  if (unaligned != 0) return STATUS_ADDRESS;

  if (same_activations(descriptor) &&
      (previous.k_tiles != descriptor.k_tiles || previous.columns != descriptor.columns)) {
    return STATUS_SAME;
  }
  return STATUS_OK;
}

}  // namespace bfq

#endif
