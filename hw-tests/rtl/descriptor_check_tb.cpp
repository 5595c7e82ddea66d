// bfq_descriptor_check against a second reading of docs/interface.md: good descriptors, and each rule broken at its border and
// by every bit, with all else in order so that no other rule hides it.
#include <cstddef>

#include "descriptor_reference.hpp"

namespace {

void flip(Random& random, uint32_t& word) { word ^= 1u << random.below(32); }

void edit(Random& random, Descriptor& d) {
  auto* const bytes = reinterpret_cast<uint8_t*>(&d);
  const uint32_t change = random.chance(50) ? 1u << random.below(8) : ~0u << random.below(8);  // +- a power of 2
  switch (random.below(6)) {
    case 0: bytes[random.below(sizeof d)] ^= 1 << random.below(8); break;
    case 1: flip(random, (&d.magic)[random.below(8)]); break;  // of the shape
    case 2: d.output_stride -= 4 << random.below(3); break;
    case 3: bytes[offsetof(Descriptor, code_bits) + random.below(32)] += change; break;
    case 4:  // what follows from the field follows
      bytes[offsetof(Descriptor, code_bits) + random.below(24)] += change;
      finish(d);
      break;
    default: {  // a section's words, and the tile's with them
      uint8_t& words = bytes[offsetof(Descriptor, d_words) + random.below(5)];
      d.tile_words -= words;
      words += change;
      d.tile_words += words;
    }
  }
}

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  unsigned seen[6] = {};
  bench.settle();
  for (int i = 0; i < 400000; ++i) {
    Descriptor d = random_descriptor(random), before;
    d.columns = random.chance(30) ? 1 : any_size(random);
    d.flags = random.below(2);
    before.k_tiles = d.k_tiles;
    before.columns = d.columns;
    for (uint32_t edits = random.chance(10) ? 2 : random.below(5) > 0; edits > 0; --edits) edit(random, d);
    if (random.chance(10)) flip(random, random.chance(50) ? before.columns : before.k_tiles);
    const bool first = random.chance(10);
    drive_descriptor(bench.dut.descriptor, d);
    bench.dut.first = first;
    bench.dut.last_k_tiles = before.k_tiles;
    bench.dut.last_columns = before.columns;
    bench.tick();
    bench.tick();
    const uint32_t want = verdict(d, first ? nullptr : &before);
    ++seen[want];
    CHECK(bench, bench.dut.status == want, "status %u, not %u", bench.dut.status, want);
  }
  for (int code = 0; code < 6; ++code) CHECK(bench, seen[code] > 200, "only %u descriptors of status %d", seen[code], code);
  std::printf("good %u, bad by code %u %u %u %u %u\n", seen[0], seen[1], seen[2], seen[3], seen[4], seen[5]);
}
