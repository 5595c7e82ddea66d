// bfq_descriptor_check against a second reading of docs/interface.md: good descriptors, and each rule broken at its border.
#include "descriptor_reference.hpp"

int main() {
  Bench bench;
  Random& random = bench.random;
  unsigned seen[6] = {};
  bench.settle();
  for (int i = 0; i < 200000; ++i) {
    Descriptor d = random_descriptor(random), before;
    before.columns = d.columns = 1 + random.below(4);
    before.k_tiles = d.k_tiles = 1 + random.below(MAX_K_TILES);
    d.rows = random.chance(5) ? 0xfffffff0 + random.below(16) : 1 + random.below(1u << random.below(32));
    d.output_stride = static_cast<uint32_t>(std::min<uint64_t>((uint64_t{d.rows} + 7) / 8 * 8 + 4 * random.below(3), 0xfffffffc));
    if (random.chance(10)) d.output_stride ^= 4u << random.below(30);
    d.flags = random.below(2);
    // A byte changed to a neighbour, a small or any value: most break a rule.
    auto* const bytes = reinterpret_cast<uint8_t*>(&d);
    for (uint32_t edits = random.below(3); edits > 0; --edits) {
      uint8_t& byte = bytes[random.below(sizeof d)];
      const uint8_t values[] = {static_cast<uint8_t>(byte + 1), static_cast<uint8_t>(byte - 1), static_cast<uint8_t>(random.below(10)),
                                static_cast<uint8_t>(random.bits())};
      byte = values[random.below(4)];
    }
    if (random.chance(30)) finish(d);
    const bool first = random.chance(20);
    if (random.chance(10)) before.columns = random.below(6);
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
