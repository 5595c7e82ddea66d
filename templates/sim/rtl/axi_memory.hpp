// AXI4 slaves on one shared memory: a read port and a write port, each in order. They drive the pins before the clock edge,
// and look at them when the kernel's outputs have settled.
#ifndef BFQ_SIM_RTL_AXI_MEMORY_HPP
#define BFQ_SIM_RTL_AXI_MEMORY_HPP

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>

#include "axi_behaviour.hpp"
#include "axi_checker.hpp"
#include "dram.hpp"
#include "verilated.h"

/// The bytes behind all ports, from address `base` on.
struct AxiBytes {
  uint8_t* data;
  uint64_t size;
  uint64_t base = 0;

  uint8_t* at(uint64_t address) const { return data + (address - base); }
};

struct ReadPins {
  const CData& arvalid;
  CData& arready;
  const QData& araddr;
  const CData& arlen;
  const CData& arsize;
  const CData& arburst;
  CData& rvalid;
  const CData& rready;
  VlWide<4>& rdata;
  CData& rresp;
  CData& rlast;
};

struct WritePins {
  const CData& awvalid;
  CData& awready;
  const QData& awaddr;
  const CData& awlen;
  const CData& awsize;
  const CData& awburst;
  const CData& wvalid;
  CData& wready;
  const VlWide<4>& wdata;
  const SData& wstrb;
  const CData& wlast;
  CData& bvalid;
  const CData& bready;
  CData& bresp;
};

class ReadPort {
 public:
  ReadPort(const char* name, ReadPins pins, AxiBytes bytes, AxiBehaviour& behaviour)
      : name_(name), pins_(pins), bytes_(bytes), behaviour_(behaviour) {}

  /// Memory mode "board": the DRAM says when. nullptr: the behaviour does. Only while nothing is open.
  void attach(DramPort* dram) { dram_ = dram; }

  void drive(uint64_t cycle) {
    pins_.arready = count_ < (dram_ ? dram_->commands() : MOST) && !behaviour_.stall();
    if (waiting_) return;  // RVALID holds until RREADY
    const Burst& burst = bursts_[first_];
    pins_.rvalid = count_ != 0 && !silent() && (dram_ ? dram_->word_ready() : burst.due <= cycle) && !behaviour_.stall();
    if (!pins_.rvalid) return;
    std::memcpy(&pins_.rdata, bytes_.at(burst.address + 16 * beat_), 16);
    pins_.rlast = beat_ == burst.length;
    pins_.rresp = burst.response;
  }

  /// Whether anything was transferred.
  bool observe(uint64_t cycle) {
    bool moved = false;
    if (pins_.arvalid) {
      const AxiRequest request{pins_.araddr, pins_.arlen, pins_.arsize, pins_.arburst};
      rule_.check(name_, "AR", true, pins_.arready, request, cycle);
      if (pins_.arready) {
        check_request(name_, "AR", request, bytes_.base, bytes_.size, cycle);
        bursts_[(first_ + count_++) % MOST] = {request.address, request.length, behaviour_.next_read(),
                                               cycle + behaviour_.latency()};
        if (dram_) dram_->request(request.address, request.length + 1);
        moved = true;
      }
    } else {
      rule_.check(name_, "AR", false, false, {}, cycle);
    }
    waiting_ = pins_.rvalid && !pins_.rready;
    if (pins_.rvalid && pins_.rready) {
      moved = true;
      const bool last = beat_++ == bursts_[first_].length;
      if (dram_) dram_->take_word();
      if (last) {
        beat_ = 0;
        first_ = (first_ + 1) % MOST;
        --count_;
      }
    }
    return moved;
  }

  bool quiet() const { return count_ == 0 || silent(); }

  /// The kernel is in reset, which ends its waits: the memory still answers what it was asked.
  void end_waits() { rule_.reset(); }

  /// The run in which the port was told to give no more answers has ended.
  void end_silence() {
    if (count_ != 0 && silent()) reset();
  }

  /// The memory forgets everything.
  void reset() {
    rule_.reset();
    if (dram_) dram_->reset();
    count_ = 0;
    beat_ = 0;
    waiting_ = false;
    pins_.rvalid = 0;
  }

  void report(std::FILE* file) const {
    std::fprintf(file, "%-12s AR valid %d ready %d  R valid %d ready %d  bursts open %u\n", name_, pins_.arvalid, pins_.arready,
                 pins_.rvalid, pins_.rready, count_);
  }

 private:
  static constexpr uint32_t MOST = 16;  // bursts that the memory accepts before it answers
  struct Burst {
    uint64_t address;
    uint32_t length;  // beats - 1
    AxiResponse response;
    uint64_t due;  // cycle of the first beat, at the earliest
  };

  bool silent() const { return bursts_[first_].response == AXI_NEVER; }

  const char* name_;
  ReadPins pins_;
  AxiBytes bytes_;
  AxiBehaviour& behaviour_;
  DramPort* dram_ = nullptr;
  HoldRule<AxiRequest> rule_;
  Burst bursts_[MOST] = {};
  uint32_t first_ = 0, count_ = 0;  // ring of bursts
  uint32_t beat_ = 0;               // of the first burst
  bool waiting_ = false;
};

class WritePort {
 public:
  WritePort(const char* name, WritePins pins, AxiBytes bytes, AxiBehaviour& behaviour)
      : name_(name), pins_(pins), bytes_(bytes), behaviour_(behaviour) {}

  /// As for a read port.
  void attach(DramPort* dram) { dram_ = dram; }

  void drive(uint64_t cycle) {
    const size_t open = bursts_.size() + (dram_ ? answers_.size() : 0);
    pins_.awready = open < (dram_ ? dram_->commands() : MOST) && !behaviour_.stall();
    pins_.wready = (!dram_ || dram_->has_room(static_cast<uint32_t>(beats_.size()) + held_)) && !behaviour_.stall();
    if (waiting_) return;  // BVALID holds until BREADY
    pins_.bvalid = !silent_ && answer_due(cycle) && !behaviour_.stall();
    if (!pins_.bvalid) return;
    pins_.bresp = behaviour_.next_write();
    silent_ = pins_.bresp == AXI_NEVER;
    pins_.bvalid = !silent_;
  }

  /// Whether anything was transferred.
  bool observe(uint64_t cycle) {
    bool moved = false;
    const AxiRequest request{pins_.awaddr, pins_.awlen, pins_.awsize, pins_.awburst};
    address_rule_.check(name_, "AW", pins_.awvalid, pins_.awready, request, cycle);
    if (pins_.awvalid && pins_.awready) {
      check_request(name_, "AW", request, bytes_.base, bytes_.size, cycle);
      bursts_.push_back({request.address, request.length});
      moved = true;
    }
    const Beat beat = this->beat();
    data_rule_.check(name_, "W", pins_.wvalid, pins_.wready, beat, cycle);
    if (pins_.wvalid && pins_.wready) {
      beats_.push_back(beat);
      moved = true;
    }
    store(cycle);
    waiting_ = pins_.bvalid && !pins_.bready;
    if (pins_.bvalid && pins_.bready) {
      answers_.pop_front();
      moved = true;
    }
    return moved;
  }

  bool quiet() const { return silent_ || (bursts_.empty() && beats_.empty() && answers_.empty()); }
  uint64_t bytes_written() const { return bytes_written_; }
  void clear_bytes_written() { bytes_written_ = 0; }

  /// As of a read port.
  void end_waits() {
    address_rule_.reset();
    data_rule_.reset();
  }

  /// After a reset of the kernel bursts without all their data are lost; the answers of the others still come.
  void forget_cut() {
    if (dram_ && next_beat_ > held_) answers_.push_back({0, next_beat_ - held_, true});
    bursts_.clear();
    beats_.clear();
    next_beat_ = held_ = 0;
  }

  /// As of a read port.
  void end_silence() {
    if (silent_) reset();
  }

  /// The memory forgets everything.
  void reset() {
    end_waits();
    forget_cut();
    if (dram_) dram_->reset();
    answers_.clear();
    waiting_ = silent_ = false;
    pins_.bvalid = 0;
  }

  void report(std::FILE* file) const {
    std::fprintf(file, "%-12s AW valid %d ready %d  W valid %d ready %d  B valid %d ready %d  bursts open %zu, answers due %zu\n",
                 name_, pins_.awvalid, pins_.awready, pins_.wvalid, pins_.wready, pins_.bvalid, pins_.bready, bursts_.size(),
                 answers_.size());
  }

 private:
  static constexpr size_t MOST = 16;
  struct Burst {
    uint64_t address;
    uint32_t length;
  };
  struct Beat {
    uint8_t data[16];
    uint32_t strobes, last;
  };
  struct Answer {
    uint64_t due;    // without a DRAM
    uint32_t words;  // with one: those not yet written
    bool lost;       // of a burst that a reset of the kernel cut short: nobody waits for it
  };

  bool answer_due(uint64_t cycle) {
    while (!answers_.empty()) {
      Answer& answer = answers_.front();
      if (!dram_) return answer.due <= cycle;
      for (; answer.words != 0 && dram_->word_ready(); --answer.words) dram_->take_word();
      if (answer.words != 0 || !answer.lost) return answer.words == 0;
      answers_.pop_front();
    }
    return false;
  }

  Beat beat() const {
    Beat beat;
    std::memcpy(beat.data, &pins_.wdata, 16);
    beat.strobes = pins_.wstrb;
    beat.last = pins_.wlast;
    return beat;
  }

  /// Data may come before its address: they meet here.
  void store(uint64_t cycle) {
    while (!bursts_.empty() && !beats_.empty()) {
      const Burst& burst = bursts_.front();
      const Beat& beat = beats_.front();
      uint8_t* const at = bytes_.at(burst.address + 16 * next_beat_);
      for (uint32_t i = 0; i < 16; ++i) {
        if ((beat.strobes >> i & 1) == 0) continue;
        at[i] = beat.data[i];
        ++bytes_written_;
      }
      const bool last = next_beat_ == burst.length;
      if (static_cast<bool>(beat.last) != last) axi_violation(name_, "W", "WLAST is not on the last beat", cycle);
      beats_.pop_front();
      ++next_beat_;
      if (dram_ && (++held_ == dram_->slice() || last)) {
        dram_->request(burst.address + 16 * (next_beat_ - held_), held_);
        held_ = 0;
      }
      if (!last) continue;
      answers_.push_back({cycle + behaviour_.latency(), burst.length + 1, false});
      next_beat_ = 0;
      bursts_.pop_front();
    }
  }

  const char* name_;
  WritePins pins_;
  AxiBytes bytes_;
  AxiBehaviour& behaviour_;
  DramPort* dram_ = nullptr;
  HoldRule<AxiRequest> address_rule_;
  HoldRule<Beat> data_rule_;
  std::deque<Burst> bursts_;
  std::deque<Beat> beats_;
  std::deque<Answer> answers_;
  uint32_t next_beat_ = 0;  // of the first burst
  uint32_t held_ = 0;       // its words that the DRAM has not been asked to write
  uint64_t bytes_written_ = 0;
  bool waiting_ = false;
  bool silent_ = false;
};

#endif
