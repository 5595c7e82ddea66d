// A local memory of a process with one port to read and one to write, for C simulation: each may be used once in a beat, and
// a word that was written may be read `distance` beats later, as the loop's dependence pragma promises.
#ifndef BFQ_SHIM_HLS_RAM_H
#define BFQ_SHIM_HLS_RAM_H

#include <string>
#include <vector>

#include "hls_process.h"

namespace bfq_shim {

template <typename T>
class Ram {
 public:
  Ram(const std::string& name, int words, unsigned long distance)
      : name_(name), distance_(distance), words_(static_cast<std::size_t>(words)) {}

  /// A word: read where it is used as a value, written where something is assigned to it.
  class Place {
   public:
    Place(Ram& ram, std::size_t at) : ram_(ram), at_(at) {}
    operator T() const { return ram_.read(at_); }
    void operator=(const T& value) { ram_.write(at_, value); }

   private:
    Ram& ram_;
    std::size_t at_;
  };

  template <typename Index>
  Place operator[](const Index& index) {
    const std::size_t at = static_cast<std::size_t>(index);
    if (at >= words_.size()) bad_access("access outside of", name_);
    return Place(*this, at);
  }

 private:
  struct Word {
    T value = 0;
    bool written = false;
    unsigned long beat = 0;
  };

  T read(std::size_t at) {
    count_access(last_read_, "second read of", name_);
    const Word& word = words_[at];
    if (word.written && beats->now - word.beat < distance_) bad_access("too early read of", name_);
    return word.value;
  }

  void write(std::size_t at, const T& value) {
    count_access(last_write_, "second write of", name_);
    words_[at].value = value;
    words_[at].written = true;
    words_[at].beat = beats->now;
  }

  std::string name_;
  unsigned long distance_;
  std::vector<Word> words_;
  unsigned long last_read_ = ~0UL;
  unsigned long last_write_ = ~0UL;
};

/// An array of them, in which each has ports of its own.
template <typename T>
class Rams {
 public:
  Rams(const std::string& name, int rams, int words, unsigned long distance) {
    for (int i = 0; i < rams; ++i) rams_.emplace_back(name + "[" + std::to_string(i) + "]", words, distance);
  }
  Ram<T>& operator[](int ram) { return rams_[static_cast<std::size_t>(ram)]; }

 private:
  std::vector<Ram<T>> rams_;
};

}  // namespace bfq_shim

#endif
