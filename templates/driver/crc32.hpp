// The checksum of files: CRC-32 as in zlib.
#ifndef BFQ_CRC32_HPP
#define BFQ_CRC32_HPP

#include <cstddef>
#include <cstdint>

namespace bfq {

inline uint32_t crc32(const uint8_t* bytes, size_t count) {
  uint32_t sum = ~0u;
  for (size_t i = 0; i < count; ++i) {
    sum ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
  }
  return ~sum;
}

}  // namespace bfq

#endif
