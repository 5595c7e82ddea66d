// The plug-in's buffers through ggml's own interface: buffer_test PLUGIN CPU_BACKEND
// Weights come back as they were written, whole or in part, and a MatMul always uses the newest bytes.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml.h"

namespace {

constexpr int64_t K = 512, ROWS = 24, COLUMNS = 3;
std::mt19937 random_bits(7);

void expect(bool condition, const char* text) {
  if (condition) return;
  std::printf("not so: %s\n", text);
  std::exit(1);
}

std::vector<uint8_t> random_weights(ggml_type type, int64_t rows) {
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * K);
  for (float& value : values) value = normal(random_bits);
  std::vector<uint8_t> stored(ggml_row_size(type, K) * rows);
  ggml_quantize_chunk(type, values.data(), stored.data(), 0, rows, K, nullptr);
  return stored;
}

/// A MatMul on `device`, of the given tensor, or on the CPU of the given bytes.
std::vector<float> multiply(ggml_backend_dev_t device, const ggml_tensor* like, const std::vector<uint8_t>* stored, ggml_tensor* weights) {
  const std::unique_ptr<ggml_context, decltype(&ggml_free)> context(ggml_init({1 << 18, nullptr, true}), ggml_free);
  if (weights == nullptr) weights = ggml_new_tensor_2d(context.get(), like->type, like->ne[0], like->ne[1]);
  ggml_tensor* const x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, K, COLUMNS);
  ggml_tensor* const y = ggml_mul_mat(context.get(), weights, x);
  expect(ggml_backend_dev_supports_op(device, y), "the device takes the MatMul");
  ggml_backend_t backend = ggml_backend_dev_init(device, nullptr);
  ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(context.get(), backend);
  if (stored != nullptr) ggml_backend_tensor_set(weights, stored->data(), 0, stored->size());
  std::vector<float> input(K * COLUMNS), output(weights->ne[1] * COLUMNS);
  for (size_t i = 0; i < input.size(); ++i) input[i] = std::sin(0.37f * static_cast<float>(i));
  ggml_backend_tensor_set(x, input.data(), 0, input.size() * sizeof(float));
  ggml_cgraph* const graph = ggml_new_graph(context.get());
  ggml_build_forward_expand(graph, y);
  expect(ggml_backend_graph_compute(backend, graph) == GGML_STATUS_SUCCESS, "the graph runs");
  ggml_backend_tensor_get(y, output.data(), 0, output.size() * sizeof(float));
  ggml_backend_buffer_free(buffer);
  ggml_backend_free(backend);
  return output;
}

bool close_to(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, power = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    error += std::pow(double{a[i]} - b[i], 2);
    power += std::pow(b[i], 2);
  }
  return error <= 1e-10 * power;
}

}  // namespace

int main(int, char** argv) {
  ggml_backend_load(argv[2]);
  ggml_backend_reg_t plugin = ggml_backend_load(argv[1]);
  expect(plugin != nullptr && ggml_backend_reg_dev_count(plugin) == 1, "the plug-in has a device");
  ggml_backend_dev_t device = ggml_backend_reg_dev_get(plugin, 0), cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  for (const ggml_type type : {GGML_TYPE_Q4_K, GGML_TYPE_Q6_K, GGML_TYPE_IQ4_NL, GGML_TYPE_MXFP4}) {
    const std::unique_ptr<ggml_context, decltype(&ggml_free)> context(ggml_init({1 << 18, nullptr, true}), ggml_free);
    ggml_tensor* const weights = ggml_new_tensor_2d(context.get(), type, K, ROWS);
    ggml_tensor* const part = ggml_view_2d(context.get(), weights, K, ROWS / 2, weights->nb[1], 4 * weights->nb[1]);
    ggml_tensor* const plain = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, 100);
    ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors_from_buft(context.get(), ggml_backend_dev_buffer_type(device));
    std::vector<uint8_t> stored = random_weights(type, ROWS), back(stored.size());
    ggml_backend_tensor_set(weights, stored.data(), 0, stored.size());

    ggml_backend_tensor_get(weights, back.data(), 0, back.size());
    expect(back == stored, "the whole matrix comes back");
    const size_t row = weights->nb[1];
    ggml_backend_tensor_get(weights, back.data(), 3 * row + 5, row);
    expect(std::memcmp(back.data(), &stored[3 * row + 5], row) == 0, "a piece of it comes back");
    ggml_backend_tensor_get(part, back.data(), row, row);
    expect(std::memcmp(back.data(), &stored[5 * row], row) == 0, "a view of it comes back");
    expect(close_to(multiply(device, nullptr, nullptr, weights), multiply(cpu, weights, &stored, nullptr)), "its MatMul is right");

    const std::vector<uint8_t> rows = random_weights(type, 2);
    ggml_backend_tensor_set(weights, rows.data(), 7 * row, rows.size());
    std::memcpy(&stored[7 * row], rows.data(), rows.size());
    expect(close_to(multiply(device, nullptr, nullptr, weights), multiply(cpu, weights, &stored, nullptr)), "so it is after a partial write");
    ggml_backend_tensor_set(part, rows.data(), 0, row);
    std::memcpy(&stored[4 * row], rows.data(), row);
    back.resize(stored.size());
    ggml_backend_tensor_get(weights, back.data(), 0, back.size());
    expect(back == stored, "a write through a view is there");
    expect(close_to(multiply(device, nullptr, nullptr, weights), multiply(cpu, weights, &stored, nullptr)), "and the MatMul uses it");

    ggml_backend_tensor_memset(weights, 0, 0, 4 * row);
    std::memset(stored.data(), 0, 4 * row);
    expect(close_to(multiply(device, nullptr, nullptr, weights), multiply(cpu, weights, &stored, nullptr)), "so it is after a memset");

    std::vector<float> floats(100, 1.5f), floats_back(100);
    ggml_backend_tensor_set(plain, floats.data(), 0, sizeof(float) * 100);
    ggml_backend_tensor_get(plain, floats_back.data(), 0, sizeof(float) * 100);
    expect(floats == floats_back, "what is no weight matrix is plain memory");
    ggml_backend_buffer_clear(buffer, 0);
    ggml_backend_tensor_get(weights, back.data(), 0, back.size());
    expect(back == std::vector<uint8_t>(back.size()), "a cleared buffer is zero");
    ggml_backend_buffer_free(buffer);
  }
  std::printf("ok\n");
}
