// bfq_grid_loader: passes with and without tables of every length, memory that answers late, lanes that are slow. A pass is
// announced with a half that holds its table; nothing is written while a lane reads one or will; two tables that fit take turns
// without a load; tables outlast a reset but for one with `forget`. Truth: the tables that the bench made.
#include <deque>
#include <cstring>
#include <vector>

#include "bench.hpp"

namespace {

struct Table { uint32_t id, bits; uint64_t address; std::vector<uint16_t> entries; };

class Machine {
 public:
  Machine(Bench& bench, uint32_t idle) : bench_(bench), idle_(idle), even_(ROWS), odd_(ROWS) {}
  uint32_t loads = 0;  // chunks

  /// Offers passes, each a table or none, until all are announced and done.
  void run(std::deque<const Table*> passes, const std::vector<Table>& tables) {
    auto& dut = bench_.dut;
    const uint64_t start = bench_.cycle;
    size_t left = passes.size();
    while (left > 0 || unfinished_ > 0) {
      CHECK(bench_, bench_.cycle - start < 400000, "nothing moves");
      dut.pass_valid = !passes.empty();
      if (!passes.empty()) {
        const Table* table = passes.front();
        dut.pass_packing = table ? table->bits : bench_.random.below(2);
        dut.pass_address = table ? table->address : 0;
        dut.pass_id = table ? table->id : static_cast<uint32_t>(bench_.random.bits());
      }
      dut.read_ready = !bench_.random.chance(idle_);
      dut.announce_ready = !bench_.random.chance(idle_);
      dut.data_valid = !coming_.empty() && wait_ == 0 && !bench_.random.chance(idle_);
      if (dut.data_valid) std::memcpy(&dut.data, coming_.front().data(), 16);
      dut.grid_in_use = at_work_ > 0;
      dut.dispatched = !announced_.empty() && !bench_.random.chance(idle_);
      bench_.settle();
      if (dut.grid_write) write();
      if (dut.data_valid) coming_.pop_front();
      if (wait_ > 0) --wait_;
      if (dut.read_valid && dut.read_ready) read(tables);
      if (dut.dispatched) {
        at_work_ += announced_.front();
        announced_.pop_front();
      } else if (at_work_ > 0 && bench_.random.chance(5)) {
        --at_work_;
        --unfinished_;
      }
      if (dut.announce_valid && dut.announce_ready) {
        announce(passes.front());
        passes.pop_front();
        --left;
      }
      bench_.tick();
    }
    dut.dispatched = 0;
    for (; !announced_.empty(); announced_.pop_front()) {
      dut.dispatched = 1;
      bench_.settle();
      bench_.tick();
    }
    dut.pass_valid = dut.dispatched = 0;
    dut.grid_in_use = 0;
  }

 private:
  void write() {
    CHECK(bench_, unfinished_ == 0, "a table is written while a lane reads one");
    if (bench_.dut.grid_write & 1) even_[bench_.dut.grid_row] = bench_.dut.grid_entry;
    if (bench_.dut.grid_write & 2) odd_[bench_.dut.grid_row] = bench_.dut.grid_entry;
  }

  void read(const std::vector<Table>& tables) {
    CHECK(bench_, bench_.dut.read_words == 32, "%u words", bench_.dut.read_words);
    ++loads;
    for (const Table& table : tables) {
      const uint64_t at = bench_.dut.read_address - table.address;
      if (at >= table.entries.size() * 2) continue;
      for (uint64_t i = 0; i < 32; ++i)
        coming_.emplace_back(table.entries.begin() + static_cast<long>(at / 2 + 8 * i), table.entries.begin() + static_cast<long>(at / 2 + 8 * i + 8));
      wait_ = bench_.random.below(40);
      return;
    }
    bench_.fail("a read of %llx", static_cast<unsigned long long>(bench_.dut.read_address));
  }

  void announce(const Table* table) {
    announced_.push_back(table != nullptr);
    if (table == nullptr) return;
    ++unfinished_;
    const uint32_t slot = bench_.dut.announce_slot;
    for (size_t i = 0; i < table->entries.size(); ++i) {
      const bool deep = ROWS == 1024 && table->bits == 11;
      const size_t row = (i % ROWS) | (slot ? ROWS / 2 : 0);
      if (!deep || i < 1024) CHECK(bench_, even_[row] == table->entries[i], "entry %zu of an even memory", i);
      if (!deep || i >= 1024) CHECK(bench_, odd_[row] == table->entries[i], "entry %zu of an odd memory", i);
    }
  }

  Bench& bench_;
  uint32_t idle_;
  std::vector<uint16_t> even_, odd_;
  std::deque<std::vector<uint16_t>> coming_;  // words
  std::deque<bool> announced_;                // passes not dispatched: whether they have a table
  uint32_t wait_ = 0, at_work_ = 0, unfinished_ = 0;
};

void reset(Bench& bench, bool forget) {
  bench.dut.rst = 1;
  bench.dut.forget = forget;
  for (int i = 0; i < 8; ++i) {
    bench.settle();
    bench.tick();
  }
  bench.dut.rst = 0;
}

}  // namespace

int main() {
  Bench bench;
  std::vector<Table> tables;
  for (uint32_t i = 0; i < 7; ++i) {
    Table table{static_cast<uint32_t>(bench.random.bits()), i < 4 ? 8 + i : 8 + bench.random.below(2), 0x100000 + 0x2000ull * i, {}};
    for (int entry = 0; entry < 1 << table.bits; ++entry) table.entries.push_back(static_cast<uint16_t>(bench.random.bits()));
    tables.push_back(table);
  }
  bench.dut.data_valid = bench.dut.pass_valid = bench.dut.grid_in_use = bench.dut.dispatched = 0;
  for (const uint32_t idle : {0u, 50u}) {
    bench.scene = "idle " + std::to_string(idle);
    reset(bench, true);
    Machine machine(bench, idle);
    std::deque<const Table*> passes;
    for (int i = 0; i < 40; ++i) passes.push_back(bench.random.chance(25) ? nullptr : &tables[bench.random.below(tables.size())]);
    machine.run(passes, tables);

    bench.scene += ", two take turns";
    passes.clear();
    for (int i = 0; i < 30; ++i) passes.push_back(i % 3 == 2 ? nullptr : &tables[i % 2 ? 0 : 1]);
    machine.run(passes, tables);
    const uint32_t loads = machine.loads;
    machine.run(passes, tables);
    CHECK(bench, machine.loads == loads, "%u reads of tables that are there", machine.loads - loads);
    reset(bench, false);
    machine.run(passes, tables);
    CHECK(bench, machine.loads == loads, "a reset loses the tables");
    reset(bench, true);
    machine.run(passes, tables);
    CHECK(bench, machine.loads == loads + 3, "%u reads after a reset that forgets", machine.loads - loads);
  }
}
