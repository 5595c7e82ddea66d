// The board's DRAM behind the AXI ports (memory mode "board"): interface FIFOs of each port, controller ports, banks with open
// rows, refresh, and the turn of the data bus between reads and writes. Its numbers come from specs/boards; docs/memory.md
// says what they are fitted to. No board was used.
#ifndef BFQ_SIM_RTL_DRAM_HPP
#define BFQ_SIM_RTL_DRAM_HPP

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

/// Times in ps. The order is that of the options from Dram::FIRST_OPTION on (src/sim/board-memory.ts).
struct DramNumbers {
  uint64_t pl_cycle;           // of the kernel's clock
  uint64_t burst;              // 64 bytes on the data bus
  uint64_t activate;           // tRCD
  uint64_t precharge;          // tRP
  uint64_t row_cycle;          // tRC
  uint64_t read_to_precharge;  // tRTP
  uint64_t column;             // CAS latency
  uint64_t refresh_interval;   // tREFI
  uint64_t refresh;            // tRFC
  uint64_t read_to_write;      // the bus idles between the last read and the first write
  uint64_t write_to_read;
  uint64_t row_bytes;          // contiguous bytes in one open row
  uint64_t banks;              // bank = address / row_bytes mod banks
  uint64_t port_burst;         // 64 bytes through one controller port
  uint64_t row_streak;         // accesses to a row before a request for another one closes it
  uint64_t longest_wait;       // of a write while there is something to read
  uint64_t write_batch;        // bursts of 64 bytes that wait before writes interrupt reads
  uint64_t request;            // from a port's request to the controller
  uint64_t reply;              // from the controller to the port
  uint64_t commands;           // AXI bursts that a port accepts before their last word has gone
  uint64_t slice;              // words of the pieces into which a port cuts AXI bursts
  uint64_t words;              // of a port's data FIFO: what it asks for at once
  uint64_t shared_port;        // controller port of activations, descriptors and output
  uint64_t lane_ports[8];      // of the weight ports
};
constexpr uint32_t DRAM_NUMBERS = sizeof(DramNumbers) / sizeof(uint64_t);

constexpr uint64_t DRAM_BURST_BYTES = 64;

/// A queue of at most SIZE (a power of two) without allocation.
template <class Item, uint32_t SIZE>
class Ring {
 public:
  bool empty() const { return count_ == 0; }
  uint32_t size() const { return count_; }
  bool full() const { return count_ == SIZE; }
  Item& operator[](uint32_t i) { return items_[(first_ + i) % SIZE]; }
  const Item& operator[](uint32_t i) const { return items_[(first_ + i) % SIZE]; }
  Item& front() { return items_[first_]; }
  const Item& front() const { return items_[first_]; }
  void push(const Item& item) { items_[(first_ + count_++) % SIZE] = item; }
  void pop() {
    first_ = (first_ + 1) % SIZE;
    --count_;
  }
  void clear() { first_ = count_ = 0; }

 private:
  std::array<Item, SIZE> items_{};
  uint32_t first_ = 0, count_ = 0;
};

/// The interface of one AXI port and direction: cuts its bursts into pieces, asks for as many as its data FIFO holds, and
/// gives words back in order. For writes a word that comes back is a word that was written.
class DramPort {
 public:
  static constexpr uint32_t MOST_COMMANDS = 16;

  DramPort(const DramNumbers& numbers, uint64_t controller_port, bool writes)
      : controller_port_(controller_port), writes_(writes), numbers_(numbers) {}

  /// AXI bursts that may be open.
  uint32_t commands() const { return static_cast<uint32_t>(numbers_.commands); }
  uint32_t slice() const { return static_cast<uint32_t>(numbers_.slice); }
  /// Whether the data FIFO takes one more word to write beside `held` that are not yet asked for.
  bool has_room(uint32_t held) const { return words_open_ + held < numbers_.words; }

  void request(uint64_t address, uint32_t words) {
    commands_.push({address, words});
    words_open_ += words;
  }
  /// The next word is there.
  bool word_ready() const { return !chunks_.empty() && chunks_.front().ready <= now_; }
  void take_word() {
    --reserved_;
    --words_open_;
    Chunk& chunk = chunks_.front();
    if (--chunk.words != 0) return;
    if (chunk.ends_piece) --pieces_open_;
    chunks_.pop();
  }
  void reset() {
    commands_.clear();
    pieces_.clear();
    chunks_.clear();
    words_open_ = reserved_ = pieces_open_ = ahead_ = 0;
    served_at_ = 0;
  }

 private:
  friend class Dram;
  struct Command {
    uint64_t address;
    uint32_t words;  // not yet asked for
  };
  struct Piece {
    uint64_t address;
    uint32_t words;    // not yet served
    uint64_t arrival;  // at the controller
  };
  struct Chunk {  // of a piece: what one DRAM burst brings
    uint64_t ready;
    uint32_t words;
    bool ends_piece;
  };

  /// Asks for the next piece if it has room for its words; one a cycle.
  void issue(uint64_t now) {
    now_ = now;
    if (commands_.empty() || pieces_open_ == numbers_.words / numbers_.slice) return;
    Command& command = commands_.front();
    const uint32_t words = std::min(command.words, slice());
    if (reserved_ + words > numbers_.words) return;
    pieces_.push({command.address, words, now + numbers_.request});
    ++pieces_open_;
    reserved_ += words;
    command.address += 16 * words;
    command.words -= words;
    if (command.words == 0) commands_.pop();
  }

  bool waits(uint64_t now) const { return !pieces_.empty() && pieces_.front().arrival <= now; }

  /// The next DRAM burst of the front piece comes at `ready`.
  void serve(uint64_t ready) {
    Piece& piece = pieces_.front();
    const uint32_t to_boundary = static_cast<uint32_t>(DRAM_BURST_BYTES - piece.address % DRAM_BURST_BYTES) / 16;
    const uint32_t words = std::min(piece.words, to_boundary);
    piece.address += 16 * words;
    piece.words -= words;
    chunks_.push({ready, words, piece.words == 0});
    if (piece.words != 0) return;
    pieces_.pop();
    if (ahead_ != 0) --ahead_;
  }

  uint64_t controller_port_;
  bool writes_;
  const DramNumbers& numbers_;
  Ring<Command, 2 * MOST_COMMANDS> commands_;
  Ring<Piece, 16> pieces_;
  Ring<Chunk, 128> chunks_;
  uint32_t words_open_ = 0;   // requested and not taken
  uint32_t reserved_ = 0;     // those of them that the data FIFO keeps room for
  uint32_t pieces_open_ = 0;  // from their request to their last word
  uint32_t ahead_ = 0;        // rows of the pieces before this one have been opened
  uint64_t now_ = 0;
  uint64_t served_at_ = 0;    // number of the last turn
};

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

  /// As after a long rest: all rows closed, the refresh just done.
  void restart(uint64_t cycle) {
    slot_ = cycle * numbers_.pl_cycle;
    next_refresh_ = slot_ + numbers_.refresh_interval;
    banks_ = {};
    controller_free_ = {};
    controller_served_at_ = {};
    turn_ = 0;
    last_ = nullptr;
    writing_ = false;
    for (auto& port : ports_) port->served_at_ = 0;
  }

  uint64_t time(uint64_t cycle) const { return cycle * numbers_.pl_cycle; }

  /// Everything that the controller does before clock cycle `cycle`.
  void advance(uint64_t cycle) {
    const uint64_t now = time(cycle);
    for (auto& port : ports_) port->issue(now);
    while (slot_ < now) {
      if (slot_ >= next_refresh_) {
        refresh();
        continue;
      }
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
    uint64_t streak = 0;     // accesses since then
    bool fresh = true;       // closed by a refresh
  };

  Bank& bank(uint64_t address) { return banks_[address / numbers_.row_bytes % numbers_.banks]; }
  uint64_t row(uint64_t address) const { return address / numbers_.row_bytes / numbers_.banks; }

  void refresh() {
    slot_ += numbers_.precharge + numbers_.refresh;
    next_refresh_ += numbers_.refresh_interval;
    banks_ = {};
  }

  bool is_candidate(const DramPort& port) const { return port.writes_ == direction_writes_ && port.waits(slot_); }

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

  /// Opens the rows of the requests at the front, in turn, then of those behind them.
  void open_rows() {
    DramPort* next = nullptr;
    for (auto& port : ports_) {
      if (!is_candidate(*port) || (next != nullptr && !before(*port, *next))) continue;
      const uint64_t address = port->pieces_.front().address;
      if (bank(address).row != row(address) && !in_use(bank(address), true)) next = port.get();
    }
    if (next != nullptr) open(next->pieces_.front().address);
    for (auto& port : ports_) open_ahead(*port);
  }

  void open_ahead(DramPort& port) {
    port.ahead_ = std::max(port.ahead_, 1u);
    if (port.ahead_ >= port.pieces_.size()) return;
    const auto& piece = port.pieces_[port.ahead_];
    if (piece.arrival > slot_) return;
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

  /// Writes wait until there is nothing to read, they are many, or they have waited long; then they all go.
  bool time_to_write() const {
    bool reads = false, urgent = false, writes = false;
    for (const auto& port : ports_) {
      if (!port->waits(slot_)) continue;
      if (!port->writes_) {
        reads = true;
        continue;
      }
      writes = true;
      const uint64_t waited = slot_ - port->pieces_.front().arrival;
      urgent = urgent || writing_ || waited >= numbers_.longest_wait || 16 * port->reserved_ >= DRAM_BURST_BYTES * numbers_.write_batch;
    }
    return writes && (urgent || !reads);
  }

  /// The last port goes on in its open row; then controller ports take turns, and so do the AXI ports of one.
  DramPort* choose() {
    if (last_ != nullptr && in_turn_ < numbers_.row_streak && can_serve(*last_)) return last_;
    DramPort* best = nullptr;
    for (auto& port : ports_) {
      if (!can_serve(*port)) continue;
      if (best == nullptr || before(*port, *best)) best = port.get();
    }
    return best;
  }
  bool before(const DramPort& a, const DramPort& b) const {
    const uint64_t at = controller_served_at_[a.controller_port_], bt = controller_served_at_[b.controller_port_];
    return at != bt ? at < bt : a.served_at_ < b.served_at_;
  }

  void serve(DramPort& port) {
    if (port.writes_ != writing_) {
      slot_ += port.writes_ ? numbers_.read_to_write : numbers_.write_to_read;
      writing_ = port.writes_;
    }
    if (&port != last_) {
      last_ = &port;
      in_turn_ = 0;
      port.served_at_ = controller_served_at_[port.controller_port_] = ++turn_;
    }
    ++in_turn_;
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
      uint64_t at = piece.arrival;
      const Bank& bank = this->bank(piece.address);
      if (bank.row == row(piece.address)) at = std::max(at, bank.ready);
      if (at > slot_) event = std::min(event, at);
    }
    return event;
  }

  DramNumbers numbers_{};
  std::vector<std::unique_ptr<DramPort>> ports_;
  std::array<Bank, MOST_BANKS> banks_{};
  std::array<uint64_t, CONTROLLER_PORTS> controller_free_{}, controller_served_at_{};
  uint64_t slot_ = 0;  // when the data bus is free
  uint64_t next_refresh_ = 0;
  uint64_t turn_ = 0;
  DramPort* last_ = nullptr;  // served last
  uint64_t in_turn_ = 0;      // bursts since its turn began
  bool writing_ = false;           // the data bus
  bool direction_writes_ = false;  // what is served next
};

#endif
