#include "vector_file.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

#include "crc32.hpp"
#include "error.hpp"

namespace bfq {
namespace {

constexpr char MAGIC[] = "BFQVEC1\n";
constexpr size_t NAME_AT = 24, NAME_BYTES = 64, HEADER_BYTES = NAME_AT + NAME_BYTES, CHECK_BYTES = 4;

uint32_t load32(const uint8_t* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <class Value>
const uint8_t* take(const uint8_t* from, std::vector<Value>& into, uint64_t count) {
  into.resize(count);
  std::memcpy(into.data(), from, count * sizeof(Value));
  return from + count * sizeof(Value);
}

}  // namespace

VectorFile::VectorFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(BFQ_BAD_ARGUMENT, path + ": it can't be opened");
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto refuse = [&](const char* why) { throw Error(BFQ_BAD_ARGUMENT, path + ": " + why + "; make the package again"); };
  if (bytes.size() < HEADER_BYTES + CHECK_BYTES || std::memcmp(bytes.data(), MAGIC, NAME_AT - 16) != 0)
    refuse("not a vector file of this version");
  const size_t body = bytes.size() - CHECK_BYTES;
  if (crc32(bytes.data(), body) != load32(&bytes[body])) refuse("its checksum does not hold");
  rows = load32(&bytes[8]);
  k = load32(&bytes[12]);
  columns = load32(&bytes[16]);
  const uint64_t stored_bytes = load32(&bytes[20]), inputs = uint64_t{columns} * k, outputs = uint64_t{columns} * rows;
  if (inputs >> 40 != 0 || outputs >> 40 != 0 || HEADER_BYTES + stored_bytes + (inputs + outputs) * 4 != body)
    refuse("its sizes do not fit its length");
  const char* const name = reinterpret_cast<const char*>(&bytes[NAME_AT]);
  format.assign(name, strnlen(name, NAME_BYTES));
  const uint8_t* at = take(&bytes[HEADER_BYTES], stored, stored_bytes);
  at = take(at, x, inputs);
  take(at, expected, outputs);
}

}  // namespace bfq
