#include "hls_process.h"

#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace bfq_shim {

Beats* beats = nullptr;

namespace {

constexpr std::size_t STACK_BYTES = std::size_t(1) << 20;

struct Process {
  const char* name;
  std::function<void()> body;
  std::unique_ptr<char[]> stack;
  ucontext_t context;
  bool done = false;
  Beats beats;
  const std::string* stream = nullptr;
  Wait wait = Wait::toRead;
  std::size_t depth = 0;
};

struct Region {
  std::vector<std::unique_ptr<Process>> processes;
  Process* running = nullptr;
  ucontext_t scheduler;
  unsigned long moved = 0;
  bool deadlocked = false;
};

Region region;

void enter() {
  Process& self = *region.running;
  self.body();
  self.done = true;
  swapcontext(&self.context, &region.scheduler);
}

void print_deadlock() {
  std::fprintf(stderr, "deadlock: every process waits\n");
  for (const auto& process : region.processes) {
    if (process->done) continue;
    std::fprintf(stderr, "  %s waits to %s %s (depth %zu)\n", process->name,
                 process->wait == Wait::toRead ? "read" : "write", process->stream->c_str(), process->depth);
  }
}

}  // namespace

void bad_access(const char* what, const std::string& name) {
  std::fprintf(stderr, "%s %s in one beat of %s\n", what, name.c_str(), region.running->name);
  std::fflush(stderr);
  std::_Exit(1);
}

void port_read() { count_access(beats->port_read, "second read of", "its memory port"); }

void port_write() { count_access(beats->port_write, "second write of", "its memory port"); }

void spawn(const char* name, std::function<void()> body) {
  auto process = std::make_unique<Process>();
  process->name = name;
  process->body = std::move(body);
  process->stack.reset(new char[STACK_BYTES]);
  getcontext(&process->context);
  process->context.uc_stack.ss_sp = process->stack.get();
  process->context.uc_stack.ss_size = STACK_BYTES;
  process->context.uc_link = nullptr;
  makecontext(&process->context, enter, 0);
  region.processes.push_back(std::move(process));
}

void run_processes() {
  region.deadlocked = false;
  bool alive = true;
  while (alive) {
    alive = false;
    const unsigned long before = region.moved;
    for (const auto& process : region.processes) {
      if (process->done) continue;
      region.running = process.get();
      beats = &process->beats;
      swapcontext(&region.scheduler, &process->context);
      if (process->done) ++region.moved;
      else alive = true;
    }
    if (alive && region.moved == before) {
      print_deadlock();
      region.deadlocked = true;
      alive = false;
    }
  }
  region.processes.clear();
}

bool deadlocked() { return region.deadlocked; }

void wait_for(const std::string& stream, Wait wait, std::size_t depth) {
  Process& self = *region.running;
  self.stream = &stream;
  self.wait = wait;
  self.depth = depth;
  swapcontext(&self.context, &region.scheduler);
}

void progress() { ++region.moved; }

}  // namespace bfq_shim
