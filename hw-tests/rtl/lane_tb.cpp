// bfq_lane against lane_reference.hpp (agreement with a second reading of the specification, not an outside truth):
// random formats within the envelope of the parameters, random and corner tiles and activations, jobs back to back in
// changing formats, idle and back-pressure on every stream, reset in mid-run, and the promised throughput.
#include <algorithm>
#include <deque>
#include <memory>
#include <string>

#include "bench.hpp"
#include "lane_reference.hpp"

namespace {

constexpr int kRecordWords = 20;
constexpr int kMostColumns = COLUMNS * REPLAY;

struct Activations {
  int columns = 1, k_tiles = 1;
  std::vector<Record> records;
};

struct Job {
  Format format;
  int row_tiles = 1;
  size_t set = 0;       // index of its activations
  bool release = true;  // last job of the set
};

/// A run: activation sets, jobs that use them in order, the weights stream and the results that must come.
struct Run {
  std::vector<Activations> sets;
  std::vector<Job> jobs;
  std::vector<Word> weights;
  std::vector<Word> results;
  std::vector<size_t> ends;  // results up to the end of each job that has any

  void add(Random& random, const Format& format, int row_tiles, bool release, void (*fill)(Random&, const Format&, Word*, int)) {
    jobs.push_back({format, row_tiles, sets.size() - 1, release});
    const Activations& set = sets.back();
    std::vector<Word> own(static_cast<size_t>(row_tiles) * set.k_tiles * format.tile_words());
    for (size_t at = 0; at < own.size(); at += format.tile_words()) fill(random, format, &own[at], format.tile_words());
    const auto answer = lane_results(format, own, row_tiles, set.k_tiles, set.columns, set.records);
    weights.insert(weights.end(), own.begin(), own.end());
    results.insert(results.end(), answer.begin(), answer.end());
    if (row_tiles > 0) ends.push_back(results.size());
  }
};

uint32_t tame_d(Random& random, int type) {
  const uint32_t bits = random.bits();
  switch (type) {
    case kF16: return (bits & 0x83FF) | (5 + random.below(20)) << 10;
    case kBf16: return (bits & 0x807F) | (110 + random.below(30)) << 7;
    case kF32: return (bits & 0x807FFFFF) | (110 + random.below(30)) << 23;
    case kE8m0:
    case kE8m0Nan: return 110 + random.below(30);
    default: return bits & 0xFF;
  }
}

/// A scale of each class: zeros, subnormals, the ends of the normal range, infinity, NaN.
uint32_t corner_d(Random& random, int bits, int exponent_bits) {
  const int fraction_bits = bits - 1 - exponent_bits;
  const uint32_t top = (1u << exponent_bits) - 1;
  const uint32_t exponents[] = {0, 0, 1, 2, top / 2, top - 1, top, top};
  const uint32_t mask = (1u << fraction_bits) - 1;
  const uint32_t fractions[] = {0, 1, mask, static_cast<uint32_t>(random.bits()) & mask};
  return random.below(2) << (bits - 1) | exponents[random.below(8)] << fraction_bits | fractions[random.below(4)];
}

uint32_t any_d(Random& random, int type) {
  switch (type) {
    case kF16: return corner_d(random, 16, 5);
    case kBf16: return corner_d(random, 16, 8);
    case kF32: return corner_d(random, 32, 8);
    default: {
      const uint32_t corners[] = {0, 1, 7, 8, 0x7E, 0x7F, 0x80, 0xFE, 0xFF, static_cast<uint32_t>(random.below(256))};
      return corners[random.below(10)];
    }
  }
}

/// Tiles: usually ordinary scales with random factors and codes, else corners of everything.
void fill_tile(Random& random, const Format& format, Word* tile, int words) {
  const bool corner = random.chance(15);
  const uint32_t pattern = random.chance(20) ? (random.chance(50) ? 0xFFFFFFFFu : 0u) : 0u;
  const bool constant = corner && random.chance(50);
  for (int i = 0; i < words; ++i)
    for (uint32_t& part : tile[i]) part = constant ? pattern : random.bits();
  const int bits = format.d_bits(), each = 32 / bits;
  const int d_words = format.d_words() + format.dmin_words();
  for (int i = 0; i < d_words; ++i)
    for (uint32_t& part : tile[i]) {
      part = 0;
      for (int j = 0; j < each; ++j)
        part |= (corner && random.chance(20) ? any_d(random, format.d_type) : tame_d(random, format.d_type)) << (j * bits % 32);
    }
}

Activations random_activations(Random& random, int columns, int k_tiles) {
  Activations set{columns, k_tiles, std::vector<Record>(static_cast<size_t>(columns) * k_tiles)};
  const bool corner = random.chance(15);
  const int kind = random.below(8);
  for (Record& record : set.records) {
    for (uint32_t& da : record.da) {
      da = (random.bits() & 0x807FFFFF) | (110 + random.below(20)) << 23;
      if (corner && random.chance(20)) da = corner_d(random, 32, 8);
    }
    for (int i = 0; i < 256; ++i) {
      int code = static_cast<int>(random.below(256)) - 128;
      if (kind == 0) code = random.chance(50) ? -128 : 127;
      if (kind == 1) code = -128;
      record.codes[i] = code;
      record.sums[i / 16] += code;
    }
  }
  return set;
}

bool fits(int64_t low, int64_t high, int bits) {
  return low >= -(int64_t{1} << (bits - 1)) && high < (int64_t{1} << (bits - 1));
}

/// Offsets such that (0..2^bits-1 << shift) - offset fits; false where none does.
bool random_offset(Random& random, int bits, int shift, int width, int& offset) {
  const int top = ((1 << bits) - 1) << shift, half = 1 << (width - 1);
  const int low = top - (half - 1), high = half;  // offsets from low to high
  if (low > high) return false;
  offset = random.chance(30) ? (random.chance(50) ? low : high) : low + static_cast<int>(random.below(high - low + 1));
  return true;
}

/// Any format of the envelope.
Format random_format(Random& random) {
  for (;;) {
    Format f;
    f.code_bits = 1 + random.below(CODE_BITS);
    f.codebook = CODEBOOK > 0 && random.chance(40);
    f.level_shift = random.below(2);
    int64_t level_low, level_high;
    if (f.codebook) {
      while ((1 << f.code_bits) > CODEBOOK) --f.code_bits;
      const int half = 1 << (std::min(LEVEL_BITS, 8) - 1);
      for (int i = 0; i < CODEBOOK; ++i) f.entries.push_back(static_cast<int>(random.below(2 * half)) - half);
      level_low = -half;
      level_high = half - 1;
    } else {
      if (!random_offset(random, f.code_bits, f.level_shift, LEVEL_BITS, f.level_offset)) continue;
      level_low = -f.level_offset;
      level_high = (((1 << f.code_bits) - 1) << f.level_shift) - f.level_offset;
    }
    f.step_log2 = MIN_STEP_LOG2 + random.below(9 - MIN_STEP_LOG2);
    f.d_group_log2 = f.step_log2 + random.below(9 - f.step_log2);
    f.sub_block_log2 = 4 + random.below(5);
    f.scale_bits = random.chance(25) ? 0 : random.below(SCALE_BITS + 1);
    f.scale_shift = random.below(2);
    if (!random_offset(random, f.scale_bits, f.scale_shift, SCALE_WIDTH, f.scale_offset)) continue;
    do f.d_type = random.below(6);
    while (!(D_TYPES >> f.d_type & 1));
    f.d_bias = random.chance(70) ? random.below(3) : random.below(256);
    const int64_t scale_top = (((1 << f.scale_bits) - 1) << f.scale_shift) - f.scale_offset;
    const int64_t scale = std::max(std::abs(f.scale_offset), std::abs(static_cast<int>(scale_top)));
    const int64_t isum = std::max(std::abs(level_low), std::abs(level_high)) * 128 * scale << f.step_log2;
    if (!fits(-isum, isum, ISUM_BITS)) continue;
    f.min_mode = HAS_MIN ? random.below(3) : 0;
    if (f.min_mode != 0) {
      f.min_bits = random.chance(25) ? 0 : random.below(MIN_BITS + 1);
      f.min_shift = random.below(2);
      if (!random_offset(random, f.min_bits, f.min_shift, MIN_WIDTH, f.min_offset)) continue;
      f.dmin_bias = random.chance(70) ? random.below(3) : random.below(256);
      const int64_t min_top = (((1 << f.min_bits) - 1) << f.min_shift) - f.min_offset;
      const int64_t min = std::max(std::abs(f.min_offset), std::abs(static_cast<int>(min_top)));
      const int64_t msum = min * 128 << f.step_log2;
      if (!fits(-msum, msum, MSUM_BITS)) continue;
    }
    return f;
  }
}

/// What the surroundings do, in percent of the cycles.
struct Weather {
  int weights_idle = 0, result_stall = 0, job_idle = 0, load_idle = 0;
  bool early = true;  // jobs are offered while their activations are loaded
};
constexpr Weather kLoadedFirst{0, 0, 0, 0, false};

class Lane {
 public:
  Bench bench;

  /// Cycles from the first word taken to the last, and those in which a word waited.
  struct Count {
    uint64_t words = 0, first = 0, last = 0, waits = 0, stall_memory = 0;
  };

  void reset() {
    auto& dut = bench.dut;
    dut.rst = 1;  // whatever the others say
    bench.settle();
    bench.tick();
    dut.rst = 0;
  }

  /// Runs it all and compares every result; with `cut` > 0 ends after that many cycles, for a reset.
  Count play(const Run& run, const Weather& weather, uint64_t cut = 0) {
    auto& dut = bench.dut;
    Random& random = bench.random;
    Count count;
    size_t job = 0, word = 0, result = 0, end = 0;
    size_t loaded = 0, released = 0, load_word = 0;  // sets in the buffer, given back; words of the one on its way
    std::vector<Word> load;
    std::vector<std::pair<int, int>> load_at;
    bool job_offered = false, word_offered = false, load_open = false;
    const bool patient = random.chance(50);  // result_ready waits for result_valid
    uint64_t quiet = 0;
    const uint64_t start = bench.cycle;
    const size_t releases = run.sets.size();

    while (result < run.results.size() || released < releases || dut.busy) {
      if (cut != 0 && bench.cycle - start == cut) return count;

      // Activations: a set goes to its half when the set two before is given back.
      if (!load_open && loaded < run.sets.size() && released + 2 > loaded) {
        open_load(run.sets[loaded], loaded & 1, load, load_at);
        load_open = true;
        load_word = 0;
      }
      dut.act_write = load_open && !random.chance(weather.load_idle);
      if (dut.act_write) {
        dut.act_column = load_at[load_word].first;
        dut.act_address = load_at[load_word].second;
        put(dut.act_data, load[load_word]);
      }

      // As the loader says it: the limit counts a record from the cycle in which its last word is written.
      dut.act_loading = load_open && load_word + dut.act_write < load.size();
      dut.act_loading_half = loaded & 1;
      if (load_open) {
        const int record = static_cast<int>(load_word + dut.act_write) / kRecordWords;
        const Activations& set = run.sets[loaded];
        dut.act_limit = ((loaded & 1) * REPLAY * MAX_K_TILES + std::max(0, record - (set.columns - 1) * set.k_tiles)) * kRecordWords;
      }

      if (!job_offered)
        job_offered = job < run.jobs.size() && run.jobs[job].set < loaded + (load_open && weather.early) &&
                      !random.chance(weather.job_idle);
      dut.job_valid = job_offered;
      if (job_offered) offer(run, run.jobs[job]);

      if (!word_offered) word_offered = word < run.weights.size() && !random.chance(weather.weights_idle);
      dut.weights_valid = word_offered;
      if (word_offered) put(dut.weights_data, run.weights[word]);

      dut.result_ready = !random.chance(weather.result_stall);
      bench.settle();
      if (patient && dut.result_ready && !dut.result_valid) {
        dut.result_ready = 0;
        bench.settle();
      }

      const bool progress = (job_offered && dut.job_ready) || (word_offered && dut.weights_ready) || dut.act_write ||
                            (dut.result_valid && dut.result_ready) || dut.act_released;
      quiet = progress ? 0 : quiet + 1;
      CHECK(bench, quiet < 20000, "nothing moves: job %zu of %zu, word %zu of %zu, result %zu of %zu, released %zu of %zu", job,
            run.jobs.size(), word, run.weights.size(), result, run.results.size(), released, releases);
      CHECK(bench, dut.stall_compute == (dut.weights_valid && !dut.weights_ready), "stall_compute is wrong");
      count.stall_memory += dut.stall_memory;

      if (dut.result_valid) {
        CHECK(bench, result < run.results.size(), "a result too many");
        CHECK(bench, dut.busy, "a result, but not busy");
        for (int i = 0; i < 4; ++i)
          CHECK(bench, dut.result_data[i] == run.results[result][i], "result word %zu part %d is %08x, not %08x", result, i,
                dut.result_data[i], run.results[result][i]);
        CHECK(bench, dut.result_last == (result + 1 == run.ends[end]), "result_last is %d in word %zu", dut.result_last, result);
        if (dut.result_ready && ++result == run.ends[end]) ++end;
      }
      if (dut.act_released) {
        CHECK(bench, released < loaded + load_open, "released what was never loaded");
        ++released;
      }
      if (dut.act_write && ++load_word == load.size()) {
        load_open = false;
        ++loaded;
      }
      if (job_offered && dut.job_ready) {
        job_offered = false;
        ++job;
      }
      if (word_offered) {
        if (dut.weights_ready) {
          if (word == 0) count.first = bench.cycle;
          count.last = bench.cycle;
          word_offered = false;
          ++word;
        } else if (word > 0) {
          ++count.waits;
        }
      }
      bench.tick();
    }
    CHECK(bench, word == run.weights.size() && job == run.jobs.size(), "idle with words or jobs left");
    count.words = run.weights.size();
    return count;
  }

 private:
  template <typename Port>
  static void put(Port& port, const Word& word) {
    for (int i = 0; i < 4; ++i) port[i] = word[i];
  }

  static void open_load(const Activations& set, int half, std::vector<Word>& load, std::vector<std::pair<int, int>>& at) {
    load.clear();
    at.clear();
    for (int m = 0; m < set.columns; ++m)
      for (int k = 0; k < set.k_tiles; ++k) {
        const auto words = set.records[static_cast<size_t>(m) * set.k_tiles + k].words();
        load.insert(load.end(), words.begin(), words.end());
        const int record = (half * REPLAY + m / COLUMNS) * MAX_K_TILES + k;
        for (int i = 0; i < kRecordWords; ++i) at.push_back({m % COLUMNS, record * kRecordWords + i});
      }
  }

  void offer(const Run& run, const Job& job) {
    auto& dut = bench.dut;
    const Activations& set = run.sets[job.set];
    dut.job_row_tiles = job.row_tiles;
    dut.job_k_tiles = set.k_tiles;
    dut.job_columns = set.columns;
    dut.job_act_half = job.set & 1;
    dut.job_act_release = job.release;
    const auto descriptor = job.format.descriptor();
    for (int i = 0; i < 8; ++i) dut.job_format[i] = descriptor[i];
#if CODEBOOK > 0
    for (int i = 0; i < CODEBOOK / 4; ++i) dut.job_codebook[i] = 0;
    for (size_t i = 0; i < job.format.entries.size(); ++i)
      dut.job_codebook[i / 4] |= (static_cast<uint32_t>(job.format.entries[i]) & 0xFFu) << i % 4 * 8;
#endif
  }
};

Run random_run(Random& random, int sets) {
  Run run;
  for (int i = 0; i < sets; ++i) {
    const int k_tiles = random.chance(20) ? MAX_K_TILES : 1 + random.below(std::min(MAX_K_TILES, 3));
    run.sets.push_back(random_activations(random, 1 + random.below(random.chance(20) ? 1 : kMostColumns), k_tiles));
    const int jobs = 1 + random.below(3);
    for (int j = 0; j < jobs; ++j)
      run.add(random, random_format(random), random.chance(15) ? 0 : 1 + random.below(4), j + 1 == jobs, fill_tile);
  }
  return run;
}

struct Named {
  const char* name;
  Format format;
  int units;  // fp32 units that it takes for a word per cycle at one column; 0: never
};

/// The formats of the throughput promise, and two that are allowed to stall.
std::vector<Named> named_formats() {
  std::vector<Named> list;
  auto add = [&](const char* name, int units, auto set) {
    Format f;
    set(f);
    list.push_back({name, f, units});
  };
  auto k_quant = [](Format& f, int code, int offset, int sub_block, int scale, int scale_offset, bool mins) {
    f.code_bits = code, f.level_offset = offset, f.sub_block_log2 = sub_block, f.step_log2 = f.d_group_log2 = 8;
    f.scale_bits = scale, f.scale_offset = scale_offset;
    if (mins) f.min_mode = 1, f.min_bits = scale;
  };
  auto codebook = [](Format& f) {
    f.codebook = true;
    for (int i = 0; i < CODEBOOK; ++i) f.entries.push_back(i < 16 ? i * 15 - 127 : 0);
  };
  add("q2_K", 1, [&](Format& f) { k_quant(f, 2, 0, 4, 4, 0, true); });
  add("q3_K", 1, [&](Format& f) { k_quant(f, 3, 4, 4, 6, 32, false); });
  add("q4_K", 1, [&](Format& f) { k_quant(f, 4, 0, 5, 6, 0, true); });
  add("q5_K", 1, [&](Format& f) { k_quant(f, 5, 0, 5, 6, 0, true); });
  add("q6_K", 1, [&](Format& f) { k_quant(f, 6, 32, 4, 8, 128, false); });
  add("q4_0", 1, [&](Format& f) { f.level_offset = 8; });
  add("q8_0", 1, [&](Format& f) { f.code_bits = 8, f.level_offset = 128; });
  add("iq4_xs", 1, [&](Format& f) { k_quant(f, 4, 0, 5, 6, 32, false), codebook(f); });
  add("mxfp4", 1, [&](Format& f) { codebook(f), f.d_type = kE8m0, f.d_bias = 1; });
  add("nvfp4", 2, [&](Format& f) { codebook(f), f.d_type = kUe4m3, f.d_bias = 1, f.step_log2 = f.d_group_log2 = f.sub_block_log2 = 4; });
  add("q2_0", 2, [&](Format& f) { f.code_bits = 2, f.level_offset = 2, f.d_group_log2 = 6; });
  add("q1_0", 0, [&](Format& f) { f.code_bits = 1, f.level_shift = 1, f.level_offset = 1, f.d_group_log2 = 7; });

  auto outside = [](const Named& entry) {
    const Format& f = entry.format;
    return f.code_bits > CODE_BITS || (f.codebook && CODEBOOK == 0) || f.scale_bits > SCALE_BITS || f.min_bits > MIN_BITS ||
           (f.min_mode != 0 && !HAS_MIN) || f.step_log2 < MIN_STEP_LOG2 || !(D_TYPES >> f.d_type & 1);
  };
  list.erase(std::remove_if(list.begin(), list.end(), outside), list.end());
  return list;
}

void test_random(Lane& lane) {
  const int rounds = Bench::long_run() ? 400 : ROUNDS;
  const Weather weathers[] = {{0, 0, 0, 0}, {50, 0, 30, 50}, {0, 60, 0, 0}, {70, 70, 70, 70}, {0, 97, 0, 0}, {97, 0, 0, 90}};
  for (int i = 0; i < rounds; ++i) {
    lane.bench.scene = "random round " + std::to_string(i);
    const Run run = random_run(lane.bench.random, 3);
    if (i % 4 == 3) {
      lane.play(run, weathers[i % 3], 1 + lane.bench.random.below(600));
      lane.bench.scene += ", after a reset";
      lane.reset();
    }
    lane.play(run, weathers[lane.bench.random.below(6)]);
  }
}

/// Jobs of several row tiles, back to back: the weights stream waits for nothing but the start.
void test_throughput(Lane& lane) {
  const auto formats = named_formats();
  auto tiles = [](const Format& f) { return std::max(3, 1200 / (f.tile_words() * std::min(MAX_K_TILES, 3))); };
  auto measure = [&](const std::string& name, const std::vector<Named>& jobs, bool full_rate) {
    lane.bench.scene = "throughput of " + name;
    Run run;
    // One column: with more, the fp32 units set the pace.
    run.sets.push_back(random_activations(lane.bench.random, 1, std::min(MAX_K_TILES, 3)));
    for (const Named& job : jobs)
      run.add(lane.bench.random, job.format, tiles(job.format), &job == &jobs.back(), fill_tile);
    const auto count = lane.play(run, kLoadedFirst);
    const uint64_t cycles = count.last - count.first + 1;
    std::printf("%-12s %6llu words %6llu cycles, a word waited in %llu, a row step for words in %llu\n", name.c_str(),
                static_cast<unsigned long long>(count.words), static_cast<unsigned long long>(cycles),
                static_cast<unsigned long long>(count.waits), static_cast<unsigned long long>(count.stall_memory));
    // The first codebook takes its cycles to write.
    if (full_rate) CHECK(lane.bench, cycles <= count.words + 8, "%llu cycles for %llu words", static_cast<unsigned long long>(cycles),
                         static_cast<unsigned long long>(count.words));
  };
  std::vector<Named> full;
  for (const Named& entry : formats) {
    const bool full_rate = entry.units > 0 && entry.units <= FP_UNITS;
    measure(entry.name, {entry, entry}, full_rate);
    if (full_rate) full.push_back(entry);
  }
  if (!full.empty()) measure("all in turn", full, true);
}

/// All columns that a tile serves, K-quants: a lane needs a cycle per word or 32 per batch, whichever is more, and no bubbles.
void test_prompt(Lane& lane) {
  if (COLUMNS * 8 > 32 * FP_UNITS || REPLAY < 2) return;
  for (const Named& entry : named_formats()) {
    if (entry.format.step_log2 != 8) continue;
    lane.bench.scene = std::string("prompt in ") + entry.name;
    const int k_tiles = std::min(MAX_K_TILES, 3), row_tiles = 20;
    Run run;
    run.sets.push_back(random_activations(lane.bench.random, kMostColumns, k_tiles));
    run.add(lane.bench.random, entry.format, row_tiles, true, fill_tile);
    const auto count = lane.play(run, kLoadedFirst);
    const uint64_t cycles = count.last - count.first + 1, pace = std::max(entry.format.tile_words(), 32 * REPLAY);
    std::printf("%-12s %d columns: %llu cycles a tile, pace %llu\n", entry.name, kMostColumns,
                static_cast<unsigned long long>(cycles / (row_tiles * k_tiles)), static_cast<unsigned long long>(pace));
    CHECK(lane.bench, cycles <= pace * row_tiles * k_tiles + 64, "%llu cycles for %d tiles", static_cast<unsigned long long>(cycles),
          row_tiles * k_tiles);
  }
}

/// A word that does not come is counted as the memory's stall.
void test_stall_memory(Lane& lane) {
  lane.bench.scene = "stall_memory";
  Run run;
  run.sets.push_back(random_activations(lane.bench.random, 1, 1));
  run.add(lane.bench.random, random_format(lane.bench.random), 20, true, fill_tile);
  const auto count = lane.play(run, {90, 0, 0, 0, false});
  const uint64_t cycles = count.last - count.first;
  CHECK(lane.bench, count.stall_memory > cycles / 2 && count.stall_memory <= cycles + 64, "%llu of %llu cycles",
        static_cast<unsigned long long>(count.stall_memory), static_cast<unsigned long long>(cycles));
}

}  // namespace

int main() {
  Lane lane;
  lane.reset();
  test_throughput(lane);
  test_prompt(lane);
  test_stall_memory(lane);
  test_random(lane);
  std::printf("PASS in %llu cycles\n", static_cast<unsigned long long>(lane.bench.cycle));
}
