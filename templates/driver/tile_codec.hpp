// Stored blocks to device tiles and back (docs/interface.md, "Device tile").
#ifndef BFQ_TILE_CODEC_HPP
#define BFQ_TILE_CODEC_HPP

#include <cstddef>
#include <cstdint>

#include "format.hpp"

namespace bfq {

/// A weight matrix of `rows` x `k`, and where its tiles lie: row tiles go round robin to the lanes.
struct TileLayout {
  TileLayout(const Format& format, uint64_t rows, uint64_t k);

  const Format* format;
  uint64_t rows, k;
  uint64_t row_tiles, k_tiles;
  uint64_t stored_bytes;
  uint64_t lane_bytes;   // the longest lane's tiles
  uint64_t lane_stride;  // from lane to lane: simultaneous streams lie in different DRAM banks
  uint64_t total_bytes;  // of all lanes, with their gaps

  /// Where the tiles of a row tile start.
  uint64_t offset(uint64_t row_tile) const;
};

/// Packs one tile into `out` (tile_bytes). Blocks beyond the matrix are zero.
/// @param stored rows x k weights, row by row, in whole blocks
void pack_tile(const TileLayout& layout, const uint8_t* stored, uint64_t row_tile, uint64_t k_tile, uint8_t* out);

/// Writes the stored blocks of one tile; bits that no field names become zero.
void unpack_tile(const TileLayout& layout, const uint8_t* tile, uint64_t row_tile, uint64_t k_tile, uint8_t* stored);

}  // namespace bfq

#endif
