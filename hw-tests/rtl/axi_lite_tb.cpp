// bfq_axi_lite against the register map of docs/interface.md and the ap_ctrl_hs rules of Vitis HLS, with random delays
// and any order of address and data on all five channels.
#include <deque>
#include <map>
#include <vector>

#include "bench.hpp"

namespace {

constexpr uint32_t kControl = 0x00, kGlobalEnable = 0x04, kEnable = 0x08, kPending = 0x0c;
constexpr uint32_t kStart = 1, kDone = 2, kIdle = 4, kReady = 8, kAutoRestart = 0x80;

class Lite {
 public:
  Bench bench;
  /// % of cycles in which a channel of the host does nothing.
  uint32_t delay = 0;
  uint64_t writes_done = 0, reads_done = 0;
  /// Cycle in which the last finished write took effect.
  uint64_t write_cycle = 0;
  uint32_t read_data = 0;

  void reset() {
    bench.dut.rst = 1;
    bench.dut.ap_idle = 1;
    bench.settle();
    bench.tick();
    bench.dut.rst = 0;
    bench.settle();
  }

  void post_write(uint32_t address, uint32_t data, uint32_t strobe = 15) {
    addresses_.push_back(address);
    data_.push_back({data, strobe});
    ++writes_wanted_;
  }
  void post_read(uint32_t address) {
    read_addresses_.push_back(address);
    ++reads_wanted_;
  }
  bool busy() const { return writes_done < writes_wanted_ || reads_done < reads_wanted_; }

  void cycle() {
    auto& dut = bench.dut;
    offer(aw_, addresses_.empty());
    offer(w_, data_.empty());
    offer(ar_, read_addresses_.empty());
    dut.s_axi_awvalid = aw_;
    dut.s_axi_awaddr = aw_ ? addresses_.front() : 0x1FF;
    dut.s_axi_wvalid = w_;
    dut.s_axi_wdata = w_ ? data_.front().first : 0xDEADBEEF;
    dut.s_axi_wstrb = w_ ? data_.front().second : 15;
    dut.s_axi_arvalid = ar_;
    dut.s_axi_araddr = ar_ ? read_addresses_.front() : 0x1FF;
    dut.s_axi_bready = !bench.random.chance(delay);
    dut.s_axi_rready = !bench.random.chance(delay);
    bench.settle();

    CHECK(bench, dut.s_axi_bresp == 0 && dut.s_axi_rresp == 0, "a response is not OKAY");
    if (b_waits_) CHECK(bench, dut.s_axi_bvalid, "BVALID fell");
    if (r_waits_) CHECK(bench, dut.s_axi_rvalid && dut.s_axi_rdata == read_data, "R changed while it waited");
    if (dut.s_axi_bvalid && !b_waits_) {
      CHECK(bench, writes_done < addresses_taken_ && writes_done < data_taken_, "a response before address and data");
      write_cycle = bench.cycle - 1;
    }
    if (dut.s_axi_rvalid) {
      CHECK(bench, reads_done < reads_taken_, "data before the address");
      read_data = dut.s_axi_rdata;
    }
    b_waits_ = dut.s_axi_bvalid && !dut.s_axi_bready;
    r_waits_ = dut.s_axi_rvalid && !dut.s_axi_rready;
    if (dut.s_axi_bvalid && dut.s_axi_bready) ++writes_done;
    if (dut.s_axi_rvalid && dut.s_axi_rready) {
      ++reads_done;
      if (on_read) on_read(*this);
    }
    take(aw_, dut.s_axi_awready, addresses_, addresses_taken_);
    take(w_, dut.s_axi_wready, data_, data_taken_);
    take(ar_, dut.s_axi_arready, read_addresses_, reads_taken_);
    bench.tick();
  }

  void finish() {
    for (int i = 0; busy(); ++i) {
      CHECK(bench, i < 100000, "it hangs");
      cycle();
    }
  }
  void write(uint32_t address, uint32_t data, uint32_t strobe = 15) {
    post_write(address, data, strobe);
    finish();
  }
  uint32_t read(uint32_t address) {
    post_read(address);
    finish();
    return read_data;
  }
  /// The kernel's end of run: one cycle of ap_done and ap_ready.
  void end_run(bool done = true, bool ready = true) {
    bench.dut.ap_done = done;
    bench.dut.ap_ready = ready;
    cycle();
    bench.dut.ap_done = bench.dut.ap_ready = 0;
  }
  void expect(uint32_t address, uint32_t want) {
    const uint32_t got = read(address);
    CHECK(bench, got == want, "register %03x is %08x, not %08x", address, got, want);
  }

  void (*on_read)(Lite&) = nullptr;

 private:
  void offer(bool& valid, bool empty) {
    if (!valid) valid = !empty && !bench.random.chance(delay);
  }
  template <class Queue>
  static void take(bool& valid, bool ready, Queue& queue, uint64_t& taken) {
    if (!valid || !ready) return;
    queue.pop_front();
    valid = false;
    ++taken;
  }

  std::deque<uint32_t> addresses_, read_addresses_;
  std::deque<std::pair<uint32_t, uint32_t>> data_;
  bool aw_ = false, w_ = false, ar_ = false, b_waits_ = false, r_waits_ = false;
  uint64_t addresses_taken_ = 0, data_taken_ = 0, reads_taken_ = 0, writes_wanted_ = 0, reads_wanted_ = 0;
};

/// Word `index` of a flat port, whatever C++ type Verilator gives its width.
inline uint32_t word(const uint32_t& port, int) { return port; }
inline uint32_t word(const uint64_t& port, int index) { return static_cast<uint32_t>(port >> 32 * index); }
template <class Wide>
inline uint32_t word(const Wide& port, int index) {
  return port[index];
}
inline void set_word(uint32_t& port, int, uint32_t value) { port = value; }
inline void set_word(uint64_t& port, int index, uint32_t value) {
  port = (port & ~(0xFFFFFFFFull << 32 * index)) | static_cast<uint64_t>(value) << 32 * index;
}
template <class Wide>
inline void set_word(Wide& port, int index, uint32_t value) {
  port[index] = value;
}

/// Offsets of the argument registers, and what their output port shows.
std::vector<uint32_t> arguments() {
  std::vector<uint32_t> offsets = {0x10, 0x58, 0x5c, 0x64, 0x68, 0x70, 0x74};
  for (uint32_t lane = 0; lane < LANES; ++lane) {
    offsets.push_back(0x7c + 12 * lane);
    offsets.push_back(0x80 + 12 * lane);
  }
  return offsets;
}

uint32_t port_of(const Lite& lite, uint32_t offset) {
  const auto& dut = lite.bench.dut;
  switch (offset) {
    case 0x10: return dut.descriptor_count;
    case 0x58: return static_cast<uint32_t>(dut.descriptors_base << 4);
    case 0x5c: return static_cast<uint32_t>(dut.descriptors_base >> 28);
    case 0x64: return static_cast<uint32_t>(dut.activations_base << 4);
    case 0x68: return static_cast<uint32_t>(dut.activations_base >> 28);
    case 0x70: return static_cast<uint32_t>(dut.output_base << 4);
    case 0x74: return static_cast<uint32_t>(dut.output_base >> 28);
    default: break;
  }
  const uint32_t lane = (offset - 0x7c) / 12;
  uint64_t base = 0;  // 36 bits of the flat port
  for (int bit = 0; bit < 36; ++bit) {
    const int place = static_cast<int>(lane) * 36 + bit;
    base |= static_cast<uint64_t>(word(dut.weights_base, place / 32) >> place % 32 & 1) << bit;
  }
  return static_cast<uint32_t>((offset - 0x7c) % 12 == 0 ? base << 4 : base >> 28);
}

/// The bits of an argument register that reach the kernel: bases have 40, in multiples of 16.
uint32_t mask_of(uint32_t offset) {
  if (offset == 0x10) return ~0u;
  return (offset - 0x58) % 12 == 0 ? ~15u : 0xff;
}

/// Drives every read-only input and returns offset -> value.
std::map<uint32_t, uint32_t> read_only(Lite& lite) {
  auto& dut = lite.bench.dut;
  Random& random = lite.bench.random;
  std::map<uint32_t, uint32_t> want;
  auto any = [&] { return static_cast<uint32_t>(random.bits() >> 32); };
  want[0x18] = CONFIG_HASH;
  want[0x28] = INTERFACE_VERSION;
  want[0x38] = CAPABILITIES;
  dut.status = want[0x48] = any();
  want[0x120] = any();
  want[0x124] = any();
  dut.cycles = static_cast<uint64_t>(want[0x124]) << 32 | want[0x120];
  dut.stall_memory = want[0x128] = any();
  dut.stall_compute = want[0x12c] = any();
  for (int lane = 0; lane < LANES; ++lane) set_word(dut.words, lane, want[0xe0 + 8 * lane] = any());
  return want;
}

void test_registers(Lite& lite) {
  Bench& bench = lite.bench;
  lite.reset();
  std::map<uint32_t, uint32_t> want = read_only(lite);
  // A reset keeps them.
  static std::map<uint32_t, uint32_t> written;
  if (written.empty())
    for (uint32_t offset : arguments()) written[offset] = 0;
  for (auto& [offset, value] : written) value = lite.read(offset);
  if (lite.delay == 0)
    for (auto [offset, value] : written) CHECK(bench, value == 0, "register %03x is not 0 at first", offset);

  // Random writes with strobes over the whole map but the control registers; only arguments may change.
  for (int i = 0; i < 2000; ++i) {
    const uint32_t offset = 0x10 + 4 * bench.random.below((0x200 - 0x10) / 4);
    const uint32_t data = bench.random.bits() >> 32, strobe = bench.random.below(16);
    lite.post_write(offset | bench.random.below(4), data, strobe);
    uint32_t mask = 0;
    for (int byte = 0; byte < 4; ++byte)
      if (strobe >> byte & 1) mask |= 0xFFu << 8 * byte;
    if (written.count(offset)) written[offset] = (written[offset] & ~mask) | (data & mask);
    if (i % 20 == 0) {
      lite.finish();
      for (auto [offset, value] : written)
        CHECK(bench, port_of(lite, offset) == (value & mask_of(offset)), "port of register %03x is %08x, not %08x", offset,
              port_of(lite, offset), value);
    }
  }
  lite.finish();
  want.insert(written.begin(), written.end());
  for (uint32_t offset = 0x10; offset < 0x200; offset += 4) lite.expect(offset, want.count(offset) ? want[offset] : 0);
  for (auto [offset, value] : written)
    CHECK(bench, port_of(lite, offset) == (value & mask_of(offset)), "port of register %03x is %08x, not %08x", offset,
          port_of(lite, offset), value);
  lite.expect(kControl, kIdle);
  CHECK(bench, !bench.dut.ap_start && !bench.dut.irq, "a start or an interrupt without cause");
}

/// Reads of read-only registers while writes go on: the channels do not disturb each other.
void test_both_channels(Lite& lite) {
  Bench& bench = lite.bench;
  lite.reset();
  static std::deque<std::pair<uint32_t, uint32_t>> wanted;
  const std::map<uint32_t, uint32_t> fixed = read_only(lite);
  const std::vector<std::pair<uint32_t, uint32_t>> all(fixed.begin(), fixed.end());
  std::map<uint32_t, uint32_t> written;
  lite.on_read = [](Lite& self) {
    CHECK(self.bench, self.read_data == wanted.front().second, "register %03x is %08x, not %08x", wanted.front().first,
          self.read_data, wanted.front().second);
    wanted.pop_front();
  };
  const uint64_t reads = lite.reads_done, writes = lite.writes_done;
  for (int i = 0; i < 500; ++i) {
    const std::vector<uint32_t> offsets = arguments();
    const uint32_t offset = offsets[bench.random.below(offsets.size())];
    lite.post_write(offset, written[offset] = bench.random.bits() >> 32);
    wanted.push_back(all[bench.random.below(all.size())]);
    lite.post_read(wanted.back().first);
  }
  lite.finish();
  lite.on_read = nullptr;
  CHECK(bench, lite.reads_done - reads == 500 && lite.writes_done - writes == 500, "responses are missing");
  for (auto [offset, value] : written) lite.expect(offset, value);
}

void test_start(Lite& lite) {
  Bench& bench = lite.bench;
  lite.reset();
  lite.write(kControl, kStart, 14);
  CHECK(bench, !bench.dut.ap_start, "started without its strobe");
  lite.write(kControl, kStart);
  CHECK(bench, bench.dut.ap_start, "did not start");
  bench.dut.ap_idle = 0;
  lite.expect(kControl, kStart);
  lite.write(kControl, kStart);
  lite.write(kControl, 0);
  CHECK(bench, bench.dut.ap_start, "a write took the start back");
  lite.end_run();
  bench.dut.ap_idle = 1;
  bench.settle();
  CHECK(bench, !bench.dut.ap_start, "the second start, written while busy, was not ignored");
  lite.expect(kControl, kDone | kIdle | kReady);
  lite.expect(kControl, kIdle);

  // ap_ready before ap_done: the start goes with ap_ready, done comes by itself.
  lite.write(kControl, kStart);
  lite.end_run(false, true);
  bench.settle();
  CHECK(bench, !bench.dut.ap_start, "ap_ready did not end the start");
  lite.expect(kControl, kIdle | kReady);
  lite.end_run(true, false);
  lite.expect(kControl, kIdle | kDone);

  // Auto-restart keeps the start until it is written away.
  lite.write(kControl, kStart | kAutoRestart);
  for (int i = 0; i < 3; ++i) {
    lite.end_run();
    bench.settle();
    CHECK(bench, bench.dut.ap_start, "auto-restart did not restart");
  }
  lite.expect(kControl, kStart | kDone | kIdle | kReady | kAutoRestart);
  lite.write(kControl, 0);
  lite.end_run();
  bench.settle();
  CHECK(bench, !bench.dut.ap_start, "auto-restart did not end");
  lite.expect(kControl, kDone | kIdle | kReady);
}

/// The end of a run at every distance from a read of ap_ctrl and from a start: no done and no start is lost.
void test_races(Lite& lite) {
  Bench& bench = lite.bench;
  lite.reset();
  for (int distance = 0; distance < 12; ++distance)
    for (int repeat = 0; repeat < 20; ++repeat) {
      lite.post_read(kControl);
      for (int i = 0; i < distance; ++i) lite.cycle();
      static uint32_t seen;
      seen = lite.busy() ? 0 : lite.read_data & kDone ? 1 : 0;
      lite.on_read = [](Lite& self) { seen += self.read_data & kDone ? 1 : 0; };
      lite.end_run(true, false);
      lite.finish();
      lite.read(kControl);
      CHECK(bench, seen == 1, "done was seen %u times at distance %d", seen, distance);
      lite.on_read = nullptr;

      lite.write(kControl, kStart);
      lite.post_write(kControl, kStart);
      for (int i = 0; i < distance; ++i) lite.cycle();
      const uint64_t end = bench.cycle;
      lite.end_run(false, true);
      lite.finish();
      CHECK(bench, bench.dut.ap_start == (lite.write_cycle >= end), "start at %+lld cycles from ap_ready",
            static_cast<long long>(lite.write_cycle - end));
      if (bench.dut.ap_start) lite.end_run(false, true);
    }
}

void test_interrupts(Lite& lite) {
  Bench& bench = lite.bench;
  for (uint32_t enable = 0; enable < 4; ++enable)
    for (uint32_t global = 0; global < 2; ++global)
      for (uint32_t event = 0; event < 4; ++event) {
        lite.reset();
        lite.write(kEnable, enable | 0xFFFFFFFC);
        lite.write(kGlobalEnable, global | 0xFFFFFFFE);
        lite.expect(kEnable, enable);
        lite.expect(kGlobalEnable, global);
        lite.end_run(event & 1, event & 2);
        bench.settle();
        CHECK(bench, bench.dut.irq == (global && (event & enable)), "irq is %d", bench.dut.irq);
        lite.expect(kPending, event & enable);
        lite.expect(kPending, event & enable);  // reading does not clear
        lite.write(kPending, event & enable);   // writing ones toggles
        lite.expect(kPending, 0);
        CHECK(bench, !bench.dut.irq, "irq was not cleared");
        lite.write(kPending, 3);
        lite.expect(kPending, 3);
        CHECK(bench, bench.dut.irq == global, "irq does not follow a toggled bit");
      }
  // An event in the very cycle of the write that clears it stays.
  for (int distance = 0; distance < 8; ++distance) {
    lite.reset();
    lite.write(kEnable, 1);
    lite.end_run();
    lite.post_write(kPending, 1);
    for (int i = 0; i < distance; ++i) lite.cycle();
    const uint64_t end = bench.cycle;
    lite.end_run();
    lite.finish();
    lite.expect(kPending, lite.write_cycle <= end ? 1 : 0);
  }
}

}  // namespace

int main() {
  Lite lite;
  for (uint32_t delay : {0, 30, 80}) {
    lite.delay = delay;
    const std::string text = ", delay " + std::to_string(delay) + "%";
    lite.bench.scene = "registers" + text;
    test_registers(lite);
    lite.bench.scene = "reads beside writes" + text;
    test_both_channels(lite);
    lite.bench.scene = "start, done, auto-restart" + text;
    test_start(lite);
    lite.bench.scene = "races" + text;
    test_races(lite);
    lite.bench.scene = "interrupts" + text;
    test_interrupts(lite);
  }
  std::printf("%llu cycles\n", static_cast<unsigned long long>(lite.bench.cycle));
}
