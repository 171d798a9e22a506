// Random patterns and random free positions, in time and memory proportional to what is drawn.
#pragma once

#include <cstdint>
#include <vector>

#include "pattern.hpp"
#include "philox.hpp"

namespace gossamer {

// Draws number 0 .. count - 1 of the stream in the open interval (0, 1).
void fill_uniform(const Stream& stream, uint64_t count, double* out);

// A uniformly random set of `count` distinct numbers below n, ascending; count <= n. O(count) time and
// memory.
std::vector<uint64_t> sample_subset(uint64_t n, uint64_t count, const Stream& stream);

// A pattern uniform among all with nnz links.
// Throws std::invalid_argument when n_in or n_out is 0, or nnz exceeds n_in * n_out or 2^32 - 1.
PatternPtr sample_exact(uint32_t n_in, uint32_t n_out, uint64_t nnz, uint64_t seed, uint32_t layer);

// Every position is a link with the given probability, independently.
// Throws std::invalid_argument when the probability is not in [0, 1] or the links do not fit into 32-bit
// numbers.
PatternPtr sample_bernoulli(uint32_t n_in, uint32_t n_out, double probability, uint64_t seed, uint32_t layer);

// `count` distinct positions (key = source * n_out + target, ascending), uniform among the free ones: those
// that hold no kept link (keep[k] != 0) and, with exclude_dropped, no link at all. O(nnz + n_in + count), at
// any density. Throws std::invalid_argument when there are fewer free positions than asked for.
std::vector<uint64_t> sample_free(const Pattern& pattern, const uint8_t* keep, uint64_t count,
                                  bool exclude_dropped, uint64_t seed, uint32_t step, uint32_t layer);

}  // namespace gossamer
