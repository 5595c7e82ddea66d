// A weight format as data: how its stored blocks are read, what a tile of it looks like, and its descriptor.
// The tables are in bfq_plan.hpp, printed from the plan, or come later from a file (format_file.hpp); nothing here or beside it
// computes such a number again.
#ifndef BFQ_FORMAT_HPP
#define BFQ_FORMAT_HPP

#include <cstdint>

#include "bfq_interface.hpp"

namespace bfq {

/// Groups of elements that lie evenly in a stored block. Positions are in bits; bit 0 of a byte is the lowest.
struct FieldRun {
  uint16_t from;     // first element of the field
  uint16_t groups;
  uint8_t elements;  // of a group: 8 or 1
  uint8_t stride;    // from element to element of a group
  uint8_t bits;
  uint8_t shift;     // place of the bits in the element
  int8_t trit;       // base-3 digit of the byte, the highest first; -1: bits
  uint32_t position;
  int32_t advance;   // from group to group
};

struct Field {
  const FieldRun* runs;
  uint16_t run_count;
  uint16_t count;    // elements of a block
};

/// Where a block stores an index for each vector of elements, and flags: the codes that they stand for.
struct Grid {
  const uint8_t* vectors;  // codes without flags
  uint16_t vector_count;
  uint8_t vector;          // elements
  const uint8_t* flagged;  // code with its flag set, by code without
  uint8_t flagged_count;   // 0: no flags
  uint16_t span;           // elements that a flag value serves; 7 bits serve 8, the last by even parity
  Field flags;
};

/// How activations are quantised: specs/activations.
struct ActivationFormat {
  const char* name;
  uint16_t block;     // elements that share a scale; 0: all of K
  uint8_t bits;       // of a code
  bool half_scale;    // the scale is rounded to f16
  bool extreme_rule;  // the value of largest magnitude becomes the lowest code but one, so the scale has its sign
  bool to_even;       // halves; else away from zero
};

struct Format {
  const char* name;
  int32_t ggml_type;  // -1: none
  Activation activation;
  uint16_t elements;  // weights of a stored block
  uint16_t bytes;
  uint16_t sub_block;
  uint16_t d_group;   // columns that share a block scale
  uint8_t d_bytes;
  uint8_t code_bits, scale_bits, min_bits;     // stored
  uint8_t code_flip, scale_flip, min_flip;     // XORed on the way into a tile
  uint16_t section_end[SECTIONS];  // bytes of a tile up to where each section ends
  Field code, scale, min, d, dmin;
  const uint8_t* descriptor;  // DESCRIPTOR_BYTES, with the job's fields zero
  const Grid* grid;           // null: `code` holds codes, else indices
  uint32_t layout_hash;       // of what decides the tiles of given stored bytes

  unsigned section_at(Section section) const { return section == 0 ? 0 : section_end[section - 1]; }
  unsigned tile_bytes() const { return section_end[SECTIONS - 1]; }
};

}  // namespace bfq

#endif
