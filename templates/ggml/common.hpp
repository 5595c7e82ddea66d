// What the parts of the ggml backend share: the one accelerator of this process, and what became of the MatMuls.
#ifndef BFQ_GGML_COMMON_HPP
#define BFQ_GGML_COMMON_HPP

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "accelerator.hpp"
#include "ggml-backend-impl.h"
#include "ggml.h"

namespace bfq_ggml {

/// Opened by the first call, device of BFQ_DEVICE. Null where there is none; the reason was logged.
bfq::Accelerator* accelerator();

/// Printed at exit where BFQ_STATS is set.
class Statistics {
 public:
  Statistics() { accelerator(); }  // whose counters it prints: it must end first
  ~Statistics();
  void add(const std::string& name, uint64_t amount = 1);
  /// A MatMul that the CPU computes, and why.
  void refused(const std::string& reason);

 private:
  std::mutex mutex_;
  std::map<std::string, uint64_t> sums_, refused_;
};

Statistics& statistics();

ggml_backend_dev_t device();
ggml_backend_buffer_type_t buffer_type();

/// The format of a type's weights; null where the accelerator has none.
const bfq::Format* weight_format(ggml_type type);

/// Why a MUL_MAT is not for the accelerator; null where it is.
const char* why_not(const ggml_tensor* op);

/// The weights of src0 in device memory, up to date; null where they lie in host memory alone.
const bfq::Weights* device_weights(const ggml_tensor* tensor);

ggml_status compute(ggml_backend_t backend, ggml_cgraph* graph);

/// One MUL_MAT whose weights found no room in device memory, by ggml's CPU backend.
ggml_status compute_on_cpu(ggml_tensor* op);

void log_error(const std::string& text);

}  // namespace bfq_ggml

#endif
