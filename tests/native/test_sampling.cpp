// Samplers: exact counts, free positions, the ends of their ranges, the same numbers every time.
#include <algorithm>
#include <vector>

#include "check.hpp"
#include "sampling.hpp"
#include "swap.hpp"

using namespace gossamer;

namespace {

bool strictly_ascends(const std::vector<uint64_t>& numbers) {
    return std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) == numbers.end();
}

}  // namespace

TEST(philox_known_answer) {
    const PhiloxBlock zero = philox(0, 0, 0, 0, 0);
    CHECK(zero.word[0] == 0x6627e8d5u && zero.word[1] == 0xe169c58du);
    CHECK(zero.word[2] == 0xbc57ac4cu && zero.word[3] == 0x9b00dbd8u);
}

TEST(subset_has_the_asked_size_at_any_density) {
    const Stream stream{5, 1, 2, Purpose::grow_position};
    for (const uint64_t count : {0, 1, 3, 500, 999, 1000}) {
        const auto chosen = sample_subset(1000, count, stream);
        CHECK(chosen.size() == count && strictly_ascends(chosen));
        CHECK(chosen.empty() || chosen.back() < 1000);
    }
}

TEST(exact_counts_from_empty_to_full) {
    for (const uint64_t nnz : {0, 1, 17, 599, 600}) {
        const auto pattern = sample_exact(20, 30, nnz, 11, 0);
        CHECK(pattern->nnz() == int64_t(nnz));
        CHECK(same_links(*pattern, *sample_exact(20, 30, nnz, 11, 0)));
    }
    CHECK(!same_links(*sample_exact(20, 30, 100, 11, 0), *sample_exact(20, 30, 100, 12, 0)));
    CHECK_REFUSED(sample_exact(20, 30, 601, 11, 0));
    CHECK_REFUSED(sample_exact(0, 30, 0, 11, 0));
}

TEST(bernoulli_takes_every_probability) {
    CHECK(sample_bernoulli(20, 30, 0.0, 3, 1)->nnz() == 0);
    CHECK(sample_bernoulli(20, 30, 1.0, 3, 1)->nnz() == 600);
    const int64_t half = sample_bernoulli(200, 300, 0.5, 3, 1)->nnz();
    CHECK(half > 30000 - 6 * 123 && half < 30000 + 6 * 123);  // six standard deviations of sqrt(60000) / 2
    CHECK_REFUSED(sample_bernoulli(20, 30, -0.1, 3, 1));
    CHECK_REFUSED(sample_bernoulli(20, 30, 1.1, 3, 1));
}

TEST(free_positions_are_free) {
    const auto pattern = sample_exact(40, 50, 700, 1, 0);
    std::vector<uint8_t> keep(700);
    for (size_t k = 0; k < keep.size(); ++k) keep[k] = k % 3 != 0;
    const int64_t dropped = std::count(keep.begin(), keep.end(), 0);
    for (const bool exclude : {false, true}) {
        const uint64_t room = 2000 - 700 + (exclude ? 0 : dropped);
        for (const uint64_t count : {uint64_t{0}, uint64_t{1}, room}) {
            const auto keys = sample_free(*pattern, keep.data(), count, exclude, 9, 4, 0);
            CHECK(keys.size() == count && strictly_ascends(keys));
            const SwapPlan plan = plan_swap(*pattern, keep.data(), keys.data(), keys.size());
            CHECK(plan.grown == int64_t(count) && (!exclude || plan.regrown == 0));
        }
        CHECK_REFUSED(sample_free(*pattern, keep.data(), room + 1, exclude, 9, 4, 0));
    }
}
