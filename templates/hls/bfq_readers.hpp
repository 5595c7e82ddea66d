// The processes that read memory. Each has a port of its own and one loop of contiguous reads inside a walk over the
// list: what burst inference asks for.
#ifndef BFQ_READERS_HPP
#define BFQ_READERS_HPP

#include "bfq_job.hpp"

namespace bfq {

/// The tables that the lanes hold: two of up to half the rows, or one longer one in the lower half.
struct Tables {
  bool held[2];
  ap_uint<32> ids[2];
  bool wide;  // the lower one's takes both
  bool last;  // half of the table last used
};

struct TableUse {
  bool load;
  bool slot;
};

/// Where a descriptor's table is, or is to be; the one used longer ago makes room.
inline TableUse use_table(const Format& format, ap_uint<32> id, Tables& tables) {
#pragma HLS inline
  TableUse use;
  use.load = false;
  use.slot = false;
  if (TABLE_ROWS == 0 || !format.packing[3]) return use;
  const bool whole = (256 << ap_uint<2>(format.packing).to_int()) > TABLE_ROWS / 2;
  const bool low = tables.held[0] && tables.ids[0] == id;
  const bool high = tables.held[1] && tables.ids[1] == id;
  use.load = !low && !high;
  use.slot = whole || low ? false : high || !tables.last;
  if (use.load) {
    const int slot = use.slot ? 1 : 0;
    if (whole || tables.wide) tables.held[0] = tables.held[1] = false;
    tables.wide = whole;
    tables.held[slot] = true;
    tables.ids[slot] = id;
  }
  tables.last = use.slot;
  return use;
}

/// Sends the passes of one descriptor, PASS_COLUMNS columns each, as jobs.
inline void send_passes(const word_t descriptor_words[DESC_WORDS], const Descriptor& descriptor,
                        address_t activations, TableUse use, hls::stream<word_t>& jobs) {
#pragma HLS inline
  const ap_uint<30> row_tiles = ap_uint<30>((descriptor.rows + ap_uint<33>(7)) >> 3);
  const ap_uint<16> k_tiles = ap_uint<16>(descriptor.k_tiles);
  const ap_uint<8> tile_words = ap_uint<8>(descriptor.tile_words);
  const count_t base_tiles = count_t((row_tiles >> LANES_LOG2) * count_t(k_tiles));
  const count_t base_words = count_t(base_tiles * tile_words);
  const ap_uint<24> row_words = ap_uint<24>(k_tiles * tile_words);
  const bool one_pass = descriptor.columns <= PASS_COLUMNS;
  const bool load = !(same_activations(descriptor) && one_pass);

  address_t pass_activations = activations;
  address_t pass_output = descriptor.output;
BFQ_LABEL(passes)
  for (ap_uint<33> first = 0; first < descriptor.columns; first += PASS_COLUMNS) {
#pragma HLS loop_tripcount min=1 max=4
    const ap_uint<33> left = ap_uint<33>(descriptor.columns - first);
    const ap_uint<8> columns = left < PASS_COLUMNS ? ap_uint<8>(left) : ap_uint<8>(PASS_COLUMNS);
    const ap_uint<4> batches = ap_uint<4>((columns + (COLUMNS - 1)) >> COLUMNS_LOG2);
    word_t words[JOB_WORDS];
#pragma HLS array_partition variable=words type=complete
    words[0] = placed(load ? 1 : 0, 1) | placed(use.load && first == 0 ? 1 : 0, 2) | placed(use.slot ? 1 : 0, 3) | placed(batches, 4) | placed(columns, 8) | placed(k_tiles, 16) |
               placed(row_tiles, 32) | placed(tile_words, 64) | placed(row_words, 72);
    words[1] = descriptor.weights | placed(pass_activations, 64);
    words[2] = pass_output | placed(descriptor.lane_stride, 64) | placed(descriptor.output_stride, 96);
    words[3] = base_tiles | placed(base_words, 40) | placed(descriptor.table, 80);
    for (int i = FORMAT_WORD; i < JOB_WORDS; ++i) {
#pragma HLS unroll
      words[i] = descriptor_words[i];
    }
  BFQ_LABEL(send_job_words)
    for (int i = 0; i < JOB_WORDS; ++i) {
#pragma HLS pipeline II=1
      BFQ_BEAT
      jobs.write(words[i]);
    }
    pass_activations += address_t(k_tiles) * (PASS_COLUMNS * RECORD_WORDS << WORD_BYTES_LOG2);
    pass_output += address_t(descriptor.output_stride) * (PASS_COLUMNS * 4);
  }
}

/// Walks the list up to its end or the first bad descriptor, then sends the stop with the status of the run.
inline void read_descriptors(const word_t* memory, ap_uint<32> descriptor_count, hls::stream<word_t>& jobs) {
#pragma HLS inline off
  ap_uint<32> status = STATUS_OK;
  Previous previous;
  previous.k_tiles = 0;
  previous.columns = 0;
  previous.activations = 0;
  Tables tables;
  tables.held[0] = tables.held[1] = tables.wide = tables.last = false;
  tables.ids[0] = tables.ids[1] = 0;
BFQ_LABEL(descriptors)
  for (ap_uint<32> index = 0; index < descriptor_count && status == STATUS_OK; ++index) {
#pragma HLS loop_tripcount min=1 max=64
    word_t words[DESC_WORDS];
#pragma HLS array_partition variable=words type=complete
    const index_t base = index_t(index.to_uint()) * DESC_WORDS;
  BFQ_LABEL(fetch_descriptor)
    for (int i = 0; i < DESC_WORDS; ++i) {
#pragma HLS pipeline II=1
      BFQ_BEAT
      words[i] = read_port(memory, base + i);
    }
    const Descriptor descriptor = parse_descriptor(words);
    const ap_uint<8> code = check_descriptor(words, descriptor, previous);
    if (code != STATUS_OK) {
      status = ap_uint<32>(code | (address_t(index) << 8));
    } else {
      if (!same_activations(descriptor)) previous.activations = descriptor.activations;
      previous.k_tiles = descriptor.k_tiles;
      previous.columns = descriptor.columns;
      send_passes(words, descriptor, previous.activations, use_table(parse_format(words), descriptor.table_id, tables), jobs);
    }
  }
BFQ_LABEL(send_stop)
  for (int i = 0; i < JOB_WORDS; ++i) {
#pragma HLS pipeline II=1
    BFQ_BEAT
    jobs.write(i == 0 ? word_t(placed(status, 96) | 1) : word_t(0));
  }
}

/// Streams the lane's region of each job's weights. `total` gets the words read over the whole run.
template <int LANE>
void read_weights(const word_t* memory, hls::stream<word_t>& jobs, hls::stream<word_t>& next,
                  hls::stream<word_t>& weights, hls::stream<word_t>& total) {
#pragma HLS inline off
  ap_uint<32> words_read = 0;
BFQ_LABEL(weight_jobs)
  for (Job job = forward_job(jobs, next); !job.stop; job = forward_job(jobs, next)) {
#pragma HLS loop_tripcount min=1 max=64
    const unsigned words = lane_words<LANE>(job).to_uint();
    const index_t base = word_index(address_t(job.weights + address_t(job.lane_stride) * LANE));
  BFQ_LABEL(weight_burst)
    for (unsigned i = 0; i < words; ++i) {
#pragma HLS loop_tripcount min=72 max=36864
#pragma HLS pipeline II=1
      BFQ_BEAT
      weights.write(read_port(memory, base + i));
    }
    words_read += words;
  }
  total.write(words_read);
}

}  // namespace bfq

#endif
