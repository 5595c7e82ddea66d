// Dataflow processes of the kernel as coroutines, scheduled round robin in the order of their calls: every run is
// the same, on one thread. A round in which no process moved a word is a deadlock.
//
// A process counts its beats, the iterations of its pipelined loops: one beat that touches a stream, a RAM or a memory port
// twice would take two cycles in hardware. It ends the simulator with what was touched and by whom.
#ifndef BFQ_SHIM_HLS_PROCESS_H
#define BFQ_SHIM_HLS_PROCESS_H

#include <cstddef>
#include <functional>
#include <string>

namespace bfq_shim {

enum class Wait { toRead, toWrite };

/// The beats of the process that runs.
struct Beats {
  unsigned long now = 0;
  unsigned long port_read = ~0UL;  // the last one that did so
  unsigned long port_write = ~0UL;
};
extern Beats* beats;

inline void begin_beat() { ++beats->now; }

/// Ends the simulator: `what` is "second read of", "second write of" ..., `name` of the stream or RAM.
[[noreturn]] void bad_access(const char* what, const std::string& name);

/// Counts an access: at most one in a beat.
inline void count_access(unsigned long& last, const char* what, const std::string& name) {
  if (last == beats->now) bad_access(what, name);
  last = beats->now;
}

/// A port belongs to the one process that has it.
void port_read();
void port_write();

/// Adds a process to the region that `run_processes` will run.
void spawn(const char* name, std::function<void()> body);

/// Runs all processes to their ends. On a deadlock it prints each process and the stream it waits on to stderr
/// and drops the processes; `deadlocked` then says so until the next region.
void run_processes();
bool deadlocked();

/// Called by a stream in a process: let the others run, this one can't go on.
void wait_for(const std::string& stream, Wait wait, std::size_t depth);

/// Called by a stream for each word moved.
void progress();

}  // namespace bfq_shim

// The kernel (bfq_types.hpp) has these as the plain call and as nothing where no bounded streams are.
#ifndef BFQ_BOUNDED_STREAMS
#define BFQ_BOUNDED_STREAMS
#endif
#define BFQ_PROCESS(process, ...) bfq_shim::spawn(#process, [&] { process(__VA_ARGS__); })
#define BFQ_REGION_END bfq_shim::run_processes();
#define BFQ_BOUND(stream, depth) bfq_shim::bound(stream, #stream, depth);
#define BFQ_BEAT bfq_shim::begin_beat();
#define BFQ_PORT_READ bfq_shim::port_read();
#define BFQ_PORT_WRITE bfq_shim::port_write();
#define BFQ_RAM(type, name, words, distance) bfq_shim::Ram<type> name(#name, words, distance)
#define BFQ_RAMS(type, name, rams, words, distance) bfq_shim::Rams<type> name(#name, rams, words, distance)

#endif
