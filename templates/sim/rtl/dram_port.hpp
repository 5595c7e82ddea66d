// The side of the board's memory that an AXI port sees (memory mode "board"), and the numbers of the whole (dram.hpp).
#ifndef BFQ_SIM_RTL_DRAM_PORT_HPP
#define BFQ_SIM_RTL_DRAM_PORT_HPP

#include <algorithm>
#include <array>
#include <cstdint>

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
  uint64_t queue;              // pieces among which the scheduler chooses
  uint64_t row_streak;         // accesses to a row before a request for another one closes it
  uint64_t longest_wait;       // of a write while there is something to read
  uint64_t write_batch;        // pieces that wait before writes interrupt reads
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
    words_open_ = reserved_ = pieces_open_ = queued_ = ahead_ = 0;
    queued_at_ = 0;
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
    uint64_t order;    // in the scheduler's queue
  };
  struct Chunk {  // of a piece: what one DRAM burst brings
    uint64_t ready;
    uint32_t words;
    bool ends_piece;
  };

  /// Asks for the next piece if it has room for its words; one per cycle.
  void issue(uint64_t now) {
    now_ = now;
    if (commands_.empty() || pieces_open_ == numbers_.words / numbers_.slice) return;
    Command& command = commands_.front();
    const uint32_t words = std::min(command.words, slice());
    if (reserved_ + words > numbers_.words) return;
    pieces_.push({command.address, words, now + numbers_.request, 0});
    ++pieces_open_;
    reserved_ += words;
    command.address += 16 * words;
    command.words -= words;
    if (command.words == 0) commands_.pop();
  }

  /// Its next piece that the scheduler doesn't know of has arrived.
  bool knocks(uint64_t now) const { return queued_ < pieces_.size() && pieces_[queued_].arrival <= now; }
  bool waits() const { return queued_ != 0; }

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
    --queued_;
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
  uint32_t queued_ = 0;       // pieces in the scheduler's queue
  uint32_t ahead_ = 0;        // rows of the pieces before this one have been opened
  uint64_t now_ = 0;
  uint64_t queued_at_ = 0;    // order of its last piece in the queue
};

#endif
