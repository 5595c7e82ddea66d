// Which MUL_MATs the accelerator takes.
#include "bfq_plan.hpp"
#include "common.hpp"
#include "formats.hpp"

namespace bfq_ggml {
namespace {

/// op_params of MUL_MAT: precision of the sums, hint, precisions of the sources.
enum Parameter { SUMS = 0, HINT = 1, SOURCE1 = 3 };

int32_t parameter(const ggml_tensor* op, Parameter which) { return op->op_params[which]; }

/// Sums are fp32; activations are 8 bits, as in ggml's own kernels.
bool honours_precision(const ggml_tensor* op) {
  const int32_t sums = parameter(op, SUMS), source1 = parameter(op, SOURCE1);
  return (sums == GGML_PREC_UNDEFINED || sums == GGML_PREC_F32) && (source1 == GGML_PREC_UNDEFINED || source1 == GGML_PREC_Q8);
}

}  // namespace

const bfq::Format* weight_format(ggml_type type) {
  const bfq::Format* const format = bfq::find_ggml_format(type);
  // ggml sized the buffer, and its numbers of types change their meaning between versions.
  const bool is_same = format != nullptr && ggml_blck_size(type) == format->elements && ggml_type_size(type) == format->bytes;
  return is_same ? format : nullptr;
}

const char* why_not(const ggml_tensor* op) {
  const ggml_tensor* const weights = op->src[0];
  const ggml_tensor* const x = op->src[1];
  if (weight_format(weights->type) == nullptr) return "the weights' format is not in the variant";
  if (weights->ne[2] != 1 || weights->ne[3] != 1) return "the weights are several matrices";
  if (weights->view_src != nullptr || !ggml_is_contiguous(weights)) return "the weights are part of another tensor";
  if (weights->ne[0] > int64_t{bfq::MAX_K_TILES} * bfq::TILE_COLUMNS) return "K is longer than the variant's max-k";
  if (x->type != GGML_TYPE_F32) return "the activations are not F32";
  if (x->nb[0] != sizeof(float)) return "the activations have gaps between elements";
  if (x->nb[1] % sizeof(float) != 0 || x->nb[2] % sizeof(float) != 0) return "the activations are not aligned";
  if (op->type != GGML_TYPE_F32 || !ggml_is_contiguous(op)) return "the result is not contiguous F32";
  if (parameter(op, HINT) != GGML_HINT_NONE) return "a hint asks for another kernel";
  if (!honours_precision(op)) return "another precision is asked for";
  return nullptr;
}

}  // namespace bfq_ggml
