// bfq_sequencer: lists of descriptors, now and then a bad one, to passes; consumers and the fetch stall at random.
#include "descriptor_reference.hpp"

namespace {

constexpr uint64_t kAddress = (1ull << 40) - 1;
constexpr uint32_t kMostColumns = COLUMNS * REPLAY;

Descriptor shaped(Random& random, const Descriptor* before) {
  Descriptor d = random_descriptor(random);
  d.rows = 1 + random.below(random.chance(50) ? 70 : 1u << random.below(31));
  d.k_tiles = 1 + random.below(MAX_K_TILES);
  d.columns = 1 + random.below(random.chance(5) ? 500 : 3 * kMostColumns);
  if (before && random.chance(30)) {
    d.flags = 1;
    d.k_tiles = before->k_tiles;
    d.columns = before->columns;
  }
  d.output_stride = (d.rows + 7) / 8 * 8 + 4 * random.below(5);
  if (random.chance(5)) d.magic ^= 1u << random.below(32);
  return d;
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
  bench.settle();
  for (int list = 0; list < 2000; ++list) {
    const uint32_t count = random.below(6), stalls = random.below(80);
    std::array<Descriptor, 6> descriptors;
    uint32_t good = 0, status = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const Descriptor* const before = i > 0 ? &descriptors[i - 1] : nullptr;
      descriptors[i] = shaped(random, before);
      const uint32_t code = verdict(descriptors[i], before);
      if (status == 0 && code != 0) status = code | i << 8;
      if (status == 0) ++good;
    }
    dut.rst = 1;
    dut.start = dut.descriptor_valid = dut.pass_ready = 0;
    bench.tick();
    dut.rst = 0;
    dut.start = 1;
    dut.count = count;
    bench.tick();
    dut.start = 0;
    uint32_t index = 0, pass = 0;
    for (int idle = 0; !dut.ended; ++idle) {
      CHECK(bench, idle < 2000, "no end");
      if (index < count && (dut.descriptor_valid || !random.chance(stalls))) {
        dut.descriptor_valid = 1;
        drive_descriptor(dut.descriptor, descriptors[index]);
        std::memcpy(&dut.descriptor[24], codebook(descriptors[index]).data(), CODEBOOK);
      }
      dut.pass_ready = !random.chance(stalls);
      bench.settle();
      if (dut.pass_valid) {
        CHECK(bench, index < good, "a pass of a bad descriptor");
        check_pass(bench, descriptors[index], pass);
        if (dut.pass_ready) ++pass;
      }
      CHECK(bench, dut.descriptor_ready == (dut.pass_valid && dut.pass_ready && dut.pass_last), "taken too early or late");
      const bool taken = dut.descriptor_ready;
      bench.tick();
      if (!taken) continue;
      ++index;
      pass = idle = 0;
      dut.descriptor_valid = 0;
    }
    CHECK(bench, index == good, "%u MatMuls of %u", index, good);
    CHECK(bench, dut.status == status, "status %x, not %x", dut.status, status);
  }
}
