// Our own hls::stream for C simulation. A stream is bounded to the depth the hardware gives it, and a process that
// finds it empty or full hands over to the next one (hls_process.h): a deadlock of the hardware deadlocks here too. A beat
// of a process may read it once and write it once.
#ifndef BFQ_SHIM_HLS_STREAM_H
#define BFQ_SHIM_HLS_STREAM_H

#include <string>
#include <vector>

#include "hls_process.h"
#include "hls_ram.h"

namespace hls {

template <typename T>
class stream {
 public:
  stream() : ring_(2) {}  // Vitis HLS gives a stream two places where nothing else is said

  /// Sets name and depth, before first use.
  void bound(const std::string& name, int depth) {
    name_ = name;
    ring_.resize(static_cast<std::size_t>(depth));
  }

  T read() {
    bfq_shim::count_access(last_read_, "second read of", name_);
    while (count_ == 0) bfq_shim::wait_for(name_, bfq_shim::Wait::toRead, ring_.size());
    const T value = ring_[first_];
    first_ = first_ + 1 == ring_.size() ? 0 : first_ + 1;
    --count_;
    bfq_shim::progress();
    return value;
  }

  void write(const T& value) {
    bfq_shim::count_access(last_write_, "second write of", name_);
    while (count_ == ring_.size()) bfq_shim::wait_for(name_, bfq_shim::Wait::toWrite, ring_.size());
    const std::size_t last = first_ + count_;
    ring_[last < ring_.size() ? last : last - ring_.size()] = value;
    ++count_;
    bfq_shim::progress();
  }

 private:
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  std::string name_ = "unnamed stream";
  std::vector<T> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  unsigned long last_read_ = ~0UL;  // beat of the one process that reads
  unsigned long last_write_ = ~0UL;
};

}  // namespace hls

namespace bfq_shim {

template <typename T>
void bound(hls::stream<T>& stream, const char* name, int depth) {
  stream.bound(name, depth);
}

template <typename T, int COUNT>
void bound(hls::stream<T> (&streams)[COUNT], const char* name, int depth) {
  for (int i = 0; i < COUNT; ++i) streams[i].bound(std::string(name) + "[" + std::to_string(i) + "]", depth);
}

}  // namespace bfq_shim

#endif
