// A format that was invented after the driver was built: a file that `bfq formats add` of bfq wrote (docs/driver.md).
#ifndef BFQ_FORMAT_FILE_HPP
#define BFQ_FORMAT_FILE_HPP

#include <deque>
#include <string>
#include <vector>

#include "format.hpp"

namespace bfq {

class FormatFile {
 public:
  /// Nothing that a file says leads beyond a block, a tile or a table.
  /// @throws Error(BFQ_BAD_ARGUMENT) where it is not whole, or made for another machine
  explicit FormatFile(const std::string& path);
  FormatFile(const FormatFile&) = delete;
  FormatFile& operator=(const FormatFile&) = delete;

  const Format& format() const { return format_; }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  class Reader;
  Field take_field(Reader& reader);
  void take_grid(Reader& reader);

  std::vector<uint8_t> bytes_;
  std::deque<std::vector<FieldRun>> runs_;
  Grid grid_{};
  Format format_{};
};

}  // namespace bfq

#endif
