// Which links of one layer exist: index structure only, no values, immutable once made.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace gossamer {

// Links of a layer with n_in sources and n_out targets, in two orders.
//
// The canonical order is by source: links source_offsets[s] .. source_offsets[s + 1] - 1 leave source s,
// their targets ascend. Every per-link column uses that order. The order by target lists, at positions
// target_offsets[t] .. target_offsets[t + 1] - 1, the ascending sources of target t; link_of[position] is the
// canonical number of that link.
struct Pattern {
    uint32_t n_in;
    uint32_t n_out;
    std::vector<int64_t> source_offsets;   // n_in + 1
    std::vector<uint32_t> targets;         // nnz
    std::vector<int64_t> target_offsets;   // n_out + 1
    std::vector<uint32_t> sources;         // nnz
    std::vector<uint32_t> link_of;         // nnz
    std::vector<uint32_t> linked_sources;  // sources that have links, ascending

    int64_t nnz() const { return static_cast<int64_t>(targets.size()); }
    uint64_t positions() const { return uint64_t{n_in} * n_out; }
};

using PatternPtr = std::shared_ptr<const Pattern>;

// Largest number of links of a layer: link numbers are 32-bit.
constexpr uint64_t kMaxLinks = 0xFFFFFFFFull;

// Makes a pattern from its canonical half; O(nnz + n_in + n_out).
// Throws std::invalid_argument with one sentence when n_in or n_out is 0, the offsets are not n_in + 1
// ascending numbers from 0 to nnz, a target is not below n_out, targets of a source do not ascend strictly,
// or nnz >= 2^32.
PatternPtr make_pattern(uint32_t n_in, uint32_t n_out, std::vector<int64_t> source_offsets,
                        std::vector<uint32_t> targets);

// The same without the checks, for callers that construct a valid canonical half themselves.
PatternPtr make_pattern_unchecked(uint32_t n_in, uint32_t n_out, std::vector<int64_t> source_offsets,
                                  std::vector<uint32_t> targets);

// The source of every link, in canonical order.
std::vector<uint32_t> link_sources(const Pattern& pattern);

// Equal sizes and equal links.
bool same_links(const Pattern& a, const Pattern& b);

}  // namespace gossamer
