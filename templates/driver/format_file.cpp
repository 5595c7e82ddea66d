#include "format_file.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <utility>

#include "bfq_plan.hpp"
#include "crc32.hpp"
#include "error.hpp"

namespace bfq {
namespace {

constexpr char MAGIC[] = "BFQFMT1\n";
constexpr size_t MAGIC_BYTES = 8, NAME_AT = 16, NAME_BYTES = 48, LAYOUT_AT = NAME_AT + NAME_BYTES, CHECK_BYTES = 4;
constexpr size_t MOST_BYTES = 1 << 20;
constexpr unsigned TRIT_STRIDE = 8;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

[[noreturn]] void refuse(const std::string& why) { throw Error(BFQ_BAD_ARGUMENT, why + "; write it again with `bfq formats add`"); }

void require(bool holds, const char* what) {
  if (!holds) refuse(std::string("its ") + what);
}

bool is_group(unsigned size) { return size >= MIN_GROUP && size <= TILE_COLUMNS && (size & (size - 1)) == 0; }

std::vector<uint8_t> read_whole(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) throw Error(BFQ_BAD_ARGUMENT, "it can't be opened");
  std::vector<uint8_t> bytes;
  uint8_t piece[4096];
  for (size_t n; bytes.size() <= MOST_BYTES && (n = std::fread(piece, 1, sizeof piece, file.get())) > 0;) bytes.insert(bytes.end(), piece, piece + n);
  return bytes;
}

uint32_t load32(const uint8_t* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// All of a file but what its layout says.
void check_frame(const std::vector<uint8_t>& bytes) {
  if (bytes.size() < LAYOUT_AT + CHECK_BYTES || std::memcmp(bytes.data(), MAGIC, MAGIC_BYTES) != 0)
    refuse("it is no format file of this version");
  if (load32(&bytes[MAGIC_BYTES]) != bytes.size()) refuse("it is not as long as it says");
  const size_t body = bytes.size() - CHECK_BYTES;
  if (crc32(bytes.data(), body) != load32(&bytes[body])) refuse("its checksum does not hold");
  if (const uint32_t hash = load32(&bytes[MAGIC_BYTES + 4]); hash != CONFIG_HASH)
    refuse("it was written for another machine (configuration " + hex(hash) + "; variant " + VARIANT + " has " + hex(CONFIG_HASH) + ")");
}

/// A name as specs have them: it becomes part of file names.
void check_name(const uint8_t* name) {
  const auto is_letter = [](uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_other = [](uint8_t c) { return (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  const uint8_t* const end = std::find(name, name + NAME_BYTES, uint8_t{0});
  require(end != name + NAME_BYTES && is_letter(*name), "name is none");
  require(std::all_of(name, end, [&](uint8_t c) { return is_letter(c) || is_other(c); }), "name is none");
}

/// Whether a run's bits lie in a block of `bytes`, and each group in one load.
bool lies_in_block(const FieldRun& run, unsigned bytes) {
  const bool is_trit = run.trit >= 0;
  const int64_t behind_last = int64_t{run.elements - 1} * run.stride + (is_trit ? 1 : run.bits);
  for (int64_t group = 0; group < run.groups; ++group) {
    const int64_t first = int64_t{run.position} + group * run.advance;
    if (first < 0 || first + behind_last > int64_t{bytes} * 8) return false;
    if (!is_trit && first % 8 + behind_last > 64) return false;
  }
  return true;
}

/// A field of `count` elements that are read as at most `widest` bits: each bit of the block that it names lies in it, and each
/// element has its lowest bits first.
void check_field(const Field& field, unsigned count, unsigned widest, bool may_have_trits, const Format& format) {
  require(field.count == count, "fields do not have the elements of a block");
  std::vector<bool> has_low_bits(count);
  for (const FieldRun* run = field.runs; run != field.runs + field.run_count; ++run) {
    const unsigned elements = unsigned{run->groups} * run->elements;
    require(run->elements == 8 || run->elements == 1, "runs have groups of neither 8 nor 1");
    require(run->from + elements <= count, "runs go beyond their field");
    require(run->bits >= 1 && run->bits + run->shift <= static_cast<int>(widest), "elements are too wide");
    require(run->trit >= -1 && run->trit <= 4 && (run->trit < 0 || may_have_trits), "base-3 digits are none");
    const bool is_even = run->trit >= 0 ? run->stride == TRIT_STRIDE : run->stride >= run->bits && run->stride <= 8;
    require(run->elements == 1 || is_even, "runs are not even");
    require(lies_in_block(*run, format.bytes), "fields go beyond the block");
    for (unsigned i = run->from; i < run->from + elements; ++i) {
      require(run->shift == 0 || has_low_bits[i], "elements lack their lowest bits");
      has_low_bits[i] = true;
    }
  }
  require(std::find(has_low_bits.begin(), has_low_bits.end(), false) == has_low_bits.end(), "fields have elements without bits");
}

unsigned widest_element(const Field& field) {
  unsigned bits = 0;
  for (const FieldRun* run = field.runs; run != field.runs + field.run_count; ++run) bits = std::max<unsigned>(bits, run->bits + run->shift);
  return bits;
}

void check_grid(const Grid& grid, const Format& format) {
  require(grid.vector <= format.elements && format.elements % grid.vector == 0, "vectors do not divide the block");
  check_field(format.code, format.elements / grid.vector, 15, false, format);
  require(1u << widest_element(format.code) <= grid.vector_count, "grid has too few vectors");
  require(grid.span >= 1, "flags serve nothing");
  const unsigned flags = grid.flagged_count == 0 ? 0 : format.elements / grid.span;
  require(flags * grid.span == (flags == 0 ? 0 : format.elements), "flags do not divide the block");
  check_field(grid.flags, flags, 7, false, format);
  const auto is_known = [&](const FieldRun& run) { return run.shift == 0 && (run.bits == 1 || (run.bits == 7 && grid.span == 8)); };
  require(std::all_of(grid.flags.runs, grid.flags.runs + grid.flags.run_count,
                      [&](const FieldRun& run) { return is_known(run) && run.bits == grid.flags.runs->bits; }),
          "flags are neither 1 bit nor 7");
  if (flags > 0)
    require(std::all_of(grid.vectors, grid.vectors + unsigned{grid.vector_count} * grid.vector,
                        [&](uint8_t code) { return code < grid.flagged_count; }),
            "codes have no flagged one");
}

/// That a block has `count` groups of `group` elements of a field, or none of it.
void check_groups(const Field& field, unsigned group, unsigned widest, bool may_have_trits, const Format& format) {
  check_field(field, field.count == 0 ? 0 : format.elements / group, widest, may_have_trits, format);
}

void check_layout(const Format& format) {
  require(format.ggml_type >= -1, "type is none");
  require(static_cast<size_t>(format.activation) < std::size(ACTIVATIONS), "activations are unknown");
  require(format.elements >= 1 && TILE_COLUMNS % format.elements == 0, "blocks do not divide a tile");
  const unsigned block = ACTIVATIONS[static_cast<size_t>(format.activation)].block;
  const bool has_short_blocks = block != 0 && block < TILE_COLUMNS;
  require(!has_short_blocks || format.elements % block == 0, "blocks are shorter than those of its activations");
  require(format.bytes >= 1 && format.bytes <= MAX_BLOCK_BYTES, "blocks are too large");
  require(is_group(format.sub_block) && format.sub_block <= format.elements, "sub-blocks are none");
  require(is_group(format.d_group) && format.d_group <= format.elements, "block scales are none");
  require(format.d_bytes == 1 || format.d_bytes == 2 || format.d_bytes == 4, "block scales are none");
  require(format.code_bits >= 1 && format.code_bits <= 8 && format.scale_bits <= 8 && format.min_bits <= 8, "elements are too wide");
  if (format.grid != nullptr) check_grid(*format.grid, format);
  else check_field(format.code, format.elements, 8, true, format);
  check_groups(format.scale, format.sub_block, 8, true, format);
  check_groups(format.min, format.sub_block, 8, true, format);
  check_groups(format.d, format.d_group, format.d_bytes * 8u, false, format);
  check_groups(format.dmin, format.d_group, format.d_bytes * 8u, false, format);
}

/// The sections of a tile follow one another, each with room for what is written to it.
void check_tile(const Format& format) {
  const unsigned d_bytes = TILE_COLUMNS / format.d_group * TILE_ROWS * format.d_bytes, subs = TILE_COLUMNS / format.sub_block;
  unsigned need[SECTIONS] = {};
  need[SECTION_D] = d_bytes;
  need[SECTION_DMIN] = format.dmin.count > 0 ? d_bytes : 0;
  need[SECTION_SCALE] = subs * format.scale_bits;
  need[SECTION_MIN] = subs * format.min_bits;
  need[SECTION_CODE] = TILE_COLUMNS * format.code_bits;
  unsigned end = 0;
  for (unsigned section = 0; section < SECTIONS; ++section) {
    require(end + need[section] <= format.section_end[section], "sections do not fit the tile");
    end = format.section_end[section];
  }
  const bool codes_fill = format.section_at(SECTION_CODE) + need[SECTION_CODE] == end;
  require(codes_fill && end % WORD_BYTES == 0, "sections do not fit the tile");
  require(load32(format.descriptor + at::tile_words) == format.tile_bytes() / WORD_BYTES, "descriptor has tiles of another size");
}

}  // namespace

/// Takes one number or table after another.
class FormatFile::Reader {
 public:
  Reader(const uint8_t* at, const uint8_t* end) : at_(at), end_(end) {}

  const uint8_t* bytes(size_t count) {
    require(count <= static_cast<size_t>(end_ - at_), "tables go beyond its end");
    return std::exchange(at_, at_ + count);
  }
  template <class... Values>
  void take(Values&... values) {
    (std::memcpy(&values, bytes(sizeof values), sizeof values), ...);
  }
  const uint8_t* at() const { return at_; }
  bool is_at_end() const { return at_ == end_; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

Field FormatFile::take_field(Reader& reader) {
  Field field{};
  reader.take(field.count, field.run_count);
  auto& runs = runs_.emplace_back(field.run_count);
  for (FieldRun& run : runs)
    reader.take(run.from, run.groups, run.elements, run.stride, run.bits, run.shift, run.trit, run.position, run.advance);
  field.runs = runs.data();
  return field;
}

void FormatFile::take_grid(Reader& reader) {
  reader.take(grid_.vector);
  if (grid_.vector == 0) return;
  reader.take(grid_.flagged_count, grid_.vector_count, grid_.span);
  grid_.vectors = reader.bytes(size_t{grid_.vector_count} * grid_.vector);
  grid_.flagged = reader.bytes(grid_.flagged_count);
  grid_.flags = take_field(reader);
  format_.grid = &grid_;
}

FormatFile::FormatFile(const std::string& path) try : bytes_(read_whole(path)) {
  check_frame(bytes_);
  check_name(&bytes_[NAME_AT]);
  Format& f = format_;
  f.name = reinterpret_cast<const char*>(&bytes_[NAME_AT]);
  Reader reader(&bytes_[LAYOUT_AT], bytes_.data() + bytes_.size() - CHECK_BYTES);
  reader.take(f.ggml_type, f.activation, f.elements, f.bytes, f.sub_block, f.d_group, f.d_bytes, f.code_bits, f.scale_bits, f.min_bits,
              f.code_flip, f.scale_flip, f.min_flip, f.section_end);
  for (Field* field : {&f.code, &f.scale, &f.min, &f.d, &f.dmin}) *field = take_field(reader);
  take_grid(reader);
  f.layout_hash = crc32(&bytes_[LAYOUT_AT], static_cast<size_t>(reader.at() - &bytes_[LAYOUT_AT]));
  f.descriptor = reader.bytes(DESCRIPTOR_BYTES);
  require(reader.is_at_end(), "tables end before it does");
  check_layout(f);
  check_tile(f);
} catch (const Error& error) {
  throw Error(error.status, path + ": " + error.what());
}

}  // namespace bfq
