// bfq_unpack: tiles of every packing in random order, random tables, idle and back-pressure on all streams; every row step's
// codes, nothing lost or added, and the rate. Truth: the indices, signs and digits that the bench made the words of.
#include <deque>
#include <vector>

#include "bench.hpp"

namespace {

constexpr int TABLES = TABLE_ROWS > 0;

struct Word { uint64_t low, high; int packing; };
struct Step { std::vector<uint64_t> planes; int packing, slot; };

struct Streams {
  std::deque<Word> aux;
  std::deque<Step> in;
  std::deque<std::vector<uint64_t>> out;  // planes of the codes
  uint64_t least = 0;                     // cycles
};

/// A table in memory: entries of 16 bits.
struct Table { int bits, slot; bool four; std::vector<uint16_t> entries; };

void add_planes(std::vector<uint64_t>& halves, const std::vector<uint64_t>& planes) { halves.insert(halves.end(), planes.begin(), planes.end()); }

std::vector<uint64_t> planes_of(const uint8_t codes[64]) {
  std::vector<uint64_t> planes(CODE_BITS, 0);
  for (int i = 0; i < 64; ++i)
    for (int b = 0; b < CODE_BITS; ++b) planes[b] |= uint64_t{codes[i]} >> b % 8 << 63 >> (63 - i);
  return planes;
}

void plain_tile(Random& random, Streams& streams) {
  for (int s = 0; s < 32; ++s) {
    std::vector<uint64_t> planes(CODE_BITS);
    for (uint64_t& plane : planes) plane = random.bits();
    streams.in.push_back({planes, 0, 0});
    streams.out.push_back(planes);
  }
  streams.least += 32;
}

/// The code of five digits, by the rule of docs/interface.md.
int trit_byte(const int t[5]) {
  const int p = 3 * t[0] + t[1], q = 3 * t[2] + t[3];
  if (p < 8 && q < 8) return t[4] << 6 | q << 3 | p;
  if (p < 8) return 0xc0 | t[4] << 4 | p;
  if (q < 8) return 0xc8 | t[4] << 4 | q;
  return 0xf0 | t[4];
}

void trit_tile(Random& random, Streams& streams) {
  std::vector<uint64_t> halves;
  for (int g = 0; g < 4; ++g) {
    std::vector<uint64_t> aux(5, 0);
    for (int r = 0; r < 8; ++r) {
      uint8_t codes[65] = {};
      for (int i = 0; i < 64; ++i) codes[i] = random.below(3);
      std::vector<uint64_t> planes(CODE_BITS);
      for (uint64_t& plane : planes) plane = random.bits();
      planes[0] = 0;
      for (int i = 0; i < 13; ++i) {
        int digits[5];
        for (int d = 0; d < 5; ++d) digits[d] = codes[d * 13 + i];
        const uint64_t byte = trit_byte(digits);
        if (i < 8) planes[0] |= byte << 8 * i;
        else aux[i - 8] |= byte << 8 * r;
      }
      streams.in.push_back({planes, 1, 0});
      streams.out.push_back(planes_of(codes));
    }
    add_planes(halves, aux);
  }
  for (size_t i = 0; i < halves.size(); i += 2) streams.aux.push_back({halves[i], halves[i + 1], 1});
  streams.least += 32;
}

void grid_tile(Random& random, Streams& streams, const Table& table, int signs) {
  const int packing = table.bits | table.four << 4 | signs << 5;
  const int vectors = table.four ? 16 : 8, columns = 64 / vectors;
  const int sign_planes = std::vector<int>{0, 1, 7, 8}[signs], high_planes = (table.bits - 8) * (table.four ? 2 : 1);
  std::vector<uint64_t> halves;
  for (int g = 0; g < 4; ++g) {
    std::vector<uint64_t> sign(sign_planes, 0), high(high_planes, 0);
    for (int r = 0; r < 8; ++r) {
      uint8_t codes[64];
      std::vector<uint64_t> planes(CODE_BITS);
      for (uint64_t& plane : planes) plane = random.bits();
      planes[0] = 0;
      if (table.four) planes[1] = 0;
      for (int v = 0; v < vectors; ++v) {
        const int index = random.chance(20) ? (1 << table.bits) - 1 : random.below(1 << table.bits);
        const int octet = table.four ? v / 2 : v, odd = table.four ? v % 2 : 0;
        planes[odd] |= uint64_t(index & 255) << 8 * octet;
        for (int h = 8; h < table.bits; ++h) high[table.four ? odd : h - 8] |= uint64_t(index >> h & 1) << (8 * r + octet);
        for (int k = 0; k < columns; ++k)
          codes[v * columns + k] = table.entries[index] >> k * (table.four ? 3 : 2) & (table.four ? 7 : 3);
      }
      for (int o = 0; o < 8; ++o) {
        int flags = random.below(256);
        if (signs == 0) flags = 0;
        if (signs == 1) flags = flags & 1 ? 255 : 0;
        if (signs == 2) flags = (flags & 127) | __builtin_parity(flags & 127) << 7;
        for (int k = 0; k < 8; ++k) {
          if (flags >> k & 1) codes[o * 8 + k] |= 8;
          if (k < sign_planes) sign[k] |= uint64_t(flags >> k & 1) << (8 * r + o);
        }
      }
      streams.in.push_back({planes, packing, table.slot});
      streams.out.push_back(planes_of(codes));
    }
    add_planes(halves, sign);
    add_planes(halves, high);
  }
  for (size_t i = 0; i < halves.size(); i += 2) streams.aux.push_back({halves[i], halves[i + 1], packing});
  streams.least += std::max<uint64_t>(32, halves.size());
}

void load(Bench& bench, const Table& table) {
  for (int i = 0; i < 1 << table.bits; ++i) {
    const bool deep = TABLE_ROWS == 1024 && table.bits == 11;
    bench.dut.grid_write = deep ? (i < 1024 ? 1 : 2) : 3;
    bench.dut.grid_row = (i & (TABLE_ROWS - 1)) | (table.slot ? TABLE_ROWS / 2 : 0);
    bench.dut.grid_entry = table.entries[i];
    bench.settle();
    bench.tick();
  }
  bench.dut.grid_write = 0;
  for (int i = 0; i < 2; ++i) {
    bench.settle();
    bench.tick();
  }
}

Table random_table(Random& random, int slot, int most_bits) {
  Table table;
  table.four = random.below(2) != 0;
  table.bits = 8 + random.below(std::min(table.four ? 2 : 4, most_bits - 7));
  table.slot = slot;
  for (int i = 0; i < 1 << table.bits; ++i) table.entries.push_back(static_cast<uint16_t>(random.bits()));
  return table;
}

void run(Bench& bench, Streams& streams, uint32_t idle, uint32_t stall) {
  const uint64_t start = bench.cycle;
  auto& dut = bench.dut;
  bool aux_offered = false, in_offered = false;
  while (!streams.out.empty()) {
    CHECK(bench, bench.cycle - start < 100000, "nothing moves");
    if (!aux_offered) aux_offered = !streams.aux.empty() && !bench.random.chance(idle);
    if (!in_offered) in_offered = !streams.in.empty() && !bench.random.chance(idle);
    dut.aux_valid = aux_offered;
    dut.in_valid = in_offered;
    if (!streams.aux.empty()) {
      const Word& word = streams.aux.front();
      for (int i = 0; i < 4; ++i) dut.aux_word[i] = static_cast<uint32_t>((i < 2 ? word.low : word.high) >> i % 2 * 32);
      dut.aux_packing = word.packing;
    }
    if (!streams.in.empty()) {
      const Step& step = streams.in.front();
      for (int b = 0; b < CODE_BITS; ++b) {
        reinterpret_cast<uint32_t*>(&dut.in_planes)[2 * b] = static_cast<uint32_t>(step.planes[b]);
        reinterpret_cast<uint32_t*>(&dut.in_planes)[2 * b + 1] = static_cast<uint32_t>(step.planes[b] >> 32);
      }
      dut.in_packing = step.packing;
      dut.in_slot = step.slot;
    }
    dut.out_ready = !bench.random.chance(stall);
    bench.settle();
    if (dut.out_valid) {
      const uint32_t* planes = reinterpret_cast<const uint32_t*>(&dut.out_planes);
      for (int b = 0; b < CODE_BITS; ++b) {
        const uint64_t plane = planes[2 * b] | uint64_t{planes[2 * b + 1]} << 32;
        CHECK(bench, plane == streams.out.front()[b], "%zu steps are left: plane %d is %llx, not %llx", streams.out.size(), b,
              static_cast<unsigned long long>(plane), static_cast<unsigned long long>(streams.out.front()[b]));
      }
      if (dut.out_ready) streams.out.pop_front();
    }
    if (aux_offered && dut.aux_ready) {
      streams.aux.pop_front();
      aux_offered = false;
    }
    if (in_offered && dut.in_ready) {
      streams.in.pop_front();
      in_offered = false;
    }
    bench.tick();
  }
  CHECK(bench, streams.aux.empty() && streams.in.empty(), "something was not taken");
  if (idle == 0 && stall == 0)
    CHECK(bench, bench.cycle - start <= streams.least + 40, "%llu cycles, not %llu",
          static_cast<unsigned long long>(bench.cycle - start), static_cast<unsigned long long>(streams.least));
  dut.aux_valid = dut.in_valid = 0;
  dut.out_ready = 1;
  for (int i = 0; i < 6; ++i) {
    bench.settle();
    CHECK(bench, !dut.out_valid, "a step too many");
    bench.tick();
  }
}

}  // namespace

int main() {
  Bench bench;
  bench.dut.rst = 1;
  bench.dut.aux_valid = bench.dut.in_valid = bench.dut.grid_write = 0;
  bench.settle();
  bench.tick();
  bench.dut.rst = 0;
  const std::vector<std::pair<uint32_t, uint32_t>> patterns{{0, 0}, {50, 0}, {0, 50}, {40, 40}};
  for (int round = 0; round < (Bench::long_run() ? 400 : 40); ++round) {
    const auto [idle, stall] = patterns[round % 4];
    bench.scene = "round " + std::to_string(round) + " idle " + std::to_string(idle) + " stall " + std::to_string(stall);
    std::vector<Table> tables;
    if (TABLES) {
      const int half = TABLE_ROWS == 1024 ? 9 : 10;
      const bool large = bench.random.below(2) != 0;
      tables.push_back(random_table(bench.random, 0, large ? 11 : half));
      if (tables[0].bits <= half) tables.push_back(random_table(bench.random, 1, half));
    }
    for (const Table& table : tables) load(bench, table);
    Streams streams;
    for (int t = 0; t < 12; ++t) {
      const int kind = bench.random.below(4);
      if (kind == 0) plain_tile(bench.random, streams);
      else if (TRITS && (kind == 1 || !TABLES)) trit_tile(bench.random, streams);
      else if (TABLES) grid_tile(bench.random, streams, tables[bench.random.below(tables.size())], bench.random.below(4));
    }
    run(bench, streams, idle, stall);
  }
}
