#include "tile_codec.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "bfq_plan.hpp"
#include "bits.hpp"
#include "fields.hpp"

namespace bfq {
namespace {

constexpr uint64_t round_up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// The scales or mins of 8 rows: a plane byte is one bit of one sub-block's 8 rows.
struct RowScales {
  uint8_t value[TILE_COLUMNS / MIN_GROUP + 8][TILE_ROWS];  // by sub-block and row

  void pack(unsigned sub_block, unsigned bits, uint8_t flip, uint8_t* section) const {
    const unsigned run = std::max(1u, PLANE_COLUMNS / sub_block);
    for (unsigned j = 0; j < TILE_COLUMNS / sub_block; ++j) {
      const uint64_t planes = transpose8(load64(value[j]) ^ flip * uint64_t{0x0101010101010101u});
      uint8_t* const out = section + (j - j % run) * bits + j % run;
      for (unsigned bit = 0; bit < bits; ++bit) out[bit * run] = static_cast<uint8_t>(planes >> 8 * bit);
    }
  }

  void unpack(unsigned sub_block, unsigned bits, uint8_t flip, const uint8_t* section) {
    const unsigned run = std::max(1u, PLANE_COLUMNS / sub_block);
    for (unsigned j = 0; j < TILE_COLUMNS / sub_block; ++j) {
      const uint8_t* const in = section + (j - j % run) * bits + j % run;
      uint64_t planes = 0;
      for (unsigned bit = 0; bit < bits; ++bit) planes |= uint64_t{in[bit * run]} << 8 * bit;
      store64(value[j], transpose8(planes) ^ flip * uint64_t{0x0101010101010101u});
    }
  }
};

/// Visits a tile's blocks: row and first column in the tile, and the stored offset, or -1 beyond the matrix.
template <class Visit>
void each_block(const TileLayout& layout, uint64_t row_tile, uint64_t k_tile, Visit visit) {
  const Format& format = *layout.format;
  for (unsigned r = 0; r < TILE_ROWS; ++r) {
    const uint64_t row = row_tile * TILE_ROWS + r;
    for (unsigned column = 0; column < TILE_COLUMNS; column += format.elements) {
      const uint64_t first = k_tile * TILE_COLUMNS + column;
      const bool stored = row < layout.rows && first < layout.k;
      visit(r, column, stored ? static_cast<int64_t>((row * layout.k + first) / format.elements * format.bytes) : -1);
    }
  }
}

/// Room to read a block, and a little beyond it.
struct PaddedBlock {
  uint8_t bytes[MAX_BLOCK_BYTES + 8] = {};
};

uint8_t* code_section(const Format& format, unsigned row, unsigned column, uint8_t* tile) {
  const unsigned row_step = column / PLANE_COLUMNS * TILE_ROWS + row;
  return tile + format.section_at(SECTION_CODE) + row_step * format.code_bits * (PLANE_COLUMNS / 8);
}

}  // namespace

TileLayout::TileLayout(const Format& format, uint64_t rows, uint64_t k)
    : format(&format),
      rows(rows),
      k(k),
      row_tiles(round_up(rows, TILE_ROWS) / TILE_ROWS),
      k_tiles(round_up(k, TILE_COLUMNS) / TILE_COLUMNS),
      stored_bytes(rows * k / format.elements * format.bytes),
      lane_bytes(round_up(row_tiles, LANES) / LANES * k_tiles * format.tile_bytes()),
      lane_stride(round_up(lane_bytes, BANK_PERIOD) + BANK_BYTES),
      total_bytes((LANES - 1) * lane_stride + lane_bytes) {}

uint64_t TileLayout::offset(uint64_t row_tile) const {
  return row_tile % LANES * lane_stride + row_tile / LANES * k_tiles * format->tile_bytes();
}

void pack_tile(const TileLayout& layout, const uint8_t* stored, uint64_t row_tile, uint64_t k_tile, uint8_t* out) {
  const Format& format = *layout.format;
  std::memset(out, 0, format.tile_bytes());
  RowScales scales, mins;
  uint8_t codes[TILE_ROWS][TILE_COLUMNS + 8];
  PaddedBlock block;
  uint8_t fields[MAX_BLOCK_SUBS + 8];
  uint32_t words[TILE_COLUMNS / MIN_GROUP];
  each_block(layout, row_tile, k_tile, [&](unsigned row, unsigned column, int64_t from) {
    if (from < 0) std::memset(block.bytes, 0, format.bytes);
    else std::memcpy(block.bytes, stored + from, format.bytes);
    read_codes(format, block.bytes, codes[row] + column);
    read_bytes(format.scale, block.bytes, fields);
    for (unsigned j = 0; j < format.scale.count; ++j) scales.value[column / format.sub_block + j][row] = fields[j];
    read_bytes(format.min, block.bytes, fields);
    for (unsigned j = 0; j < format.min.count; ++j) mins.value[column / format.sub_block + j][row] = fields[j];
    for (const auto& [field, section] : {std::pair(&format.d, out + format.section_at(SECTION_D)), std::pair(&format.dmin, out + format.section_at(SECTION_DMIN))}) {
      read_words(*field, block.bytes, words);
      for (unsigned i = 0; i < field->count; ++i)
        std::memcpy(section + ((column / format.d_group + i) * TILE_ROWS + row) * format.d_bytes, &words[i], format.d_bytes);
    }
  });
  if (format.scale.count > 0) scales.pack(format.sub_block, format.scale_bits, format.scale_flip, out + format.section_at(SECTION_SCALE));
  if (format.min.count > 0) mins.pack(format.sub_block, format.min_bits, format.min_flip, out + format.section_at(SECTION_MIN));
  for (unsigned row = 0; row < TILE_ROWS; ++row)
    for (unsigned column = 0; column < TILE_COLUMNS; column += PLANE_COLUMNS)
      code_planes(codes[row] + column, format.code_bits, format.code_flip, code_section(format, row, column, out));
}

void unpack_tile(const TileLayout& layout, const uint8_t* tile, uint64_t row_tile, uint64_t k_tile, uint8_t* stored) {
  const Format& format = *layout.format;
  RowScales scales, mins;
  if (format.scale.count > 0) scales.unpack(format.sub_block, format.scale_bits, format.scale_flip, tile + format.section_at(SECTION_SCALE));
  if (format.min.count > 0) mins.unpack(format.sub_block, format.min_bits, format.min_flip, tile + format.section_at(SECTION_MIN));
  uint8_t codes[TILE_ROWS][TILE_COLUMNS];
  for (unsigned row = 0; row < TILE_ROWS; ++row)
    for (unsigned column = 0; column < TILE_COLUMNS; column += PLANE_COLUMNS)
      plane_codes(code_section(format, row, column, const_cast<uint8_t*>(tile)), format.code_bits, format.code_flip,
                  codes[row] + column);
  uint8_t fields[MAX_BLOCK_SUBS];
  uint32_t words[TILE_COLUMNS / MIN_GROUP];
  each_block(layout, row_tile, k_tile, [&](unsigned row, unsigned column, int64_t to) {
    if (to < 0) return;
    PaddedBlock block;
    write_codes(format, codes[row] + column, block.bytes);
    for (unsigned j = 0; j < format.scale.count; ++j) fields[j] = scales.value[column / format.sub_block + j][row];
    write_bytes(format.scale, fields, block.bytes);
    for (unsigned j = 0; j < format.min.count; ++j) fields[j] = mins.value[column / format.sub_block + j][row];
    write_bytes(format.min, fields, block.bytes);
    for (const auto& [field, section] : {std::pair(&format.d, tile + format.section_at(SECTION_D)), std::pair(&format.dmin, tile + format.section_at(SECTION_DMIN))}) {
      std::memset(words, 0, sizeof words);
      for (unsigned i = 0; i < field->count; ++i)
        std::memcpy(&words[i], section + ((column / format.d_group + i) * TILE_ROWS + row) * format.d_bytes, format.d_bytes);
      write_words(*field, words, block.bytes);
    }
    std::memcpy(stored + to, block.bytes, format.bytes);
  });
}

}  // namespace bfq
