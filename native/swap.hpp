// Drop and grow at once: the new pattern, and where each of its links comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pattern.hpp"

namespace gossamer {

struct SwapPlan {
    PatternPtr pattern;
    std::vector<int64_t> origin;  // per new link: its old number, or -1 - g for the link grown from grow[g]
    int64_t dropped;
    int64_t grown;
    int64_t regrown;  // grown links whose position was dropped in this same swap (counted in dropped and
                      // grown, too)
};

// Keeps link k where keep[k] != 0 and adds the positions grow[0 .. n_grow) (key = source * n_out + target).
// O(nnz + n_grow + n_in + n_out). Throws std::invalid_argument with one sentence when the keys do not ascend
// strictly, one is outside the layer or is the position of a kept link, or the result has 2^32 links or more.
SwapPlan plan_swap(const Pattern& pattern, const uint8_t* keep, const uint64_t* grow, size_t n_grow);

}  // namespace gossamer
