// The driver's host-only parts as a program, for machines that only qemu-user runs here.
//   host_tool pack FORMAT ROWS K        stored blocks on stdin, tiles on stdout
//   host_tool unpack FORMAT ROWS K      the inverse
//   host_tool records FORMAT K          columns of floats on stdin, records on stdout
//   host_tool speed FORMAT ROWS K       megabytes of stored blocks that one thread repacks in a second of its time
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "bfq_plan.hpp"
#include "formats.hpp"
#include "quantize.hpp"
#include "tile_codec.hpp"

namespace {

std::vector<uint8_t> read_all() {
  std::vector<uint8_t> all;
  uint8_t bytes[65536];
  for (size_t n; (n = std::fread(bytes, 1, sizeof bytes, stdin)) > 0;) all.insert(all.end(), bytes, bytes + n);
  return all;
}

void write_all(const std::vector<uint8_t>& bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stdout); }

/// By name, or the file of a late one.
const bfq::Format& format_of(const std::string& name) {
  return name.find('/') == std::string::npos ? bfq::find_format(name) : bfq::add_format(name);
}

template <class Work>
void each_tile(const bfq::TileLayout& layout, Work work) {
  for (uint64_t row_tile = 0; row_tile < layout.row_tiles; ++row_tile)
    for (uint64_t k_tile = 0; k_tile < layout.k_tiles; ++k_tile)
      work(row_tile, k_tile, layout.offset(row_tile) + k_tile * layout.format->tile_bytes());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string mode = argv[1];
  const bfq::Format& format = format_of(argv[2]);
  const uint64_t k = std::strtoull(argv[argc - 1], nullptr, 10);
  if (mode == "records") {
    std::vector<uint8_t> x = read_all();
    const uint64_t columns = x.size() / (4 * k), bytes = (k + 255) / 256 * bfq::RECORD_BYTES;
    std::vector<uint8_t> records(columns * bytes);
    for (uint64_t column = 0; column < columns; ++column)
      bfq::quantize_column(format.activation, reinterpret_cast<const float*>(x.data()) + column * k, k, &records[column * bytes]);
    write_all(records);
    return 0;
  }
  const bfq::TileLayout layout(format, std::strtoull(argv[3], nullptr, 10), k);
  std::vector<uint8_t> stored(layout.stored_bytes), tiles(layout.total_bytes);
  const auto pack = [&](uint64_t row_tile, uint64_t k_tile, uint64_t at) { pack_tile(layout, stored.data(), row_tile, k_tile, &tiles[at]); };
  if (mode == "pack") {
    stored = read_all();
    each_tile(layout, pack);
    write_all(tiles);
  } else if (mode == "unpack") {
    tiles = read_all();
    each_tile(layout, [&](uint64_t row_tile, uint64_t k_tile, uint64_t at) { unpack_tile(layout, &tiles[at], row_tile, k_tile, stored.data()); });
    write_all(stored);
  } else {
    const std::clock_t start = std::clock();
    each_tile(layout, pack);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("%.0f\n", static_cast<double>(stored.size()) / seconds / 1e6);
  }
  return 0;
}
