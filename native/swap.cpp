#include "swap.hpp"

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace gossamer {

namespace {

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

[[noreturn]] void throw_kept(const Pattern& pattern, uint64_t key, int64_t link) {
    throw std::invalid_argument("position (" + std::to_string(key / pattern.n_out) + ", " +
                                std::to_string(key % pattern.n_out) + ") cannot be grown because link " +
                                std::to_string(link) + " is kept there.");
}

constexpr uint64_t kNoMore = std::numeric_limits<uint64_t>::max();

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
    Merge merge;
    merge.offsets.resize(pattern.source_offsets.size());
    merge.targets.resize(nnz + 1);
    merge.origin.resize(nnz + 1);
    const uint32_t* old_targets = pattern.targets.data();
    uint32_t* targets = merge.targets.data();
    int64_t* origin = merge.origin.data();
    size_t written = 0, grown = 0;
    uint64_t next = n_grow > 0 ? grow[0] : kNoMore;
    const auto grow_below = [&](uint64_t limit, uint64_t base) {
        while (next < limit) {
            targets[written] = static_cast<uint32_t>(next - base);
            origin[written++] = -1 - static_cast<int64_t>(grown++);
            next = grown < n_grow ? grow[grown] : kNoMore;
        }
    };
    for (uint64_t source = 0; source < pattern.n_in; ++source) {
        const uint64_t base = source * pattern.n_out;
        const int64_t end = pattern.source_offsets[source + 1];
        for (int64_t link = pattern.source_offsets[source]; link < end; ++link) {
            const uint64_t key = base + old_targets[link];
            grow_below(key, base);
            if (next == key) {
                if (keep[link] != 0) throw_kept(pattern, key, link);
                ++merge.regrown;
            }
            targets[written] = old_targets[link];
            origin[written] = link;
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
