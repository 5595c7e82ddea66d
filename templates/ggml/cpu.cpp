#include <algorithm>

#include "common.hpp"

namespace bfq_ggml {
namespace {

ggml_backend_t cpu() {
  static const ggml_backend_t backend = ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr);
  return backend;
}

/// The same bytes of host memory, as a tensor that the CPU backend accepts.
ggml_tensor* alias(ggml_context* context, const ggml_tensor* tensor) {
  ggml_tensor* const same = ggml_new_tensor(context, tensor->type, GGML_MAX_DIMS, tensor->ne);
  std::copy(tensor->nb, tensor->nb + GGML_MAX_DIMS, same->nb);
  same->data = tensor->data;
  return same;
}

}  // namespace

ggml_status compute_on_cpu(ggml_tensor* op) {
  if (cpu() == nullptr) {
    log_error("there is no CPU backend for a MatMul that does not fit the device");
    return GGML_STATUS_FAILED;
  }
  ggml_init_params params{};
  params.mem_size = 8 * ggml_tensor_overhead() + ggml_graph_overhead_custom(8, false);
  params.no_alloc = true;
  const std::unique_ptr<ggml_context, decltype(&ggml_free)> context(ggml_init(params), ggml_free);
  ggml_tensor* const result = ggml_mul_mat(context.get(), alias(context.get(), op->src[0]), alias(context.get(), op->src[1]));
  result->data = op->data;
  ggml_cgraph* const graph = ggml_new_graph_custom(context.get(), 8, false);
  ggml_build_forward_expand(graph, result);
  return ggml_backend_graph_compute(cpu(), graph);
}

}  // namespace bfq_ggml
