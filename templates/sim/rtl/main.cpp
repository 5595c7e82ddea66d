// The `rtl` engine: the Verilated kernel with simulated AXI memory, driven over stdin and stdout (host.hpp).
// With --trace builds, the file named by BFQ_TRACE receives the waveform of the runs that option 9 switches on.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

#include "Vbfq_kernel.h"
#include "axi_memory.hpp"
#include "../bfq_interface.hpp"
#include "../host.hpp"
#include "ports.hpp"
#include "pure_reader.hpp"
#include "verilated.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

namespace {

bool print_handshakes = false;

namespace reg = bfq::reg;
constexpr uint32_t START = 1, DONE = 2, IDLE = 4;
constexpr uint32_t STATUS_TIMEOUT = 18;
constexpr uint32_t STATUS_RESET = 255;  // the run was reset on demand: it has no other outcome

enum Option : uint32_t {
  STALL_SEED = 1,
  STALL_PERCENT = 2,
  MEMORY_MODE = 3,
  TIMEOUT_CYCLES = 4,
  READ_ERROR = 5,    // n-th read burst of the next run; + 2^32: DECERR instead of SLVERR; + 2^33: no answer at all
  WRITE_ERROR = 6,   // n-th write response likewise
  RESET_AFTER = 7,   // cycles into the next run
  START_AGAIN = 8,   // writes the start bit again so many cycles into the next run
  TRACE = 9,         // 1 on, 0 off
  BASE_BELOW = 10,   // bytes by which the bases lie below address 0; offsets that are as much larger wrap around to it
};                   // from Dram::FIRST_OPTION on: the numbers of the board's memory
enum MemoryMode : uint64_t { IDEAL = 0, RANDOM_LATENCY = 1, BOARD = 2 };

#define BFQ_READ_PINS(top, port)                                                                                         \
  ReadPins {                                                                                                             \
    (top).m_axi_##port##_arvalid, (top).m_axi_##port##_arready, (top).m_axi_##port##_araddr, (top).m_axi_##port##_arlen, \
        (top).m_axi_##port##_arsize, (top).m_axi_##port##_arburst, (top).m_axi_##port##_rvalid,                          \
        (top).m_axi_##port##_rready, (top).m_axi_##port##_rdata, (top).m_axi_##port##_rresp, (top).m_axi_##port##_rlast  \
  }

WritePins output_pins(Vbfq_kernel& top) {
  return {top.m_axi_output_awvalid, top.m_axi_output_awready, top.m_axi_output_awaddr,  top.m_axi_output_awlen,
          top.m_axi_output_awsize,  top.m_axi_output_awburst, top.m_axi_output_wvalid,  top.m_axi_output_wready,
          top.m_axi_output_wdata,   top.m_axi_output_wstrb,   top.m_axi_output_wlast,   top.m_axi_output_bvalid,
          top.m_axi_output_bready,  top.m_axi_output_bresp};
}

class RtlMachine : public bfq_sim::Machine {
 public:
  explicit RtlMachine(AxiBytes bytes) : bytes_(bytes), write_port_("output", output_pins(top_), bytes, behaviour_) {
#define BFQ_ADD_PORT(lane) read_ports_.emplace_back("weights_" #lane, BFQ_READ_PINS(top_, weights_##lane), bytes, behaviour_);
    BFQ_WEIGHT_PORTS(BFQ_ADD_PORT)
#undef BFQ_ADD_PORT
    lanes_ = static_cast<uint32_t>(read_ports_.size());
    read_ports_.emplace_back("activations", BFQ_READ_PINS(top_, activations), bytes, behaviour_);
#if VM_TRACE
    context_.traceEverOn(true);
    top_.trace(&trace_, 99);
#endif
    attach(false);
    top_.ap_clk = 0;
    top_.s_axi_control_wstrb = 15;
    reset();
    bfq_sim::check_identity({read_register(reg::config_hash), read_register(reg::interface_version), read_register(reg::capabilities)},
                            {bfq_sim::CONFIG_HASH, bfq_sim::INTERFACE_VERSION, bfq_sim::CAPABILITIES});
  }

  ~RtlMachine() override {
#if VM_TRACE
    trace_.close();
#endif
    top_.final();
  }

  bfq_sim::RunResult run(uint64_t descriptors, uint32_t count) override {
    begin(descriptors, count);
    const uint64_t start = cycle_;
    quiet_since_ = cycle_;
    bool again = start_again_ != 0;
    while (!top_.irq) {
      tick();
      if (reset_after_ != 0 && cycle_ - start >= reset_after_) return reset_in_run();
      if (cycle_ - quiet_since_ > timeout_) return stuck();
      if (again && cycle_ - start >= start_again_) {
        again = false;
        write_register(reg::control, START);
      }
    }
    return finish();
  }

  void option(uint32_t id, uint64_t value) override {
    const AxiResponse response = value >> 33 != 0 ? AXI_NEVER : value >> 32 != 0 ? AXI_DECERR : AXI_SLVERR;
    const uint64_t n = value & 0xffffffff;
    switch (id) {
      case STALL_SEED: behaviour_.set_seed(value); break;
      case STALL_PERCENT: behaviour_.set_stall_percent(value); break;
      case MEMORY_MODE: set_mode(value); break;
      case TIMEOUT_CYCLES: timeout_ = value; break;
      case READ_ERROR: behaviour_.inject_read_error(n, response); break;
      case WRITE_ERROR: behaviour_.inject_write_error(n, response); break;
      case RESET_AFTER: reset_after_ = value; break;
      case START_AGAIN: start_again_ = value; break;
      case TRACE: set_trace(value != 0); break;
      case BASE_BELOW: base_ = 0 - value; break;
      default:
        if (id - Dram::FIRST_OPTION >= DRAM_NUMBERS) fail("unknown option");
        dram_.set_number(id - Dram::FIRST_OPTION, value);
    }
  }

  bfq_sim::CeilingResult read_ceiling(const std::vector<bfq_sim::PortRegion>& regions) override {
    std::vector<std::vector<Region>> lists(lanes_);
    for (const auto& [port, reserved, address, bytes] : regions) {
      if (port >= lanes_) fail("a region names a weight port that is not there");
      lists[port].push_back({address, bytes});
    }
    std::deque<PureReader> readers;
    for (uint32_t lane = 0; lane < lanes_; ++lane) readers.emplace_back(bytes_, behaviour_, dram_ports_[lane], lists[lane]);
    if (is_board()) dram_.restart(cycle_);
    bfq_sim::CeilingResult result;
    const uint64_t start = cycle_;
    for (bool done = false; !done; ++cycle_) {
      if (is_board()) dram_.advance(cycle_);
      done = true;
      for (uint32_t lane = 0; lane < lanes_; ++lane) {
        if (readers[lane].tick(cycle_)) result.port_cycles[lane] = result.cycles = cycle_ - start + 1;
        done = done && readers[lane].done();
      }
      if (cycle_ - start > result.cycles + timeout_) fail("the memory gives the pure reader no words");
    }
    return result;
  }

  void reset() override {
    reset_kernel();
    for (auto& port : read_ports_) port.reset();
    write_port_.reset();
    while ((read_register(reg::control) & IDLE) == 0) {
    }
  }

 private:
  [[noreturn]] static void fail(const char* text) {
    std::fprintf(stderr, "rtl simulator: %s\n", text);
    std::exit(70);
  }

  /// One clock cycle: the memory drives, the outputs settle, both sides see the same transfers, the edge comes.
  void tick() {
    if (is_board()) dram_.advance(cycle_);
    for (auto& port : read_ports_) port.drive(cycle_);
    write_port_.drive(cycle_);
    eval();
    bool moved = write_port_.observe(cycle_);
    for (auto& port : read_ports_) moved |= port.observe(cycle_);
    if (moved) quiet_since_ = cycle_;
    top_.ap_clk = 1;
    eval();
    top_.ap_clk = 0;
    ++cycle_;
  }

  void eval() {
    top_.eval();
#if VM_TRACE
    if (tracing_) trace_.dump(2 * cycle_ + top_.ap_clk);
#endif
  }

  void reset_kernel() {
    top_.ap_rst_n = 0;
    // The masters fall silent within the first cycles: until then what they send is whole.
    for (int i = 0; i < 4; ++i) {
      tick();
      for (auto& port : read_ports_) port.end_waits();
      write_port_.end_waits();
    }
    write_port_.forget_cut();
    top_.ap_rst_n = 1;
    top_.s_axi_control_awvalid = top_.s_axi_control_wvalid = top_.s_axi_control_bready = 0;
    top_.s_axi_control_arvalid = top_.s_axi_control_rready = 0;
  }

  void write_register(uint32_t offset, uint32_t value) {
    top_.s_axi_control_awaddr = offset;
    top_.s_axi_control_wdata = value;
    top_.s_axi_control_awvalid = top_.s_axi_control_wvalid = top_.s_axi_control_bready = 1;
    for (bool answered = false; !answered;) {
      // The outputs are registers: what they show before the edge is what the edge sees.
      const bool address_taken = top_.s_axi_control_awready, data_taken = top_.s_axi_control_wready;
      answered = top_.s_axi_control_bvalid;
      tick();
      if (address_taken) top_.s_axi_control_awvalid = 0;
      if (data_taken) top_.s_axi_control_wvalid = 0;
    }
    top_.s_axi_control_bready = 0;
  }

  uint32_t read_register(uint32_t offset) {
    top_.s_axi_control_araddr = offset;
    top_.s_axi_control_arvalid = top_.s_axi_control_rready = 1;
    uint32_t value = 0;
    for (bool answered = false; !answered;) {
      const bool taken = top_.s_axi_control_arready;
      answered = top_.s_axi_control_rvalid;
      value = top_.s_axi_control_rdata;
      tick();
      if (taken) top_.s_axi_control_arvalid = 0;
    }
    top_.s_axi_control_rready = 0;
    return value;
  }

  void write_pair(uint32_t offset, uint64_t value) {
    write_register(offset, static_cast<uint32_t>(value));
    write_register(offset + 4, static_cast<uint32_t>(value >> 32));
  }

  uint64_t read_pair(uint32_t offset) {
    const uint64_t low = read_register(offset);
    return low | uint64_t{read_register(offset + 4)} << 32;
  }

  void begin(uint64_t descriptors, uint32_t count) {
    write_port_.clear_bytes_written();
    if (is_board()) dram_.restart(cycle_);
    write_pair(reg::descriptors, descriptors);
    write_pair(reg::activations, base_);
    write_pair(reg::output, base_);
    for (uint32_t lane = 0; lane < lanes_; ++lane) write_pair(reg::weights_0 + (reg::weights_1 - reg::weights_0) * lane, base_);
    write_register(reg::descriptor_count, count);
    write_register(reg::global_interrupt_enable, 1);
    write_register(reg::interrupt_enable, 1);
    write_register(reg::control, START);
  }

  bfq_sim::RunResult finish() {
    bool quiet = write_port_.quiet();
    for (const auto& port : read_ports_) quiet = quiet && port.quiet();
    if (!quiet) {
      report();
      fail("the run ended with transactions open");
    }
    if ((read_register(reg::control) & (START | DONE | IDLE)) != (DONE | IDLE)) fail("after a run the control register is not done and idle");
    write_register(reg::interrupt_status, 1);
    bfq_sim::RunResult result;
    result.status = read_register(reg::status);
    result.cycles = read_pair(reg::cycles);
    result.stall_memory = read_register(reg::stall_memory);
    result.stall_compute = read_register(reg::stall_compute);
    for (uint32_t lane = 0; lane < lanes_; ++lane) result.words[lane] = read_register(reg::words_0 + (reg::words_1 - reg::words_0) * lane);
    result.bytes_written = write_port_.bytes_written();
    forget_demands();
    return result;
  }

  /// No AXI transfer for `timeout_` cycles.
  bfq_sim::RunResult stuck() {
    std::fprintf(stderr, "no AXI transfer for %" PRIu64 " cycles, in cycle %" PRIu64 "\n", timeout_, cycle_);
    report();
    reset();
    forget_demands();
    bfq_sim::RunResult result;
    result.status = STATUS_TIMEOUT;
    return result;
  }

  bfq_sim::RunResult reset_in_run() {
    reset_kernel();
    forget_demands();
    bfq_sim::RunResult result;
    result.status = STATUS_RESET;
    return result;
  }

  void forget_demands() {
    reset_after_ = start_again_ = 0;
    behaviour_.clear_errors();
    for (auto& port : read_ports_) port.end_silence();
    write_port_.end_silence();
  }

  /// The state of every handshake; those of the lanes come from bfq_probe.
  void report() {
    for (const auto& port : read_ports_) port.report(stderr);
    write_port_.report(stderr);
    print_handshakes = true;
    tick();
    print_handshakes = false;
    std::fflush(stdout);
  }

  bool is_board() const { return dram_ports_[0] != nullptr; }

  void set_mode(uint64_t mode) {
    if (mode > BOARD) fail("unknown memory mode");
    behaviour_.set_mode(mode == RANDOM_LATENCY ? AxiBehaviour::RANDOM_LATENCY : AxiBehaviour::IDEAL);
    attach(mode == BOARD);
  }

  /// The weight ports, the port of activations and descriptors, and the output port, to the board's memory or to none.
  void attach(bool board) {
    if (board && !dram_.complete()) fail("memory mode board without the board's numbers");
    for (auto& port : read_ports_) port.attach(nullptr);
    write_port_.attach(nullptr);
    dram_.remove_ports();
    dram_ports_.assign(read_ports_.size(), nullptr);
    if (!board) return;
    const DramNumbers& numbers = dram_.numbers();
    for (size_t i = 0; i < read_ports_.size(); ++i) {
      dram_ports_[i] = &dram_.add_port(i < lanes_ ? numbers.lane_ports[i] : numbers.shared_port, false);
      read_ports_[i].attach(dram_ports_[i]);
    }
    write_port_.attach(&dram_.add_port(numbers.shared_port, true));
    dram_.restart(cycle_);
  }

#if VM_TRACE
  void set_trace(bool on) {
    tracing_ = on;
    const char* const file = std::getenv("BFQ_TRACE");
    if (on && !trace_.isOpen()) trace_.open(file ? file : "bfq.vcd");
    if (!on) trace_.flush();
  }
#else
  void set_trace(bool on) {
    if (on) fail("built without waveforms");
  }
#endif

#if VM_TRACE
  VerilatedContext context_;
  VerilatedVcdC trace_;
  bool tracing_ = false;
#endif
  Vbfq_kernel top_;
  AxiBytes bytes_;
  AxiBehaviour behaviour_;
  Dram dram_;
  std::vector<DramPort*> dram_ports_;  // of the read ports; nullptr in the other memory modes
  std::vector<ReadPort> read_ports_;
  WritePort write_port_;
  uint32_t lanes_ = 0;
  uint64_t cycle_ = 0;
  uint64_t quiet_since_ = 0;  // cycle of the last transfer
  uint64_t timeout_ = 100000;
  uint64_t base_ = 0;
  uint64_t reset_after_ = 0, start_again_ = 0;  // 0: not wanted
};

}  // namespace

/// Called by bfq_probe.sv: one line for each lane stream, on stderr.
extern "C" svBit bfq_wants_handshakes() { return print_handshakes; }
extern "C" void bfq_handshake(const char* scope, const char* stream, svBit valid, svBit ready) {
  std::fprintf(stderr, "%s %s valid %d ready %d\n", scope, stream, valid, ready);
}

int main(int argc, char** argv) {
  bfq_sim::Memory memory(bfq_sim::memory_bytes(argc, argv));
  RtlMachine machine({memory.at(0, memory.size()), memory.size()});
  return bfq_sim::serve(machine, memory);
}
