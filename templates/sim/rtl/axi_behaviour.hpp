// How the simulated memory answers: delays, stalls and injected errors, the same object for all ports of a run.
#ifndef BFQ_SIM_RTL_AXI_BEHAVIOUR_HPP
#define BFQ_SIM_RTL_AXI_BEHAVIOUR_HPP

#include <cstdint>

enum AxiResponse : uint8_t { AXI_OKAY = 0, AXI_SLVERR = 2, AXI_DECERR = 3, AXI_NEVER = 4 };

/// xorshift64*: small, quick and the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed = 1) : state_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  uint32_t below(uint32_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint32_t>(((state_ * 0x2545F4914F6CDD1Dull) >> 32) * bound >> 32);
  }

 private:
  uint64_t state_;
};

class AxiBehaviour {
 public:
  enum Mode : uint64_t { IDEAL = 0, RANDOM_LATENCY = 1 };

  void set_seed(uint64_t seed) {
    stalls_ = seed != 0;
    random_ = Random(seed);
  }
  void set_stall_percent(uint64_t percent) { stall_percent_ = static_cast<uint32_t>(percent); }
  void set_mode(Mode mode) { mode_ = mode; }
  /// The n-th read burst, or the n-th write response, of the next run gets `response`; n counts from 1 over all ports.
  /// AXI_NEVER: its port gives no more answers until the run has ended.
  void inject_read_error(uint64_t n, AxiResponse response) { read_error_ = {n, response}; }
  void inject_write_error(uint64_t n, AxiResponse response) { write_error_ = {n, response}; }
  /// Errors are injected once: at the end of a run what is left is forgotten.
  void clear_errors() { read_error_ = write_error_ = {}; }

  /// Whether a channel stalls in this cycle.
  bool stall() { return stalls_ && random_.below(100) < stall_percent_; }
  /// Cycles from a request to its first answer.
  uint32_t latency() { return mode_ == IDEAL ? 30 : 1 + random_.below(150); }
  AxiResponse next_read() { return read_error_.next(); }
  AxiResponse next_write() { return write_error_.next(); }

 private:
  struct Injection {
    uint64_t left = 0;
    AxiResponse response = AXI_OKAY;
    AxiResponse next() { return left != 0 && --left == 0 ? response : AXI_OKAY; }
  };

  Random random_;
  bool stalls_ = false;
  uint32_t stall_percent_ = 30;
  Mode mode_ = IDEAL;
  Injection read_error_, write_error_;
};

#endif
