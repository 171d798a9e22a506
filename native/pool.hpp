// A small thread pool: static chunks, created at the first parallel call, re-created after fork, resizable.
#pragma once

#include <cstdint>
#include <functional>

namespace gossamer {

// Threads that parallel calls may use, at least 1. The first value comes from GOSSAMER_THREADS, else 1.
int thread_count();

// Throws std::invalid_argument outside 1 .. 1024. Waits for a running parallel call.
void set_thread_count(int count);

// Calls body(part) for part = 0 .. parts - 1, part 0 on the calling thread, the others on one pool thread
// each; returns when all are done. `parts` is at most thread_count(). Parallel calls from several threads
// take turns. The body must not throw and must not call run_parts.
void run_parts(int parts, const std::function<void(int)>& body);

// First row of part `part` of `parts`, where a row costs its links plus `row_cost`: a pure function of the
// pattern and the number of parts, so that chunks are static.
int64_t split_rows(const int64_t* offsets, int64_t rows, int64_t row_cost, int part, int parts);

}  // namespace gossamer
