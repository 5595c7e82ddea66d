// AXI4 memory for the benches of bfq_axi_read and bfq_axi_write: random latency, stalls on every channel, errors on
// demand, and every rule that a master of INCR bursts of 16-byte beats has to keep checked in each cycle.
#pragma once
#include <array>
#include <deque>
#include <map>
#include <vector>

#include "bench.hpp"

using Word = std::array<uint32_t, 4>;

template <class Port>
Word to_word(const Port& port) {
  return {port[0], port[1], port[2], port[3]};
}

/// What the memory holds at an address before anything is written: different everywhere.
inline Word original(uint64_t address) {
  Word word;
  for (uint32_t i = 0; i < 4; ++i)
    word[i] = static_cast<uint32_t>((address / 16 * 4 + i + 1) * 0x9E3779B97F4A7C15ull >> 32);
  return word;
}

struct Burst {
  uint64_t address;
  uint32_t beats;
  uint64_t due;  // cycle from which the memory may answer
};

/// How the memory behaves, in cycles and percent.
struct Manners {
  uint32_t latency = 0;        // at least
  uint32_t latency_spread = 0;  // and up to so much more
  uint32_t address_stall = 0;  // % of cycles without AxREADY
  uint32_t data_stall = 0;     // % of cycles without RVALID or WREADY
  uint32_t error = 0;          // % of beats or responses
};

/// Rules of an address channel: a request holds while it waits, and is a legal burst.
class AddressRules {
 public:
  void check(Bench& bench, bool valid, bool ready, uint64_t address, uint32_t length, uint32_t size, uint32_t kind) {
    if (waiting_) CHECK(bench, valid && address == address_ && length == length_, "a waiting request changed");
    waiting_ = valid && !ready;
    address_ = address;
    length_ = length;
    if (!valid) return;
    CHECK(bench, size == 4 && kind == 1, "not an INCR burst of 16-byte beats");
    CHECK(bench, address % 16 == 0, "address %llx is not a multiple of 16", static_cast<unsigned long long>(address));
    CHECK(bench, length < MAX_BURST, "%u beats are more than MAX_BURST", length + 1);
    CHECK(bench, address / 4096 == (address + 16 * length) / 4096, "the burst at %llx crosses 4 KB",
          static_cast<unsigned long long>(address));
  }

 private:
  bool waiting_ = false;
  uint64_t address_ = 0;
  uint32_t length_ = 0;
};

#ifdef AXI_READ
class Memory {
 public:
  Manners manners;
  uint64_t beats = 0, errors = 0;
  size_t most_outstanding = 0;

  explicit Memory(Bench& bench) : bench_(bench) {}

  /// Before the clock edge, before the outputs settle: what the memory drives.
  void drive() {
    bench_.dut.m_axi_arready = !bench_.random.chance(manners.address_stall);
    // RVALID, once up, must not fall; the master never lets it wait, so each beat decides anew.
    const bool answer = !bursts_.empty() && bursts_.front().due <= bench_.cycle && !bench_.random.chance(manners.data_stall);
    bench_.dut.m_axi_rvalid = answer;
    bench_.dut.m_axi_rlast = 0;
    bench_.dut.m_axi_rresp = 0;
    for (int i = 0; i < 4; ++i) bench_.dut.m_axi_rdata[i] = 0xDEADBEEF;
    if (!answer) return;
    const Burst& burst = bursts_.front();
    const Word word = original(burst.address + 16 * beat_);
    for (int i = 0; i < 4; ++i) bench_.dut.m_axi_rdata[i] = word[i];
    bench_.dut.m_axi_rlast = beat_ + 1 == burst.beats;
    if (bench_.random.chance(manners.error)) bench_.dut.m_axi_rresp = 2 + bench_.random.below(2);
  }

  /// Before the clock edge, after the outputs settled: rules and transfers.
  void observe() {
    const auto& dut = bench_.dut;
    rules_.check(bench_, dut.m_axi_arvalid, dut.m_axi_arready, dut.m_axi_araddr, dut.m_axi_arlen, dut.m_axi_arsize,
                 dut.m_axi_arburst);
    CHECK(bench_, dut.m_axi_rready, "RREADY fell");
    if (dut.m_axi_rvalid) {
      ++beats;
      if (dut.m_axi_rresp) ++errors;
      if (++beat_ == bursts_.front().beats) {
        bursts_.pop_front();
        beat_ = 0;
      }
    }
    if (dut.m_axi_arvalid && dut.m_axi_arready) {
      const uint64_t due = bench_.cycle + 1 + manners.latency + bench_.random.below(manners.latency_spread + 1);
      bursts_.push_back({dut.m_axi_araddr, dut.m_axi_arlen + 1u, due});
    }
    if (bursts_.size() > most_outstanding) most_outstanding = bursts_.size();
    CHECK(bench_, bursts_.size() <= OUTSTANDING, "more than OUTSTANDING bursts");
  }

  bool quiet() const { return bursts_.empty(); }

 private:
  Bench& bench_;
  AddressRules rules_;
  std::deque<Burst> bursts_;
  uint32_t beat_ = 0;
};
#else
class Memory {
 public:
  Manners manners;
  uint64_t beats = 0, errors = 0;
  size_t most_outstanding = 0;
  std::map<uint64_t, Word> written;

  explicit Memory(Bench& bench) : bench_(bench) {}

  void drive() {
    bench_.dut.m_axi_awready = !bench_.random.chance(manners.address_stall);
    bench_.dut.m_axi_wready = !bench_.random.chance(manners.data_stall);
    const bool answer = !answers_.empty() && answers_.front() <= bench_.cycle && !bench_.random.chance(manners.data_stall);
    bench_.dut.m_axi_bvalid = answer;
    bench_.dut.m_axi_bresp = answer && bench_.random.chance(manners.error) ? 2 + bench_.random.below(2) : 0;
  }

  void observe() {
    const auto& dut = bench_.dut;
    rules_.check(bench_, dut.m_axi_awvalid, dut.m_axi_awready, dut.m_axi_awaddr, dut.m_axi_awlen, dut.m_axi_awsize,
                 dut.m_axi_awburst);
    CHECK(bench_, dut.m_axi_bready, "BREADY fell");
    if (dut.m_axi_bvalid) {
      answers_.pop_front();
      --outstanding_;
      if (dut.m_axi_bresp) ++errors;
    }

    const Word data = to_word(dut.m_axi_wdata);
    if (data_waiting_)
      CHECK(bench_, dut.m_axi_wvalid && data == data_ && dut.m_axi_wlast == last_, "a waiting W beat changed");
    data_waiting_ = dut.m_axi_wvalid && !dut.m_axi_wready;
    data_ = data;
    last_ = dut.m_axi_wlast;
    if (dut.m_axi_wvalid) CHECK(bench_, dut.m_axi_wstrb == 0xFFFF, "strobes are not full");
    if (dut.m_axi_wvalid && dut.m_axi_wready) {
      ++beats;
      data_queue_.push_back({data, static_cast<bool>(dut.m_axi_wlast)});
    }
    if (dut.m_axi_awvalid && dut.m_axi_awready) {
      bursts_.push_back({dut.m_axi_awaddr, dut.m_axi_awlen + 1u, 0});
      ++outstanding_;
    }
    CHECK(bench_, outstanding_ <= OUTSTANDING, "more than OUTSTANDING bursts");
    if (outstanding_ > most_outstanding) most_outstanding = outstanding_;

    // Data may lead its address on the wires; the two queues meet here.
    while (!bursts_.empty() && !data_queue_.empty()) {
      const Burst& burst = bursts_.front();
      written[burst.address + 16 * beat_] = data_queue_.front().data;
      CHECK(bench_, data_queue_.front().last == (beat_ + 1 == burst.beats), "WLAST is wrong at beat %u of %u", beat_,
            burst.beats);
      data_queue_.pop_front();
      if (++beat_ == burst.beats) {
        bursts_.pop_front();
        beat_ = 0;
        answers_.push_back(bench_.cycle + 1 + manners.latency + bench_.random.below(manners.latency_spread + 1));
      }
    }
  }

  /// Every request has its data and its response.
  bool quiet() const { return outstanding_ == 0 && bursts_.empty() && data_queue_.empty() && answers_.empty(); }

 private:
  struct Beat {
    Word data;
    bool last;
  };
  Bench& bench_;
  AddressRules rules_;
  std::deque<Burst> bursts_;
  std::deque<Beat> data_queue_;
  std::deque<uint64_t> answers_;
  size_t outstanding_ = 0;
  uint32_t beat_ = 0;
  bool data_waiting_ = false, last_ = false;
  Word data_ = {};
};
#endif
