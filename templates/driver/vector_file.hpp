// A MatMul with its answer in a file, as src/kria/package/vectors.ts of bfq writes it: little-endian, CRC-32 of everything at its end.
#ifndef BFQ_VECTOR_FILE_HPP
#define BFQ_VECTOR_FILE_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace bfq {

struct VectorFile {
  /// @throws Error(BFQ_BAD_ARGUMENT) where it is not whole
  explicit VectorFile(const std::string& path);

  std::string format;
  uint32_t rows, k, columns;
  std::vector<uint8_t> stored;   // rows x k weights in blocks
  std::vector<float> x;          // columns x k
  std::vector<uint32_t> expected;  // columns x rows, fp32 bits
};

}  // namespace bfq

#endif
