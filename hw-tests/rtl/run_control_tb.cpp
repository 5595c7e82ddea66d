// bfq_run_control: how each kind of run ends, in what order the datapath and the masters are stopped and reset, and its figures.
// A model beside it says all outputs of every cycle, also where everything happens at any time.
#include "bench.hpp"

namespace {

constexpr uint32_t LIMIT = 1u << TIMEOUT_LOG2, QUIET = 1u << QUIET_LOG2;

enum class Phase { idle, run, drain, flush };

/// The module once more, with times in place of its counter.
class Model {
 public:
  Phase phase = Phase::flush;
  bool done = false, abandon = true;
  uint32_t status = 0, memory_stalls = 0, compute_stalls = 0;
  uint64_t cycles = 0;

  bool begins(const Vdut& in) const { return phase == Phase::idle && in.start && !done; }
  bool halt() const { return phase == Phase::drain || phase == Phase::flush; }
  /// Passes that are sent and not yet written.
  uint32_t open() const { return open_ - pass_done_; }

  void tick(const Vdut& in, uint64_t now) {
    const bool begun = begins(in);
    const uint64_t rest = now - since_;  // without a transfer or a change of phase
    Phase next = phase;
    done = false;
    switch (phase) {
      case Phase::idle:
        if (begun) next = Phase::run;
        break;
      case Phase::run:
        if (in.read_error || in.write_error || rest == LIMIT) {
          next = Phase::drain;
          status = (in.read_error ? 16 : in.write_error ? 17 : 18) | matmuls_ << 8;
        } else if (in.list_ended && open_ == 0 && written_) {
          next = Phase::drain;
          status = in.list_status;
        }
        break;
      case Phase::drain:
        if (!drained_ && rest < LIMIT) break;
        next = Phase::flush;
        abandon = !drained_;
        break;
      default:
        if (rest < (abandon ? QUIET : 8)) break;
        next = Phase::idle;
        done = running_;
        abandon = false;
    }
    drained_ = phase == Phase::drain && quiescent_;
    if (running_) {
      ++cycles;
      memory_stalls += in.stall_memory;
      compute_stalls += in.stall_compute;
      open_ += in.pass_sent - pass_done_;
      matmuls_ += matmul_done_;
    }
    if (begun || in.rst) {
      status = memory_stalls = compute_stalls = 0;
      cycles = open_ = matmuls_ = 0;
    }
    running_ = (running_ || begun) && next != Phase::idle && !in.rst;
    if (in.rst) {
      next = Phase::flush;
      abandon = true;
      done = false;
    }
    if (next != phase || in.rst || in.progress || (phase == Phase::flush && in.residue)) since_ = now + 1;
    phase = next;
    written_ = in.writes_idle;
    quiescent_ = in.masters_idle;
    pass_done_ = in.pass_written;
    matmul_done_ = in.pass_written && in.pass_last;
  }

 private:
  uint64_t since_ = 0;
  uint32_t open_ = 0, matmuls_ = 0;
  bool running_ = false, drained_ = false, written_ = false, quiescent_ = false, pass_done_ = false, matmul_done_ = false;
};

struct Drive {
  Bench& bench;
  Model model;

  void clear() {
    auto& dut = bench.dut;
    dut.rst = dut.start = dut.read_error = dut.write_error = dut.progress = dut.residue = dut.list_ended = 0;
    dut.pass_sent = dut.pass_written = dut.pass_last = dut.stall_memory = dut.stall_compute = 0;
    dut.masters_idle = dut.writes_idle = 1;
  }
  void tick() {
    auto& dut = bench.dut;
    bench.settle();
    CHECK(bench, dut.begun == model.begins(dut), "begun is %d", dut.begun);
    model.tick(dut, bench.cycle);
    bench.tick();
    CHECK(bench, dut.idle == (model.phase == Phase::idle) && dut.flush == (model.phase == Phase::flush) && dut.halt == model.halt() &&
          dut.abandon == model.abandon && dut.done == model.done, "idle %d flush %d halt %d abandon %d done %d", dut.idle, dut.flush,
          dut.halt, dut.abandon, dut.done);
    CHECK(bench, dut.status == model.status, "status %x, not %x", dut.status, model.status);
    CHECK(bench, dut.cycles == model.cycles && dut.memory_stalls == model.memory_stalls && dut.compute_stalls == model.compute_stalls,
          "cycles or stalls");
  }

  /// From a reset to the first idle cycle; strays arrive for `strays` cycles.
  void reset(uint32_t strays) {
    clear();
    bench.dut.rst = 1;
    tick();
    if (bench.random.chance(50)) tick();
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

  /// Each input with a chance of its own.
  void anything(uint32_t cycles) {
    auto& dut = bench.dut;
    Random& random = bench.random;
    const uint32_t often[] = {0, 2, 50, 98};
    uint32_t start = often[1 + random.below(3)], progress = often[random.below(4)], residue = often[random.below(4)];
    uint32_t ended = often[random.below(4)], idle = often[random.below(4)], sent = random.below(100), errors = random.below(2);
    for (uint32_t i = 0; i < cycles; ++i) {
      if (model.phase == Phase::flush && random.chance(2)) break;  // a reset in the last cycle of a run, too
      dut.start = random.chance(start);
      dut.read_error = random.chance(errors);
      dut.write_error = random.chance(errors);
      dut.progress = random.chance(progress);
      dut.residue = random.chance(residue);
      dut.list_ended = random.chance(ended);
      dut.list_status = random.bits();
      dut.pass_written = model.phase != Phase::idle && model.open() > 0 && random.chance(50);
      dut.pass_last = random.chance(50);
      dut.pass_sent = model.open() < 255 && random.chance(sent);
      dut.stall_memory = random.below(16);
      dut.stall_compute = random.below(16);
      dut.masters_idle = random.chance(idle);
      dut.writes_idle = random.chance(idle);
      tick();
    }
    reset(0);
  }

  /// The figures of a long run: a MatMul a cycle.
  void endure(uint32_t matmuls) {
    auto& dut = bench.dut;
    start();
    dut.start = 0;
    dut.stall_memory = 15;
    dut.stall_compute = 14;
    dut.pass_sent = dut.pass_last = dut.progress = 1;
    tick();
    dut.pass_written = 1;
    for (uint32_t i = 0; i < matmuls; ++i) tick();
    dut.pass_written = 0;
    tick();
    dut.read_error = 1;
    finish(0, 0, 16 | matmuls << 8);
  }
};

}  // namespace

int main() {
  Bench bench;
  Random& random = bench.random;
  auto& dut = bench.dut;
  Drive drive{bench, {}};
  drive.clear();
  bench.settle();
  drive.reset(0);
  for (int i = 0; i < 600; ++i) drive.anything(1 + random.below(6000));
  drive.endure((1u << 22) - 1);  // all bits are set
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
