// Who has which part of the device memory.
#ifndef BFQ_ARENA_HPP
#define BFQ_ARENA_HPP

#include <cstdint>
#include <map>
#include <string>

#include "error.hpp"

namespace bfq {

class Arena {
 public:
  explicit Arena(uint64_t bytes) : bytes_(bytes) {}

  /// First fit. @throws Error(BFQ_NO_MEMORY)
  uint64_t allocate(uint64_t bytes, uint64_t alignment) {
    uint64_t at = 0;
    for (const auto& [begin, end] : used_) {
      if (at + bytes <= begin) break;
      at = (end + alignment - 1) / alignment * alignment;
    }
    if (at > bytes_ || bytes > bytes_ - at) {
      throw Error(BFQ_NO_MEMORY, "no piece of " + std::to_string(bytes) + " bytes is left of the device memory (" +
                                     std::to_string(bytes_) + " bytes, " + std::to_string(free()) + " free)");
    }
    used_[at] = at + bytes;
    return at;
  }

  void release(uint64_t at) { used_.erase(at); }

  uint64_t free() const {
    uint64_t left = bytes_;
    for (const auto& [begin, end] : used_) left -= end - begin;
    return left;
  }

 private:
  uint64_t bytes_;
  std::map<uint64_t, uint64_t> used_;  // begin to end
};

/// A piece of the arena for as long as this lives.
class Piece {
 public:
  Piece(Arena& arena, uint64_t bytes, uint64_t alignment) : at(arena.allocate(bytes, alignment)), arena_(arena) {}
  ~Piece() { arena_.release(at); }
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;
  const uint64_t at;

 private:
  Arena& arena_;
};

}  // namespace bfq

#endif
