// Descriptors of docs/interface.md, written down a second time: fields, words, and the verdict on them.
// Parameters of the module under test come as macros (MAX_K_TILES, CODE_BITS ...).
#pragma once
#include <algorithm>
#include <array>
#include <cstring>

#include "bench.hpp"

#ifndef TRITS
#define TRITS 0
#endif
#ifndef TABLE_ROWS
#define TABLE_ROWS 0
#endif

struct Descriptor {
  uint32_t magic = 0x31514642, flags = 0, rows = 1, k_tiles = 1;
  uint32_t columns = 1, output_stride = 8, lane_stride = 0, tile_words = 0;
  uint64_t weights = 0, activations = 0, output = 0;
  uint32_t table = 0, table_id = 0;
  uint8_t code_bits = 1, level_mode = 0, level_shift = 0, packing = 0;
  int16_t level_offset = 0;
  uint8_t sub_block_log2 = 4, step_log2 = 8, scale_bits = 0, scale_shift = 0;
  int16_t scale_offset = -1;
  uint8_t min_bits = 0, min_shift = 0;
  int16_t min_offset = 0;
  uint8_t d_type = 0, d_group_log2 = 8;
  int16_t d_bias = 0;
  uint8_t min_mode = 0, reserved_5 = 0;
  int16_t dmin_bias = 0;
  uint8_t d_words = 0, dmin_words = 0, scale_words = 0, min_words = 0, aux_words = 0, reserved_6[3] = {};
};
// The struct is the wire format: little endian, no padding.
static_assert(sizeof(Descriptor) == 96, "six words");

/// Words of a section: `bits` for 8 rows and 256 >> group_log2 groups, in whole words of 128 bits.
inline uint32_t section_words(uint32_t bits, uint32_t group_log2) {
  return (bits * 8 * (256u >> group_log2) + 127) / 128;
}

inline uint32_t d_bits(uint32_t type) { return type < 2 ? 16 : type == 2 ? 32 : 8; }

/// Packed codes: whether the machine has them, the planes of a group in section aux, and bits of a code.
inline bool is_indexed(uint32_t packing) { return (packing & 8) != 0; }
inline bool is_known_packing(const Descriptor& d) {
  if (d.packing <= 1) return d.packing == 0 || (TRITS && d.code_bits == 1);
  const uint32_t bits = d.packing & 15;
  const bool four = d.packing & 16;
  return TABLE_ROWS && d.packing < 128 && bits >= 8 && bits <= (four ? 9 : 11) && d.level_mode == 1 && d.code_bits == (four ? 2 : 1);
}
inline uint32_t aux_planes(uint32_t packing) {
  if (packing == 1) return 5;
  if (!is_indexed(packing)) return 0;
  return std::array<uint32_t, 4>{0, 1, 7, 8}[packing >> 5 & 3] + ((packing & 15) - 8) * (packing & 16 ? 2 : 1);
}
inline uint32_t unpacked_bits(const Descriptor& d) { return is_indexed(d.packing) ? 4 : d.packing == 1 ? 2 : d.code_bits; }

/// Fills in what follows from the other fields.
inline void finish(Descriptor& d) {
  d.d_words = section_words(d_bits(d.d_type), d.d_group_log2);
  d.dmin_words = d.min_mode == 1 ? d.d_words : 0;
  d.scale_words = section_words(d.scale_bits, d.sub_block_log2);
  d.min_words = section_words(d.min_bits, d.sub_block_log2);
  d.aux_words = 2 * aux_planes(d.packing);
  d.tile_words = d.d_words + d.dmin_words + d.scale_words + d.min_words + d.aux_words + 16 * d.code_bits;
}

inline bool in_range(uint32_t bits, uint32_t shift, int offset, uint32_t width) {
  const int top = ((1 << bits) - 1) << shift, limit = 1 << (width - 1);
  return -offset >= -limit && top - offset < limit;
}

inline bool format_good(const Descriptor& d) {
  if (d.code_bits < 1 || d.code_bits > CODE_BITS || d.scale_bits > SCALE_BITS || d.min_bits > MIN_BITS) return false;
  if (d.level_mode > 1 || d.level_shift > 1 || d.scale_shift > 1 || d.min_shift > 1 || d.min_mode > 2) return false;
  if (!is_known_packing(d)) return false;
  if (d.level_mode == 1 && 1 << unpacked_bits(d) > CODEBOOK) return false;
  if (d.level_mode == 0 && !in_range(unpacked_bits(d), d.level_shift, d.level_offset, LEVEL_BITS)) return false;
  if (!in_range(d.scale_bits, d.scale_shift, d.scale_offset, SCALE_WIDTH)) return false;
  if (d.min_mode != 0 && (!HAS_MIN || !in_range(d.min_bits, d.min_shift, d.min_offset, MIN_WIDTH))) return false;
  if (d.d_type > 5 || !(D_TYPES >> d.d_type & 1) || d_bits(d.d_type) > D_BITS) return false;
  for (int log2 : {int{d.sub_block_log2}, int{d.step_log2}, int{d.d_group_log2}})
    if (log2 < 4 || log2 > 8) return false;
  if (d.step_log2 < MIN_STEP_LOG2 || d.step_log2 > d.d_group_log2) return false;
  if (d.d_bias < 0 || d.d_bias > 255 || d.dmin_bias < 0 || d.dmin_bias > 255) return false;
  Descriptor finished = d;
  finish(finished);
  return std::memcmp(&finished, &d, sizeof d) == 0;
}

/// `before`: the descriptor before in the run, null for the first.
inline uint32_t verdict(const Descriptor& d, const Descriptor* before) {
  if (d.magic != 0x31514642 || d.flags > 1 || d.reserved_5 || d.reserved_6[0] || d.reserved_6[1] || d.reserved_6[2]) return 1;
  if (!d.rows || !d.columns || !d.k_tiles || d.k_tiles > MAX_K_TILES || d.output_stride % 4) return 2;
  if (d.columns > 1 && d.output_stride < (uint64_t{d.rows} + 7) / 8 * 8) return 2;
  if (!format_good(d)) return 3;
  if ((d.weights | d.activations | d.output | d.lane_stride) % 16) return 4;
  if (d.flags == 1 && (!before || before->k_tiles != d.k_tiles || before->columns != d.columns)) return 5;
  return 0;
}

/// Each number of bits is as likely as any other; in a fifth of the draws one bit alone is set.
inline uint32_t any_size(Random& random) {
  return static_cast<uint32_t>(random.chance(20) ? 1ull << random.below(32) : random.bits() >> 32 >> random.below(32));
}

/// An offset that fits, every other time at its lowest or highest; false where none does.
inline bool draw_offset(Random& random, uint32_t bits, uint32_t shift, uint32_t width, int16_t& offset) {
  const int top = ((1 << bits) - 1) << shift, limit = 1 << (width - 1), least = top - limit + 1;
  if (least > limit) return false;
  offset = random.chance(50) ? least + static_cast<int>(random.below(limit - least + 1)) : random.chance(50) ? least : limit;
  return true;
}

/// A descriptor with a random format that the envelope holds. Its rows are at or below a multiple of 8, with the smallest
/// stride for them or four more; columns are the caller's.
inline Descriptor random_descriptor(Random& random) {
  Descriptor d;
  do {
    d.code_bits = 1 + random.below(CODE_BITS);
    d.level_mode = random.below(2);
    d.packing = random.chance(50) ? 0 : TRITS && random.chance(30) ? 1 : TABLE_ROWS ? (8 | random.below(128)) & ~4u : 0;
    if (d.packing != 0) d.code_bits = is_indexed(d.packing) && (d.packing & 16) ? 2 : 1;
    d.table = static_cast<uint32_t>(random.bits());
    d.table_id = static_cast<uint32_t>(random.bits());
    d.level_shift = random.below(2);
    d.step_log2 = MIN_STEP_LOG2 + random.below(9 - MIN_STEP_LOG2);
    d.d_group_log2 = d.step_log2 + random.below(9 - d.step_log2);
    d.sub_block_log2 = 4 + random.below(5);
    d.scale_bits = random.below(SCALE_BITS + 1);
    d.scale_shift = random.below(2);
    d.min_mode = HAS_MIN ? random.below(3) : 0;
    d.min_bits = random.below(MIN_BITS + 1);
    d.min_shift = random.below(2);
    d.d_type = random.below(6);
    d.d_bias = random.below(256);
    d.dmin_bias = random.below(256);
    // What the mode doesn't use may be anything.
    d.level_offset = d.min_offset = random.bits();
    if (d.level_mode == 0 && !draw_offset(random, unpacked_bits(d), d.level_shift, LEVEL_BITS, d.level_offset)) continue;
    if (!draw_offset(random, d.scale_bits, d.scale_shift, SCALE_WIDTH, d.scale_offset)) continue;
    if (d.min_mode != 0 && !draw_offset(random, d.min_bits, d.min_shift, MIN_WIDTH, d.min_offset)) continue;
    finish(d);
  } while (!format_good(d));
  const uint32_t eights = std::max(any_size(random) >> 3, 1u);
  d.rows = 8 * eights - random.below(8);
  d.output_stride = 8 * eights + 4 * random.below(2);
  d.k_tiles = 1 + random.below(MAX_K_TILES);
  d.weights = random.bits() & ~15ull;
  d.activations = random.bits() & ~15ull;
  d.output = random.bits() & ~15ull;
  d.lane_stride = static_cast<uint32_t>(random.bits()) & ~15u;
  return d;
}

/// Puts a descriptor on a port of at least six words.
template <class Port>
void drive_descriptor(Port& port, const Descriptor& d) {
  std::memcpy(&port, &d, sizeof d);
}
