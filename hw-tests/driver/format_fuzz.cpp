// Changes numbers of a format file, makes its checksum right again, and uses what is accepted, for AddressSanitizer and UBSan.
//   format_fuzz FILE SCRATCH SEED RUNS
// Prints how many were accepted.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "bfq_plan.hpp"
#include "crc32.hpp"
#include "error.hpp"
#include "format_file.hpp"
#include "tile_codec.hpp"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t LAYOUT_AT = 64;

void store32(Bytes& bytes, size_t at, size_t value) {
  const auto word = static_cast<uint32_t>(value);
  std::memcpy(&bytes[at], &word, sizeof word);
}

/// One or two changes to what follows the name; now and then a cut.
void damage(Bytes& bytes, std::mt19937& random) {
  for (unsigned n = 1 + random() % 2; n > 0; --n) {
    uint8_t& byte = bytes[LAYOUT_AT + random() % (bytes.size() - LAYOUT_AT - 4)];
    const uint8_t choices[] = {0, 1, 2, 7, 8, 127, 128, 255, static_cast<uint8_t>(byte + 1), static_cast<uint8_t>(byte - 1),
                               static_cast<uint8_t>(random())};
    byte = choices[random() % sizeof choices];
  }
  if (random() % 16 == 0) bytes.resize(LAYOUT_AT + 4 + random() % (bytes.size() - LAYOUT_AT - 4));
  store32(bytes, 8, bytes.size());
  store32(bytes, bytes.size() - 4, bfq::crc32(bytes.data(), bytes.size() - 4));
}

/// Random blocks of exactly the size that the format says, to tiles and back.
void use(const bfq::Format& format, std::mt19937& random) {
  const bfq::TileLayout layout(format, 9, 512);
  Bytes stored(layout.stored_bytes), tile(format.tile_bytes());
  for (uint8_t& byte : stored) byte = static_cast<uint8_t>(random());
  for (uint64_t row_tile = 0; row_tile < layout.row_tiles; ++row_tile)
    for (uint64_t k_tile = 0; k_tile < layout.k_tiles; ++k_tile) {
      bfq::pack_tile(layout, stored.data(), row_tile, k_tile, tile.data());
      bfq::unpack_tile(layout, tile.data(), row_tile, k_tile, stored.data());
    }
}

}  // namespace

int main(int, char** argv) {
  std::ifstream file(argv[1], std::ios::binary);
  const Bytes good{std::istreambuf_iterator<char>(file), {}};
  std::mt19937 random(static_cast<uint32_t>(std::atol(argv[3])));
  int accepted = 0;
  for (int n = std::atoi(argv[4]); n > 0; --n) {
    Bytes bytes = good;
    damage(bytes, random);
    std::ofstream(argv[2], std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    try {
      const bfq::FormatFile changed(argv[2]);
      ++accepted;
      use(changed.format(), random);
    } catch (const bfq::Error&) {
    }
  }
  std::printf("%d\n", accepted);
}
