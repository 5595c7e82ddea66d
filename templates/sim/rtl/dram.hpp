// The board's DRAM behind the AXI ports (memory mode "board"): controller ports that take turns, a queue from which the oldest
// request with an open row is served, banks, refresh, and the turn of the data bus between reads and writes. Its numbers come
// from specs/boards; docs/memory.md says what they are fitted to. No board was used.
#ifndef BFQ_SIM_RTL_DRAM_HPP
#define BFQ_SIM_RTL_DRAM_HPP

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "dram_port.hpp"

class Dram {
 public:
  static constexpr uint32_t FIRST_OPTION = 32;
  static constexpr uint32_t MOST_BANKS = 64, CONTROLLER_PORTS = 8;

  void set_number(uint32_t index, uint64_t value) {
    std::memcpy(reinterpret_cast<uint8_t*>(&numbers_) + sizeof value * index, &value, sizeof value);
  }
  const DramNumbers& numbers() const { return numbers_; }

  /// What a run can't do without.
  bool complete() const {
    const DramNumbers& n = numbers_;
    const bool ports = n.shared_port < CONTROLLER_PORTS &&
                       std::all_of(n.lane_ports, n.lane_ports + 8, [](uint64_t port) { return port < CONTROLLER_PORTS; });
    return ports && n.pl_cycle != 0 && n.burst != 0 && n.row_bytes >= DRAM_BURST_BYTES && n.banks - 1 < MOST_BANKS &&
           n.refresh_interval > n.refresh && n.commands - 1 < DramPort::MOST_COMMANDS && n.slice != 0 &&
           n.words / n.slice - 1 < 16;
  }

  DramPort& add_port(uint64_t controller_port, bool writes) {
    ports_.push_back(std::make_unique<DramPort>(numbers_, controller_port, writes));
    return *ports_.back();
  }
  void remove_ports() { ports_.clear(); }

  /// As after a long rest: all rows closed, the refresh just done. Not where something is still to be answered.
  void restart(uint64_t cycle) {
    for (const auto& port : ports_) {
      if (port->words_open_ != 0) return;
    }
    slot_ = time(cycle);
    next_refresh_ = slot_ + numbers_.refresh_interval;
    banks_ = {};
    controller_free_ = {};
    controller_queued_at_ = {};
    for (auto& port : ports_) port->queued_at_ = 0;
    order_ = 0;
    writing_ = false;
  }

  /// Everything that the controller does before clock cycle `cycle`.
  void advance(uint64_t cycle) {
    const uint64_t now = time(cycle);
    for (auto& port : ports_) port->issue(now);
    while (slot_ < now) {
      if (slot_ >= next_refresh_) {
        refresh();
        continue;
      }
      fill_queue();
      direction_writes_ = time_to_write();
      open_rows();
      DramPort* const port = choose();
      if (port != nullptr) serve(*port);
      else slot_ = next_event(now);
    }
  }

 private:
  static constexpr uint64_t CLOSED = ~uint64_t{0};
  struct Bank {
    uint64_t row = CLOSED;
    uint64_t ready = 0;      // when its row can be read
    uint64_t activated = 0;  // when the row was opened
    uint64_t last = 0;       // the last access
    uint64_t streak = 0;     // accesses since the row was opened
    bool fresh = true;       // closed by a refresh
  };

  uint64_t time(uint64_t cycle) const { return cycle * numbers_.pl_cycle; }
  Bank& bank(uint64_t address) { return banks_[address / numbers_.row_bytes % numbers_.banks]; }
  uint64_t row(uint64_t address) const { return address / numbers_.row_bytes / numbers_.banks; }

  void refresh() {
    slot_ += numbers_.precharge + numbers_.refresh;
    next_refresh_ += numbers_.refresh_interval;
    banks_ = {};
  }

  /// Controller ports take turns to enter the queue, and so do the AXI ports of one, piece by piece. Writes have a queue of
  /// their own, which holds all that their port may have open.
  void fill_queue() {
    uint64_t reads = 0;
    for (const auto& port : ports_) reads += port->writes_ ? 0 : port->queued_;
    for (;;) {
      DramPort* next = nullptr;
      for (auto& port : ports_) {
        const bool enters = port->knocks(slot_) && (port->writes_ || reads < numbers_.queue);
        if (enters && (next == nullptr || before(*port, *next))) next = port.get();
      }
      if (next == nullptr) return;
      next->queued_at_ = controller_queued_at_[next->controller_port_] = ++order_;
      next->pieces_[next->queued_++].order = order_;
      reads += next->writes_ ? 0 : 1;
    }
  }
  bool before(const DramPort& a, const DramPort& b) const {
    const uint64_t at = controller_queued_at_[a.controller_port_], bt = controller_queued_at_[b.controller_port_];
    return at != bt ? at < bt : a.queued_at_ < b.queued_at_;
  }

  /// Has a request in the queue, of the present direction.
  bool is_candidate(const DramPort& port) const { return port.writes_ == direction_writes_ && port.waits(); }
  static bool older(const DramPort& a, const DramPort* b) {
    return b == nullptr || a.pieces_.front().order < b->pieces_.front().order;
  }

  /// A row stays open for the requests that hit it, but not for ever when a port can't go on without another one.
  bool in_use(const Bank& wanted, bool urgent) {
    if (wanted.row == CLOSED || (urgent && wanted.streak >= numbers_.row_streak)) return false;
    for (auto& port : ports_) {
      if (!is_candidate(*port)) continue;
      const uint64_t address = port->pieces_.front().address;
      if (&bank(address) == &wanted && row(address) == wanted.row) return true;
    }
    return false;
  }

  void open(uint64_t address) {
    Bank& bank = this->bank(address);
    uint64_t start = slot_;
    if (bank.row != CLOSED) start = std::max(slot_, bank.last + numbers_.read_to_precharge) + numbers_.precharge;
    if (!bank.fresh) start = std::max(start, bank.activated + numbers_.row_cycle);
    bank = {row(address), start + numbers_.activate, start, bank.last, 0, false};
  }

  /// Opens the rows of the oldest requests, then of those behind them.
  void open_rows() {
    DramPort* next = nullptr;
    for (auto& port : ports_) {
      if (!is_candidate(*port) || !older(*port, next)) continue;
      const uint64_t address = port->pieces_.front().address;
      if (bank(address).row != row(address) && !in_use(bank(address), true)) next = port.get();
    }
    if (next != nullptr) open(next->pieces_.front().address);
    for (auto& port : ports_) open_ahead(*port);
  }

  void open_ahead(DramPort& port) {
    port.ahead_ = std::max(port.ahead_, 1u);
    if (port.ahead_ >= port.queued_) return;
    const auto& piece = port.pieces_[port.ahead_];
    if (bank(piece.address).row != row(piece.address)) {
      if (in_use(bank(piece.address), false)) return;
      open(piece.address);
    }
    ++port.ahead_;
  }

  bool can_serve(const DramPort& port) {
    if (!is_candidate(port)) return false;
    const uint64_t address = port.pieces_.front().address;
    const Bank& bank = this->bank(address);
    return bank.row == row(address) && bank.ready <= slot_;
  }

  /// Writes wait until no read is under way, they are many, or they have waited long; then they all go.
  bool time_to_write() const {
    bool reads = false, urgent = false, writes = false;
    for (const auto& port : ports_) {
      if (port->pieces_.empty()) continue;
      if (!port->writes_) reads = true;
      if (!port->writes_ || !port->waits()) continue;
      writes = true;
      const bool late = slot_ - port->pieces_.front().arrival >= numbers_.longest_wait;
      urgent = urgent || writing_ || late || port->pieces_.size() >= numbers_.write_batch;
    }
    return writes && (urgent || !reads);
  }

  /// The oldest request whose row is open.
  DramPort* choose() {
    DramPort* best = nullptr;
    for (auto& port : ports_) {
      if (can_serve(*port) && older(*port, best)) best = port.get();
    }
    return best;
  }

  void serve(DramPort& port) {
    if (port.writes_ != writing_) {
      slot_ += port.writes_ ? numbers_.read_to_write : numbers_.write_to_read;
      writing_ = port.writes_;
    }
    Bank& bank = this->bank(port.pieces_.front().address);
    bank.last = slot_;
    ++bank.streak;
    slot_ += numbers_.burst;
    uint64_t& controller = controller_free_[port.controller_port_];
    controller = std::max(controller, slot_) + numbers_.port_burst;
    port.serve(controller + numbers_.column + numbers_.reply);
  }

  /// When something may change: at `now` at the latest.
  uint64_t next_event(uint64_t now) {
    uint64_t event = std::min(now, next_refresh_);
    for (auto& port : ports_) {
      if (port->pieces_.empty()) continue;
      const auto& piece = port->pieces_.front();
      const Bank& bank = this->bank(piece.address);
      const uint64_t at = bank.row == row(piece.address) ? std::max(piece.arrival, bank.ready) : piece.arrival;
      if (at > slot_) event = std::min(event, at);
    }
    return event;
  }

  DramNumbers numbers_{};
  std::vector<std::unique_ptr<DramPort>> ports_;
  std::array<Bank, MOST_BANKS> banks_{};
  std::array<uint64_t, CONTROLLER_PORTS> controller_free_{}, controller_queued_at_{};
  uint64_t slot_ = 0;  // up to when the data bus is taken
  uint64_t next_refresh_ = 0;
  uint64_t order_ = 0;  // of the last piece in the queue
  bool writing_ = false;           // the data bus
  bool direction_writes_ = false;  // what is served next
};

#endif
