#include "accelerator.hpp"

#include <chrono>
#include <cstring>

#include "bfq_plan.hpp"
#include "error.hpp"
#include "quantize.hpp"

namespace bfq {
namespace {

constexpr uint32_t START = 1, DONE = 2, IDLE = 4;  // control register
constexpr uint64_t PAGE = 4096;

template <class Value>
void put(uint8_t* bytes, Value value) {
  std::memcpy(bytes, &value, sizeof value);
}

constexpr uint64_t round_up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// Where the parts of a run lie in its piece of device memory.
struct JobPlace {
  uint64_t records, output, output_stride;
  bool shared;  // the activations of the job before
};

bool shares_activations(const bfq_job& job, const bfq_job& before, const TileLayout& layout, const TileLayout& layout_before) {
  return job.x == before.x && job.columns == before.columns && (job.columns == 1 || job.x_stride == before.x_stride) &&
         layout.k == layout_before.k && layout.format->activation == layout_before.format->activation;
}

}  // namespace

Accelerator::Accelerator(const std::string& device)
    : device_(open_device(device)), arena_(device_->memory_bytes()), timeout_(device_->timeout()) {
  check_identity();
  ensure_idle();
}

/// A run may be left behind that still writes to memory: of a process that was killed, or one that could not be reset.
void Accelerator::ensure_idle() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (unsigned looks = 0; (device_->read(reg::control) & IDLE) == 0; ++looks) {
    if (std::chrono::steady_clock::now() > end) return reset_locked();
    device_->pause(looks);
  }
}

void Accelerator::check_identity() {
  const uint32_t version = device_->read(reg::interface_version), hash = device_->read(reg::config_hash);
  if (version == INTERFACE_VERSION && hash == CONFIG_HASH) return;
  throw Error(BFQ_WRONG_BITSTREAM, "this driver was generated for variant " + std::string(VARIANT) + " (configuration " +
                                       hex(CONFIG_HASH) + ", interface " + std::to_string(INTERFACE_VERSION) +
                                       "); the device has configuration " + hex(hash) + ", interface " +
                                       std::to_string(version) + ". Load the variant's own bitstream.");
}

void Accelerator::inject(bfq_fault fault, uint64_t value) {
  const std::lock_guard lock(mutex_);
  device_->inject(fault, value);
}

void Accelerator::reset() {
  const std::lock_guard lock(mutex_);
  reset_locked();
}

void Accelerator::reset_locked() {
  device_->reset();
  ++counters_.resets;
  check_identity();
}

bfq_counters Accelerator::counters() {
  const std::lock_guard lock(mutex_);
  return counters_;
}

uint64_t Accelerator::free_memory() {
  const std::lock_guard lock(mutex_);
  return arena_.free();
}

void Accelerator::run(const std::vector<bfq_job>& jobs) {
  if (jobs.empty()) return;
  for (const bfq_job& job : jobs)
    if (job.columns == 0 || job.columns >> 32 != 0) throw Error(BFQ_BAD_ARGUMENT, "a MatMul has no columns, or too many");
  const std::lock_guard lock(mutex_);
  std::vector<JobPlace> places;
  uint64_t top = round_up(jobs.size() * DESCRIPTOR_BYTES, PAGE);
  for (size_t i = 0; i < jobs.size(); ++i) {
    const TileLayout& layout = reinterpret_cast<const Weights*>(jobs[i].weights)->layout;
    JobPlace place{};
    place.shared = i > 0 && shares_activations(jobs[i], jobs[i - 1], layout,
                                               reinterpret_cast<const Weights*>(jobs[i - 1].weights)->layout);
    place.records = place.shared ? places.back().records : top;
    if (!place.shared) top = round_up(top + jobs[i].columns * layout.k_tiles * RECORD_BYTES, PAGE);
    place.output = top;
    place.output_stride = round_up(layout.rows, TILE_ROWS);
    top = round_up(top + jobs[i].columns * place.output_stride * 4, PAGE);
    places.push_back(place);
  }
  const Piece piece(arena_, top, PAGE);
  uint8_t* const memory = device_->memory() + piece.at;
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const bfq_job& job = jobs[i];
    const JobPlace& place = places[i];
    const Weights& weights = *reinterpret_cast<const Weights*>(job.weights);
    const TileLayout& layout = weights.layout;
    if (!place.shared) {
      bytes.resize(layout.k_tiles * RECORD_BYTES);
      for (uint64_t column = 0; column < job.columns; ++column) {
        quantize_column(layout.format->activation, job.x + column * job.x_stride, layout.k, bytes.data());
        std::memcpy(memory + place.records + column * bytes.size(), bytes.data(), bytes.size());
      }
    }
    uint8_t descriptor[DESCRIPTOR_BYTES];
    std::memcpy(descriptor, layout.format->descriptor, DESCRIPTOR_BYTES);
    put(descriptor + at::flags, place.shared ? FLAG_SAME_ACTIVATIONS : 0u);
    put(descriptor + at::rows, static_cast<uint32_t>(layout.rows));
    put(descriptor + at::k_tiles, static_cast<uint32_t>(layout.k_tiles));
    put(descriptor + at::columns, static_cast<uint32_t>(job.columns));
    put(descriptor + at::output_stride, static_cast<uint32_t>(place.output_stride));
    put(descriptor + at::lane_stride, static_cast<uint32_t>(layout.lane_stride));
    put(descriptor + at::weights, weights.at_);
    put(descriptor + at::activations, piece.at + place.records);
    put(descriptor + at::table, table_word(*layout.format));
    put(descriptor + at::output, piece.at + place.output);
    std::memcpy(memory + i * DESCRIPTOR_BYTES, descriptor, DESCRIPTOR_BYTES);
  }
  device_->to_device(piece.at, top);
  start(device_->memory_address() + piece.at, static_cast<uint32_t>(jobs.size()));
  wait();
  count_run(jobs.size());
  if (const uint32_t status = device_->read(reg::status); status != 0) fail(status);
  device_->from_device(piece.at, top);
  for (size_t i = 0; i < jobs.size(); ++i) {
    const uint64_t rows = reinterpret_cast<const Weights*>(jobs[i].weights)->layout.rows;
    for (uint64_t column = 0; column < jobs[i].columns; ++column)
      std::memcpy(jobs[i].y + column * jobs[i].y_stride, memory + places[i].output + column * places[i].output_stride * 4, rows * 4);
  }
}

/// Where a format's table lies in device memory, in words; it stays there.
uint32_t Accelerator::table_word(const Format& format) {
  if (!format.has_table()) return 0;
  const Grid& grid = *format.grid;
  const auto [found, is_new] = tables_.try_emplace({grid.table, grid.table + grid.table_bytes});
  if (is_new) {
    found->second = arena_.allocate(grid.table_bytes, PAGE);
    std::memcpy(device_->memory() + found->second, grid.table, grid.table_bytes);
    device_->to_device(found->second, grid.table_bytes);
  }
  return static_cast<uint32_t>(found->second / WORD_BYTES);
}

void Accelerator::write_address(uint32_t offset, uint64_t value) {
  device_->write(offset, static_cast<uint32_t>(value));
  device_->write(offset + 4, static_cast<uint32_t>(value >> 32));
}

void Accelerator::start(uint64_t descriptors, uint32_t count) {
  ensure_idle();
  const uint64_t base = device_->memory_address();
  write_address(reg::descriptors, descriptors);
  write_address(reg::activations, base);
  write_address(reg::output, base);
  for (uint32_t lane = 0; lane < LANES; ++lane) write_address(reg::weights_0 + lane * (reg::weights_1 - reg::weights_0), base);
  device_->write(reg::descriptor_count, count);
  device_->write(reg::control, START);
}

void Accelerator::wait() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_);
  for (unsigned looks = 0; (device_->read(reg::control) & DONE) == 0; ++looks) {
    if (std::chrono::steady_clock::now() > end) {
      reset_locked();
      throw Error(BFQ_TIMEOUT, "the run did not end within " + std::to_string(timeout_) + " ms; the accelerator was reset");
    }
    device_->pause(looks);
  }
}

void Accelerator::count_run(size_t jobs) {
  ++counters_.runs;
  counters_.matmuls += jobs;
  counters_.cycles += device_->read(reg::cycles) | uint64_t{device_->read(reg::cycles + 4)} << 32;
  counters_.stall_memory += device_->read(reg::stall_memory);
  counters_.stall_compute += device_->read(reg::stall_compute);
  for (uint32_t lane = 0; lane < LANES; ++lane)
    counters_.weight_words += device_->read(reg::words_0 + lane * (reg::words_1 - reg::words_0));
}

/// The accelerator has ended the run itself, and is ready for the next one.
void Accelerator::fail(uint32_t status) {
  const uint32_t code = status & 255;
  std::string text = "unknown status " + std::to_string(code);
  for (const StatusText& known : STATUS_TEXTS)
    if (known.code == code) text = known.text;
  throw Error(BFQ_RUN_FAILED, text + " (MatMul " + std::to_string(status >> 8) + " of the list)");
}

}  // namespace bfq
