#include "swap.hpp"

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace gossamer {

namespace {

std::string place(const Pattern& pattern, uint64_t key) {
    return "(" + std::to_string(key / pattern.n_out) + ", " + std::to_string(key % pattern.n_out) + ")";
}

void check_grow(const Pattern& pattern, const uint64_t* grow, size_t n_grow) {
    for (size_t g = 1; g < n_grow; ++g) {
        if (grow[g] <= grow[g - 1]) {
            throw std::invalid_argument("the positions to grow must ascend strictly, but number " +
                                        std::to_string(g) + " is " + std::to_string(grow[g]) + " after " +
                                        std::to_string(grow[g - 1]) + ".");
        }
    }
    if (n_grow > 0 && grow[n_grow - 1] >= pattern.positions()) {
        throw std::invalid_argument(
            "every position to grow must be below n_in * n_out = " + std::to_string(pattern.positions()) +
            ", but one is " + std::to_string(grow[n_grow - 1]) + ".");
    }
}

// The merge of kept and grown links in canonical order. A dropped link is written, too, and the next one
// overwrites it: that costs less than a branch the processor cannot foresee, and is why there is room for one
// more link.
struct Merge {
    std::vector<int64_t> offsets;
    std::vector<uint32_t> targets;
    std::vector<int64_t> origin;
    int64_t regrown = 0;
};

Merge merge_links(const Pattern& pattern, const uint8_t* keep, const uint64_t* grow, size_t n_grow,
                  size_t nnz) {
    constexpr uint64_t kNoMore = std::numeric_limits<uint64_t>::max();
    Merge merge;
    merge.offsets.resize(pattern.source_offsets.size());
    merge.targets.resize(nnz + 1);
    merge.origin.resize(nnz + 1);
    size_t written = 0, grown = 0;
    uint64_t next = n_grow > 0 ? grow[0] : kNoMore;
    const auto grow_below = [&](uint64_t limit, uint64_t base) {
        while (next < limit) {
            merge.targets[written] = static_cast<uint32_t>(next - base);
            merge.origin[written++] = -1 - static_cast<int64_t>(grown++);
            next = grown < n_grow ? grow[grown] : kNoMore;
        }
    };
    for (uint64_t source = 0; source < pattern.n_in; ++source) {
        const uint64_t base = source * pattern.n_out;
        for (int64_t link = pattern.source_offsets[source]; link < pattern.source_offsets[source + 1];
             ++link) {
            const uint64_t key = base + pattern.targets[link];
            grow_below(key, base);
            if (next == key) {
                if (keep[link] != 0) {
                    throw std::invalid_argument("position " + place(pattern, key) +
                                                " cannot be grown because link " + std::to_string(link) +
                                                " is kept there.");
                }
                ++merge.regrown;
            }
            merge.targets[written] = pattern.targets[link];
            merge.origin[written] = link;
            written += keep[link] != 0;
        }
        grow_below(base + pattern.n_out, base);
        merge.offsets[source + 1] = static_cast<int64_t>(written);
    }
    merge.targets.pop_back();
    merge.origin.pop_back();
    return merge;
}

}  // namespace

SwapPlan plan_swap(const Pattern& pattern, const uint8_t* keep, const uint64_t* grow, size_t n_grow) {
    check_grow(pattern, grow, n_grow);
    const size_t old_nnz = pattern.targets.size();
    size_t kept = 0;
    for (size_t link = 0; link < old_nnz; ++link) kept += keep[link] != 0;
    if (kept + n_grow > kMaxLinks) {
        throw std::invalid_argument("a pattern holds at most " + std::to_string(kMaxLinks) + " links, but " +
                                    std::to_string(kept) + " are kept and " + std::to_string(n_grow) +
                                    " grown; grow fewer.");
    }
    Merge merge = merge_links(pattern, keep, grow, n_grow, kept + n_grow);
    SwapPlan plan;
    plan.pattern = make_pattern_unchecked(pattern.n_in, pattern.n_out, std::move(merge.offsets),
                                          std::move(merge.targets));
    plan.origin = std::move(merge.origin);
    plan.dropped = static_cast<int64_t>(old_nnz - kept);
    plan.grown = static_cast<int64_t>(n_grow);
    plan.regrown = merge.regrown;
    return plan;
}

}  // namespace gossamer
