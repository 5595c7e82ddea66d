// Words, constants of the machine and the few helpers that every process uses.
#ifndef BFQ_TYPES_HPP
#define BFQ_TYPES_HPP

#include "bfq_config.hpp"

// AMD's default constructor masks a value it hasn't set: g++ sees that wherever it inlines it, even as a system header.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include "ap_int.h"
#include "hls_stream.h"
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// What only our own C simulation (sim/hls_shim) needs to be told; to a synthesis tool all of it is the plain call, the
// plain array and nothing. BFQ_PROCESS calls a dataflow process, BFQ_BOUND says a stream's depth again. BFQ_BEAT begins an
// iteration of a pipelined loop, in which no stream, no RAM and no memory port may be read twice or written twice.
// BFQ_RAM is an array with one port to read and one to write; a word is read `distance` beats after it was written or later,
// as the loop's dependence pragma promises.
#ifndef BFQ_BOUNDED_STREAMS
#define BFQ_PROCESS(process, ...) process(__VA_ARGS__)
#define BFQ_BOUND(stream, depth)
#define BFQ_REGION_END
#define BFQ_BEAT
#define BFQ_PORT_READ
#define BFQ_PORT_WRITE
#define BFQ_RAM(type, name, words, distance) type name[words]
#define BFQ_RAMS(type, name, rams, words, distance) type name[rams][words]
#endif

// Names a loop in the reports of a synthesis tool; to a compiler it would be an unused label.
#ifdef __SYNTHESIS__
#define BFQ_LABEL(name) name:
#else
#define BFQ_LABEL(name)
#endif

namespace bfq {

typedef ap_uint<128> word_t;   // one beat of every memory port
typedef ap_uint<40> count_t;   // words or tiles of a job: 2^40 words are more than 64-bit boards hold
typedef ap_uint<64> address_t; // byte offset from a port's base
typedef unsigned long long index_t;  // of a word from a port's base: a plain integer, as burst inference likes it
typedef ap_uint<32> f32_t;     // bit pattern of an fp32 number

constexpr int ROWS = 8;           // rows of a tile
constexpr int GROUP = 64;         // columns of a row step: one bit plane
constexpr int GROUPS = 4;         // row steps of a row in a tile, 256 / 64
constexpr int QUARTERS = 4;       // runs of 16 columns in a row step: the smallest sub-block
constexpr int QUARTER = 16;       // columns of such a run
constexpr int ROW_STEPS = GROUPS * ROWS;             // of a tile
constexpr int STEP_WORDS = (CODE_BITS + 1) / 2;      // of a row step's planes
constexpr int WORD_BYTES_LOG2 = 4;

constexpr int CODEBOOK_WORDS = CODEBOOK / 16;
constexpr int CODEBOOK_SIZE = CODEBOOK > 0 ? CODEBOOK : 16;  // a local table has at least one word
constexpr int LANES_LOG2 = LANES == 8 ? 3 : LANES == 4 ? 2 : LANES == 2 ? 1 : 0;
constexpr int COLUMNS_LOG2 = COLUMNS == 8 ? 3 : COLUMNS == 4 ? 2 : COLUMNS == 2 ? 1 : 0;
constexpr int PASS_COLUMNS = COLUMNS * REPLAY;

/// Widths of types that must have at least one bit.
constexpr int SCALE_FACTOR_BITS = SCALE_WIDTH > 0 ? SCALE_WIDTH : 1;
constexpr int MIN_FACTOR_BITS = MIN_WIDTH > 0 ? MIN_WIDTH : 1;
constexpr int MSUM_TYPE_BITS = MSUM_BITS > 0 ? MSUM_BITS : 1;

/// Row tiles whose results are gathered for one burst, two words each: of a single column, and of one of several columns.
constexpr int BURST_TILES = 32;
constexpr int RUN_TILES = 16;

/// BITS bits of a word from bit `low` upward.
template <int BITS>
inline ap_uint<BITS> field(const word_t& word, int low) {
#pragma HLS inline
  return ap_uint<BITS>(word >> low);
}

template <int BITS>
inline ap_int<BITS> signed_field(const word_t& word, int low) {
#pragma HLS inline
  return ap_int<BITS>(field<BITS>(word, low));
}

/// `value` moved up to bit `low` of a word.
inline word_t placed(const word_t& value, int low) {
#pragma HLS inline
  return word_t(value << low);
}

inline word_t read_port(const word_t* memory, index_t index) {
#pragma HLS inline
  BFQ_PORT_READ
  return memory[index];
}

inline void write_port(word_t* memory, index_t index, const word_t& word) {
#pragma HLS inline
  BFQ_PORT_WRITE
  memory[index] = word;
}

inline index_t word_index(address_t address) {
#pragma HLS inline
  return address.to_uint64() >> WORD_BYTES_LOG2;
}

}  // namespace bfq

#endif
