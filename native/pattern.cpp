#include "pattern.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace gossamer {

namespace {

std::string number(uint64_t value) { return std::to_string(value); }

void check_sizes(uint32_t n_in, uint32_t n_out, uint64_t nnz) {
    if (n_in == 0 || n_out == 0) {
        throw std::invalid_argument(
            "a pattern needs at least one source and one target neuron, but it has n_in = " + number(n_in) +
            " and n_out = " + number(n_out) + ".");
    }
    if (nnz > kMaxLinks) {
        throw std::invalid_argument("a pattern holds at most " + number(kMaxLinks) + " links, but " +
                                    number(nnz) + " were given; split the layer or lower its density.");
    }
}

void check_offsets(uint32_t n_in, const std::vector<int64_t>& offsets, uint64_t nnz) {
    if (offsets.size() != uint64_t{n_in} + 1) {
        throw std::invalid_argument("offsets must have n_in + 1 = " + number(uint64_t{n_in} + 1) +
                                    " elements, but it has " + number(offsets.size()) + ".");
    }
    if (offsets.front() != 0 || offsets.back() != static_cast<int64_t>(nnz)) {
        throw std::invalid_argument("offsets must run from 0 to the number of targets, " + number(nnz) +
                                    ", but it runs from " + std::to_string(offsets.front()) + " to " +
                                    std::to_string(offsets.back()) + ".");
    }
    for (uint64_t source = 0; source < n_in; ++source) {
        if (offsets[source] > offsets[source + 1]) {
            throw std::invalid_argument("offsets must not descend, but element " + number(source + 1) +
                                        " is " + std::to_string(offsets[source + 1]) + " after " +
                                        std::to_string(offsets[source]) + ".");
        }
    }
}

// Offsets are checked already, so every row lies within `targets`.
void check_targets(uint32_t n_in, uint32_t n_out, const std::vector<int64_t>& offsets,
                   const std::vector<uint32_t>& targets) {
    for (uint64_t source = 0; source < n_in; ++source) {
        int64_t previous = -1;
        for (int64_t link = offsets[source]; link < offsets[source + 1]; ++link) {
            const int64_t target = targets[link];
            if (target >= n_out) {
                throw std::invalid_argument("every target must be below n_out = " + number(n_out) +
                                            ", but link " + std::to_string(link) + " goes to " +
                                            std::to_string(target) + ".");
            }
            if (target <= previous) {
                throw std::invalid_argument("the targets of a source must ascend strictly, but source " +
                                            number(source) + " has target " + std::to_string(target) +
                                            " after " + std::to_string(previous) + ".");
            }
            previous = target;
        }
    }
}

// Counting sort by target. It is stable, so the sources of a target ascend. Counts are kept one place ahead:
// while links are placed, element t + 1 is the cursor of target t, and it ends as the start of target t + 1.
void build_by_target(Pattern& pattern) {
    std::vector<int64_t>& offsets = pattern.target_offsets;
    offsets.assign(uint64_t{pattern.n_out} + 2, 0);
    for (const uint32_t target : pattern.targets) ++offsets[uint64_t{target} + 2];
    for (uint64_t k = 2; k < offsets.size(); ++k) offsets[k] += offsets[k - 1];
    pattern.sources.resize(pattern.targets.size());
    pattern.link_of.resize(pattern.targets.size());
    for (uint64_t source = 0; source < pattern.n_in; ++source) {
        for (int64_t link = pattern.source_offsets[source]; link < pattern.source_offsets[source + 1];
             ++link) {
            const int64_t position = offsets[uint64_t{pattern.targets[link]} + 1]++;
            pattern.sources[position] = static_cast<uint32_t>(source);
            pattern.link_of[position] = static_cast<uint32_t>(link);
        }
    }
    offsets.pop_back();
}

void list_linked_sources(Pattern& pattern) {
    for (uint64_t source = 0; source < pattern.n_in; ++source)
        if (pattern.source_offsets[source] < pattern.source_offsets[source + 1])
            pattern.linked_sources.push_back(static_cast<uint32_t>(source));
}

}  // namespace

PatternPtr make_pattern(uint32_t n_in, uint32_t n_out, std::vector<int64_t> source_offsets,
                        std::vector<uint32_t> targets) {
    check_sizes(n_in, n_out, targets.size());
    check_offsets(n_in, source_offsets, targets.size());
    check_targets(n_in, n_out, source_offsets, targets);
    return make_pattern_unchecked(n_in, n_out, std::move(source_offsets), std::move(targets));
}

PatternPtr make_pattern_unchecked(uint32_t n_in, uint32_t n_out, std::vector<int64_t> source_offsets,
                                  std::vector<uint32_t> targets) {
    auto pattern = std::make_shared<Pattern>();
    pattern->n_in = n_in;
    pattern->n_out = n_out;
    pattern->source_offsets = std::move(source_offsets);
    pattern->targets = std::move(targets);
    build_by_target(*pattern);
    list_linked_sources(*pattern);
    return pattern;
}

std::vector<uint32_t> link_sources(const Pattern& pattern) {
    std::vector<uint32_t> sources(pattern.targets.size());
    for (uint64_t source = 0; source < pattern.n_in; ++source) {
        for (int64_t link = pattern.source_offsets[source]; link < pattern.source_offsets[source + 1];
             ++link) {
            sources[link] = static_cast<uint32_t>(source);
        }
    }
    return sources;
}

bool same_links(const Pattern& a, const Pattern& b) {
    return a.n_in == b.n_in && a.n_out == b.n_out && a.source_offsets == b.source_offsets &&
           a.targets == b.targets;
}

}  // namespace gossamer
