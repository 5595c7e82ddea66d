// Dataflow processes of the kernel as coroutines, scheduled round robin in the order of their calls: every run is
// the same, on one thread. A round in which no process moved a word is a deadlock.
#ifndef BFQ_SHIM_HLS_PROCESS_H
#define BFQ_SHIM_HLS_PROCESS_H

#include <cstddef>
#include <functional>
#include <string>

namespace bfq_shim {

enum class Wait { toRead, toWrite };

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

#endif
