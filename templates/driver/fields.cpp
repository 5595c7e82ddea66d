#include "fields.hpp"

#include <cstring>

#include "bfq_plan.hpp"
#include "bits.hpp"

namespace bfq {
namespace {

constexpr unsigned POWER3[] = {1, 3, 9, 27, 81, 243};

/// Digit n of a base-3 byte is the top base-3 digit of byte * 3^n mod 256.
uint8_t trit_of(uint8_t byte, int digit) { return static_cast<uint8_t>(((byte * POWER3[digit]) & 255) * 3 >> 8); }

/// Visits every element of a field's runs: the run, the element, its first bit.
template <class Visit>
void each_element(const Field& field, Visit visit) {
  for (const FieldRun* run = field.runs; run != field.runs + field.run_count; ++run)
    for (unsigned n = 0; n < unsigned{run->groups} * run->elements; ++n)
      visit(*run, run->from + n, run->position + n / run->elements * run->advance + n % run->elements * run->stride);
}

void write_bits(uint8_t* block, uint32_t at, uint64_t value) {
  value <<= at % 8;
  for (uint32_t byte = at / 8; value != 0; ++byte, value >>= 8) block[byte] |= static_cast<uint8_t>(value);
}

uint64_t low_bits(unsigned bits) { return (uint64_t{1} << bits) - 1; }

unsigned parity(unsigned bits) {
  bits ^= bits >> 4;
  bits ^= bits >> 2;
  return (bits ^ bits >> 1) & 1;
}

/// Whether each element of a block has its flag.
void read_flags(const Grid& grid, const uint8_t* block, uint8_t* out) {
  uint32_t values[TILE_COLUMNS];
  read_words(grid.flags, block, values);
  const bool with_parity = grid.flags.count > 0 && grid.flags.runs->bits == 7;
  for (unsigned i = 0; i < grid.flags.count; ++i) {
    const unsigned bits = with_parity ? values[i] | parity(values[i]) << 7 : values[i] * 255u;
    for (unsigned j = 0; j < grid.span; ++j) *out++ = bits >> (with_parity ? j : 0) & 1;
  }
}

/// A code without its flag, and whether it had one.
uint8_t unflagged(const Grid& grid, uint8_t code, bool& flag) {
  for (unsigned i = 0; i < unsigned{grid.vector_count} * grid.vector; ++i)
    if (grid.vectors[i] == code) return flag = false, code;
  for (unsigned plain = 0; plain < grid.flagged_count; ++plain)
    if (grid.flagged[plain] == code) return flag = true, static_cast<uint8_t>(plain);
  return flag = false, code;
}

}  // namespace

void read_bytes(const Field& field, const uint8_t* block, uint8_t* out) {
  for (const FieldRun* run = field.runs; run != field.runs + field.run_count; ++run) {
    uint8_t* to = out + run->from;
    uint32_t at = run->position;
    for (unsigned group = 0; group < run->groups; ++group, at += run->advance, to += run->elements) {
      const uint8_t* const from = block + at / 8;
      if (run->trit >= 0) {
        for (unsigned i = 0; i < run->elements; ++i) to[i] = trit_of(from[i], run->trit);
      } else if (run->elements == 8) {
        const uint64_t x = spread(load64(from) >> at % 8, run->stride, run->bits) << run->shift;
        store64(to, run->shift == 0 ? x : load64(to) | x);
      } else {
        const auto x = static_cast<uint8_t>((load64(from) >> at % 8 & low_bits(run->bits)) << run->shift);
        *to = run->shift == 0 ? x : *to | x;
      }
    }
  }
}

void write_bytes(const Field& field, const uint8_t* values, uint8_t* block) {
  bool has_trits = false;
  each_element(field, [&](const FieldRun& run, unsigned i, uint32_t at) {
    if (run.trit < 0) write_bits(block, at, values[i] >> run.shift & low_bits(run.bits));
    else has_trits = true;
  });
  if (!has_trits) return;
  uint16_t trits[MAX_BLOCK_BYTES] = {};  // base-3 numbers, by byte of the block
  each_element(field, [&](const FieldRun& run, unsigned i, uint32_t at) {
    if (run.trit >= 0) trits[at / 8] = static_cast<uint16_t>(trits[at / 8] + values[i] * POWER3[4 - run.trit]);
  });
  // ceil(256 n / 243) is the byte whose top digits are those of n.
  for (unsigned i = 0; i < MAX_BLOCK_BYTES; ++i)
    if (trits[i] != 0) block[i] = static_cast<uint8_t>((trits[i] * 256u + 242) / 243);
}

void read_words(const Field& field, const uint8_t* block, uint32_t* out) {
  each_element(field, [&](const FieldRun& run, unsigned i, uint32_t at) {
    const auto x = static_cast<uint32_t>((load64(block + at / 8) >> at % 8 & low_bits(run.bits)) << run.shift);
    out[i] = run.shift == 0 ? x : out[i] | x;
  });
}

void write_words(const Field& field, const uint32_t* values, uint8_t* block) {
  each_element(field, [&](const FieldRun& run, unsigned i, uint32_t at) {
    write_bits(block, at, values[i] >> run.shift & low_bits(run.bits));
  });
}

void read_codes(const Format& format, const uint8_t* block, uint8_t* out) {
  if (format.grid == nullptr) return read_bytes(format.code, block, out);
  const Grid& grid = *format.grid;
  uint32_t indices[TILE_COLUMNS];
  uint8_t flags[TILE_COLUMNS] = {};
  read_words(format.code, block, indices);
  read_flags(grid, block, flags);
  for (unsigned i = 0; i < format.elements; ++i) {
    const uint8_t code = grid.vectors[indices[i / grid.vector] * grid.vector + i % grid.vector];
    out[i] = flags[i] != 0 ? grid.flagged[code] : code;
  }
}

void write_codes(const Format& format, const uint8_t* codes, uint8_t* block) {
  if (format.grid == nullptr) return write_bytes(format.code, codes, block);
  const Grid& grid = *format.grid;
  uint8_t plain[TILE_COLUMNS];
  bool flags[TILE_COLUMNS];
  for (unsigned i = 0; i < format.elements; ++i) plain[i] = unflagged(grid, codes[i], flags[i]);
  uint32_t indices[TILE_COLUMNS] = {}, values[TILE_COLUMNS] = {};
  for (unsigned i = 0; i < format.code.count; ++i)
    while (std::memcmp(grid.vectors + indices[i] * grid.vector, plain + i * grid.vector, grid.vector) != 0 &&
           indices[i] + 1 < grid.vector_count)
      ++indices[i];
  write_words(format.code, indices, block);
  for (unsigned i = 0; i < grid.flags.count; ++i)
    for (unsigned bit = 0; bit < grid.flags.runs->bits; ++bit) values[i] |= uint32_t{flags[i * grid.span + bit]} << bit;
  write_words(grid.flags, values, block);
}

}  // namespace bfq
