// The process that runs a kernel for the TypeScript side: requests on stdin, replies on stdout, little endian.
// Both engines (csim, rtl) implement `Machine`; the protocol and the memory are here.
#ifndef BFQ_SIM_HOST_HPP
#define BFQ_SIM_HOST_HPP

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace bfq_sim {

constexpr int MAX_LANES = 8;
constexpr int EXIT_ACCESS = 70;

/// Prints what rule was broken and ends the process.
[[noreturn]] inline void fail(const char* what, std::uint64_t address, std::uint64_t length) {
  std::fprintf(stderr, "%s: address 0x%llx, length 0x%llx\n", what, static_cast<unsigned long long>(address),
               static_cast<unsigned long long>(length));
  std::_Exit(EXIT_ACCESS);
}

/// What a kernel says of itself in its registers.
struct Identity {
  std::uint32_t config_hash, interface_version, capabilities;
};

/// As the driver does before it trusts a kernel: ends the process where it is another one than this simulator was made for.
inline void check_identity(const Identity& kernel, const Identity& want) {
  const std::uint32_t pairs[][2] = {{kernel.config_hash, want.config_hash},
                                    {kernel.interface_version, want.interface_version},
                                    {kernel.capabilities, want.capabilities}};
  const char* const names[] = {"configuration hash", "interface version", "capabilities"};
  for (int i = 0; i < 3; ++i) {
    if (pairs[i][0] == pairs[i][1]) continue;
    std::fprintf(stderr, "the kernel's %s is 0x%08x; this simulator was made for 0x%08x\n", names[i], pairs[i][0], pairs[i][1]);
    std::_Exit(EXIT_ACCESS);
  }
}

/// Zeroed bytes that end where an unmapped page begins, so that even an access through a plain pointer that runs over
/// the end stops.
class Memory {
 public:
  explicit Memory(std::uint64_t size) : size_(size) {
    constexpr std::uint64_t page = 1u << 12;
    const std::uint64_t mapped = (size + page - 1) / page * page;
    void* all = mmap(nullptr, mapped + GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED || (mapped > 0 && mprotect(all, mapped, PROT_READ | PROT_WRITE) != 0)) {
      fail("no memory of that size", 0, size);
    }
    begin_ = static_cast<std::uint8_t*>(all) + (mapped - (size + 15) / 16 * 16);
  }

  std::uint64_t size() const { return size_; }

  /// The bytes from `address` on. Fails where the range doesn't lie inside.
  std::uint8_t* at(std::uint64_t address, std::uint64_t length) const {
    if (address > size_ || length > size_ - address) fail("access outside memory", address, length);
    return begin_ + address;
  }

 private:
  static constexpr std::uint64_t GUARD = std::uint64_t(1) << 36;  // 64 GiB of addresses, no memory

  std::uint64_t size_;
  std::uint8_t* begin_;
};

/// What a run gives back, as it goes over the pipe.
struct RunResult {
  std::uint64_t status = 0;
  std::uint64_t cycles = 0;
  std::uint64_t stall_memory = 0;
  std::uint64_t stall_compute = 0;
  std::uint64_t words[MAX_LANES] = {};
  std::uint64_t bytes_written = 0;
};

/// What weight port `port` reads, for READ_CEILING.
struct PortRegion {
  std::uint32_t port;
  std::uint32_t reserved;
  std::uint64_t address;
  std::uint64_t bytes;
};
static_assert(sizeof(PortRegion) == 24, "a region has 24 bytes");

struct CeilingResult {
  std::uint64_t cycles = 0;                  // until the last word of all ports
  std::uint64_t port_cycles[MAX_LANES] = {};  // until each port's last word
};

class Machine {
 public:
  virtual ~Machine() = default;
  /// Runs the list of `count` descriptors at byte address `descriptors`.
  virtual RunResult run(std::uint64_t descriptors, std::uint32_t count) = 0;
  /// Reads the regions without the kernel, as fast as the memory can. All zeros where the engine has no timing.
  virtual CeilingResult read_ceiling(const std::vector<PortRegion>&) { return {}; }
  virtual void option(std::uint32_t, std::uint64_t) {}
  virtual void reset() {}
};

enum Opcode : std::uint32_t { WRITE = 1, READ = 2, RUN = 3, OPTION = 4, RESET = 5, READ_CEILING = 6 };

struct Request {
  std::uint32_t opcode;
  std::uint32_t argument;
  std::uint64_t address;
  std::uint64_t length;
};
static_assert(sizeof(Request) == 24, "a request has 24 bytes");

/// Serves requests until stdin ends. What libraries print to stdout goes to stderr.
inline int serve(Machine& machine, Memory& memory) {
  std::FILE* replies = fdopen(dup(STDOUT_FILENO), "wb");
  dup2(STDERR_FILENO, STDOUT_FILENO);
  const auto receive = [](void* bytes, std::uint64_t length) {
    if (std::fread(bytes, 1, length, stdin) != length) fail("request cut short", 0, length);
  };
  const auto reply = [replies](const void* bytes, std::uint64_t length) {
    std::fwrite(bytes, 1, length, replies);
    std::fflush(replies);
  };
  for (;;) {
    const int first = std::fgetc(stdin);
    if (first == EOF) return 0;
    std::ungetc(first, stdin);
    Request request;
    receive(&request, sizeof request);
    switch (request.opcode) {
      case WRITE:
        receive(memory.at(request.address, request.length), request.length);
        break;
      case READ:
        reply(memory.at(request.address, request.length), request.length);
        break;
      case RUN: {
        const RunResult result = machine.run(request.address, request.argument);
        reply(&result, sizeof result);
        break;
      }
      case READ_CEILING: {
        std::vector<PortRegion> regions(request.argument);
        receive(regions.data(), regions.size() * sizeof(PortRegion));
        const CeilingResult result = machine.read_ceiling(regions);
        reply(&result, sizeof result);
        break;
      }
      case OPTION:
        machine.option(request.argument, request.length);
        break;
      case RESET:
        machine.reset();
        break;
      default:
        fail("unknown opcode", request.opcode, 0);
    }
  }
}

/// `main` of an engine: argv[1] is the memory's size in bytes.
inline std::uint64_t memory_bytes(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s <memory bytes>\n", argv[0]);
    std::_Exit(2);
  }
  return std::strtoull(argv[1], nullptr, 10);
}

}  // namespace bfq_sim

#endif
