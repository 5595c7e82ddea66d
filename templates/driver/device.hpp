// The seam between the driver and a way to reach the accelerator.
#ifndef BFQ_DEVICE_HPP
#define BFQ_DEVICE_HPP

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "bfq.h"

namespace bfq {

class Device {
 public:
  virtual ~Device() = default;

  virtual uint32_t read(uint32_t offset) = 0;
  virtual void write(uint32_t offset, uint32_t value) = 0;

  /// Memory that both sides see: as the CPU and as the accelerator address it.
  virtual uint8_t* memory() = 0;
  virtual uint64_t memory_address() const = 0;
  virtual uint64_t memory_bytes() const = 0;
  /// What the CPU wrote becomes visible to the accelerator, and the other way round. Offsets into memory().
  virtual void to_device(uint64_t, uint64_t) {}
  virtual void from_device(uint64_t, uint64_t) {}

  /// Called between two looks at the control register; `looks` counts them from 0.
  virtual void pause(unsigned looks) = 0;

  /// Stops whatever the accelerator does. @throws Error where only a reload of the bitstream can
  virtual void reset() = 0;

  /// Milliseconds that a run may take unless told otherwise.
  virtual uint32_t timeout() const { return 10000; }
  virtual void inject(bfq_fault fault, uint64_t value);
};

/// "kind:key=value,key=value"
struct DeviceName {
  explicit DeviceName(const std::string& text);
  std::string kind;
  std::map<std::string, std::string> options;

  /// @throws Error where the option is missing and there is no `otherwise`
  std::string get(const std::string& key, const char* otherwise = nullptr) const;
  uint64_t number(const std::string& key, uint64_t otherwise) const;
};

/// @throws Error where the kind is unknown or not built in, or the device can't be opened
std::unique_ptr<Device> open_device(const std::string& name);

std::unique_ptr<Device> open_sim(const DeviceName& name);
std::unique_ptr<Device> open_uio(const DeviceName& name);
std::unique_ptr<Device> open_xrt(const DeviceName& name);

/// A lock on a file that ends with the process, even where it is killed.
class FileLock {
 public:
  /// @throws Error(BFQ_BUSY) where another process has it
  explicit FileLock(const std::string& path);
  /// Of a file that is open already and stays so.
  FileLock(int file, const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int own_ = -1;
};

}  // namespace bfq

#endif
