// The Verilated kernel in this process, on the simulated AXI memory of sim/rtl.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "Vbfq_kernel.h"
#include "axi_memory.hpp"
#include "bfq_plan.hpp"
#include "device.hpp"
#include "error.hpp"
#include "ports.hpp"

namespace bfq {
namespace {

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

/// Pages that take room when they are written to: of a file that others map too, or of this process alone.
struct Pages {
  Pages(const std::string& path, uint64_t wanted) : size(wanted) {
    int file = -1;
    if (!path.empty()) {
      file = open(path.c_str(), O_RDWR | O_CLOEXEC);
      const off_t end = file < 0 ? -1 : lseek(file, 0, SEEK_END);
      if (end <= 0) throw Error(BFQ_NO_DEVICE, path + ": " + (end == 0 ? "an empty file is no memory" : std::strerror(errno)));
      size = static_cast<uint64_t>(end);
    }
    const int kind = path.empty() ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
    void* const all = mmap(nullptr, size, PROT_READ | PROT_WRITE, kind, file, 0);
    if (file >= 0) close(file);
    if (all == MAP_FAILED) throw Error(BFQ_NO_DEVICE, "no simulated memory of " + std::to_string(size) + " bytes");
    data = static_cast<uint8_t*>(all);
  }
  ~Pages() { munmap(data, size); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  uint8_t* data;
  uint64_t size;
};

class SimDevice : public Device {
 public:
  explicit SimDevice(const DeviceName& name)
      : pages_(name.get("file", ""), name.number("memory", uint64_t{1} << 30)), base_(name.number("base", 0)) {
    if (const std::string lock = name.get("lock", ""); !lock.empty()) lock_.emplace(lock);
    hash_ = static_cast<uint32_t>(name.number("hash", 0));
    const AxiBytes bytes{pages_.data, pages_.size, base_};
#define BFQ_ADD_PORT(lane) read_ports_.emplace_back("weights_" #lane, BFQ_READ_PINS(top_, weights_##lane), bytes, behaviour_);
    BFQ_WEIGHT_PORTS(BFQ_ADD_PORT)
#undef BFQ_ADD_PORT
    read_ports_.emplace_back("activations", BFQ_READ_PINS(top_, activations), bytes, behaviour_);
    write_port_.emplace("output", output_pins(top_), bytes, behaviour_);
    if (const std::string dram = name.get("dram", ""); dram == "board") attach_board();
    else if (!dram.empty()) throw Error(BFQ_BAD_ARGUMENT, "device sim: dram=" + dram + " is not known; leave it out, or write dram=board");
    top_.ap_clk = 0;
    top_.s_axi_control_wstrb = 15;
    reset();
  }
  ~SimDevice() override { top_.final(); }

  uint32_t read(uint32_t offset) override {
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
    return offset == reg::config_hash ? value ^ hash_ : value;
  }

  void write(uint32_t offset, uint32_t value) override {
    // Each run finds the board's memory as after a long rest: its cycles do not depend on what the host did before.
    if (board_ && offset == reg::control && (value & START) != 0) dram_.restart(cycle_);
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

  uint8_t* memory() override { return pages_.data; }
  uint64_t memory_address() const override { return base_; }
  uint64_t memory_bytes() const override { return pages_.size; }

  void pause(unsigned) override {
    for (int i = 0; i < 256; ++i) tick();
  }

  void reset() override {
    top_.ap_rst_n = 0;
    for (int i = 0; i < 4; ++i) {
      tick();
      for (auto& port : read_ports_) port.end_waits();
      write_port_->end_waits();
    }
    for (auto& port : read_ports_) port.reset();
    write_port_->reset();
    top_.ap_rst_n = 1;
    top_.s_axi_control_awvalid = top_.s_axi_control_wvalid = top_.s_axi_control_bready = 0;
    top_.s_axi_control_arvalid = top_.s_axi_control_rready = 0;
  }

  /// Simulated time is a thousand times slower than a board's.
  uint32_t timeout() const override { return 3600 * 1000; }

  void inject(bfq_fault fault, uint64_t value) override {
    switch (fault) {
      case BFQ_FAULT_READ_ERROR: behaviour_.inject_read_error(value, AXI_SLVERR); break;
      case BFQ_FAULT_WRITE_ERROR: behaviour_.inject_write_error(value, AXI_SLVERR); break;
      case BFQ_FAULT_HANG: stall(value != 0 ? 100 : 0); break;
      case BFQ_FAULT_STALLS: stall(value); break;
      case BFQ_FAULT_HASH: hash_ = static_cast<uint32_t>(value); break;
      default: throw Error(BFQ_BAD_ARGUMENT, "unknown fault");
    }
  }

 private:
  static constexpr uint32_t START = 1;

  /// The weight ports, the port of activations and descriptors, and the output port, to the board's memory.
  void attach_board() {
    static_assert(BOARD_DRAM.empty() || BOARD_DRAM.size() == DRAM_NUMBERS);
    uint32_t index = 0;
    for (const uint64_t number : BOARD_DRAM) dram_.set_number(index++, number);
    if (!dram_.complete())
      throw Error(BFQ_BAD_ARGUMENT, std::string("device sim: dram=board: the board of variant ") + VARIANT +
                                        " says nothing of how its memory behaves; add memory.model to its YAML file and generate again");
    const DramNumbers& numbers = dram_.numbers();
    for (uint32_t i = 0; i < read_ports_.size(); ++i)
      read_ports_[i].attach(&dram_.add_port(i < LANES ? numbers.lane_ports[i] : numbers.shared_port, false));
    write_port_->attach(&dram_.add_port(numbers.shared_port, true));
    dram_.restart(cycle_);
    board_ = true;
  }

  void stall(uint64_t percent) {
    behaviour_.set_seed(percent);
    behaviour_.set_stall_percent(percent);
  }

  /// One clock cycle: the memory drives, the outputs settle, both sides see the same transfers, the edge comes.
  void tick() {
    if (board_) dram_.advance(cycle_);
    for (auto& port : read_ports_) port.drive(cycle_);
    write_port_->drive(cycle_);
    top_.eval();
    write_port_->observe(cycle_);
    for (auto& port : read_ports_) port.observe(cycle_);
    top_.ap_clk = 1;
    top_.eval();
    top_.ap_clk = 0;
    ++cycle_;
  }

  Pages pages_;
  const uint64_t base_;  // the address of its first byte
  std::optional<FileLock> lock_;
  Vbfq_kernel top_;
  AxiBehaviour behaviour_;
  Dram dram_;
  bool board_ = false;  // else the memory is ideal
  std::vector<ReadPort> read_ports_;
  std::optional<WritePort> write_port_;
  uint64_t cycle_ = 0;
  uint32_t hash_ = 0;
};

}  // namespace

std::unique_ptr<Device> open_sim(const DeviceName& name) { return std::make_unique<SimDevice>(name); }

}  // namespace bfq
