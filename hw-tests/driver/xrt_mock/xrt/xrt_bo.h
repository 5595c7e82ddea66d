// The part of XRT that the driver uses, in front of the simulated device: a buffer has bytes of its own until they are synced.
#ifndef BFQ_TEST_XRT_MOCK_H
#define BFQ_TEST_XRT_MOCK_H

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "device.hpp"

enum xclBOSyncDirection { XCL_BO_SYNC_BO_TO_DEVICE, XCL_BO_SYNC_BO_FROM_DEVICE };

namespace xrt {

using memory_group = uint32_t;
class uuid {};

class device {
 public:
  explicit device(unsigned index) {
    if (index != 0) throw std::runtime_error("no such device");
    simulated = bfq::open_sim(bfq::DeviceName("sim:memory=0x2000000"));
  }
  uuid load_xclbin(const std::string& file) {
    if (file != "kernel.xclbin") throw std::runtime_error("no such file");
    return {};
  }
  std::shared_ptr<bfq::Device> simulated;
};

class bo {
 public:
  bo(const device& device, size_t bytes, memory_group) : device_(device.simulated), bytes_(bytes) {}
  uint64_t address() const { return BASE; }
  template <class Pointer>
  Pointer map() {
    return bytes_.data();
  }
  void sync(xclBOSyncDirection direction, size_t bytes, size_t at) {
    uint8_t* const theirs = device_->memory() + BASE + at;
    if (direction == XCL_BO_SYNC_BO_TO_DEVICE) std::memcpy(theirs, &bytes_[at], bytes);
    else std::memcpy(&bytes_[at], theirs, bytes);
  }

 private:
  static constexpr uint64_t BASE = 0x100000;
  std::shared_ptr<bfq::Device> device_;
  std::vector<uint8_t> bytes_;
};

class ip {
 public:
  ip(const device& device, const uuid&, const std::string&) : device_(device.simulated) {}
  uint32_t read_register(uint32_t offset) const {
    device_->pause(0);  // time goes on
    return device_->read(offset);
  }
  void write_register(uint32_t offset, uint32_t value) { device_->write(offset, value); }

 private:
  std::shared_ptr<bfq::Device> device_;
};

}  // namespace xrt

#endif
