// The accelerator through XRT's native API.
#include <experimental/xrt_ip.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_uuid.h>

#include <chrono>
#include <thread>

#include "device.hpp"
#include "error.hpp"

namespace bfq {
namespace {

class XrtDevice : public Device {
 public:
  explicit XrtDevice(const DeviceName& name)
      : lock_(name.get("lock", "/tmp/bfq-xrt.lock")),
        bytes_(name.number("memory", uint64_t{512} << 20)),
        device_(static_cast<unsigned>(name.number("index", 0))),
        uuid_(device_.load_xclbin(name.get("xclbin"))),
        kernel_(device_, uuid_, name.get("kernel", "bfq_kernel")),
        buffer_(device_, bytes_, static_cast<xrt::memory_group>(name.number("group", 0))),
        memory_(buffer_.map<uint8_t*>()) {}

  uint32_t read(uint32_t offset) override { return kernel_.read_register(offset); }
  void write(uint32_t offset, uint32_t value) override { kernel_.write_register(offset, value); }

  uint8_t* memory() override { return memory_; }
  uint64_t memory_address() const override { return buffer_.address(); }
  uint64_t memory_bytes() const override { return bytes_; }
  void to_device(uint64_t at, uint64_t bytes) override { buffer_.sync(XCL_BO_SYNC_BO_TO_DEVICE, bytes, at); }
  void from_device(uint64_t at, uint64_t bytes) override { buffer_.sync(XCL_BO_SYNC_BO_FROM_DEVICE, bytes, at); }

  void pause(unsigned looks) override {
    if (looks < 2000) std::this_thread::yield();
    else std::this_thread::sleep_for(std::chrono::microseconds(100));
  }

  void reset() override {
    throw Error(BFQ_NO_DEVICE, "the accelerator is stuck, and XRT can't reset one kernel; load the bitstream again");
  }

 private:
  const FileLock lock_;
  const uint64_t bytes_;
  xrt::device device_;
  const xrt::uuid uuid_;
  xrt::ip kernel_;
  xrt::bo buffer_;
  uint8_t* const memory_;
};

}  // namespace

std::unique_ptr<Device> open_xrt(const DeviceName& name) {
  try {
    return std::make_unique<XrtDevice>(name);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {
    throw Error(BFQ_NO_DEVICE, std::string("XRT: ") + problem.what());
  }
}

}  // namespace bfq
