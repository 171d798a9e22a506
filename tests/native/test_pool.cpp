// The thread pool: every part runs once, calls from several threads take turns, resizing, a forked child.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "check.hpp"
#include "pool.hpp"

using namespace gossamer;

namespace {

void check_every_part_runs_once(int parts) {
    std::vector<int> ran(size_t(parts), 0);
    run_parts(parts, [&](int part) { ++ran[size_t(part)]; });
    for (const int times : ran) CHECK(times == 1);
}

}  // namespace

TEST(pool_runs_every_part_once_at_any_size) {
    for (const int threads : {1, 2, 3, 8, 2, 1, 4}) {
        set_thread_count(threads);
        CHECK(thread_count() == threads);
        for (int repeat = 0; repeat < 200; ++repeat)
            for (int parts = 1; parts <= threads; ++parts) check_every_part_runs_once(parts);
    }
}

TEST(pool_publishes_what_its_parts_wrote) {
    set_thread_count(3);
    std::vector<int64_t> numbers(3000), sums(3);
    for (int repeat = 1; repeat <= 50; ++repeat) {
        run_parts(3, [&](int part) {
            for (size_t k = size_t(part) * 1000; k < size_t(part + 1) * 1000; ++k) numbers[k] = repeat;
        });
        run_parts(3, [&](int part) {  // each part reads what another one wrote
            const auto first = numbers.begin() + ((part + 1) % 3) * 1000;
            sums[size_t(part)] = std::accumulate(first, first + 1000, int64_t{0});
        });
        for (const int64_t sum : sums) CHECK(sum == 1000 * repeat);
    }
}

TEST(pool_serves_several_callers) {
    set_thread_count(3);
    std::atomic<int> ran{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&] {
            for (int repeat = 0; repeat < 100; ++repeat) run_parts(3, [&](int) { ++ran; });
        });
    callers.emplace_back([] {
        for (int repeat = 0; repeat < 20; ++repeat) set_thread_count(2 + repeat % 3);
    });
    for (auto& caller : callers) caller.join();
    CHECK(ran == 4 * 100 * 3);
}

TEST(pool_refuses_sizes_that_make_no_sense) {
    CHECK_REFUSED((set_thread_count(0), 0));
    CHECK_REFUSED((set_thread_count(-1), 0));
    CHECK_REFUSED((set_thread_count(1025), 0));
}

TEST(pool_works_in_a_forked_child_and_in_its_parent) {
    set_thread_count(3);
    check_every_part_runs_once(3);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        int ran[3] = {0, 0, 0};
        run_parts(3, [&](int part) { ++ran[part]; });
        _exit(ran[0] == 1 && ran[1] == 1 && ran[2] == 1 && thread_count() == 3 ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_every_part_runs_once(3);
}

TEST(rows_are_split_without_gap_or_overlap) {
    const std::vector<int64_t> offsets = {0, 0, 50, 51, 51, 80, 200};
    for (int parts = 1; parts <= 9; ++parts) {
        int64_t end = 0;
        CHECK(split_rows(offsets.data(), 6, 4, 0, parts) == 0);
        for (int part = 1; part <= parts; ++part) {
            const int64_t next = split_rows(offsets.data(), 6, 4, part, parts);
            CHECK(next >= end && next <= 6);
            end = next;
        }
        CHECK(end == 6);
    }
}
