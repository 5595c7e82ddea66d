// A graph of MUL_MATs as descriptor lists.
#include <vector>

#include "common.hpp"
#include "error.hpp"

namespace bfq_ggml {
namespace {

struct Range {
  const char* begin;
  const char* end;
  explicit Range(const ggml_tensor* tensor)
      : begin(static_cast<const char*>(tensor->data)), end(begin + ggml_nbytes(tensor)) {}
  bool overlaps(const Range& other) const { return begin < other.end && other.begin < end; }
};

/// MatMuls that wait to go down in one start. None reads what another writes.
class List {
 public:
  ~List() = default;

  void add(const bfq::Weights& weights, ggml_tensor* op) {
    const Range input(op->src[1]);
    for (const Range& output : outputs_) {
      if (!input.overlaps(output)) continue;
      run();
      break;
    }
    add_jobs(weights, op);
    outputs_.emplace_back(op);
    statistics().add("MatMuls on the accelerator");
  }

  /// @throws bfq::Error
  void run() {
    run(jobs_);
    jobs_.clear();
    outputs_.clear();
  }

 private:
  /// One job for each matrix of activations, or one for all where they follow each other evenly.
  void add_jobs(const bfq::Weights& weights, ggml_tensor* op) {
    const ggml_tensor* const x = op->src[1];
    const bool even = x->nb[2] == x->nb[1] * x->ne[1] && x->nb[3] == x->nb[2] * x->ne[2];
    const int64_t columns = even ? x->ne[1] * x->ne[2] * x->ne[3] : x->ne[1];
    for (int64_t i3 = 0; i3 < (even ? 1 : x->ne[3]); ++i3) {
      for (int64_t i2 = 0; i2 < (even ? 1 : x->ne[2]); ++i2) {
        bfq_job job{};
        job.weights = reinterpret_cast<const bfq_weights*>(&weights);
        job.x = reinterpret_cast<const float*>(static_cast<const char*>(x->data) + i2 * x->nb[2] + i3 * x->nb[3]);
        job.y = reinterpret_cast<float*>(static_cast<char*>(op->data) + i2 * op->nb[2] + i3 * op->nb[3]);
        job.columns = static_cast<uint64_t>(columns);
        job.x_stride = x->nb[1] / sizeof(float);
        job.y_stride = static_cast<uint64_t>(op->ne[0]);
        jobs_.push_back(job);
      }
    }
  }

  /// Halves the list, then the columns of a job, until activations and results fit into what device memory is left.
  static void run(const std::vector<bfq_job>& jobs) {
    try {
      accelerator()->run(jobs);
    } catch (const bfq::Error& error) {
      if (error.status != BFQ_NO_MEMORY || (jobs.size() == 1 && jobs[0].columns == 1)) throw;
      std::vector<bfq_job> first(jobs.begin(), jobs.begin() + (jobs.size() + 1) / 2), second(jobs.begin() + first.size(), jobs.end());
      if (jobs.size() == 1) {
        second = first;
        first[0].columns /= 2;
        second[0].columns -= first[0].columns;
        second[0].x += first[0].columns * first[0].x_stride;
        second[0].y += first[0].columns * first[0].y_stride;
      }
      run(first);
      run(second);
    }
  }

  std::vector<bfq_job> jobs_;
  std::vector<Range> outputs_;
};

bool is_nothing(const ggml_tensor* op) {
  switch (op->op) {
    case GGML_OP_NONE:
    case GGML_OP_RESHAPE:
    case GGML_OP_VIEW:
    case GGML_OP_PERMUTE:
    case GGML_OP_TRANSPOSE: return true;
    default: return ggml_is_empty(op) || (op->flags & GGML_TENSOR_FLAG_COMPUTE) == 0;
  }
}

}  // namespace

ggml_status compute(ggml_backend_t, ggml_cgraph* graph) {
  List list;
  try {
    for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
      ggml_tensor* const op = ggml_graph_node(graph, i);
      if (is_nothing(op)) continue;
      if (const bfq::Weights* const weights = device_weights(op->src[0])) {
        list.add(*weights, op);
        continue;
      }
      list.run();
      statistics().refused("its weights are not in device memory");
      if (const ggml_status status = compute_on_cpu(op); status != GGML_STATUS_SUCCESS) return status;
    }
    list.run();
    return GGML_STATUS_SUCCESS;
  } catch (const std::exception& error) {
    log_error(error.what());
    return GGML_STATUS_FAILED;
  }
}

}  // namespace bfq_ggml
