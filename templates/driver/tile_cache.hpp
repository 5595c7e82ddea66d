// Repacked weights on disk: a small CPU reads them faster than it repacks. A file is found by the hash of the stored weights,
// the shape, and what else decides the tiles; it is used only if its own hash is right.
#ifndef BFQ_TILE_CACHE_HPP
#define BFQ_TILE_CACHE_HPP

#include <string>

#include "tile_codec.hpp"

namespace bfq {

class TileCache {
 public:
  /// @param folder exists
  explicit TileCache(std::string folder) : folder_(std::move(folder)) {}

  std::string path(const TileLayout& layout, const void* stored) const;
  /// Fills the lanes' regions at `tiles`. False where there is no such file, or a broken one.
  bool read(const std::string& path, const TileLayout& layout, uint8_t* tiles) const;
  /// What can't be written is left out: the cache only saves time.
  void write(const std::string& path, const TileLayout& layout, const uint8_t* tiles) const;

 private:
  std::string folder_;
};

}  // namespace bfq

#endif
