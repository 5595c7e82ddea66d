// Buffers whose whole 2-D weights live in device memory as tiles. Everything else in them is plain host memory, and a weight
// is so too until it is whole, or for as long as the device memory has no room for it.
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "bfq_plan.hpp"
#include "common.hpp"
#include "error.hpp"

namespace bfq_ggml {
namespace {

constexpr size_t ALIGNMENT = 64;

/// A weight matrix of a buffer.
struct Slot {
  const bfq::Format* format;
  uint64_t rows, k, bytes;
  uint8_t* plain;                         // its place in host memory
  std::unique_ptr<bfq::Weights> weights;  // its place in device memory
  bool is_tiles = false;                  // the device has the newest bytes, else the host

  void to_host() {
    if (is_tiles) weights->store(plain);
    is_tiles = false;
  }
  void to_device() {
    if (!is_tiles) weights->load(plain);
    is_tiles = true;
  }
};

class Buffer {
 public:
  explicit Buffer(size_t size) : size_(std::max<size_t>(size, 1)) {
    // Pages take room when they are written to: those of weights that go to the device never are.
    base_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~Buffer() { munmap(base_, size_); }

  void* base() { return base_; }

  void add(const ggml_tensor* tensor) {
    const bfq::Format* const format = weight_format(tensor->type);
    const bool whole = tensor->view_src == nullptr && ggml_is_contiguous(tensor) && tensor->ne[2] == 1 && tensor->ne[3] == 1;
    if (format == nullptr || !whole || tensor->ne[0] > int64_t{bfq::MAX_K_TILES} * bfq::TILE_COLUMNS) return;
    auto slot = std::make_unique<Slot>();
    slot->format = format;
    slot->rows = static_cast<uint64_t>(tensor->ne[1]);
    slot->k = static_cast<uint64_t>(tensor->ne[0]);
    slot->bytes = ggml_nbytes(tensor);
    slot->plain = static_cast<uint8_t*>(tensor->data);
    slots_[tensor->data] = std::move(slot);
    placed_ = false;
  }

  /// The matrix that a tensor, or what it is a view of, is; null where that is no weight matrix.
  Slot* find(const ggml_tensor* tensor) {
    const auto found = slots_.find((tensor->view_src != nullptr ? tensor->view_src : tensor)->data);
    return found == slots_.end() ? nullptr : found->second.get();
  }

  void set(const ggml_tensor* tensor, const void* data, size_t offset, size_t size) {
    place();
    uint8_t* const at = static_cast<uint8_t*>(tensor->data) + offset;
    Slot* const slot = find(tensor);
    if (slot != nullptr && slot->weights && at == slot->plain && size == slot->bytes) {
      slot->weights->load(data);
      slot->is_tiles = true;
      return;
    }
    if (slot != nullptr) slot->to_host();
    std::memcpy(at, data, size);
  }

  void fill(const ggml_tensor* tensor, uint8_t value, size_t offset, size_t size) {
    if (Slot* const slot = find(tensor)) slot->to_host();
    std::memset(static_cast<uint8_t*>(tensor->data) + offset, value, size);
  }

  void get(const ggml_tensor* tensor, void* data, size_t offset, size_t size) {
    const uint8_t* at = static_cast<const uint8_t*>(tensor->data) + offset;
    Slot* const slot = find(tensor);
    std::vector<uint8_t> bytes;
    if (slot != nullptr && slot->is_tiles) {
      bytes.resize(slot->bytes);
      slot->weights->store(bytes.data());
      at = bytes.data() + (at - slot->plain);
    }
    std::memcpy(data, at, size);
  }

  void clear(uint8_t value) {
    for (auto& [data, slot] : slots_) slot->is_tiles = false;
    std::memset(base_, value, size_);
  }

 private:
  /// Gives device memory to the largest matrices first: a call costs the same for small ones, and saves less.
  void place() {
    if (placed_) return;
    placed_ = true;
    std::vector<Slot*> waiting;
    for (auto& [data, slot] : slots_)
      if (!slot->weights) waiting.push_back(slot.get());
    std::stable_sort(waiting.begin(), waiting.end(), [](const Slot* a, const Slot* b) { return a->bytes > b->bytes; });
    for (Slot* slot : waiting) {
      const uint64_t need = bfq::TileLayout(*slot->format, slot->rows, slot->k).total_bytes;
      bfq::Accelerator& accelerator = *bfq_ggml::accelerator();
      const bool fits = accelerator.free_memory() > need + accelerator.total_memory() / bfq::SCRATCH_SHARE;
      try {
        if (fits) slot->weights = std::make_unique<bfq::Weights>(accelerator, *slot->format, nullptr, slot->rows, slot->k);
      } catch (const bfq::Error& error) {
        if (error.status != BFQ_NO_MEMORY) throw;
      }
      statistics().add(slot->weights ? "weight matrices in device memory" : "weight matrices left to the CPU, device memory full");
      statistics().add(slot->weights ? "weight bytes in device memory" : "weight bytes left to the CPU", slot->bytes);
    }
  }

  size_t size_;
  void* base_;
  std::map<const void*, std::unique_ptr<Slot>> slots_;  // by host address
  bool placed_ = true;
};

Buffer& of(ggml_backend_buffer_t buffer) { return *static_cast<Buffer*>(buffer->context); }

ggml_status init_tensor(ggml_backend_buffer_t buffer, ggml_tensor* tensor) {
  // Compute buffers use the same bytes for one tensor after the other.
  if (buffer->usage != GGML_BACKEND_BUFFER_USAGE_COMPUTE) of(buffer).add(tensor);
  return GGML_STATUS_SUCCESS;
}

const ggml_backend_buffer_i BUFFER = {
    /* free_buffer   */ [](ggml_backend_buffer_t buffer) { delete &of(buffer); },
    /* get_base      */ [](ggml_backend_buffer_t buffer) { return of(buffer).base(); },
    /* init_tensor   */ init_tensor,
    /* memset_tensor */ [](ggml_backend_buffer_t buffer, ggml_tensor* tensor, uint8_t value, size_t offset, size_t size) { of(buffer).fill(tensor, value, offset, size); },
    /* set_tensor    */ [](ggml_backend_buffer_t buffer, ggml_tensor* tensor, const void* data, size_t offset, size_t size) { of(buffer).set(tensor, data, offset, size); },
    /* get_tensor    */ [](ggml_backend_buffer_t buffer, const ggml_tensor* tensor, void* data, size_t offset, size_t size) { of(buffer).get(tensor, data, offset, size); },
    /* set_tensor_2d */ nullptr,
    /* get_tensor_2d */ nullptr,
    /* cpy_tensor    */ nullptr,
    /* clear         */ [](ggml_backend_buffer_t buffer, uint8_t value) { of(buffer).clear(value); },
    /* reset         */ nullptr,
};

ggml_backend_buffer_t alloc_buffer(ggml_backend_buffer_type_t type, size_t size) {
  try {
    return ggml_backend_buffer_init(type, BUFFER, new Buffer(size), size);
  } catch (const std::bad_alloc&) {
    log_error("no host memory for a buffer of " + std::to_string(size) + " bytes");
    return nullptr;
  }
}

}  // namespace

ggml_backend_buffer_type_t buffer_type() {
  static ggml_backend_buffer_type type = {
      {
          /* get_name       */ [](ggml_backend_buffer_type_t) { return "BFQ"; },
          /* alloc_buffer   */ alloc_buffer,
          /* get_alignment  */ [](ggml_backend_buffer_type_t) { return ALIGNMENT; },
          /* get_max_size   */ nullptr,
          /* get_alloc_size */ nullptr,
          /* is_host        */ nullptr,
      },
      device(),
      nullptr,
  };
  return &type;
}

const bfq::Weights* device_weights(const ggml_tensor* tensor) {
  if (tensor->buffer == nullptr || tensor->buffer->buft != buffer_type()) return nullptr;
  Slot* const slot = of(tensor->buffer).find(tensor);
  if (slot == nullptr || !slot->weights) return nullptr;
  slot->to_device();
  return slot->weights.get();
}

}  // namespace bfq_ggml
