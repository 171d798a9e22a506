#include "pool.hpp"

#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "subnormals.hpp"

namespace gossamer {

namespace {

inline void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Waits until `value` differs from `old`: a short spin, because a step has about ten barriers a few
// microseconds apart, then sleep, so that an idle pool costs nothing.
void wait_while(const std::atomic<uint32_t>& value, uint32_t old) {
    for (int spin = 0; spin < 4000; ++spin) {
        if (value.load(std::memory_order_acquire) != old) return;
        relax();
    }
    while (value.load(std::memory_order_acquire) == old) value.wait(old, std::memory_order_acquire);
}

class Pool {
  public:
    // Makes fewer workers where the system refuses more; the caller does what is left over.
    explicit Pool(int workers) {
        threads_.reserve(size_t(workers));
        try {
            for (int w = 1; w <= workers; ++w) threads_.emplace_back([this, w] { work(w); });
        } catch (const std::system_error&) {
        }
    }
    ~Pool() {
        stop_ = true;
        start();
        for (auto& thread : threads_) thread.join();
    }
    int workers() const { return int(threads_.size()); }

    void run(int parts, const std::function<void(int)>& body) {
        body_ = &body;
        parts_ = parts;
        pending_.store(uint32_t(workers()), std::memory_order_relaxed);
        start();
        body(0);
        for (uint32_t left = pending_.load(std::memory_order_acquire); left != 0;
             left = pending_.load(std::memory_order_acquire))
            wait_while(pending_, left);
    }

  private:
    void start() {
        generation_.fetch_add(1, std::memory_order_release);
        generation_.notify_all();
    }
    void work(int index) {
        const FlushSubnormals flush;  // as on the thread that calls
        for (uint32_t seen = 0;;) {
            wait_while(generation_, seen);
            seen = generation_.load(std::memory_order_acquire);
            if (stop_) return;
            if (index < parts_) (*body_)(index);
            // The notification must not touch the pool after the caller may have left `run`; the pool
            // outlives it, because it is destroyed only under the lock that the caller holds.
            pending_.fetch_sub(1, std::memory_order_acq_rel);
            pending_.notify_one();
        }
    }

    std::atomic<uint32_t> generation_{0}, pending_{0};
    std::atomic<bool> stop_{false};
    const std::function<void(int)>* body_ = nullptr;
    int parts_ = 0;
    std::vector<std::thread> threads_;
};

struct State {
    std::mutex mutex;
    std::unique_ptr<Pool> pool;
    int count = 1;
};

// Leaked on purpose: pool threads may outlive static destruction, and a forked child must not join its
// parent's.
State* state_ = nullptr;

int count_from_environment() {
    const char* text = std::getenv("GOSSAMER_THREADS");
    if (!text || !*text) return 1;
    char* end = nullptr;
    const long count = std::strtol(text, &end, 10);
    if (*end != 0 || count < 1 || count > 1024)
        throw std::invalid_argument("GOSSAMER_THREADS is '" + std::string(text) +
                                    "', expected a whole number from 1 to 1024.");
    return int(count);
}

State& state() {
    static std::once_flag once;
    std::call_once(once, [] {
        auto fresh = std::make_unique<State>();
        fresh->count = count_from_environment();
        state_ = fresh.release();
        // The child of a fork has none of the pool's threads: it starts with a new, empty state. The lock is
        // held over the fork so that no parallel call is cut in half.
        pthread_atfork([] { state_->mutex.lock(); }, [] { state_->mutex.unlock(); },
                       [] {
                           const int count = state_->count;
                           state_ = new State;
                           state_->count = count;
                       });
    });
    return *state_;
}

}  // namespace

int thread_count() {
    State& s = state();
    const std::lock_guard<std::mutex> lock(s.mutex);
    return s.count;
}

void set_thread_count(int count) {
    if (count < 1 || count > 1024)
        throw std::invalid_argument("The number of threads is " + std::to_string(count) +
                                    ", expected 1 to 1024.");
    State& s = state();
    const std::lock_guard<std::mutex> lock(s.mutex);
    s.count = count;
    if (s.pool && s.pool->workers() != count - 1) s.pool.reset();
}

void run_parts(int parts, const std::function<void(int)>& body) {
    if (parts <= 1) return body(0);
    State& s = state();
    const std::lock_guard<std::mutex> lock(s.mutex);
    if (!s.pool) s.pool = std::make_unique<Pool>(s.count - 1);
    // The number of threads may have been lowered since the caller split its work.
    const int direct = s.pool->workers() + 1;
    s.pool->run(parts < direct ? parts : direct, body);
    for (int part = direct; part < parts; ++part) body(part);
}

int64_t split_rows(const int64_t* offsets, int64_t rows, int64_t row_cost, int part, int parts) {
    const int64_t total = offsets[rows] + rows * row_cost;
    const int64_t wanted = int64_t(double(total) * part / parts);
    int64_t low = 0, high = rows;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (offsets[middle] + middle * row_cost < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return part == parts ? rows : low;
}

}  // namespace gossamer
