#include "accelerator.hpp"
#include "bfq_plan.hpp"
#include "error.hpp"
#include "formats.hpp"
#include "quantize.hpp"

namespace {

thread_local std::string last_error;

/// Runs `work`; what it throws becomes a status and bfq_error().
template <class Work>
bfq_status guarded(Work work) {
  try {
    work();
    return BFQ_OK;
  } catch (const bfq::Error& error) {
    last_error = error.what();
    return error.status;
  } catch (const std::bad_alloc&) {
    last_error = "no host memory";
    return BFQ_NO_MEMORY;
  } catch (const std::exception& error) {
    last_error = error.what();
    return BFQ_NO_DEVICE;
  }
}

bfq::Accelerator& of(bfq_device* device) { return *reinterpret_cast<bfq::Accelerator*>(device); }

/// All lanes' tiles with the gaps between them.
template <class Work>
void each_tile(const bfq::TileLayout& layout, Work work) {
  for (uint64_t row_tile = 0; row_tile < layout.row_tiles; ++row_tile)
    for (uint64_t k_tile = 0; k_tile < layout.k_tiles; ++k_tile)
      work(row_tile, k_tile, layout.offset(row_tile) + k_tile * layout.format->tile_bytes());
}

}  // namespace

extern "C" {

const char* bfq_error(void) { return last_error.c_str(); }

bfq_device* bfq_open(const char* device) {
  bfq::Accelerator* opened = nullptr;
  guarded([&] { opened = new bfq::Accelerator(device); });
  return reinterpret_cast<bfq_device*>(opened);
}

void bfq_close(bfq_device* device) { delete reinterpret_cast<bfq::Accelerator*>(device); }

void bfq_set_timeout(bfq_device* device, uint32_t milliseconds) { of(device).set_timeout(milliseconds); }

void bfq_set_progress(bfq_device* device, bfq_progress progress, void* user) {
  of(device).set_progress([progress, user](uint64_t done, uint64_t total) { progress(user, done, total); });
}

void bfq_set_tile_cache(bfq_device* device, const char* folder) { of(device).set_tile_cache(folder); }

const char* bfq_add_format(const char* file) {
  const char* name = nullptr;
  guarded([&] { name = bfq::add_format(file).name; });
  return name;
}

bfq_weights* bfq_load(bfq_device* device, const char* format, const void* stored, uint64_t rows, uint64_t k) {
  bfq::Weights* weights = nullptr;
  guarded([&] { weights = new bfq::Weights(of(device), bfq::find_format(format), stored, rows, k); });
  return reinterpret_cast<bfq_weights*>(weights);
}

bfq_status bfq_store(const bfq_weights* weights, void* stored) {
  return guarded([&] { reinterpret_cast<const bfq::Weights*>(weights)->store(stored); });
}

void bfq_unload(bfq_weights* weights) { delete reinterpret_cast<bfq::Weights*>(weights); }

bfq_status bfq_run(bfq_device* device, const bfq_job* jobs, uint32_t count) {
  return guarded([&] { of(device).run({jobs, jobs + count}); });
}

void bfq_get_counters(bfq_device* device, bfq_counters* counters) { *counters = of(device).counters(); }

bfq_status bfq_reset(bfq_device* device) {
  return guarded([&] { of(device).reset(); });
}

uint64_t bfq_free_memory(bfq_device* device) { return of(device).free_memory(); }

uint64_t bfq_tiles_bytes(const char* format, uint64_t rows, uint64_t k) {
  uint64_t bytes = 0;
  guarded([&] { bytes = bfq::TileLayout(bfq::find_format(format), rows, k).total_bytes; });
  return bytes;
}

bfq_status bfq_pack(const char* format, const void* stored, uint64_t rows, uint64_t k, void* tiles) {
  return guarded([&] {
    const bfq::TileLayout layout(bfq::find_format(format), rows, k);
    each_tile(layout, [&](uint64_t row_tile, uint64_t k_tile, uint64_t at) {
      bfq::pack_tile(layout, static_cast<const uint8_t*>(stored), row_tile, k_tile, static_cast<uint8_t*>(tiles) + at);
    });
  });
}

bfq_status bfq_unpack(const char* format, const void* tiles, uint64_t rows, uint64_t k, void* stored) {
  return guarded([&] {
    const bfq::TileLayout layout(bfq::find_format(format), rows, k);
    each_tile(layout, [&](uint64_t row_tile, uint64_t k_tile, uint64_t at) {
      bfq::unpack_tile(layout, static_cast<const uint8_t*>(tiles) + at, row_tile, k_tile, static_cast<uint8_t*>(stored));
    });
  });
}

bfq_status bfq_records(const char* format, const float* x, uint64_t k, void* records) {
  return guarded([&] { bfq::quantize_column(bfq::find_format(format).activation, x, k, static_cast<uint8_t*>(records)); });
}

bfq_status bfq_inject(bfq_device* device, bfq_fault fault, uint64_t value) {
  return guarded([&] { of(device).inject(fault, value); });
}

}  // extern "C"
