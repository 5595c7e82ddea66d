// An open accelerator: its device, its memory, and runs of descriptor lists.
#ifndef BFQ_ACCELERATOR_HPP
#define BFQ_ACCELERATOR_HPP

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "arena.hpp"
#include "bfq.h"
#include "device.hpp"
#include "tile_cache.hpp"
#include "tile_codec.hpp"

namespace bfq {

class Accelerator {
 public:
  /// @throws Error where it can't be opened, is in use, or is not the machine that this driver was generated for
  explicit Accelerator(const std::string& device);

  void set_timeout(uint32_t milliseconds) { timeout_ = milliseconds; }
  /// Called by the loading thread with the row tiles that are repacked, and all.
  void set_progress(std::function<void(uint64_t done, uint64_t total)> progress) { progress_ = std::move(progress); }
  /// Keeps repacked weights in a folder.
  void set_tile_cache(const std::string& folder) { tile_cache_.emplace(folder); }
  void inject(bfq_fault fault, uint64_t value);
  void reset();
  bfq_counters counters();
  uint64_t free_memory();
  uint64_t total_memory() const { return device_->memory_bytes(); }

  /// Runs all jobs in one start. After a failure the accelerator is ready for the next run, but y is undefined.
  void run(const std::vector<bfq_job>& jobs);

 private:
  friend class Weights;

  void check_identity();
  uint32_t table_word(const Format& format);
  void ensure_idle();
  void reset_locked();
  void start(uint64_t descriptors, uint32_t count);
  void wait();
  void count_run(size_t jobs);
  void write_address(uint32_t offset, uint64_t value);
  [[noreturn]] void fail(uint32_t status);

  std::mutex mutex_;
  std::unique_ptr<Device> device_;
  Arena arena_;
  std::map<std::vector<uint8_t>, uint64_t> tables_;  // of grids, and where they lie
  uint32_t timeout_;
  bfq_counters counters_{};
  std::function<void(uint64_t, uint64_t)> progress_;
  std::optional<TileCache> tile_cache_;
};

/// A weight matrix in device memory.
class Weights {
 public:
  /// Repacks with as many threads as the machine has. @param stored null: `load` follows. @throws Error
  Weights(Accelerator& accelerator, const Format& format, const void* stored, uint64_t rows, uint64_t k);
  ~Weights();
  Weights(const Weights&) = delete;
  Weights& operator=(const Weights&) = delete;

  /// New contents of the same shape.
  void load(const void* stored);
  /// The stored blocks, as they were loaded but for bits that no field names.
  void store(void* stored) const;

  const TileLayout layout;
  Accelerator& accelerator;

 private:
  friend class Accelerator;
  void repack(const void* stored, uint8_t* tiles);
  uint64_t at_;  // in device memory
};

}  // namespace bfq

#endif
