// Activations to device records (docs/interface.md, "Activation record"), quantised bit for bit as ggml's
// quantize_row_{q8_0,q8_1,q8_K}_ref. NEON beside a portable twin; both give the same bytes.
#ifndef BFQ_QUANTIZE_HPP
#define BFQ_QUANTIZE_HPP

#include <cstddef>
#include <cstdint>

#include "format.hpp"

namespace bfq {

/// Elements that share a scale.
size_t activation_block(Activation activation, size_t k);

/// One column of `k` floats to ceil(k / 256) records; `k` is a multiple of the activation's block. What lies beyond k is zero.
void quantize_column(Activation activation, const float* x, size_t k, uint8_t* records);

}  // namespace bfq

#endif
