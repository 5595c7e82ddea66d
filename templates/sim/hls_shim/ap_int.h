// Our own ap_int / ap_uint for C simulation: just what the bfq kernel uses, up to 128 bits.
//
// A value converts to the builtin integer that holds it exactly, so arithmetic is the compiler's own and never
// wraps early (the real types grow their results by rule; 64 bits are more than any bfq result needs). Assigning
// to an ap type truncates to its width, and `<<` and `~` keep the width of their operand: both as the real types do.
#ifndef BFQ_SHIM_AP_INT_H
#define BFQ_SHIM_AP_INT_H

#include <cstdint>
#include <type_traits>

namespace bfq_shim {

__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 signed_wide;

/// The builtin type in which values of BITS bits take part in arithmetic. Unsigned values below 64 bits are in a signed
/// type, so that mixed arithmetic and comparisons are those of the numbers and not of their encodings.
template <int BITS, bool SIGNED>
struct arithmetic {
  static_assert(BITS >= 1 && (SIGNED ? BITS <= 64 : BITS <= 128), "width outside the shim's range");
  using large = typename std::conditional<(BITS <= 64), std::uint64_t, wide>::type;
  using type = typename std::conditional<(SIGNED || BITS <= 63), std::int64_t, large>::type;
};

template <int BITS, bool SIGNED>
class integer {
 public:
  using native = typename arithmetic<BITS, SIGNED>::type;

  integer() = default;
  template <typename T, typename = typename std::enable_if<std::is_convertible<T, native>::value>::type>
  integer(const T& value) : value_(wrap(static_cast<wide>(builtin(value)))) {}

  operator native() const { return value_; }

  integer operator<<(int count) const { return integer(static_cast<wide>(value_) << count); }
  integer operator~() const { return integer(~static_cast<wide>(value_)); }
  integer& operator+=(native other) { return *this = integer(value_ + other); }
  integer& operator-=(native other) { return *this = integer(value_ - other); }
  integer& operator|=(native other) { return *this = integer(value_ | other); }
  integer& operator>>=(int count) { return *this = integer(value_ >> count); }
  integer& operator++() { return *this += 1; }

  bool operator[](int index) const { return ((static_cast<wide>(value_) >> index) & 1) != 0; }
  int to_int() const { return static_cast<int>(value_); }
  unsigned to_uint() const { return static_cast<unsigned>(value_); }
  std::uint64_t to_uint64() const { return static_cast<std::uint64_t>(value_); }

 private:
  template <int OTHER_BITS, bool OTHER_SIGNED>
  static typename arithmetic<OTHER_BITS, OTHER_SIGNED>::type builtin(const integer<OTHER_BITS, OTHER_SIGNED>& value) {
    return value;
  }
  template <typename T>
  static typename std::enable_if<!std::is_class<T>::value, T>::type builtin(const T& value) {
    return value;
  }

  /// The lowest BITS bits, sign-extended where the type is signed.
  static native wrap(wide bits) {
    constexpr int spare = 128 - BITS;
    if (SIGNED) return static_cast<native>(static_cast<signed_wide>(bits << spare) >> spare);
    return static_cast<native>((bits << spare) >> spare);
  }

  native value_;
};

}  // namespace bfq_shim

template <int BITS>
class ap_uint : public bfq_shim::integer<BITS, false> {
 public:
  using bfq_shim::integer<BITS, false>::integer;
  ap_uint() = default;
  ap_uint(const bfq_shim::integer<BITS, false>& value) : bfq_shim::integer<BITS, false>(value) {}
};

template <int BITS>
class ap_int : public bfq_shim::integer<BITS, true> {
 public:
  using bfq_shim::integer<BITS, true>::integer;
  ap_int() = default;
  ap_int(const bfq_shim::integer<BITS, true>& value) : bfq_shim::integer<BITS, true>(value) {}
};

#endif
