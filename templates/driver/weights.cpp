#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "accelerator.hpp"
#include "bfq_plan.hpp"
#include "error.hpp"

namespace bfq {
namespace {

/// Row tiles of fewer stored bytes than this are not worth a thread.
constexpr uint64_t BYTES_A_THREAD = 1 << 18;

/// Calls `work(row_tile)` for every row tile, on several threads where that pays.
template <class Work>
void each_row_tile(const TileLayout& layout, Work work) {
  const uint64_t useful = layout.stored_bytes / BYTES_A_THREAD + 1;
  const uint64_t threads = std::min<uint64_t>({useful, layout.row_tiles, std::max(1u, std::thread::hardware_concurrency())});
  std::atomic<uint64_t> next{0};
  const auto take = [&] {
    for (uint64_t row_tile; (row_tile = next++) < layout.row_tiles;) work(row_tile);
  };
  std::vector<std::thread> others;
  for (uint64_t i = 1; i < threads; ++i) others.emplace_back(take);
  take();
  for (auto& other : others) other.join();
}

TileLayout checked(const Format& format, uint64_t rows, uint64_t k) {
  if (rows == 0 || k == 0 || k % format.elements != 0) {
    throw Error(BFQ_BAD_ARGUMENT, std::string(format.name) + " can't have " + std::to_string(rows) + " rows of " +
                                      std::to_string(k) + ": a block has " + std::to_string(format.elements) + " weights");
  }
  TileLayout layout(format, rows, k);
  if (layout.k_tiles > MAX_K_TILES || layout.lane_stride >> 32 != 0) {
    throw Error(BFQ_BAD_ARGUMENT, std::to_string(rows) + " rows of " + std::to_string(k) + " are too many: the longest row is " +
                                      std::to_string(MAX_K_TILES * TILE_COLUMNS));
  }
  return layout;
}

}  // namespace

Weights::Weights(Accelerator& accelerator, const Format& format, const void* stored, uint64_t rows, uint64_t k)
    : layout(checked(format, rows, k)), accelerator(accelerator) {
  {
    const std::lock_guard lock(accelerator.mutex_);
    at_ = accelerator.arena_.allocate(layout.total_bytes, BANK_BYTES);
  }
  if (stored != nullptr) load(stored);
}

Weights::~Weights() {
  const std::lock_guard lock(accelerator.mutex_);
  accelerator.arena_.release(at_);
}

void Weights::load(const void* stored) {
  uint8_t* const tiles = accelerator.device_->memory() + at_;
  if (const auto& cache = accelerator.tile_cache_) {
    const std::string path = cache->path(layout, stored);
    if (!cache->read(path, layout, tiles)) {
      repack(stored, tiles);
      cache->write(path, layout, tiles);
    }
  } else {
    repack(stored, tiles);
  }
  accelerator.device_->to_device(at_, layout.total_bytes);
}

void Weights::repack(const void* stored, uint8_t* tiles) {
  const auto loading = std::this_thread::get_id();
  std::atomic<uint64_t> finished{0};
  each_row_tile(layout, [&](uint64_t row_tile) {
    // Device memory may be slow to read: a tile is put together in the cache.
    std::vector<uint8_t> tile(layout.format->tile_bytes());
    uint8_t* to = tiles + layout.offset(row_tile);
    for (uint64_t k_tile = 0; k_tile < layout.k_tiles; ++k_tile, to += tile.size()) {
      pack_tile(layout, static_cast<const uint8_t*>(stored), row_tile, k_tile, tile.data());
      std::memcpy(to, tile.data(), tile.size());
    }
    const uint64_t done = ++finished;
    if (accelerator.progress_ && std::this_thread::get_id() == loading) accelerator.progress_(done, layout.row_tiles);
  });
  if (accelerator.progress_) accelerator.progress_(layout.row_tiles, layout.row_tiles);
}

void Weights::store(void* stored) const {
  const uint8_t* const tiles = accelerator.device_->memory() + at_;
  each_row_tile(layout, [&](uint64_t row_tile) {
    std::vector<uint8_t> tile(layout.format->tile_bytes());
    const uint8_t* from = tiles + layout.offset(row_tile);
    for (uint64_t k_tile = 0; k_tile < layout.k_tiles; ++k_tile, from += tile.size()) {
      std::memcpy(tile.data(), from, tile.size());
      unpack_tile(layout, tile.data(), row_tile, k_tile, static_cast<uint8_t*>(stored));
    }
  });
}

}  // namespace bfq
