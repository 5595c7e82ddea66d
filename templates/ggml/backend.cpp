// The plug-in's way into ggml: registry, device, backend. Environment: BFQ_DEVICE (bfq.h), BFQ_STATS (figures at
// exit), BFQ_TIMEOUT_MS (of a run), BFQ_TILE_CACHE (folder for repacked weights), BFQ_FORMATS (files of late formats).
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "bfq_plan.hpp"
#include "common.hpp"
#include "error.hpp"
#include "formats.hpp"

static_assert(GGML_BACKEND_API_VERSION == 2, "the plug-in is written against version 2 of ggml's backend interface");

namespace bfq_ggml {

Statistics& statistics() {
  static Statistics all;
  return all;
}

void Statistics::add(const std::string& name, uint64_t amount) {
  const std::lock_guard lock(mutex_);
  sums_[name] += amount;
}

void Statistics::refused(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  ++refused_[reason];
}

Statistics::~Statistics() {
  if (std::getenv("BFQ_STATS") == nullptr) return;
  if (bfq::Accelerator* const opened = accelerator()) {
    const bfq_counters counters = opened->counters();
    sums_["accelerator calls"] = counters.runs;
    sums_["cycles"] = counters.cycles;
    sums_["cycles waiting for memory, all lanes"] = counters.stall_memory;
    sums_["weight bytes streamed"] = counters.weight_words * bfq::WORD_BYTES;
    sums_["resets"] = counters.resets;
  }
  for (const auto& [name, sum] : sums_) std::fprintf(stderr, "bfq: %s: %llu\n", name.c_str(), static_cast<unsigned long long>(sum));
  for (const auto& [reason, count] : refused_)
    std::fprintf(stderr, "bfq: MatMuls not taken, %s: %llu\n", reason.c_str(), static_cast<unsigned long long>(count));
}

void log_error(const std::string& text) { std::fprintf(stderr, "bfq: %s\n", text.c_str()); }

namespace {

/// Files of `bfq formats add`, separated by colons. One that can't be used is left out.
void add_formats(const std::string& paths) {
  std::istringstream list(paths);
  for (std::string path; std::getline(list, path, ':');) try {
      const bfq::Format& format = bfq::add_format(path);
      std::fprintf(stderr, "bfq: %s is known from %s\n", format.name, path.c_str());
    } catch (const bfq::Error& error) {
      log_error(error.what());
    }
}

/// The value of BFQ_TIMEOUT_MS. @throws bfq::Error where it is no time
uint32_t milliseconds(const char* text) {
  uint32_t value = 0;
  const char* const end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc() || stop != end || value == 0) {
    throw bfq::Error(BFQ_BAD_ARGUMENT, "BFQ_TIMEOUT_MS is '" + std::string(text) + "'; it must be milliseconds from 1 to 4294967295");
  }
  return value;
}

}  // namespace

bfq::Accelerator* accelerator() {
  static const std::unique_ptr<bfq::Accelerator> opened = []() -> std::unique_ptr<bfq::Accelerator> {
    const char* const name = std::getenv("BFQ_DEVICE");
    try {
      auto device = std::make_unique<bfq::Accelerator>(name != nullptr ? name : BFQ_DEFAULT_DEVICE);
      if (const char* const timeout = std::getenv("BFQ_TIMEOUT_MS")) device->set_timeout(milliseconds(timeout));
      if (const char* const paths = std::getenv("BFQ_FORMATS")) add_formats(paths);
      if (const char* const folder = std::getenv("BFQ_TILE_CACHE")) device->set_tile_cache(folder);
      return device;
    } catch (const std::exception& error) {
      log_error(std::string(error.what()) + "; all MatMuls go to the CPU");
      return nullptr;
    }
  }();
  return opened.get();
}

namespace {

const char* backend_name(ggml_backend_t) { return "BFQ"; }

ggml_guid_t guid() {
  static ggml_guid id = {0x62, 0x66, 0x71, 0x2d, 0x6d, 0x61, 0x74, 0x6d, 0x75, 0x6c, 0x2d, 0x74, 0x69, 0x6c, 0x65, 0x73};
  return &id;
}

const char* device_name(ggml_backend_dev_t) { return "BFQ"; }

const char* device_description(ggml_backend_dev_t) {
  static const std::string text = std::string("bfq accelerator, variant ") + bfq::VARIANT;
  return text.c_str();
}

void device_memory(ggml_backend_dev_t, size_t* free, size_t* total) {
  *free = accelerator()->free_memory();
  *total = accelerator()->total_memory();
}

enum ggml_backend_dev_type device_type(ggml_backend_dev_t) { return GGML_BACKEND_DEVICE_TYPE_ACCEL; }

void device_props(ggml_backend_dev_t dev, ggml_backend_dev_props* props) {
  *props = {};
  props->name = device_name(dev);
  props->description = device_description(dev);
  props->type = device_type(dev);
  device_memory(dev, &props->memory_free, &props->memory_total);
}

ggml_backend_t init_backend(ggml_backend_dev_t dev, const char*) {
  ggml_backend_i functions{};
  functions.get_name = backend_name;
  functions.free = [](ggml_backend_t backend) { delete backend; };
  functions.graph_compute = compute;
  return new ggml_backend{guid(), functions, dev, nullptr};
}

bool supports_op(ggml_backend_dev_t, const ggml_tensor* op) {
  switch (op->op) {
    case GGML_OP_NONE:
    case GGML_OP_RESHAPE:
    case GGML_OP_VIEW:
    case GGML_OP_PERMUTE:
    case GGML_OP_TRANSPOSE: return true;
    case GGML_OP_MUL_MAT: break;
    case GGML_OP_MUL_MAT_ID: statistics().refused("experts that are chosen by token (MUL_MAT_ID)"); return false;
    default: return false;
  }
  const char* const reason = why_not(op);
  if (reason != nullptr) statistics().refused(reason);
  return reason == nullptr;
}

bool supports_buffer_type(ggml_backend_dev_t, ggml_backend_buffer_type_t type) {
  return type == buffer_type() || ggml_backend_buft_is_host(type);
}

ggml_backend_device_i device_functions() {
  ggml_backend_device_i functions{};
  functions.get_name = device_name;
  functions.get_description = device_description;
  functions.get_memory = device_memory;
  functions.get_type = device_type;
  functions.get_props = device_props;
  functions.init_backend = init_backend;
  functions.get_buffer_type = [](ggml_backend_dev_t) { return buffer_type(); };
  functions.supports_op = supports_op;
  functions.supports_buft = supports_buffer_type;
  return functions;
}

ggml_backend_reg_t registry() {
  static ggml_backend_reg reg = {
      GGML_BACKEND_API_VERSION,
      {
          /* get_name         */ [](ggml_backend_reg_t) { return "BFQ"; },
          /* get_device_count */ [](ggml_backend_reg_t) -> size_t { return accelerator() != nullptr ? 1 : 0; },
          /* get_device       */ [](ggml_backend_reg_t, size_t) { return device(); },
          /* get_proc_address */ [](ggml_backend_reg_t, const char*) -> void* { return nullptr; },
      },
      nullptr,
  };
  return &reg;
}

}  // namespace

ggml_backend_dev_t device() {
  static ggml_backend_device dev = {device_functions(), registry(), nullptr};
  return &dev;
}

}  // namespace bfq_ggml

/// What ggml looks for in a plug-in. The structs of its backend interface change without a number of their own, so the versions
/// must be equal.
extern "C" __attribute__((visibility("default"))) ggml_backend_reg_t ggml_backend_init(void) {
  if (std::strcmp(ggml_version(), BFQ_GGML_VERSION) != 0) {
    bfq_ggml::log_error(std::string("this plug-in was built for ggml ") + BFQ_GGML_VERSION + " and can't run in ggml " + ggml_version() +
                        "; build it with that version's LLAMA_CPP_DIR");
    return nullptr;
  }
  return bfq_ggml::registry();
}
