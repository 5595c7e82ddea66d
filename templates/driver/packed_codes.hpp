// Codes that are packed denser than bit planes: indices of grids with their signs, and ternary digits (docs/interface.md, sections
// aux and code).
#ifndef BFQ_PACKED_CODES_HPP
#define BFQ_PACKED_CODES_HPP

#include <cstdint>

#include "bfq_plan.hpp"
#include "format.hpp"

namespace bfq {

/// Indices and signs of a tile's 8 rows.
class GridCodes {
 public:
  explicit GridCodes(const Format& format) : format_(format) {}

  /// Those of a stored block, whose first column in the tile is `column`.
  void read(const uint8_t* block, unsigned row, unsigned column);
  /// Into a block whose bits are zero.
  void write(unsigned row, unsigned column, uint8_t* block) const;

  /// Into a tile whose bytes are zero.
  void pack(uint8_t* tile) const;
  void unpack(const uint8_t* tile);

 private:
  const Format& format_;
  uint16_t index_[TILE_ROWS][TILE_COLUMNS / 4];
  uint8_t signs_[TILE_ROWS][TILE_COLUMNS / 8];  // bit k of an octet's: column k
};

/// A row's codes, 0 to 2 each, to its bytes in a tile.
void pack_ternary(const Format& format, const uint8_t* codes, unsigned row, uint8_t* tile);
void unpack_ternary(const Format& format, const uint8_t* tile, unsigned row, uint8_t* codes);

}  // namespace bfq

#endif
