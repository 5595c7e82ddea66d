// What every Verilator bench of the RTL library needs: seeded random numbers, a failure that names the place,
// and the clock. The unit under test is always compiled with the prefix Vdut.
#pragma once
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "Vdut.h"
#include "coverage.hpp"
#include "verilated.h"

/// xorshift64*; the seed is BFQ_SEED or 1 and is printed by `Bench`.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  uint64_t bits() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Dull;
  }
  /// 0 <= result < bound
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>((bits() >> 32) * bound >> 32); }
  /// True in `percent` of 100 calls.
  bool chance(uint32_t percent) { return below(100) < percent; }

 private:
  uint64_t state_;
};

class Bench {
 public:
  Vdut dut;
  Random random;
  uint64_t cycle = 0;
  /// What is being tried; printed with a failure.
  std::string scene;

  Bench() : random(seed()) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed()));
    dut.clk = 0;
  }
  ~Bench() {
    dut.final();
    write_coverage();
  }

  static bool long_run() { return std::getenv("BFQ_LONG") != nullptr; }

  /// Lets the outputs follow the inputs, before the clock edge.
  void settle() { dut.eval(); }

  /// One rising edge. Inputs must have been set and settled.
  void tick() {
    dut.clk = 1;
    dut.eval();
    dut.clk = 0;
    dut.eval();
    ++cycle;
  }

  __attribute__((format(printf, 2, 3))) [[noreturn]] void fail(const char* format, ...) {
    std::printf("FAIL at cycle %llu (%s): ", static_cast<unsigned long long>(cycle), scene.c_str());
    va_list arguments;
    va_start(arguments, format);
    std::vprintf(format, arguments);
    va_end(arguments);
    std::printf("\n");
    std::fflush(stdout);
    std::exit(1);
  }

 private:
  static uint64_t seed() {
    const char* text = std::getenv("BFQ_SEED");
    return text ? std::strtoull(text, nullptr, 0) : 1;
  }
};

#define CHECK(bench, condition, ...) \
  do {                               \
    if (!(condition)) (bench).fail(__VA_ARGS__); \
  } while (0)
