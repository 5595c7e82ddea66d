// Rules of AXI4 that a master must keep, looked at in every cycle in which a channel is valid.
#ifndef BFQ_SIM_RTL_AXI_CHECKER_HPP
#define BFQ_SIM_RTL_AXI_CHECKER_HPP

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

/// A broken rule is a defect of the kernel: it ends the simulation.
[[noreturn]] inline void axi_violation(const char* port, const char* channel, const char* rule, uint64_t cycle) {
  std::fprintf(stderr, "AXI rule broken on %s %s in cycle %llu: %s\n", port, channel, static_cast<unsigned long long>(cycle), rule);
  std::exit(70);
}

/// VALID and the payload of a channel hold until READY.
template <class Payload>
class HoldRule {
 public:
  void check(const char* port, const char* channel, bool valid, bool ready, const Payload& payload, uint64_t cycle) {
    if (waiting_) {
      if (!valid) axi_violation(port, channel, "VALID fell before READY", cycle);
      if (std::memcmp(&payload, &payload_, sizeof payload) != 0)
        axi_violation(port, channel, "the payload changed before READY", cycle);
    }
    waiting_ = valid && !ready;
    if (waiting_) payload_ = payload;
  }
  /// A reset ends every wait.
  void reset() { waiting_ = false; }

 private:
  bool waiting_ = false;
  Payload payload_{};
};

/// AR or AW. Without padding, so that it can be compared byte by byte.
struct AxiRequest {
  uint64_t address;
  uint32_t length;  // beats - 1
  uint16_t size;
  uint16_t burst;
};

inline void check_request(const char* port, const char* channel, const AxiRequest& request, uint64_t memory_base,
                          uint64_t memory_size, uint64_t cycle) {
  const uint64_t bytes = 16 * (uint64_t{request.length} + 1);
  if (request.size != 4) axi_violation(port, channel, "beats are not 16 bytes", cycle);
  if (request.burst != 1) axi_violation(port, channel, "the burst is not INCR", cycle);
  if (request.address % 16 != 0) axi_violation(port, channel, "the address is not a multiple of 16", cycle);
  if (request.address / 4096 != (request.address + bytes - 1) / 4096)
    axi_violation(port, channel, "the burst crosses 4 KB", cycle);
  const uint64_t offset = request.address - memory_base;
  if (request.address < memory_base || offset >= memory_size || bytes > memory_size - offset) {
    std::fprintf(stderr, "address %#llx, %llu bytes\n", static_cast<unsigned long long>(request.address),
                 static_cast<unsigned long long>(bytes));
    axi_violation(port, channel, "the burst lies outside the memory", cycle);
  }
}

#endif
