// Reading and writing the fields of one stored block. A block may be read 8 bytes beyond its end.
#ifndef BFQ_FIELDS_HPP
#define BFQ_FIELDS_HPP

#include <cstdint>

#include "format.hpp"

namespace bfq {

/// Elements of at most 8 bits, one byte each; up to 7 bytes behind them are written too.
void read_bytes(const Field& field, const uint8_t* block, uint8_t* out);
/// Into a block whose bits there are zero.
void write_bytes(const Field& field, const uint8_t* values, uint8_t* block);

/// Elements of at most 32 bits.
void read_words(const Field& field, const uint8_t* block, uint32_t* out);
void write_words(const Field& field, const uint32_t* values, uint8_t* block);

/// The codes of a block, one byte each.
void read_codes(const Format& format, const uint8_t* block, uint8_t* out);
void write_codes(const Format& format, const uint8_t* codes, uint8_t* block);

}  // namespace bfq

#endif
