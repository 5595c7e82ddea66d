// Judges a loaded accelerator: golden MatMuls bit for bit, then how fast it is. Prints one JSON object a run.
//   bfq-selftest DEVICE test VECTORS-FOLDER
//   bfq-selftest DEVICE bench ROWS K SECONDS [SENSOR]   SENSOR: a file that has the board's microwatts, read while MatMuls run
// Exit: 0 done, 1 bits differ, 2 wrong use or a bad vector file, 4 the device failed.
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "bfq_plan.hpp"
#include "error.hpp"
#include "vector_file.hpp"

namespace {

using bfq::Error;

constexpr uint32_t JOBS = 8;  // MatMuls a start: the next one's weights are fetched while the last finishes

struct CloseDevice {
  void operator()(bfq_device* device) const { bfq_close(device); }
};
struct UnloadWeights {
  void operator()(bfq_weights* weights) const { bfq_unload(weights); }
};
using Device = std::unique_ptr<bfq_device, CloseDevice>;
using Weights = std::unique_ptr<bfq_weights, UnloadWeights>;

/// A failure of the C API, with its text.
void check(bfq_status status) {
  if (status != BFQ_OK) throw Error(status, bfq_error());
}

Weights load(const Device& device, const std::string& format, const std::vector<uint8_t>& stored, uint64_t rows, uint64_t k) {
  Weights weights(bfq_load(device.get(), format.c_str(), stored.data(), rows, k));
  if (!weights) throw Error(BFQ_NO_DEVICE, bfq_error());
  return weights;
}

uint64_t stored_bytes(const bfq::Format& format, uint64_t rows, uint64_t k) { return rows * k / format.elements * format.bytes; }

/// As JSON wants it; what can't be shown plainly becomes '?'.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= ' ' && c < 127 ? c : '?';
  }
  return out + '"';
}

void print_head(const char* device) {
  std::printf("{\"variant\":%s,\"config_hash\":\"0x%08x\",\"device\":%s", quoted(bfq::VARIANT).c_str(), bfq::CONFIG_HASH,
              quoted(device).c_str());
}

/// Stored blocks as long as the shape says, of a format that the variant has.
void check_shape(const bfq::VectorFile& vector, const std::string& name) {
  for (const bfq::Format& format : bfq::FORMATS)
    if (vector.format == format.name) {
      if (vector.k % format.elements == 0 && vector.stored.size() == stored_bytes(format, vector.rows, vector.k)) return;
      throw Error(BFQ_BAD_ARGUMENT, name + ": its blocks do not fit its shape");
    }
  throw Error(BFQ_BAD_ARGUMENT, name + ": variant " + bfq::VARIANT + " has no format " + vector.format);
}

/// @returns outputs that differ
uint64_t run_vector(const Device& device, const bfq::VectorFile& vector, const std::string& name) {
  const Weights weights = load(device, vector.format, vector.stored, vector.rows, vector.k);
  std::vector<float> y(vector.expected.size());
  const bfq_job job{weights.get(), vector.x.data(), y.data(), vector.columns, vector.k, vector.rows};
  check(bfq_run(device.get(), &job, 1));
  uint64_t differing = 0, first = 0;
  uint32_t first_bits = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    uint32_t bits;
    std::memcpy(&bits, &y[i], sizeof bits);
    if (bits == vector.expected[i]) continue;
    if (differing++ == 0) first = i, first_bits = bits;
  }
  std::printf("{\"file\":%s,\"format\":%s,\"rows\":%u,\"k\":%u,\"columns\":%u,\"outputs\":%zu,\"differing\":%" PRIu64, quoted(name).c_str(),
              quoted(vector.format).c_str(), vector.rows, vector.k, vector.columns, y.size(), differing);
  if (differing > 0)
    std::printf(",\"first\":{\"row\":%" PRIu64 ",\"column\":%" PRIu64 ",\"got\":\"0x%08x\",\"golden\":\"0x%08x\"}", first % vector.rows,
                first / vector.rows, first_bits, vector.expected[first]);
  std::printf("}");
  return differing;
}

int test(const Device& device, const char* name, const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".bfqv") paths.push_back(entry.path());
  if (paths.empty()) throw Error(BFQ_BAD_ARGUMENT, folder + " holds no vectors");
  std::sort(paths.begin(), paths.end());
  std::vector<bfq::VectorFile> vectors;
  for (const auto& path : paths) {
    vectors.emplace_back(path.string());
    check_shape(vectors.back(), path.string());
  }
  print_head(name);
  std::printf(",\"vectors\":[");
  uint64_t outputs = 0, differing = 0;
  for (size_t i = 0; i < paths.size(); ++i) {
    if (i > 0) std::printf(",");
    differing += run_vector(device, vectors[i], paths[i].filename().string());
    outputs += vectors[i].expected.size();
  }
  std::printf("],\"outputs\":%" PRIu64 ",\"differing\":%" PRIu64 "}\n", outputs, differing);
  return differing == 0 ? 0 : 1;
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The mean of ten readings a second. They take the bus of the sensor a moment: outside of what is timed.
class Sensor {
 public:
  explicit Sensor(const char* path) : path_(path) {}

  void look() {
    if (path_ == nullptr || (count_ > 0 && seconds_since(last_) < 0.1)) return;
    uint64_t reading;
    if (!(std::ifstream(path_) >> reading)) return;
    last_ = Clock::now();
    sum_ += reading;
    ++count_;
  }
  void print() const {
    if (count_ > 0) std::printf(",\"microwatts\":%" PRIu64, sum_ / count_);
  }

 private:
  const char* const path_;
  uint64_t sum_ = 0, count_ = 0;
  Clock::time_point last_;
};

/// One format's MatMul, over and over: the speed does not depend on what the weights hold.
void bench_format(const Device& device, const bfq::Format& format, uint64_t rows, uint64_t k, double least, const char* sensor) {
  std::vector<uint8_t> stored(stored_bytes(format, rows, k));
  uint32_t state = 1;
  for (auto& byte : stored) byte = static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
  const Weights weights = load(device, format.name, stored, rows, k);
  std::vector<float> x(k), y(rows);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 251) - 125.0f;
  const std::vector<bfq_job> jobs(JOBS, bfq_job{weights.get(), x.data(), y.data(), 1, k, rows});
  bfq_counters before, after;
  bfq_get_counters(device.get(), &before);
  Sensor power(sensor);
  double seconds = 0;
  do {
    const auto start = Clock::now();
    check(bfq_run(device.get(), jobs.data(), JOBS));
    seconds += seconds_since(start);
    power.look();
  } while (seconds < least);
  bfq_get_counters(device.get(), &after);
  const uint64_t bytes = (after.weight_words - before.weight_words) * bfq::WORD_BYTES;
  std::printf("{\"format\":%s,\"rows\":%" PRIu64 ",\"k\":%" PRIu64 ",\"matmuls\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"cycles\":%" PRIu64
              ",\"stall_memory\":%" PRIu64 ",\"stall_compute\":%" PRIu64 ",\"seconds\":%.6f",
              quoted(format.name).c_str(), rows, k, after.matmuls - before.matmuls, bytes, after.cycles - before.cycles,
              after.stall_memory - before.stall_memory, after.stall_compute - before.stall_compute, seconds);
  power.print();
  std::printf("}");
}

int bench(const Device& device, const char* name, uint64_t rows, uint64_t k, double seconds, const char* sensor) {
  const uint64_t longest = uint64_t{bfq::MAX_K_TILES} * bfq::TILE_COLUMNS;
  print_head(name);
  std::printf(",\"benchmarks\":[");
  for (const bfq::Format& format : bfq::FORMATS) {
    if (&format != bfq::FORMATS) std::printf(",");
    bench_format(device, format, rows, std::min(k, longest), seconds, sensor);
  }
  std::printf("]}\n");
  return 0;
}

uint64_t number(const char* text) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (end == text || *end != 0 || value == 0 || value > 1u << 20) throw Error(BFQ_BAD_ARGUMENT, std::string(text) + " is not a size");
  return value;
}

int run(int count, char** arguments) {
  const std::string verb = count > 2 ? arguments[2] : "";
  if (!(verb == "test" && count == 4) && !(verb == "bench" && (count == 6 || count == 7)))
    throw Error(BFQ_BAD_ARGUMENT, "usage: bfq-selftest DEVICE test FOLDER | bfq-selftest DEVICE bench ROWS K SECONDS [SENSOR]");
  const Device device(bfq_open(arguments[1]));
  if (!device) throw Error(BFQ_NO_DEVICE, bfq_error());
  if (verb == "test") return test(device, arguments[1], arguments[3]);
  return bench(device, arguments[1], number(arguments[3]), number(arguments[4]), std::atof(arguments[5]), count == 7 ? arguments[6] : nullptr);
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const Error& error) {
    std::fprintf(stderr, "bfq-selftest: %s\n", error.what());
    return error.status == BFQ_BAD_ARGUMENT ? 2 : 4;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bfq-selftest: %s\n", error.what());
    return 2;
  }
}
