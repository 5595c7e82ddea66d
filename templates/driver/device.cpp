#include "device.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "error.hpp"

namespace bfq {

void Device::inject(bfq_fault, uint64_t) { throw Error(BFQ_BAD_ARGUMENT, "only the simulator takes injected faults"); }

DeviceName::DeviceName(const std::string& text) {
  const size_t colon = text.find(':');
  kind = text.substr(0, colon);
  if (colon == std::string::npos) return;
  std::istringstream rest(text.substr(colon + 1));
  for (std::string pair; std::getline(rest, pair, ',');) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos) throw Error(BFQ_BAD_ARGUMENT, "device \"" + text + "\": " + pair + " is not key=value");
    options[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
}

std::string DeviceName::get(const std::string& key, const char* otherwise) const {
  const auto found = options.find(key);
  if (found != options.end()) return found->second;
  if (otherwise == nullptr) throw Error(BFQ_BAD_ARGUMENT, "device " + kind + " needs " + key + "=...");
  return otherwise;
}

uint64_t DeviceName::number(const std::string& key, uint64_t otherwise) const {
  const auto found = options.find(key);
  if (found == options.end()) return otherwise;
  char* end = nullptr;
  errno = 0;
  const uint64_t value = std::strtoull(found->second.c_str(), &end, 0);
  if (errno != 0 || end == found->second.c_str() || *end != 0)
    throw Error(BFQ_BAD_ARGUMENT, "device " + kind + ": " + key + "=" + found->second + " is not a number");
  return value;
}

std::unique_ptr<Device> open_device(const std::string& text) {
  const DeviceName name(text);
#if BFQ_WITH_SIM
  if (name.kind == "sim") return open_sim(name);
#endif
#if BFQ_WITH_XRT
  if (name.kind == "xrt") return open_xrt(name);
#endif
  if (name.kind == "uio") return open_uio(name);
  throw Error(BFQ_NO_DEVICE, "no device of kind \"" + name.kind + "\" is built into this driver");
}

FileLock::FileLock(const std::string& path) {
  own_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (own_ < 0) throw Error(BFQ_NO_DEVICE, path + ": " + std::strerror(errno));
  try {
    FileLock(own_, path);
  } catch (...) {
    close(own_);
    throw;
  }
}

FileLock::FileLock(int file, const std::string& path) {
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK) throw Error(BFQ_BUSY, path + " is in use by another process");
  throw Error(BFQ_NO_DEVICE, path + ": flock: " + std::strerror(errno));
}

FileLock::~FileLock() {
  if (own_ >= 0) close(own_);
}

}  // namespace bfq
