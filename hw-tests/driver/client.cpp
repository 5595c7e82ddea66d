// A process that has a device open: client DEVICE [forever]
// Prints "open", then, with `forever`, "running", and runs a MatMul of ones again and again; else the sum of one such run.
#include <cstdio>
#include <vector>

#include "bfq.h"

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  bfq_device* const device = bfq_open(argv[1]);
  if (device == nullptr) {
    std::printf("%s\n", bfq_error());
    return 1;
  }
  std::printf("open\n");
  constexpr int ROWS = 64, K = 1024;
  std::vector<unsigned char> stored(ROWS * K / 32 * 34);  // q8_0: an f16 scale of 1, then 32 ones
  for (size_t i = 0; i < stored.size(); ++i) stored[i] = i % 34 == 0 ? 0x00 : i % 34 == 1 ? 0x3c : 1;
  bfq_weights* const weights = bfq_load(device, "q8_0", stored.data(), ROWS, K);
  const std::vector<float> x(K, 1.0f);
  std::vector<float> y(ROWS);
  const bfq_job job{weights, x.data(), y.data(), 1, K, ROWS};
  if (argc > 2) std::printf("running\n");
  do {
    if (const bfq_status status = bfq_run(device, &job, 1); status != BFQ_OK) {
      std::printf("%d %s\n", status, bfq_error());
      return 1;
    }
  } while (argc > 2);
  float sum = 0;
  for (const float value : y) sum += value;
  std::printf("%.0f\n", static_cast<double>(sum));
  bfq_unload(weights);
  bfq_close(device);
  return 0;
}
