// Reads lists of regions as fast as the memory gives them, with no kernel: the ceiling of what a run can reach. Each port
// goes through its own list, in the longest bursts that keep the 4 KB rule.
#ifndef BFQ_SIM_RTL_PURE_READER_HPP
#define BFQ_SIM_RTL_PURE_READER_HPP

#include <algorithm>
#include <vector>

#include "axi_memory.hpp"

struct Region {
  uint64_t address, bytes;
};

class PureReader {
 public:
  PureReader(AxiBytes bytes, AxiBehaviour& behaviour, DramPort* dram, std::vector<Region> regions)
      : memory_("pure reader", pins(), bytes, behaviour), regions_(std::move(regions)) {
    for (const Region& region : regions_) words_left_ += region.bytes / 16;
    memory_.attach(dram);
    next();
  }
  PureReader(const PureReader&) = delete;
  PureReader& operator=(const PureReader&) = delete;

  /// One clock cycle. Whether a word came.
  bool tick(uint64_t cycle) {
    memory_.drive(cycle);
    memory_.observe(cycle);
    const bool came = rvalid_ != 0;
    if (came) --words_left_;
    if (arvalid_ && arready_) next();
    return came;
  }

  bool done() const { return words_left_ == 0; }

 private:
  ReadPins pins() {
    return {arvalid_, arready_, araddr_, arlen_, arsize_, arburst_, rvalid_, rready_, rdata_, rresp_, rlast_};
  }

  /// The next burst, if there is one.
  void next() {
    while (region_ < regions_.size() && regions_[region_].bytes < 16) ++region_;
    arvalid_ = region_ < regions_.size();
    if (!arvalid_) return;
    Region& region = regions_[region_];
    const uint64_t bytes = std::min(region.bytes / 16 * 16, 4096 - region.address % 4096);
    araddr_ = region.address;
    arlen_ = static_cast<CData>(bytes / 16 - 1);
    region.address += bytes;
    region.bytes -= bytes;
  }

  CData arvalid_ = 0, arready_ = 0, arlen_ = 0, arsize_ = 4, arburst_ = 1;
  QData araddr_ = 0;
  CData rvalid_ = 0, rready_ = 1, rresp_ = 0, rlast_ = 0;
  VlWide<4> rdata_{};
  ReadPort memory_;
  std::vector<Region> regions_;
  size_t region_ = 0;
  uint64_t words_left_ = 0;
};

#endif
