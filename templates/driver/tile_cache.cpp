#include "tile_cache.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "bfq_plan.hpp"
#include "bits.hpp"

namespace bfq {
namespace {

using Handle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// 128 bits, four words at a time; `bytes` may end anywhere.
struct Hash {
  uint64_t lane[4] = {0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu, 0x165667b19e3779f9u, 0x27d4eb2f165667c5u};
  uint64_t length = 0;

  void add(const uint8_t* bytes, uint64_t count) {
    length += count;
    for (; count > 0; bytes += std::min<uint64_t>(count, 32), count -= std::min<uint64_t>(count, 32)) {
      uint8_t block[32] = {};
      std::memcpy(block, bytes, std::min<uint64_t>(count, 32));
      for (int i = 0; i < 4; ++i) {
        const uint64_t x = lane[i] ^ load64(block + 8 * i) * 0xc2b2ae3d27d4eb4fu;
        lane[i] = (x << 29 | x >> 35) * 0x9e3779b97f4a7c15u;
      }
    }
  }
  uint64_t low() const { return mix(lane[0] ^ mix(lane[1] + length)); }
  uint64_t high() const { return mix(lane[2] ^ mix(lane[3] + length)); }

 private:
  static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return (x ^ x >> 32) * 0xd6e8feb86659fd93u ^ x >> 29;
  }
};

/// The tiles of one lane, without the gap behind them.
uint64_t lane_used(const TileLayout& layout, uint32_t lane) {
  const uint64_t row_tiles = layout.row_tiles / LANES + (layout.row_tiles % LANES > lane ? 1 : 0);
  return row_tiles * layout.k_tiles * layout.format->tile_bytes();
}

}  // namespace

std::string TileCache::path(const TileLayout& layout, const void* stored) const {
  Hash hash;
  hash.add(static_cast<const uint8_t*>(stored), layout.stored_bytes);
  char name[160];
  std::snprintf(name, sizeof name, "/%s-%08x-%llux%llu-%016llx%016llx-v%u-l%u.tiles", layout.format->name, layout.format->layout_hash,
                static_cast<unsigned long long>(layout.rows), static_cast<unsigned long long>(layout.k),
                static_cast<unsigned long long>(hash.high()), static_cast<unsigned long long>(hash.low()), INTERFACE_VERSION, LANES);
  return folder_ + name;
}

bool TileCache::read(const std::string& path, const TileLayout& layout, uint8_t* tiles) const {
  const Handle file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return false;
  Hash hash;
  std::vector<uint8_t> bytes;
  for (uint32_t lane = 0; lane < LANES; ++lane) {
    bytes.resize(lane_used(layout, lane));
    if (std::fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size()) return false;
    hash.add(bytes.data(), bytes.size());
    std::memcpy(tiles + lane * layout.lane_stride, bytes.data(), bytes.size());
  }
  uint64_t sum[2] = {};
  return std::fread(sum, 1, sizeof sum, file.get()) == sizeof sum && sum[0] == hash.low() && sum[1] == hash.high();
}

void TileCache::write(const std::string& path, const TileLayout& layout, const uint8_t* tiles) const {
  const std::string beside = path + "." + std::to_string(getpid());
  Handle file(std::fopen(beside.c_str(), "wb"), std::fclose);
  if (!file) return;
  Hash hash;
  bool good = true;
  std::vector<uint8_t> bytes;
  for (uint32_t lane = 0; lane < LANES; ++lane) {
    const uint8_t* const from = tiles + lane * layout.lane_stride;
    bytes.assign(from, from + lane_used(layout, lane));
    hash.add(bytes.data(), bytes.size());
    good = good && std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  }
  const uint64_t sum[2] = {hash.low(), hash.high()};
  good = good && std::fwrite(sum, 1, sizeof sum, file.get()) == sizeof sum;
  good = std::fclose(file.release()) == 0 && good;
  // Under its name it is whole: another process may look for it at any time.
  if (!good || std::rename(beside.c_str(), path.c_str()) != 0) std::remove(beside.c_str());
}

}  // namespace bfq
