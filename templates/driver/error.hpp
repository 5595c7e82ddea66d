// What goes wrong, as bfq.h names it.
#ifndef BFQ_ERROR_HPP
#define BFQ_ERROR_HPP

#include <cstdio>
#include <stdexcept>
#include <string>

#include "bfq.h"

namespace bfq {

class Error : public std::runtime_error {
 public:
  Error(bfq_status status, const std::string& text) : std::runtime_error(text), status(status) {}
  const bfq_status status;
};

inline std::string hex(unsigned long long value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", value);
  return text;
}

}  // namespace bfq

#endif
