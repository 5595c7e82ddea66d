// bfq_floats: random operands for all columns, one step a cycle over all turns and rows in changing formats of d; each unit's
// results in order. Truth: this machine's IEEE 754 (float32.hpp) and the definitions of the d types (lane_reference.hpp).
#include <cstring>
#include <deque>
#include <vector>

#include "bench.hpp"
#include "lane_reference.hpp"

namespace {

constexpr int kTurns = COLUMNS / UNIT_COLUMNS, kRows = 8 / UNIT_ROWS, kUnits = UNIT_COLUMNS * UNIT_ROWS;

uint32_t mostly_tame(Random& random) {
  const uint32_t bits = random.bits();
  return random.chance(3) ? bits : (bits & 0x807FFFFFu) | (100 + random.below(50)) << 23;
}

template <typename Port>
void put(Port& port, const std::vector<uint32_t>& words) {
  static_assert(sizeof(Port) % 4 == 0);
  std::memcpy(&port, words.data(), sizeof port);
}

void set_bits(std::vector<uint32_t>& words, int at, int bits, uint32_t value) {
  for (int i = 0; i < bits; ++i) words[(at + i) / 32] |= (value >> i & 1u) << (at + i) % 32;
}

struct Controls { int valid, first, last, address; };

}  // namespace

int main() {
  Bench bench;
  auto& dut = bench.dut;
  dut.rst = 1;
  dut.valid = 0;
  bench.settle();
  bench.tick();
  dut.rst = 0;
  std::vector<uint32_t> sums(COLUMNS * 8);
  std::vector<std::deque<uint32_t>> results(kUnits);
  Controls before{};
  int d_type = 0, d_bias = 0, dmin_bias = 0, min_mode = 0;
  auto next_job = [&] {
    do d_type = bench.random.below(6);
    while (!(D_TYPES >> d_type & 1));
    d_bias = bench.random.chance(80) ? bench.random.below(3) : bench.random.below(256);
    dmin_bias = bench.random.below(3);
    min_mode = HAS_MIN ? bench.random.below(3) : 0;
  };
  next_job();
  // The job's fields come a cycle before the operands.
  auto set_job = [&] {
    dut.d_type = d_type;
    dut.d_bias = d_bias;
    dut.dmin_bias = dmin_bias;
    dut.min_mode = min_mode;
  };
  set_job();
  bench.settle();
  bench.tick();
  int turn = 0, row = 0;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const bool go = !bench.random.chance(20);
    const int type = d_type, bias = d_bias, min_bias = dmin_bias, mode = min_mode;
    std::vector<uint32_t> d_word(4), dmin_word(4), da(COLUMNS), isum((COLUMNS * UNIT_ROWS * ISUM_BITS + 63) / 32),
        msum((COLUMNS * UNIT_ROWS * MSUM_BITS + 63) / 32);
    for (uint32_t& word : d_word) word = bench.random.bits();
    for (uint32_t& word : dmin_word) word = bench.random.bits();
    for (uint32_t& word : da) word = mostly_tame(bench.random);
    std::vector<int32_t> isums, msums;
    for (int i = 0; i < COLUMNS * UNIT_ROWS; ++i) {
      isums.push_back(static_cast<int32_t>(bench.random.bits()) >> (32 - ISUM_BITS));
      msums.push_back(static_cast<int32_t>(bench.random.bits()) >> (32 - MSUM_BITS));
      set_bits(isum, i * ISUM_BITS, ISUM_BITS, isums.back());
      set_bits(msum, i * MSUM_BITS, MSUM_BITS, msums.back());
    }
    const int bytes = type == 2 ? 4 : type < 2 ? 2 : 1;
    const int byte = bench.random.below(16 / bytes / UNIT_ROWS) * bytes * UNIT_ROWS;
    dut.turn = turn;
    dut.d_byte = byte;
    dut.d_bytes = bytes;
    put(dut.d_word, d_word);
    put(dut.dmin_word, dmin_word);
    std::memcpy(&dut.da, da.data(), sizeof dut.da);
    std::memcpy(&dut.isum, isum.data(), sizeof dut.isum);
    std::memcpy(&dut.msum, msum.data(), sizeof dut.msum);
    dut.valid = before.valid;
    dut.first = before.first;
    dut.last = before.last;
    dut.address = before.address;
    // The next job's fields may already be there.
    if (bench.random.chance(5)) next_job();
    set_job();
    bench.settle();

    for (int u = 0; u < UNIT_COLUMNS; ++u)
      if (dut.result_valid >> u & 1)
        for (int r = 0; r < UNIT_ROWS; ++r) {
          uint32_t got;
          std::memcpy(&got, reinterpret_cast<const char*>(&dut.result) + (u * UNIT_ROWS + r) * 4, 4);
          auto& wanted = results[u * UNIT_ROWS + r];
          CHECK(bench, !wanted.empty(), "a result too many");
          CHECK(bench, got == wanted.front(), "unit %d row %d: %08x, not %08x", u, r, got, wanted.front());
          wanted.pop_front();
        }

    before = {};
    if (go) {
      const bool first = cycle < 8 * COLUMNS || bench.random.chance(10), last = bench.random.chance(30);
      before = {static_cast<int>(bench.random.below(1 << UNIT_COLUMNS)), first, last, turn * kRows + row};
      for (int u = 0; u < UNIT_COLUMNS; ++u) {
        if (cycle < 8 * COLUMNS * 4) before.valid |= 1 << u, before.first = 1;
        if (!(before.valid >> u & 1)) continue;
        for (int r = 0; r < UNIT_ROWS; ++r) {
          const int column = turn * UNIT_COLUMNS + u, operand = column * UNIT_ROWS + r;
          const std::vector<Word> words = {{d_word[0], d_word[1], d_word[2], d_word[3]}, {dmin_word[0], dmin_word[1], dmin_word[2], dmin_word[3]}};
          const uint32_t stored = read_bits(words, 0, (byte + r * bytes) * 8, bytes * 8);
          const uint32_t stored_min = mode == 2 ? stored : read_bits(words, 1, (byte + r * bytes) * 8, bytes * 8);
          uint32_t p = multiply(multiply(block_scale(stored, type, bias), da[column]), from_integer(isums[operand]));
          if (mode != 0) p = add(p, multiply(multiply(block_scale(stored_min, type, min_bias), da[column]), from_integer(msums[operand])), true);
          uint32_t& sum = sums[column * 8 + row * UNIT_ROWS + r];
          sum = add(before.first ? 0 : sum, p, false);
          if (last) results[u * UNIT_ROWS + r].push_back(sum);
        }
      }
      if (++row == kRows) {
        row = 0;
        turn = (turn + 1) % kTurns;
      }
    }
    bench.tick();
  }
}
