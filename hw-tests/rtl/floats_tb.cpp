// bfq_floats: random operands for all columns, one step each INTERVAL cycles over all turns and rows in changing formats of d;
// each unit's results in order. Truth: this machine's IEEE 754 (float32.hpp) and the definitions of the d types (lane_reference.hpp).
#include <cstring>
#include <deque>
#include <vector>

#include "bench.hpp"
#include "lane_reference.hpp"

namespace {

constexpr bool kShared = HAS_MIN && INTERVAL > 1;
constexpr int kWordDelay = 3;  // from the decision to d's word: bfq_latency::D_STORE and one for the address
constexpr int kTurns = COLUMNS / UNIT_COLUMNS, kRows = 8 / UNIT_ROWS, kUnits = UNIT_COLUMNS * UNIT_ROWS;

/// Any fraction, or one of few bits, where roundings tie.
uint32_t mostly_tame(Random& random) {
  const uint32_t bits = random.bits(), fraction = bits & (random.chance(50) ? 0x7FFFFFu : (1u << random.below(24)) >> 1);
  return random.chance(3) ? bits : (bits & 0x80000000u) | fraction | (100 + random.below(50)) << 23;
}

/// A word of stored d.
std::vector<uint32_t> any_word(Random& random, int type) {
  std::vector<uint32_t> word(4);
  for (uint32_t& part : word) {
    const uint32_t half = mostly_tame(random) >> 16;
    part = type == 2 ? mostly_tame(random) : type == 1 ? half | (mostly_tame(random) & 0xFFFF0000u) : random.bits();
  }
  return word;
}

int32_t any_integer(Random& random, int bits) {
  const int32_t value = static_cast<int32_t>(random.bits()) >> (32 - 1 - random.below(bits));  // of every size
  return random.chance(30) ? value & -value : value;
}

template <typename Port>
void put(Port& port, const std::vector<uint32_t>& words) {
  static_assert(sizeof(Port) % 4 == 0);
  std::memcpy(&port, words.data(), sizeof port);
}

void set_bits(std::vector<uint32_t>& words, int at, int bits, uint32_t value) {
  for (int i = 0; i < bits; ++i) words[(at + i) / 32] |= (value >> i & 1u) << (at + i) % 32;
}

struct Operands {
  int bytes = 0, d_byte = 0;
  std::vector<uint32_t> da, d_word, dmin_word;
  std::vector<int32_t> isums, msums;
};

/// A step, or none, as decided.
struct Step {
  int valid = 0, first = 0, last = 0, address = 0, turn = 0, d_byte = 0, d_bytes = 0;
  std::vector<uint32_t> da = std::vector<uint32_t>(COLUMNS), isum = std::vector<uint32_t>((COLUMNS * UNIT_ROWS * ISUM_BITS + 63) / 32),
                        msum = std::vector<uint32_t>((COLUMNS * UNIT_ROWS * MSUM_BITS + 63) / 32);
};

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
  int seen = 0;
  int d_type = 0, d_bias = 0, dmin_bias = 0, min_mode = 0;
  auto next_job = [&] {
    do d_type = bench.random.below(6);
    while (!(D_TYPES >> d_type & 1));
    d_bias = bench.random.chance(80) ? bench.random.below(3) : bench.random.below(256);
    dmin_bias = bench.random.chance(80) ? bench.random.below(3) : bench.random.below(256);
    min_mode = HAS_MIN ? bench.random.below(3) : 0;
  };
  next_job();
  Step step;            // whose operands are there
  Step decided;         // whose operands come next
  std::deque<Step> on;  // whose controls come
  std::deque<std::pair<std::vector<uint32_t>, std::vector<uint32_t>>> words(kWordDelay);  // of d and dmin, in the store
  for (auto& [d_word, dmin_word] : words) d_word.resize(4), dmin_word.resize(4);
  int turn = 0, row = 0;
  std::vector<Operands> before(kTurns * kRows);  // of each address
  for (int cycle = 0; cycle < 40000 * INTERVAL; ++cycle) {
    const bool in_turn = cycle % INTERVAL == 0;
    step = decided;
    dut.read_min = (cycle - 1) % INTERVAL != 0;
    dut.turn = step.turn;
    dut.d_byte = step.d_byte;
    dut.d_bytes = step.d_bytes;
    std::memcpy(&dut.da, step.da.data(), sizeof dut.da);
    std::memcpy(&dut.isum, step.isum.data(), sizeof dut.isum);
    std::memcpy(&dut.msum, step.msum.data(), sizeof dut.msum);
    put(dut.d_word, words.front().first);
    put(dut.dmin_word, words.front().second);
    words.pop_front();

    // The next job's fields may already be there.
    if (bench.random.chance(5)) next_job();
    dut.d_type = d_type;
    dut.d_bias = d_bias;
    dut.dmin_bias = dmin_bias;
    dut.min_mode = min_mode;
    dut.read = in_turn && !bench.random.chance(20);
    std::vector<uint32_t> d_word = any_word(bench.random, d_type), dmin_word = any_word(bench.random, d_type);

    Step next;
    if (dut.read) {
      Operands& operands = before[turn * kRows + row];
      const int bytes = d_type == 2 ? 4 : d_type < 2 ? 2 : 1;
      if (operands.bytes == bytes && bench.random.chance(20)) {  // what was added last is taken away, but for a bit perhaps
        for (uint32_t& scale : operands.da) scale ^= 0x80000000u ^ (1u << bench.random.below(24)) >> 1;
        d_word = operands.d_word;
        dmin_word = operands.dmin_word;
      } else {
        const bool same = bench.random.chance(10);  // nearly: d and dmin cancel out
        if (same) dmin_word = d_word;
        const int place = bench.random.below(16 / bytes / UNIT_ROWS);
        operands = {bytes, place * bytes * UNIT_ROWS, {}, d_word, dmin_word, {}, {}};
        for (int i = 0; i < COLUMNS; ++i) operands.da.push_back(mostly_tame(bench.random));
        for (int i = 0; i < COLUMNS * UNIT_ROWS; ++i) {
          operands.isums.push_back(any_integer(bench.random, ISUM_BITS));
          const uint32_t near = (operands.isums.back() + bench.random.below(3) - 1) << (32 - MSUM_BITS);
          operands.msums.push_back(same ? static_cast<int32_t>(near) >> (32 - MSUM_BITS) : any_integer(bench.random, MSUM_BITS));
        }
      }
      const std::vector<int32_t>&isums = operands.isums, &msums = operands.msums;
      for (int i = 0; i < COLUMNS * UNIT_ROWS; ++i) {
        set_bits(next.isum, i * ISUM_BITS, ISUM_BITS, isums[i]);
        set_bits(next.msum, i * MSUM_BITS, MSUM_BITS, msums[i]);
      }
      next.da = operands.da;
      next.turn = turn;
      next.d_byte = operands.d_byte;
      next.d_bytes = bytes;
      next.first = cycle < 8 * COLUMNS * 4 * INTERVAL || bench.random.chance(10);
      next.last = bench.random.chance(30);
      next.address = turn * kRows + row;
      next.valid = cycle < 8 * COLUMNS * 4 * INTERVAL ? (1 << UNIT_COLUMNS) - 1 : bench.random.below(1 << UNIT_COLUMNS);
      for (int u = 0; u < UNIT_COLUMNS; ++u) {
        if (!(next.valid >> u & 1)) continue;
        for (int r = 0; r < UNIT_ROWS; ++r) {
          const int column = turn * UNIT_COLUMNS + u, operand = column * UNIT_ROWS + r, at = (next.d_byte + r * bytes) * 8;
          const std::vector<Word> stores = {{d_word[0], d_word[1], d_word[2], d_word[3]}, {dmin_word[0], dmin_word[1], dmin_word[2], dmin_word[3]}};
          const uint32_t stored = read_bits(stores, 0, at, bytes * 8);
          const uint32_t stored_min = min_mode == 2 ? stored : read_bits(stores, 1, at, bytes * 8);
          const uint32_t da = next.da[column];
          uint32_t p = multiply(multiply(block_scale(stored, d_type, d_bias), da), from_integer(isums[operand]));
          if (min_mode != 0) p = add(p, multiply(multiply(block_scale(stored_min, d_type, dmin_bias), da), from_integer(msums[operand])), true);
          uint32_t& sum = sums[column * 8 + row * UNIT_ROWS + r];
          sum = add(next.first ? 0 : sum, p, false);
          if (next.last) results[u * UNIT_ROWS + r].push_back(sum);
        }
      }
      if (++row == kRows) {
        row = 0;
        turn = (turn + 1) % kTurns;
      }
    }
    // A shared unit reads dmin, or d again, after d.
    if (!kShared || in_turn) words.push_back({d_word, dmin_word});
    if (kShared && in_turn) words.push_back({min_mode == 2 ? d_word : dmin_word, dmin_word});
    while (words.size() < kWordDelay) words.push_back({d_word, dmin_word});
    on.push_back(in_turn ? next : Step{});
    if (in_turn) decided = next;
    const Step controls = on.size() > 2 ? on.front() : Step{};
    if (on.size() > 2) on.pop_front();
    dut.valid = controls.valid;
    dut.first = controls.first;
    dut.last = controls.last;
    dut.address = controls.address;
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
          ++seen;
        }
    bench.tick();
  }
  CHECK(bench, seen > 1000, "only %d results", seen);
}
