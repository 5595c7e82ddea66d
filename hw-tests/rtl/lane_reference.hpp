// What a lane has to answer: docs/numerics.md and the device interface written down a second time, element by element and
// bit by bit, with no thought for hardware. It shows that the lane agrees with an independent reading of the
// specification; the fp32 operations are this machine's (float32.hpp). Whether the specification is what ggml does is
// for the golden model to say.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "float32.hpp"

using Word = std::array<uint32_t, 4>;

inline uint64_t read_bits(const std::vector<Word>& words, size_t first_word, size_t bit, unsigned count) {
  uint64_t value = 0;
  for (unsigned i = 0; i < count; ++i) {
    const size_t at = first_word * 128 + bit + i;
    value |= uint64_t{words[at / 128][at / 32 % 4] >> (at % 32) & 1u} << i;
  }
  return value;
}

enum DType { kF16, kBf16, kF32, kE8m0, kE8m0Nan, kUe4m3 };

struct Format {
  int code_bits = 4;
  bool codebook = false;
  int level_shift = 0, level_offset = 0;
  int sub_block_log2 = 5, step_log2 = 5;
  int scale_bits = 0, scale_shift = 0, scale_offset = -1;
  int min_bits = 0, min_shift = 0, min_offset = 0;
  int d_type = kF16, d_group_log2 = 5, d_bias = 0;
  int min_mode = 0, dmin_bias = 0;
  std::vector<int> entries;  // int8, of the codebook

  int d_bits() const { return d_type == kF32 ? 32 : d_type <= kBf16 ? 16 : 8; }
  static int section(int bits, int group_log2) { return (bits * (256 >> group_log2) + 15) / 16; }
  int d_words() const { return section(d_bits(), d_group_log2); }
  int dmin_words() const { return min_mode == 1 ? d_words() : 0; }
  int scale_words() const { return section(scale_bits, sub_block_log2); }
  int min_words() const { return min_mode != 0 ? section(min_bits, sub_block_log2) : 0; }
  int code_words() const { return 16 * code_bits; }
  int tile_words() const { return d_words() + dmin_words() + scale_words() + min_words() + code_words(); }

  int level(int code) const { return codebook ? entries[code] : (code << level_shift) - level_offset; }

  /// Descriptor words 4 and 5.
  std::array<uint32_t, 8> descriptor() const {
    auto half = [](int value) { return static_cast<uint32_t>(value) & 0xFFFFu; };
    auto byte = [](int value, int at) { return static_cast<uint32_t>(value) << at; };
    return {byte(code_bits, 0) | byte(codebook, 8) | byte(level_shift, 16),
            half(level_offset) | byte(sub_block_log2, 16) | byte(step_log2, 24),
            byte(scale_bits, 0) | byte(scale_shift, 8) | half(scale_offset) << 16,
            byte(min_bits, 0) | byte(min_shift, 8) | half(min_offset) << 16,
            byte(d_type, 0) | byte(d_group_log2, 8) | half(d_bias) << 16,
            byte(min_mode, 0) | half(dmin_bias) << 16,
            byte(d_words(), 0) | byte(dmin_words(), 8) | byte(scale_words(), 16) | byte(min_words(), 24),
            0};
  }
};

/// A stored block scale times 2^-bias as fp32 bits, from the definition of its type.
inline uint32_t block_scale(uint32_t stored, int type, int bias) {
  double value = 0;
  switch (type) {
    case kF16: {
      const int exponent = stored >> 10 & 31, fraction = stored & 1023;
      if (exponent == 31) value = fraction ? NAN : INFINITY;
      else value = exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
      if (stored >> 15 & 1) value = -value;
      break;
    }
    case kBf16: value = as_float(stored << 16); break;
    case kF32: value = as_float(stored); break;
    case kE8m0: value = std::ldexp(1.0, static_cast<int>(stored) - 127); break;
    case kE8m0Nan: value = stored == 255 ? NAN : std::ldexp(1.0, static_cast<int>(stored) - 127); break;
    default: {
      const int exponent = stored >> 3 & 15, fraction = stored & 7;
      if (stored != 0 && stored != 0x7F)
        value = exponent ? std::ldexp(8 + fraction, exponent - 10) : std::ldexp(fraction, -9);
    }
  }
  if (std::isnan(value)) return 0x7FC00000u;
  if (std::isinf(value)) return value < 0 ? 0xFF800000u : 0x7F800000u;
  // A stored fp32 or bf16 subnormal is zero by itself, and no bias makes it more.
  const double smallest = std::numeric_limits<float>::min();
  value = std::ldexp(value, -bias);
  if (std::fabs(value) < smallest) return std::signbit(value) ? 0x80000000u : 0u;
  return as_bits(static_cast<float>(value));  // exact, or infinite for 2^128
}

/// One column's activation record for one K tile.
struct Record {
  std::array<uint32_t, 8> da{};
  std::array<int, 16> sums{};
  std::array<int, 256> codes{};

  std::vector<Word> words() const {
    std::vector<Word> words(20, Word{});
    for (int i = 0; i < 8; ++i) words[i / 4][i % 4] = da[i];
    for (int i = 0; i < 16; ++i) words[2 + i / 8][i / 2 % 4] |= (static_cast<uint32_t>(sums[i]) & 0xFFFFu) << i % 2 * 16;
    for (int i = 0; i < 256; ++i) words[4 + i / 16][i / 4 % 4] |= (static_cast<uint32_t>(codes[i]) & 0xFFu) << i % 4 * 8;
    return words;
  }
};

/// One row of one tile, decoded.
struct TileRow {
  std::array<int, 256> level{}, scale{}, min{};     // by column
  std::array<uint32_t, 256> d{}, dmin{};            // fp32 bits, by column

  TileRow(const Format& format, const std::vector<Word>& words, size_t tile, int row) {
    const size_t dmin_at = tile + format.d_words(), scale_at = dmin_at + format.dmin_words();
    const size_t min_at = scale_at + format.scale_words(), code_at = min_at + format.min_words();
    for (int column = 0; column < 256; ++column) {
      const size_t group = column >> format.d_group_log2;
      const size_t d_bit = (group * 8 + row) * format.d_bits();
      const uint32_t stored = read_bits(words, tile, d_bit, format.d_bits());
      d[column] = block_scale(stored, format.d_type, format.d_bias);
      if (format.min_mode == 1)
        dmin[column] = block_scale(read_bits(words, dmin_at, d_bit, format.d_bits()), format.d_type, format.dmin_bias);
      if (format.min_mode == 2) dmin[column] = block_scale(stored, format.d_type, format.dmin_bias);
      scale[column] = (factor(format, words, scale_at, format.scale_bits, column, row) << format.scale_shift) - format.scale_offset;
      if (format.min_mode != 0)
        min[column] = (factor(format, words, min_at, format.min_bits, column, row) << format.min_shift) - format.min_offset;
      int code = 0;
      for (int bit = 0; bit < format.code_bits; ++bit) {
        const size_t plane = (column / 64 * 8 + row) * format.code_bits + bit;
        code |= static_cast<int>(read_bits(words, code_at, plane * 64 + column % 64, 1)) << bit;
      }
      level[column] = format.level(code);
    }
  }

 private:
  static int factor(const Format& format, const std::vector<Word>& words, size_t section, int bits, int column, int row) {
    const int chunk_columns = format.sub_block_log2 > 6 ? 1 << format.sub_block_log2 : 64;
    const int blocks = chunk_columns >> format.sub_block_log2;  // sub-blocks of a chunk
    const int chunk = column / chunk_columns, block = column % chunk_columns >> format.sub_block_log2;
    int value = 0;
    for (int bit = 0; bit < bits; ++bit) {
      const size_t at = ((static_cast<size_t>(chunk) * bits + bit) * blocks + block) * 8 + row;
      value |= static_cast<int>(read_bits(words, section, at, 1)) << bit;
    }
    return value;
  }
};

/// The steps of one tile's row for one column: acc of before in, acc of after out.
inline uint32_t accumulate(const Format& format, const TileRow& row, const Record& record, uint32_t acc) {
  const int step = 1 << format.step_log2;
  for (int first = 0; first < 256; first += step) {
    int64_t isum = 0, msum = 0;
    for (int i = first; i < first + step; ++i) isum += int64_t{row.scale[i]} * row.level[i] * record.codes[i];
    for (int i = first; i < first + step; i += 16) msum += int64_t{row.min[i]} * record.sums[i / 16];
    const uint32_t da = record.da[first / 32];
    uint32_t p = multiply(multiply(row.d[first], da), from_integer(static_cast<int32_t>(isum)));
    if (format.min_mode != 0)
      p = add(p, multiply(multiply(row.dmin[first], da), from_integer(static_cast<int32_t>(msum))), true);
    acc = add(acc, p, false);
  }
  return acc;
}

/// The result words of a lane: for each row tile and column two words of four rows.
/// `records[m * k_tiles + k]` is column m; `weights` starts with the first tile.
inline std::vector<Word> lane_results(const Format& format, const std::vector<Word>& weights, int row_tiles, int k_tiles,
                                      int columns, const std::vector<Record>& records) {
  std::vector<Word> results(static_cast<size_t>(row_tiles) * columns * 2, Word{});
  for (int tile = 0; tile < row_tiles; ++tile)
    for (int row = 0; row < 8; ++row) {
      std::vector<uint32_t> acc(columns, 0u);
      for (int k = 0; k < k_tiles; ++k) {
        const size_t at = static_cast<size_t>(tile * k_tiles + k) * format.tile_words();
        const TileRow decoded(format, weights, at, row);
        for (int m = 0; m < columns; ++m) acc[m] = accumulate(format, decoded, records[m * k_tiles + k], acc[m]);
      }
      for (int m = 0; m < columns; ++m) results[(tile * columns + m) * 2 + row / 4][row % 4] = acc[m];
    }
  return results;
}
