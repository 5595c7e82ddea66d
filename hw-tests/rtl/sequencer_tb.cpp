// bfq_sequencer: lists of descriptors, now and then a bad one, to passes; consumers and the fetch stall at random. A list
// follows the one before, or a reset at any time.
#include <vector>

#include "descriptor_reference.hpp"

namespace {

constexpr uint64_t kAddress = (1ull << 40) - 1;
constexpr uint32_t kMostColumns = COLUMNS * REPLAY;

Descriptor shaped(Random& random, const Descriptor* before) {
  Descriptor d = random_descriptor(random);
  d.columns = 1 + random.below(3 * kMostColumns);
  if (random.chance(20)) d.columns ^= 1u << random.below(32);
  if (before && random.chance(30)) {
    d.flags = 1;
    d.k_tiles = before->k_tiles;
    d.columns = before->columns;
  }
  if (random.chance(5)) {  // a rule is broken, each code's in turn
    const uint32_t bit = random.below(32);
    switch (random.below(5)) {
      case 0: d.magic ^= 1u << bit; break;
      case 1: d.rows = 0; break;
      case 2: ++d.scale_words; break;
      case 3: d.lane_stride |= 1u << bit % 4; break;
      default:
        d.flags = 1;
        d.columns ^= 1u << bit;
    }
  }
  return d;
}

/// Counts get far: of columns in the first, then of MatMuls, small and good ones with a bad one at the end for its number.
std::vector<Descriptor> many(Random& random) {
  std::vector<Descriptor> list(9000);
  for (Descriptor& d : list) {
    d = random_descriptor(random);
    d.rows = d.output_stride = 8;
  }
  list.front().columns = 0x40000 + random.below(0x40000);
  list.back().magic = 0;
  return list;
}

/// Codebook of a descriptor: any bytes that differ from list to list.
std::array<uint8_t, CODEBOOK> codebook(const Descriptor& d) {
  std::array<uint8_t, CODEBOOK> bytes;
  Random random(d.weights);
  for (uint8_t& byte : bytes) byte = random.bits();
  return bytes;
}

void check_pass(Bench& bench, const Descriptor& d, uint32_t number) {
  const auto& dut = bench.dut;
  const uint32_t row_tiles = (d.rows + 7) / 8, first_column = number * kMostColumns;
  const uint32_t columns = std::min<uint32_t>(kMostColumns, d.columns - first_column);
  CHECK(bench, dut.pass_row_tiles == row_tiles && dut.pass_k_tiles == d.k_tiles && dut.pass_columns == columns, "shape");
  CHECK(bench, dut.pass_last == (first_column + columns == d.columns), "last");
  CHECK(bench, dut.pass_reuse == (d.flags == 1 && d.columns <= kMostColumns), "reuse");
  CHECK(bench, dut.pass_weights == (d.weights & kAddress) && dut.pass_lane_stride == d.lane_stride, "weights");
  CHECK(bench, dut.pass_tile_row == d.k_tiles * d.tile_words, "words of a tile row");
  CHECK(bench, dut.pass_lane_words == row_tiles / LANES * d.k_tiles * d.tile_words, "words of a lane");
  CHECK(bench, dut.pass_activations == ((d.activations + uint64_t{first_column} * d.k_tiles * 320) & kAddress), "activations");
  CHECK(bench, dut.pass_output == ((d.output + uint64_t{first_column} * d.output_stride * 4) & kAddress), "output");
  CHECK(bench, dut.pass_stride == d.output_stride, "stride");
  CHECK(bench, std::memcmp(&dut.pass_format, &d.code_bits, 32) == 0, "format");
  CHECK(bench, std::memcmp(&dut.pass_codebook, codebook(d).data(), CODEBOOK) == 0, "codebook");
}

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  unsigned ends = 0, cuts = 0;
  bool reset = true;
  bench.settle();
  for (int number = 0; number < 2500; ++number) {
    const uint32_t stalls = number == 0 ? 0 : random.below(80);
    std::vector<Descriptor> list = number == 0 ? many(random) : std::vector<Descriptor>(random.below(6));
    uint32_t good = 0, status = 0;
    for (uint32_t i = 0; i < list.size(); ++i) {
      const Descriptor* const before = i > 0 ? &list[i - 1] : nullptr;
      if (number > 0) list[i] = shaped(random, before);
      const uint32_t code = verdict(list[i], before);
      if (status == 0 && code != 0) status = code | i << 8;
      if (status == 0) ++good;
    }
    // Some lists have more descriptors than will ever come, and some are cut short.
    const bool endless = random.chance(20), cut = number > 0 && random.chance(20);
    const uint32_t cut_after = random.below(200);
    dut.descriptor_valid = dut.pass_ready = 0;
    if (reset) {
      dut.rst = 1;
      bench.tick();
      dut.rst = 0;
      for (uint32_t wait = random.below(4); wait > 0; --wait) {
        CHECK(bench, !dut.ended && !dut.pass_valid, "not idle after the reset");
        bench.tick();
      }
    }
    dut.start = 1;
    dut.count = list.size() + (endless ? std::max(any_size(random), 1u) : 0);
    bench.tick();
    dut.start = 0;
    dut.count = random.bits();
    reset = false;
    uint32_t index = 0, pass = 0;
    for (uint32_t idle = 0, cycles = 0; !dut.ended; ++idle, ++cycles) {
      reset = (cut && cycles > cut_after) || (number > 0 && pass > 300) || (endless && index == list.size() && idle > 100);
      if (reset) break;
      CHECK(bench, idle < 2000, "no end");
      if (index < list.size() && (dut.descriptor_valid || !random.chance(stalls))) {
        dut.descriptor_valid = 1;
        drive_descriptor(dut.descriptor, list[index]);
        std::memcpy(&dut.descriptor[24], codebook(list[index]).data(), CODEBOOK);
      } else {
        for (uint32_t i = 0; i < 24; ++i) dut.descriptor[i] = random.bits();
      }
      dut.pass_ready = !random.chance(stalls);
      bench.settle();
      if (dut.pass_valid) {
        CHECK(bench, index < good, "a pass of a bad descriptor");
        check_pass(bench, list[index], pass);
        if (dut.pass_ready) ++pass, idle = 0;
      }
      CHECK(bench, dut.descriptor_ready == (dut.pass_valid && dut.pass_ready && dut.pass_last), "taken too early or late");
      const bool taken = dut.descriptor_ready;
      bench.tick();
      if (!taken) continue;
      ++index;
      pass = idle = 0;
      dut.descriptor_valid = 0;
    }
    ++(reset ? cuts : ends);
    if (reset) continue;
    CHECK(bench, !endless || status != 0, "ended with descriptors to come");
    dut.pass_ready = 1;
    for (uint32_t wait = random.below(4);; --wait) {
      CHECK(bench, index == good, "%u MatMuls of %u", index, good);
      CHECK(bench, dut.ended && dut.status == status, "status %x, not %x", dut.status, status);
      CHECK(bench, !dut.pass_valid && !dut.descriptor_ready, "a pass after the end");
      if (wait == 0) break;
      bench.tick();
    }
    reset = random.chance(50);
  }
  CHECK(bench, ends > 500 && cuts > 300, "%u lists ended, %u cut short", ends, cuts);
}
