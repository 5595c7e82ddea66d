// Where a bench is built with counters of lines and toggles, it writes them to the file that BFQ_COVERAGE names; a bench of
// several models writes several. To be called before the model goes: the counters are its own.
#pragma once
#if VM_COVERAGE
#include <cstdlib>
#include <string>

#include "verilated.h"
#include "verilated_cov.h"
#endif

inline void write_coverage() {
#if VM_COVERAGE
  static int models = 0;
  if (const char* path = std::getenv("BFQ_COVERAGE")) {
    const std::string file = std::string(path) + "." + std::to_string(models++);
    Verilated::threadContextp()->coveragep()->write(file.c_str());
    Verilated::threadContextp()->coveragep()->clear();
  }
#endif
}
