// Every call of bfq.h on the simulated device, good and bad, for AddressSanitizer and UBSan. Prints "ok" at the end.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "bfq.h"
#include "bfq_plan.hpp"

namespace {

void expect(bool condition, const char* text) {
  if (condition) return;
  std::printf("%s: %s\n", text, bfq_error());
  std::exit(1);
}

std::mt19937 random_bits(1);

struct Matrix {
  Matrix(bfq_device* device, const bfq::Format& format, uint64_t rows, uint64_t k)
      : rows(rows), k(k), stored(rows * k / format.elements * format.bytes) {
    for (auto& byte : stored) byte = static_cast<unsigned char>(random_bits());
    weights = bfq_load(device, format.name, stored.data(), rows, k);
    expect(weights != nullptr, format.name);
  }
  ~Matrix() { bfq_unload(weights); }
  uint64_t rows, k;
  std::vector<unsigned char> stored;
  bfq_weights* weights;
};

/// Runs `columns` of activations through the matrix.
bfq_status run(bfq_device* device, const Matrix& matrix, uint64_t columns) {
  std::vector<float> x(columns * matrix.k), y(columns * matrix.rows);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 251) - 125.5f;
  const bfq_job job{matrix.weights, x.data(), y.data(), columns, matrix.k, matrix.rows};
  const bfq_job twice[] = {job, job};
  return bfq_run(device, twice, 2);
}

void every_format(bfq_device* device) {
  for (const bfq::Format& format : bfq::FORMATS) {
    Matrix matrix(device, format, 13, 512);
    expect(run(device, matrix, 3) == BFQ_OK, format.name);
    std::vector<unsigned char> back(matrix.stored.size());
    expect(bfq_store(matrix.weights, back.data()) == BFQ_OK, "store");
  }
}

void faults(bfq_device* device) {
  Matrix matrix(device, bfq::FORMATS[0], 64, 1024);
  for (const bfq_fault fault : {BFQ_FAULT_READ_ERROR, BFQ_FAULT_WRITE_ERROR}) {
    bfq_inject(device, fault, 1);
    expect(run(device, matrix, 1) == BFQ_RUN_FAILED, "AXI error");
    expect(run(device, matrix, 1) == BFQ_OK, "after an AXI error");
  }
  bfq_set_timeout(device, 100);
  bfq_inject(device, BFQ_FAULT_HANG, 1);
  expect(run(device, matrix, 1) == BFQ_TIMEOUT, "timeout");
  bfq_inject(device, BFQ_FAULT_HANG, 0);
  bfq_set_timeout(device, 600000);
  expect(run(device, matrix, 1) == BFQ_OK, "after a timeout");
  expect(run(device, matrix, 20000) == BFQ_NO_MEMORY, "too many columns");
  const std::vector<unsigned char> large(64u << 20);
  expect(bfq_load(device, bfq::FORMATS[0].name, large.data(), 1 << 16, 1024) == nullptr, "too large");
  expect(bfq_load(device, "none", large.data(), 8, 256) == nullptr, "no such format");
  expect(bfq_reset(device) == BFQ_OK, "reset");
  expect(run(device, matrix, 2) == BFQ_OK, "after a reset");
}

}  // namespace

int main() {
  bfq_device* const device = bfq_open("sim:memory=0x1000000");
  expect(device != nullptr, "open");
  every_format(device);
  faults(device);
  bfq_close(device);
  expect(bfq_open("sim:hash=1") == nullptr, "wrong hash");
  expect(bfq_open("sim:dram=board") == nullptr, "a board without a memory model");
  expect(std::strstr(bfq_error(), "the board of variant small says nothing of how its memory behaves") != nullptr, "its text");
  std::printf("ok\n");
}
