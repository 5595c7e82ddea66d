// The accelerator on a board without XRT: registers through /dev/uioN, memory through u-dma-buf.
#include <fcntl.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "device.hpp"
#include "error.hpp"

namespace bfq {
namespace {

constexpr size_t REGISTER_BYTES = 0x1000;

class File {
 public:
  File(const std::string& path, int flags) : file(open(path.c_str(), flags | O_CLOEXEC)) {
    if (file < 0) throw Error(BFQ_NO_DEVICE, path + ": " + std::strerror(errno));
  }
  ~File() { close(file); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const int file;
};

class Mapping {
 public:
  Mapping(const File& file, size_t bytes, const std::string& path) : bytes_(bytes) {
    data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.file, 0);
    if (data == MAP_FAILED) throw Error(BFQ_NO_DEVICE, path + ": mmap: " + std::strerror(errno));
  }
  ~Mapping() { munmap(data, bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  void* data;

 private:
  size_t bytes_;
};

uint64_t read_number(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  if (!(file >> text)) throw Error(BFQ_NO_DEVICE, path + ": no number to read; is u-dma-buf loaded?");
  return std::strtoull(text.c_str(), nullptr, 0);
}

/// What was written to memory is there before the next register access, and nothing is read from it early. The accelerator is
/// beyond the CPUs' own share domain, which C++ fences stop at.
void barrier() {
#if defined(__aarch64__)
  __asm__ volatile("dsb sy" ::: "memory");
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

/// Uncached for reads, gathered for writes: tiles go down at full speed, and nothing has to be flushed.
std::string prepare(const std::string& sysfs) {
  std::ofstream(sysfs + "/sync_mode") << "2";
  return sysfs;
}

class UioDevice : public Device {
 public:
  explicit UioDevice(const DeviceName& name)
      : path_(name.get("registers")),
        reset_line_(name.get("reset", "")),
        uio_(path_, O_RDWR | O_SYNC),
        lock_(uio_.file, path_),
        registers_(uio_, REGISTER_BYTES, path_),
        sysfs_(prepare(name.get("sysfs", "/sys/class/u-dma-buf") + "/" + name.get("memory"))),
        address_(read_number(sysfs_ + "/phys_addr")),
        bytes_(read_number(sysfs_ + "/size")),
        dma_(name.get("dev", "/dev") + "/" + name.get("memory"), O_RDWR | O_SYNC),
        memory_(dma_, bytes_, name.get("memory")) {}

  uint32_t read(uint32_t offset) override { return at(offset); }
  void write(uint32_t offset, uint32_t value) override { at(offset) = value; }

  uint8_t* memory() override { return static_cast<uint8_t*>(memory_.data); }
  uint64_t memory_address() const override { return address_; }
  uint64_t memory_bytes() const override { return bytes_; }
  void to_device(uint64_t, uint64_t) override { barrier(); }
  void from_device(uint64_t, uint64_t) override { barrier(); }

  /// Calls last tens to hundreds of microseconds, less than an interrupt's way through Linux pays for.
  void pause(unsigned looks) override {
    if (looks < 2000) std::this_thread::yield();
    else std::this_thread::sleep_for(std::chrono::microseconds(100));
  }

  /// Pulls the GPIO line that resets the kernel (on Zynq UltraScale+ pl_resetn0 is EMIO line 95).
  void reset() override {
    const size_t colon = reset_line_.rfind(':');
    if (colon == std::string::npos)
      throw Error(BFQ_NO_DEVICE, path_ + ": the accelerator is stuck and no reset line is known (reset=/dev/gpiochip0:LINE); load the bitstream again");
    const File chip(reset_line_.substr(0, colon), O_RDWR);
    gpio_v2_line_request request{};
    request.offsets[0] = static_cast<uint32_t>(std::strtoul(reset_line_.c_str() + colon + 1, nullptr, 10));
    request.num_lines = 1;
    request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT;
    std::strcpy(request.consumer, "bfq");
    if (ioctl(chip.file, GPIO_V2_GET_LINE_IOCTL, &request) != 0)
      throw Error(BFQ_NO_DEVICE, reset_line_ + ": " + std::strerror(errno));
    for (const uint64_t level : {0, 1}) {
      gpio_v2_line_values values{level, 1};
      ioctl(request.fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    close(request.fd);
  }

 private:
  volatile uint32_t& at(uint32_t offset) { return static_cast<volatile uint32_t*>(registers_.data)[offset / 4]; }

  const std::string path_, reset_line_;
  const File uio_;
  const FileLock lock_;
  const Mapping registers_;
  const std::string sysfs_;
  const uint64_t address_, bytes_;
  const File dma_;
  const Mapping memory_;
};

}  // namespace

std::unique_ptr<Device> open_uio(const DeviceName& name) { return std::make_unique<UioDevice>(name); }

}  // namespace bfq
