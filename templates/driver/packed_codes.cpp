#include "packed_codes.hpp"

#include <array>

#include "bits.hpp"
#include "fields.hpp"

namespace bfq {
namespace {

constexpr unsigned GROUPS = TILE_COLUMNS / PLANE_COLUMNS, OCTETS = PLANE_COLUMNS / 8;

/// One sign for eight columns, seven for eight of which the number is even, one a column.
enum Signs { SIGNS_NONE, SIGNS_OCTET, SIGNS_EVEN, SIGNS_EACH };

/// What a descriptor's field `packing` says of a grid.
struct Packing {
  explicit Packing(const Format& format)
      : four(format.packing >> 4 & 1),
        signs(static_cast<Signs>(format.packing >> 5 & 3)),
        high_bits((format.packing & 15) - 8u),
        sign_planes(signs == SIGNS_EVEN ? 7 : signs == SIGNS_EACH ? 8 : signs),
        planes(sign_planes + high_bits * (four + 1)) {}

  unsigned four;  // 1: an index serves four columns, else eight
  Signs signs;
  unsigned high_bits, sign_planes, planes;
};

uint8_t* aux_row(const Format& format, unsigned planes, unsigned group, unsigned row, uint8_t* tile) {
  return tile + format.section_at(SECTION_AUX) + group * planes * OCTETS + row;
}

uint8_t* code_row(const Format& format, unsigned group, unsigned row, uint8_t* tile) {
  return tile + format.section_at(SECTION_CODE) + (group * TILE_ROWS + row) * format.code_bits * OCTETS;
}

}  // namespace

void GridCodes::read(const uint8_t* block, unsigned row, unsigned column) {
  const Grid& grid = *format_.grid;
  uint32_t values[TILE_COLUMNS];
  read_words(format_.code, block, values);
  for (unsigned i = 0; i < format_.code.count; ++i) index_[row][column / grid.vector + i] = static_cast<uint16_t>(values[i]);
  const Signs signs = Packing(format_).signs;
  uint8_t* const out = signs_[row] + column / 8;
  if (signs == SIGNS_NONE) return;
  read_words(grid.flags, block, values);
  if (signs == SIGNS_EVEN) {
    for (unsigned i = 0; i < grid.flags.count; ++i) out[i] = static_cast<uint8_t>(values[i]);
  } else {
    for (unsigned o = 0; o < format_.elements / 8u; ++o) {
      out[o] = 0;
      for (unsigned k = 0; k < 8; ++k) out[o] |= static_cast<uint8_t>(values[(8 * o + k) / grid.span] << k);
    }
  }
}

void GridCodes::write(unsigned row, unsigned column, uint8_t* block) const {
  const Grid& grid = *format_.grid;
  uint32_t values[TILE_COLUMNS];
  for (unsigned i = 0; i < format_.code.count; ++i) values[i] = index_[row][column / grid.vector + i];
  write_words(format_.code, values, block);
  const Signs signs = Packing(format_).signs;
  if (signs == SIGNS_NONE) return;
  const uint8_t* const in = signs_[row] + column / 8;
  for (unsigned i = 0; i < grid.flags.count; ++i) {
    const unsigned first = i * grid.span;
    values[i] = signs == SIGNS_EVEN ? in[i] & 127u : in[first / 8] >> first % 8 & 1u;
  }
  write_words(grid.flags, values, block);
}

// Planes go the other way than bytes of octets: 8 x 8 bits are transposed.
void GridCodes::pack(uint8_t* tile) const {
  const Packing packing(format_);
  for (unsigned row = 0; row < TILE_ROWS; ++row)
    for (unsigned group = 0; group < GROUPS; ++group) {
      uint8_t* const aux = aux_row(format_, packing.planes, group, row, tile);
      uint8_t* const code = code_row(format_, group, row, tile);
      const uint64_t signs = transpose8(load64(signs_[row] + group * OCTETS));
      for (unsigned plane = 0; plane < packing.sign_planes; ++plane) aux[plane * OCTETS] = static_cast<uint8_t>(signs >> 8 * plane);
      for (unsigned half = 0; half <= packing.four; ++half) {
        uint8_t high[OCTETS];
        for (unsigned octet = 0; octet < OCTETS; ++octet) {
          const uint16_t index = index_[row][(group * OCTETS + octet) * (packing.four + 1) + half];
          code[half * OCTETS + octet] = static_cast<uint8_t>(index);
          high[octet] = static_cast<uint8_t>(index >> 8);
        }
        const uint64_t highs = transpose8(load64(high));
        for (unsigned h = 0; h < packing.high_bits; ++h)
          aux[(packing.sign_planes + half + h) * OCTETS] = static_cast<uint8_t>(highs >> 8 * h);
      }
    }
}

void GridCodes::unpack(const uint8_t* tile) {
  const Packing packing(format_);
  uint8_t* const bytes = const_cast<uint8_t*>(tile);
  for (unsigned row = 0; row < TILE_ROWS; ++row)
    for (unsigned group = 0; group < GROUPS; ++group) {
      const uint8_t* const aux = aux_row(format_, packing.planes, group, row, bytes);
      const uint8_t* const code = code_row(format_, group, row, bytes);
      uint64_t signs = 0;
      for (unsigned plane = 0; plane < packing.sign_planes; ++plane) signs |= uint64_t{aux[plane * OCTETS]} << 8 * plane;
      signs = transpose8(signs);
      if (packing.signs == SIGNS_OCTET) signs *= 255;
      store64(signs_[row] + group * OCTETS, signs);
      for (unsigned half = 0; half <= packing.four; ++half) {
        uint64_t highs = 0;
        for (unsigned h = 0; h < packing.high_bits; ++h)
          highs |= uint64_t{aux[(packing.sign_planes + half + h) * OCTETS]} << 8 * h;
        highs = transpose8(highs);
        for (unsigned octet = 0; octet < OCTETS; ++octet)
          index_[row][(group * OCTETS + octet) * (packing.four + 1) + half] =
              static_cast<uint16_t>(code[half * OCTETS + octet] | (highs >> 8 * octet & 255) << 8);
      }
    }
}

namespace {

constexpr unsigned BYTES = 13, DIGITS = 5, AUX_BYTES = BYTES - OCTETS;

/// Five digits as one byte: pairs below 8 in three bits each, a pair of 8 by a code of its own.
constexpr uint8_t ternary_byte(unsigned a, unsigned b, unsigned c, unsigned d, unsigned e) {
  const unsigned first = 3 * a + b, second = 3 * c + d;
  if (first < 8 && second < 8) return static_cast<uint8_t>(e << 6 | second << 3 | first);
  if (first < 8) return static_cast<uint8_t>(0xc0 | e << 4 | first);
  return static_cast<uint8_t>(second < 8 ? 0xc8 | e << 4 | second : 0xf0 | e);
}

/// The digits of each byte, two bits each; of one that no digits have, zeros.
constexpr std::array<uint16_t, 256> ternary_digits() {
  std::array<uint16_t, 256> table{};
  for (unsigned n = 0; n < 243; ++n) {
    const unsigned a = n % 3, b = n / 3 % 3, c = n / 9 % 3, d = n / 27 % 3, e = n / 81;
    table[ternary_byte(a, b, c, d, e)] = static_cast<uint16_t>(a | b << 2 | c << 4 | d << 6 | e << 8);
  }
  return table;
}
constexpr std::array<uint16_t, 256> TERNARY_DIGITS = ternary_digits();

}  // namespace

void pack_ternary(const Format& format, const uint8_t* codes, unsigned row, uint8_t* tile) {
  for (unsigned group = 0; group < GROUPS; ++group) {
    uint8_t padded[DIGITS * BYTES] = {};
    std::memcpy(padded, codes + group * PLANE_COLUMNS, PLANE_COLUMNS);
    uint8_t* const aux = aux_row(format, AUX_BYTES, group, row, tile);
    uint8_t* const code = code_row(format, group, row, tile);
    for (unsigned i = 0; i < BYTES; ++i) {
      const uint8_t* const digit = padded + i;
      const uint8_t byte = ternary_byte(digit[0], digit[BYTES], digit[2 * BYTES], digit[3 * BYTES], digit[4 * BYTES]);
      if (i < OCTETS) code[i] = byte;
      else aux[(i - OCTETS) * OCTETS] = byte;
    }
  }
}

void unpack_ternary(const Format& format, const uint8_t* tile, unsigned row, uint8_t* codes) {
  uint8_t* const bytes = const_cast<uint8_t*>(tile);
  for (unsigned group = 0; group < GROUPS; ++group) {
    const uint8_t* const aux = aux_row(format, AUX_BYTES, group, row, bytes);
    const uint8_t* const code = code_row(format, group, row, bytes);
    for (unsigned i = 0; i < BYTES; ++i) {
      const unsigned digits = TERNARY_DIGITS[i < OCTETS ? code[i] : aux[(i - OCTETS) * OCTETS]];
      for (unsigned d = 0; d < DIGITS && d * BYTES + i < PLANE_COLUMNS; ++d)
        codes[group * PLANE_COLUMNS + d * BYTES + i] = digits >> 2 * d & 3;
    }
  }
}

}  // namespace bfq
