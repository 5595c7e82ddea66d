// The formats that a driver knows: those of its variant, and those that were added since the process started.
#ifndef BFQ_FORMATS_HPP
#define BFQ_FORMATS_HPP

#include <string>

#include "format.hpp"

namespace bfq {

/// @throws Error(BFQ_BAD_ARGUMENT) where there is no such format
const Format& find_format(const std::string& name);
/// Null where there is none.
const Format* find_ggml_format(int type);

/// Adds the format of a file that `bfq formats add` wrote, for the rest of the process. Once more: nothing happens.
/// @throws Error(BFQ_BAD_ARGUMENT) where the file is not whole, or another format has its name
const Format& add_format(const std::string& path);

}  // namespace bfq

#endif
