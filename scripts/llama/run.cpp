// llama.cpp as it comes, driven through llama.h:
//   run generate LIBRARIES MODEL PROMPT TOKENS LOGITS    greedy text; every step's token and logits go to the file LOGITS
//   run perplexity LIBRARIES MODEL TEXT WINDOWS          windows of 256 tokens, the second half of each is scored
//   run logits LIBRARIES MODEL TEXT WINDOW COUNT K V OUT  as int32: how many tokens, the tokens, the vocabulary's size; then as float32
//                                                        the logits of all positions of COUNT windows; K, V: cache types f32, f16, q8_0, q4_0
//   run compare LOGITS LOGITS                            two records of `generate`
// LIBRARIES: the folder whose CPU backend is loaded; GGML_BACKEND_PATH adds the accelerator.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "ggml-backend.h"
#include "llama.h"

namespace {

constexpr int WINDOW = 256;

struct Shape {
  int window = WINDOW;
  ggml_type cache_k = GGML_TYPE_F16, cache_v = GGML_TYPE_F16;
  bool is_exact = false;
};

[[noreturn]] void fail(const std::string& text) {
  std::fprintf(stderr, "run: %s\n", text.c_str());
  std::exit(4);
}

struct Session {
  Session(const char* libraries, const char* path, const Shape& shape = {}) {
    llama_log_set([](ggml_log_level level, const char* text, void*) {
      if (level == GGML_LOG_LEVEL_WARN || level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
    }, nullptr);
    ggml_backend_load_all_from_path(libraries);
    llama_backend_init();
    model.reset(llama_model_load_from_file(path, llama_model_default_params()));
    if (!model) fail(std::string("can't load ") + path);
    llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = shape.window;
    params.type_k = shape.cache_k;
    params.type_v = shape.cache_v;
    // Flash attention rounds a cache of floats to f16; quantised values have no other way.
    if (shape.is_exact) params.flash_attn_type = ggml_is_quantized(shape.cache_v) ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.n_threads = params.n_threads_batch = 2;
    context.reset(llama_init_from_model(model.get(), params));
    if (!context) fail("no context");
    vocab = llama_model_get_vocab(model.get());
    vocab_size = llama_vocab_n_tokens(vocab);
  }

  std::vector<llama_token> tokens(const std::string& text, bool bos) const {
    std::vector<llama_token> all(text.size() + 8);
    const int n = llama_tokenize(vocab, text.data(), static_cast<int>(text.size()), all.data(), static_cast<int>(all.size()), bos, false);
    if (n < 0) fail("the text does not become tokens");
    all.resize(n);
    return all;
  }

  /// Logits of the last token, or of all.
  void decode(const std::vector<llama_token>& input, int first, bool all) {
    llama_batch batch = llama_batch_init(static_cast<int>(input.size()), 0, 1);
    batch.n_tokens = static_cast<int>(input.size());
    for (int i = 0; i < batch.n_tokens; ++i) {
      batch.token[i] = input[i];
      batch.pos[i] = first + i;
      batch.n_seq_id[i] = 1;
      batch.seq_id[i][0] = 0;
      batch.logits[i] = all || i + 1 == batch.n_tokens;
    }
    const int status = llama_decode(context.get(), batch);
    llama_batch_free(batch);
    if (status != 0) fail("llama_decode gave " + std::to_string(status));
  }

  std::unique_ptr<llama_model, decltype(&llama_model_free)> model{nullptr, llama_model_free};
  std::unique_ptr<llama_context, decltype(&llama_free)> context{nullptr, llama_free};
  const llama_vocab* vocab;
  int vocab_size;
};

struct Step {
  llama_token token;
  std::vector<float> logits;
};

/// A model's words without what steers a terminal: control characters, of which UTF-8 has the upper ones behind C2.
std::string printable(const std::string& text) {
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]), next = static_cast<unsigned char>(text[i + 1]);
    const bool is_upper = byte == 0xc2 && next >= 0x80 && next < 0xa0;
    if (is_upper) ++i;
    shown += is_upper || byte == 0x7f || (byte < 0x20 && byte != '\n') ? '?' : text[i];
  }
  return shown;
}

void generate(Session& session, const char* prompt, int count, const char* record) {
  std::ofstream file(record, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&session.vocab_size), sizeof session.vocab_size);
  std::vector<llama_token> input = session.tokens(prompt, true);
  int at = 0;
  std::string text = prompt;
  for (int i = 0; i < count; ++i) {
    session.decode(input, at, false);
    at += static_cast<int>(input.size());
    const float* const logits = llama_get_logits_ith(session.context.get(), -1);
    const llama_token token = static_cast<llama_token>(std::max_element(logits, logits + session.vocab_size) - logits);
    file.write(reinterpret_cast<const char*>(&token), sizeof token);
    file.write(reinterpret_cast<const char*>(logits), session.vocab_size * sizeof(float));
    char piece[64];
    const int n = llama_token_to_piece(session.vocab, token, piece, sizeof piece, 0, false);
    text.append(piece, std::max(n, 0));
    input = {token};
  }
  std::printf("%s\n", printable(text).c_str());
}

void write_logits(Session& session, const char* text_path, int window, int count, const char* record) {
  std::ifstream text_file(text_path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(text_file), {}};
  const std::vector<llama_token> all = session.tokens(text, llama_vocab_get_add_bos(session.vocab));
  if (all.size() < static_cast<size_t>(window) * count) fail("the text is too short");
  std::ofstream file(record, std::ios::binary);
  const int sizes[] = {static_cast<int>(all.size()), session.vocab_size};
  file.write(reinterpret_cast<const char*>(&sizes[0]), sizeof(int));
  file.write(reinterpret_cast<const char*>(all.data()), all.size() * sizeof(llama_token));
  file.write(reinterpret_cast<const char*>(&sizes[1]), sizeof(int));
  for (int at = 0; at < count; ++at) {
    std::vector<llama_token> input(all.begin() + at * window, all.begin() + (at + 1) * window);
    if (llama_vocab_get_add_bos(session.vocab)) input[0] = llama_vocab_bos(session.vocab);
    llama_memory_clear(llama_get_memory(session.context.get()), true);
    session.decode(input, 0, true);
    for (int i = 0; i < window; ++i) {
      file.write(reinterpret_cast<const char*>(llama_get_logits_ith(session.context.get(), i)), session.vocab_size * sizeof(float));
    }
  }
}

ggml_type cache_type(const std::string& name) {
  for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0}) {
    if (name == ggml_type_name(type)) return type;
  }
  fail("no cache type " + name);
}

void perplexity(Session& session, const char* path, int windows) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::vector<llama_token> all = session.tokens(text, true);
  double sum = 0;
  int scored = 0;
  for (int window = 0; window < windows; ++window) {
    std::vector<llama_token> input(all.begin() + window * WINDOW, all.begin() + (window + 1) * WINDOW);
    const std::vector<llama_token> truth = input;
    input[0] = llama_vocab_bos(session.vocab);
    llama_memory_clear(llama_get_memory(session.context.get()), true);
    session.decode(input, 0, true);
    for (int i = WINDOW / 2; i + 1 < WINDOW; ++i, ++scored) {
      const float* const logits = llama_get_logits_ith(session.context.get(), i);
      const double most = *std::max_element(logits, logits + session.vocab_size);
      double total = 0;
      for (int t = 0; t < session.vocab_size; ++t) total += std::exp(logits[t] - most);
      sum -= logits[truth[i + 1]] - most - std::log(total);
    }
  }
  std::printf("%.5f\n", std::exp(sum / scored));
}

std::vector<Step> read_steps(const char* path) {
  std::ifstream file(path, std::ios::binary);
  int vocab_size = 0;
  file.read(reinterpret_cast<char*>(&vocab_size), sizeof vocab_size);
  std::vector<Step> steps;
  for (Step step; file.read(reinterpret_cast<char*>(&step.token), sizeof step.token); steps.push_back(step)) {
    step.logits.resize(vocab_size);
    file.read(reinterpret_cast<char*>(step.logits.data()), vocab_size * sizeof(float));
  }
  if (steps.empty()) fail(std::string("no steps in ") + path);
  return steps;
}

/// Exit code 0 where the tokens are equal, or where they part at a choice that rounding decides.
int compare(const char* path_a, const char* path_b) {
  const std::vector<Step> a = read_steps(path_a), b = read_steps(path_b);
  float largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    for (size_t t = 0; t < a[i].logits.size(); ++t) largest = std::max(largest, std::fabs(a[i].logits[t] - b[i].logits[t]));
    if (a[i].token == b[i].token) continue;
    const float gap = a[i].logits[a[i].token] - a[i].logits[b[i].token];
    std::printf("the texts part at token %zu: %d or %d, whose logits are %g apart; the largest difference of any logit up to there is %g\n", i,
                a[i].token, b[i].token, gap, largest);
    return gap < 1e-3f ? 0 : 1;
  }
  std::printf("the same %zu tokens; the largest difference of any logit is %g\n", a.size(), largest);
  return a.size() == b.size() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "compare" && argc == 4) return compare(argv[2], argv[3]);
  if (mode == "generate" && argc == 7) {
    Session session(argv[2], argv[3]);
    generate(session, argv[4], std::atoi(argv[5]), argv[6]);
  } else if (mode == "perplexity" && argc == 6) {
    Session session(argv[2], argv[3]);
    perplexity(session, argv[4], std::atoi(argv[5]));
  } else if (mode == "logits" && argc == 10) {
    const int window = std::atoi(argv[5]);
    Session session(argv[2], argv[3], {window, cache_type(argv[7]), cache_type(argv[8]), true});
    write_logits(session, argv[4], window, std::atoi(argv[6]), argv[9]);
  } else {
    fail("wrong arguments");
  }
  return 0;
}
