#include "formats.hpp"

#include <memory>
#include <mutex>
#include <vector>

#include "bfq_plan.hpp"
#include "error.hpp"
#include "format_file.hpp"

namespace bfq {
namespace {

struct Added {
  std::mutex mutex;
  std::vector<std::unique_ptr<const FormatFile>> files;
};

Added& added() {
  static Added all;
  return all;
}

/// The first format that `matches`, those of the variant first; null where none does.
template <class Matches>
const Format* find(Matches matches) {
  for (const Format& format : FORMATS)
    if (matches(format)) return &format;
  Added& late = added();
  const std::lock_guard lock(late.mutex);
  for (const auto& file : late.files)
    if (matches(file->format())) return &file->format();
  return nullptr;
}

}  // namespace

const Format& find_format(const std::string& name) {
  if (const Format* const found = find([&](const Format& format) { return name == format.name; })) return *found;
  throw Error(BFQ_BAD_ARGUMENT, "variant " + std::string(VARIANT) + " has no format " + name);
}

const Format* find_ggml_format(int type) {
  if (type < 0) return nullptr;
  return find([&](const Format& format) { return type == format.ggml_type; });
}

const Format& add_format(const std::string& path) {
  auto file = std::make_unique<const FormatFile>(path);
  const std::string name = file->format().name;
  const auto taken = [&] { return Error(BFQ_BAD_ARGUMENT, path + ": there is another format " + name + "; rename one of them"); };
  for (const Format& format : FORMATS)
    if (name == format.name) throw taken();
  Added& late = added();
  const std::lock_guard lock(late.mutex);
  for (const auto& before : late.files) {
    if (name != before->format().name) continue;
    if (before->bytes() == file->bytes()) return before->format();
    throw taken();
  }
  late.files.push_back(std::move(file));
  return late.files.back()->format();
}

}  // namespace bfq
