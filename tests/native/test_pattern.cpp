// Patterns and swaps: both orders agree, bad structures are refused, a swap does exactly what was asked.
#include <set>
#include <utility>

#include "check.hpp"
#include "pattern.hpp"
#include "sampling.hpp"
#include "swap.hpp"

using namespace gossamer;

namespace {

PatternPtr small() { return make_pattern(3, 4, {0, 2, 2, 5}, {1, 3, 0, 1, 2}); }

void check_orders(const Pattern& p) {
    CHECK(int64_t(p.source_offsets.size()) == int64_t(p.n_in) + 1);
    CHECK(int64_t(p.target_offsets.size()) == int64_t(p.n_out) + 1);
    CHECK(p.source_offsets.back() == p.nnz() && p.target_offsets.back() == p.nnz());
    CHECK(int64_t(p.sources.size()) == p.nnz() && int64_t(p.link_of.size()) == p.nnz());
    const auto source_of = link_sources(p);
    std::vector<bool> seen(p.targets.size(), false);
    for (uint32_t target = 0; target < p.n_out; ++target)
        for (int64_t k = p.target_offsets[target]; k < p.target_offsets[target + 1]; ++k) {
            const uint32_t link = p.link_of[k];
            CHECK(p.targets[link] == target && source_of[link] == p.sources[k] && !seen[link]);
            CHECK(k == p.target_offsets[target] || p.sources[k - 1] < p.sources[k]);
            seen[link] = true;
        }
}

std::set<uint64_t> positions(const Pattern& p) {
    std::set<uint64_t> keys;
    const auto source_of = link_sources(p);
    for (size_t k = 0; k < p.targets.size(); ++k)
        keys.insert(uint64_t{source_of[k]} * p.n_out + p.targets[k]);
    return keys;
}

}  // namespace

TEST(pattern_keeps_both_orders) {
    check_orders(*small());
    check_orders(*make_pattern(1, 1, {0, 1}, {0}));
    check_orders(*make_pattern(5, 2, {0, 0, 0, 0, 0, 0}, {}));
    check_orders(*sample_exact(60, 90, 1234, 7, 2));
}

TEST(pattern_refuses_what_is_not_one) {
    CHECK_REFUSED(make_pattern(0, 4, {0}, {}));
    CHECK_REFUSED(make_pattern(3, 0, {0, 0, 0, 0}, {}));
    CHECK_REFUSED(make_pattern(3, 4, {0, 2, 2}, {1, 3}));
    CHECK_REFUSED(make_pattern(3, 4, {0, 2, 1, 5}, {1, 3, 0, 1, 2}));
    CHECK_REFUSED(make_pattern(3, 4, {0, -2, 2, 5}, {1, 3, 0, 1, 2}));
    CHECK_REFUSED(make_pattern(3, 4, {0, 2, 2, 6}, {1, 3, 0, 1, 2}));
    CHECK_REFUSED(make_pattern(3, 4, {1, 2, 2, 5}, {1, 3, 0, 1, 2}));
    CHECK_REFUSED(make_pattern(3, 4, {0, 2, 2, 5}, {1, 4, 0, 1, 2}));
    CHECK_REFUSED(make_pattern(3, 4, {0, 2, 2, 5}, {3, 1, 0, 1, 2}));
    CHECK_REFUSED(make_pattern(3, 4, {0, 2, 2, 5}, {1, 1, 0, 1, 2}));
}

TEST(swap_moves_links_and_tells_where_from) {
    const auto old = small();
    const uint8_t keep[] = {1, 0, 1, 1, 0};
    const uint64_t grow[] = {3, 6, 11};  // (0, 3) was just dropped
    const SwapPlan plan = plan_swap(*old, keep, grow, 3);
    check_orders(*plan.pattern);
    CHECK(plan.dropped == 2 && plan.grown == 3 && plan.regrown == 1);
    CHECK((positions(*plan.pattern) == std::set<uint64_t>{1, 3, 6, 8, 9, 11}));
    CHECK((plan.origin == std::vector<int64_t>{0, -1, -2, 2, 3, -3}));
}

TEST(swap_refuses_what_cannot_be) {
    const auto old = small();
    const uint8_t all[] = {1, 1, 1, 1, 1};
    const uint64_t kept[] = {1}, outside[] = {12}, misordered[] = {6, 5}, twice[] = {5, 5};
    CHECK_REFUSED(plan_swap(*old, all, kept, 1));
    CHECK_REFUSED(plan_swap(*old, all, outside, 1));
    CHECK_REFUSED(plan_swap(*old, all, misordered, 2));
    CHECK_REFUSED(plan_swap(*old, all, twice, 2));
}

TEST(swap_to_nothing_and_to_everything) {
    const auto old = small();
    const uint8_t none[] = {0, 0, 0, 0, 0};
    const SwapPlan empty = plan_swap(*old, none, nullptr, 0);
    check_orders(*empty.pattern);
    CHECK(empty.pattern->nnz() == 0 && empty.dropped == 5);
    std::vector<uint64_t> every(12);
    for (uint64_t k = 0; k < 12; ++k) every[k] = k;
    const SwapPlan full = plan_swap(*empty.pattern, nullptr, every.data(), every.size());
    check_orders(*full.pattern);
    CHECK(full.pattern->nnz() == 12 && full.grown == 12 && full.regrown == 0);
}
