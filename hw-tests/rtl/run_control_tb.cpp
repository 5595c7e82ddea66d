// bfq_run_control: how each kind of run ends, in what order the datapath and the masters are stopped and reset, and its figures.
#include "bench.hpp"

namespace {

constexpr uint32_t LIMIT = 1u << TIMEOUT_LOG2, QUIET = 1u << QUIET_LOG2;

struct Drive {
  Bench& bench;

  void clear() {
    auto& dut = bench.dut;
    dut.rst = dut.start = dut.read_error = dut.write_error = dut.progress = dut.residue = dut.list_ended = 0;
    dut.pass_sent = dut.pass_written = dut.pass_last = dut.stall_memory = dut.stall_compute = 0;
    dut.masters_idle = dut.writes_idle = 1;
  }
  void tick() { bench.tick(); }

  /// From a reset to the first idle cycle; strays arrive for `strays` cycles.
  void reset(uint32_t strays) {
    clear();
    bench.dut.rst = 1;
    tick();
    bench.dut.rst = 0;
    uint32_t waited = 0;
    for (; !bench.dut.idle; ++waited) {
      bench.dut.progress = waited < strays;
      bench.settle();
      CHECK(bench, bench.dut.flush && bench.dut.abandon && !bench.dut.done, "not held in reset");
      tick();
      CHECK(bench, waited < strays + QUIET + 4, "never idle");
    }
    CHECK(bench, waited >= strays + QUIET, "idle %u cycles after the reset", waited);
    clear();
  }

  void start() {
    bench.dut.start = 1;
    bench.settle();
    CHECK(bench, bench.dut.begun, "does not begin");
    tick();
    bench.settle();
    CHECK(bench, !bench.dut.begun && !bench.dut.idle, "begins twice");
  }

  /// One pass through the machine in `cycles` cycles.
  void pass(bool last, uint32_t cycles) {
    auto& dut = bench.dut;
    dut.pass_sent = dut.progress = 1;
    tick();
    dut.pass_sent = dut.progress = 0;
    dut.masters_idle = dut.writes_idle = 0;
    for (uint32_t i = 0; i < cycles; ++i) {
      dut.progress = i % 8 == 0;
      CHECK(bench, !dut.done && !dut.halt, "ends in mid-run");
      tick();
    }
    dut.progress = 0;
    dut.pass_written = 1;
    dut.pass_last = last;
    tick();
    dut.pass_written = dut.pass_last = 0;
    dut.masters_idle = dut.writes_idle = 1;
    tick();  // it counts a cycle later
  }

  /// Ticks until done; `busy` cycles of open transactions, then `residue` cycles of words in the buffers.
  void finish(uint32_t busy, uint32_t residue, uint32_t status, bool stuck = false) {
    auto& dut = bench.dut;
    uint32_t flushed = 0, quiet = 0;
    for (uint32_t i = 0; !dut.done; ++i) {
      CHECK(bench, i < 4 * LIMIT + busy + residue, "never done");
      dut.masters_idle = !stuck && i >= busy;
      dut.progress = i < busy && !stuck;
      dut.residue = i < busy + residue;
      bench.settle();
      if (dut.flush) {
        CHECK(bench, stuck || i > busy, "reset with transactions open");
        CHECK(bench, dut.halt, "masters run while the datapath is reset");
        CHECK(bench, bool(dut.abandon) == stuck, "masters reset: %d", dut.abandon);
        quiet = dut.residue ? 0 : quiet + 1;
        ++flushed;
      }
      tick();
    }
    CHECK(bench, flushed > 2 && quiet >= 4, "words may be left: %u cycles of reset, %u of them empty", flushed, quiet);
    CHECK(bench, dut.status == status, "status %x, not %x", dut.status, status);
    bench.settle();
    CHECK(bench, !dut.begun && dut.idle, "begins in the cycle of done");
    dut.start = 0;
    tick();
    CHECK(bench, !dut.done && !dut.flush && !dut.halt, "done for more than a cycle");
    clear();
  }
};

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  Drive drive{bench};
  drive.clear();
  bench.settle();
  drive.reset(0);
  for (int i = 0; i < 400; ++i) {
    if (random.chance(20)) drive.reset(random.below(3 * QUIET));
    drive.start();
    const uint64_t start = bench.cycle;
    uint32_t stalls = 0, matmuls = 0;
    for (uint32_t passes = random.below(6); passes > 0; --passes) {
      dut.stall_memory = random.below(9);
      dut.stall_compute = 8 - dut.stall_memory;
      const bool last = random.chance(50);
      const uint64_t before = bench.cycle;
      drive.pass(last, random.below(random.chance(3) ? 6000 : 40));
      stalls += dut.stall_memory * (bench.cycle - before);
      dut.stall_memory = dut.stall_compute = 0;
      matmuls += last;
    }
    const uint32_t kind = random.below(5), drain = random.below(30), residue = random.below(600);
    switch (kind) {
      case 0:  // the list's own end
        dut.writes_idle = 0;  // from before the last pass is written
        drive.tick();
        dut.list_ended = 1;
        dut.list_status = random.chance(50) ? 0 : static_cast<uint32_t>(random.bits());
        for (int wait = 0; wait < 20; ++wait) {
          CHECK(bench, !dut.halt, "ended before the last response");
          drive.tick();
        }
        dut.writes_idle = 1;
        drive.finish(0, 0, dut.list_status);
        CHECK(bench, dut.cycles + 3 > bench.cycle - start - 2 && dut.cycles <= bench.cycle - start, "cycles");
        CHECK(bench, dut.memory_stalls == stalls, "%u stalls, not %u", dut.memory_stalls, stalls);
        break;
      case 1:
        dut.read_error = 1;
        drive.finish(drain, residue, 16 | matmuls << 8);
        break;
      case 2:
        dut.write_error = 1;
        drive.finish(drain, residue, 17 | matmuls << 8);
        break;
      case 3:  // the memory is silent, but what was asked for comes in the end
        dut.masters_idle = 0;
        for (uint32_t wait = 0; wait < LIMIT - 50; ++wait) {
          CHECK(bench, !dut.halt, "gave up after %u cycles", wait);
          drive.tick();
        }
        while (!dut.halt) drive.tick();
        drive.finish(drain, residue, 18 | matmuls << 8);
        break;
      default:  // it never comes
        dut.masters_idle = 0;
        while (!dut.halt) drive.tick();
        drive.finish(0, 0, 18 | matmuls << 8, true);
    }
  }
}
