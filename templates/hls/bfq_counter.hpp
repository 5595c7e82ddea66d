// Counters and rings for loops of one beat an iteration: what is asked of them stands in a register, so that no comparison
// and no choice among memories lies on the way from one beat to the next.
#ifndef BFQ_COUNTER_HPP
#define BFQ_COUNTER_HPP

#include "bfq_types.hpp"

namespace bfq {

/// Counts `whole` beats down and begins again; `last` says that this is the last of them.
template <int BITS>
struct Countdown {
  ap_uint<BITS> after;  // beats after this one
  bool last;
  ap_uint<BITS> whole_after;
  bool whole_last;
};

/// @param whole at least 1
template <int BITS>
inline Countdown<BITS> countdown(ap_uint<BITS> whole) {
#pragma HLS inline
  Countdown<BITS> counter;
  counter.whole_after = ap_uint<BITS>(whole - 1);
  counter.whole_last = whole == 1;
  counter.after = counter.whole_after;
  counter.last = counter.whole_last;
  return counter;
}

template <int BITS>
inline void count(Countdown<BITS>& counter) {
#pragma HLS inline
  const bool was_last = counter.last;
  counter.last = was_last ? counter.whole_last : counter.after == 1;
  counter.after = was_last ? counter.whole_after : ap_uint<BITS>(counter.after - 1);
}

/// Puts `value` into a ring of the 8 rows: the oldest one, of the same row 8 beats before, falls out. Before that it is
/// ring[ROWS - 1].
template <typename T>
inline void turn(T ring[ROWS], const T& value) {
#pragma HLS inline
  for (int row = ROWS - 1; row > 0; --row) {
#pragma HLS unroll
    ring[row] = ring[row - 1];
  }
  ring[0] = value;
}

template <typename T>
inline void clear(T ring[ROWS]) {
#pragma HLS inline
  for (int row = 0; row < ROWS; ++row) {
#pragma HLS unroll
    ring[row] = 0;
  }
}

}  // namespace bfq

#endif
