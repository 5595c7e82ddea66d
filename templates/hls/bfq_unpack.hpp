// Packed codes to plain ones: ternary digits five a byte, and indices into the tables of grid formats.
#ifndef BFQ_UNPACK_HPP
#define BFQ_UNPACK_HPP

#include "bfq_counter.hpp"
#include "bfq_job.hpp"

namespace bfq {

constexpr int OCTETS = GROUP / 8;
constexpr int AUX_SIGNS = 8;   // planes of a group at most, and the high bits of indices behind them
constexpr int AUX_HIGHS = 3;
constexpr int GRID_ROWS = TABLE_ROWS > 0 ? TABLE_ROWS : 1;
constexpr int UNPACKED_BITS = 4;
constexpr int AUX_STEP = 8;    // row steps of a group

/// What the descriptor's field says.
struct Packing {
  bool ternary;
  bool indexed;
  bool four;              // an index serves four columns, not eight
  ap_uint<2> high;        // bits of an index beyond 8
  ap_uint<2> sign_mode;   // 0 none, 1 one for eight columns, 2 seven of which the number is even, 3 one a column
  ap_uint<4> sign_planes; // of a group in section aux
  ap_uint<4> high_planes;
  ap_uint<4> planes;      // all of them
};

inline Packing parse_packing(ap_uint<8> field) {
#pragma HLS inline
  Packing packing;
  packing.indexed = TABLE_ROWS > 0 && field[3];
  packing.ternary = TRITS != 0 && !packing.indexed && field[0];
  packing.four = field[4];
  packing.high = ap_uint<2>(field);
  packing.sign_mode = ap_uint<2>(field >> 5);
  const ap_uint<4> signs = packing.sign_mode == 0 ? 0 : packing.sign_mode == 1 ? 1 : packing.sign_mode == 2 ? 7 : 8;
  packing.sign_planes = packing.ternary ? ap_uint<4>(5) : packing.indexed ? signs : ap_uint<4>(0);
  packing.high_planes = packing.indexed ? ap_uint<4>(packing.high * (packing.four ? 2 : 1)) : ap_uint<4>(0);
  packing.planes = ap_uint<4>(packing.sign_planes + packing.high_planes);
  return packing;
}

/// A row's 8 bits of a plane of section aux.
inline ap_uint<8> row_of(const ap_uint<64>& plane, ap_uint<3> row) {
#pragma HLS inline
  return ap_uint<8>(plane >> (8 * row.to_int()));
}

/// Five digits, two bits each (docs/interface.md, field packing).
inline ap_uint<10> ternary_digits(ap_uint<8> byte) {
#pragma HLS inline
  const bool whole = (byte >> 6) != 3;
  const bool both = !whole && (byte >> 4) == 15;
  const ap_uint<4> first = both || (!whole && byte[3]) ? ap_uint<4>(8) : ap_uint<4>(byte & 7);
  const ap_uint<4> second = both || (!whole && !byte[3]) ? ap_uint<4>(8) : ap_uint<4>((byte >> (whole ? 3 : 0)) & 7);
  const ap_uint<2> fifth = both ? ap_uint<2>(byte) : whole ? ap_uint<2>(byte >> 6) : ap_uint<2>(byte >> 4);
  return ap_uint<10>((first / 3) | ((first % 3) << 2) | ((second / 3) << 4) | ((second % 3) << 6) | (ap_uint<10>(fifth) << 8));
}

/// The digits of 13 bytes as two planes: code 13 d + i is digit d of byte i.
inline word_t ternary_planes(const ap_uint<64>& bytes, const ap_uint<64> signs[AUX_SIGNS], ap_uint<3> row) {
#pragma HLS inline
  word_t planes = 0;
  for (int i = 0; i < 13; ++i) {
#pragma HLS unroll
    const ap_uint<8> byte = i < 8 ? ap_uint<8>(bytes >> (8 * i)) : row_of(signs[i < 8 ? 0 : i - 8], row);
    const ap_uint<10> digits = ternary_digits(byte);
    for (int d = 0; d < 5; ++d) {
#pragma HLS unroll
      if (13 * d + i < GROUP) {
        if (digits[2 * d]) planes |= placed(1, 13 * d + i);
        if (digits[2 * d + 1]) planes |= placed(1, GROUP + 13 * d + i);
      }
    }
  }
  return planes;
}

/// The signs of an octet's columns.
inline ap_uint<8> octet_signs(const Packing& packing, const ap_uint<64> signs[AUX_SIGNS], ap_uint<3> row, int octet) {
#pragma HLS inline
  ap_uint<8> own = 0;
  bool odd = false;
  for (int k = 0; k < 8; ++k) {
#pragma HLS unroll
    const bool bit = row_of(signs[k], row)[octet];
    if (bit) own |= ap_uint<8>(1 << k);
    if (k < 7 && bit) odd = !odd;
  }
  if (packing.sign_mode == 0) return 0;
  if (packing.sign_mode == 1) return own[0] ? ap_uint<8>(255) : ap_uint<8>(0);
  if (packing.sign_mode == 3) return own;
  return ap_uint<8>((own & 127) | (odd ? 128 : 0));
}

/// Rows of a table in the memories, and whether its upper half is in the odd ones.
struct TablePlace {
  bool deep;
  ap_uint<11> top;  // bit that tells the halves of the memories apart
};

inline TablePlace table_place(const Packing& packing, bool slot) {
#pragma HLS inline
  TablePlace place;
  place.deep = TABLE_ROWS == 1024 && packing.indexed && !packing.four && packing.high == 3;
  place.top = slot ? ap_uint<11>(GRID_ROWS / 2) : ap_uint<11>(0);
  return place;
}

/// One word of each even and odd memory: what an octet finds in them.
template <typename Memories>
inline word_t indexed_planes(const Packing& packing, const TablePlace& place, const ap_uint<64> aux_signs[AUX_SIGNS],
                             const ap_uint<64> aux_highs[AUX_HIGHS], const word_t& lows, ap_uint<3> row, Memories& even, Memories& odd, word_t& upper) {
#pragma HLS inline
  word_t planes = 0;
  upper = 0;
  for (int j = 0; j < OCTETS; ++j) {
#pragma HLS unroll
    bool high[AUX_HIGHS];
    for (int h = 0; h < AUX_HIGHS; ++h) {
#pragma HLS unroll
      high[h] = h < packing.high_planes && row_of(aux_highs[h], row)[j];
    }
    const ap_uint<11> first = ap_uint<11>(field<8>(lows, 8 * j) | (high[0] ? 256 : 0));
    const ap_uint<11> octet = ap_uint<11>(first | (high[1] ? 512 : 0) | (high[2] ? 1024 : 0));
    const ap_uint<11> second = ap_uint<11>(field<8>(lows, GROUP + 8 * j) | (high[1] ? 256 : 0));
    const ap_uint<11> even_row = ap_uint<11>((packing.four ? first : octet) | place.top);
    const ap_uint<11> odd_row = ap_uint<11>((packing.four ? second : octet) | place.top);
    const ap_uint<16> even_entry = ap_uint<16>(even[j][even_row.to_int() % GRID_ROWS]);
    const ap_uint<16> odd_entry = ap_uint<16>(odd[j][odd_row.to_int() % GRID_ROWS]);
    const ap_uint<16> entry = place.deep && high[2] ? odd_entry : even_entry;
    const ap_uint<8> signs = octet_signs(packing, aux_signs, row, j);
    for (int k = 0; k < 8; ++k) {
#pragma HLS unroll
      const ap_uint<3> quad = ap_uint<3>((k < 4 ? even_entry : odd_entry) >> (3 * (k % 4)));
      const ap_uint<3> digit = packing.four ? quad : ap_uint<3>(ap_uint<2>(entry >> (2 * k)));
      const int column = 8 * j + k;
      if (digit[0]) planes |= placed(1, column);
      if (digit[1]) planes |= placed(1, GROUP + column);
      if (digit[2]) upper |= placed(1, column);
      if (signs[k]) upper |= placed(1, GROUP + column);
    }
  }
  return planes;
}

/// Writes a job's table, an entry a beat.
template <typename Memories>
void load_table(const Packing& packing, const TablePlace& place, hls::stream<word_t>& tables, Memories& even, Memories& odd) {
#pragma HLS inline
  const int entries = 256 << packing.high.to_int();
  word_t word = 0;
BFQ_LABEL(table_entries)
  for (int i = 0; i < entries; ++i) {
#pragma HLS loop_tripcount min=256 max=2048
#pragma HLS pipeline II=1
// Nothing of a table is read before it is whole.
#pragma HLS dependence variable=even type=inter direction=raw distance=1 dependent=true
#pragma HLS dependence variable=odd type=inter direction=raw distance=1 dependent=true
    BFQ_BEAT
    if (i % 8 == 0) word = tables.read();
    const ap_uint<16> entry = field<16>(word, 16 * (i % 8));
    const bool is_upper = place.deep && i >= GRID_ROWS;
    const int row = (i | place.top.to_int()) % GRID_ROWS;
    for (int j = 0; j < OCTETS; ++j) {
#pragma HLS unroll
      if (!is_upper) even[j][row] = entry;
      if (!place.deep || is_upper) odd[j][row] = entry;
    }
  }
}

/// A row step a beat, while the aux planes of the next group come in, one a beat. A group with more planes than its 8 row steps
/// takes as many beats.
template <int LANE>
void unpack_codes(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t>& tables, hls::stream<word_t>& aux,
                  hls::stream<word_t> packed[STEP_WORDS], hls::stream<word_t> planes[STEP_WORDS]) {
#pragma HLS inline off
  BFQ_RAMS(ap_uint<16>, even, OCTETS, GRID_ROWS, 1);
  BFQ_RAMS(ap_uint<16>, odd, OCTETS, GRID_ROWS, 1);
#pragma HLS array_partition variable=even dim=1 type=complete
#pragma HLS array_partition variable=odd dim=1 type=complete
#pragma HLS bind_storage variable=even type=ram_s2p impl=bram
#pragma HLS bind_storage variable=odd type=ram_s2p impl=bram
BFQ_LABEL(unpack_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const Packing packing = parse_packing(job.format.packing);
    const TablePlace place = table_place(packing, job.slot);
    if (TABLE_ROWS > 0 && job.load_table) load_table(packing, place, tables, even, odd);

    const count_t groups = count_t(lane_tiles<LANE>(job) * GROUPS);
    const ap_uint<4> group_beats = packing.planes > AUX_STEP ? packing.planes : ap_uint<4>(AUX_STEP);
    const count_t beats = groups == 0 ? count_t(0) : count_t((groups + 1) * group_beats);
    ap_uint<64> coming_signs[AUX_SIGNS], present_signs[AUX_SIGNS];
    ap_uint<64> coming_highs[AUX_HIGHS], present_highs[AUX_HIGHS];
#pragma HLS array_partition variable=coming_signs type=complete
#pragma HLS array_partition variable=coming_highs type=complete
#pragma HLS array_partition variable=present_signs type=complete
#pragma HLS array_partition variable=present_highs type=complete
    for (int i = 0; i < AUX_SIGNS; ++i) {
#pragma HLS unroll
      coming_signs[i] = 0;
      present_signs[i] = 0;
    }
    for (int i = 0; i < AUX_HIGHS; ++i) {
#pragma HLS unroll
      coming_highs[i] = 0;
      present_highs[i] = 0;
    }
    ap_uint<64> spare = 0;
    bool has_spare = false;
    bool steps = false;      // a group's planes are there
    count_t to_come = groups;
    ap_uint<4> beat = 0;     // of the group
  BFQ_LABEL(unpack_beats)
    for (count_t i = 0; i < beats; ++i) {
#pragma HLS loop_tripcount min=40 max=32776
#pragma HLS pipeline II=1 style=flp
      BFQ_BEAT
      if (steps && beat < AUX_STEP) {
        word_t words[STEP_WORDS];
#pragma HLS array_partition variable=words type=complete
        for (int w = 0; w < STEP_WORDS; ++w) {
#pragma HLS unroll
          words[w] = packed[w].read();
        }
        const ap_uint<3> row = ap_uint<3>(beat);
        const word_t stored = words[0];
        if (packing.ternary) words[0] = ternary_planes(ap_uint<64>(stored), present_signs, row);
        if (TABLE_ROWS > 0 && packing.indexed) {
          word_t upper;
          words[0] = indexed_planes(packing, place, present_signs, present_highs, stored, row, even, odd, upper);
          words[STEP_WORDS > 1 ? 1 : 0] = upper;
        }
        for (int w = 0; w < STEP_WORDS; ++w) {
#pragma HLS unroll
          planes[w].write(words[w]);
        }
      }
      if (to_come != 0 && beat < packing.planes) {
        ap_uint<64> plane = spare;
        if (!has_spare) {
          const word_t word = aux.read();
          plane = ap_uint<64>(word);
          spare = ap_uint<64>(word >> 64);
        }
        has_spare = !has_spare;
        for (int s = 0; s < AUX_SIGNS; ++s) {
#pragma HLS unroll
          if (beat == s && beat < packing.sign_planes) coming_signs[s] = plane;
        }
        for (int h = 0; h < AUX_HIGHS; ++h) {
#pragma HLS unroll
          if (beat == packing.sign_planes + h) coming_highs[h] = plane;
        }
      }
      if (beat == group_beats - 1) {
        beat = 0;
        steps = to_come != 0;
        if (to_come != 0) to_come = count_t(to_come - 1);
        for (int s = 0; s < AUX_SIGNS; ++s) {
#pragma HLS unroll
          present_signs[s] = coming_signs[s];
        }
        for (int h = 0; h < AUX_HIGHS; ++h) {
#pragma HLS unroll
          present_highs[h] = coming_highs[h];
        }
      } else {
        beat = ap_uint<4>(beat + 1);
      }
    }
  }
}

/// Without grids there are no tables.
template <int LANE>
void unpack_codes(hls::stream<word_t>& jobs, hls::stream<word_t>& next, hls::stream<word_t>& aux,
                  hls::stream<word_t> packed[STEP_WORDS], hls::stream<word_t> planes[STEP_WORDS]) {
#pragma HLS inline
  hls::stream<word_t> tables;
  unpack_codes<LANE>(jobs, next, tables, aux, packed, planes);
}

}  // namespace bfq

#endif
