// Kept batches and the largest entries of their dense gradient: those of the product, whatever its shape, the
// samples and the threads.
#include <algorithm>
#include <cmath>
#include <vector>

#include "check.hpp"
#include "network.hpp"
#include "philox.hpp"
#include "pool.hpp"
#include "sampling.hpp"

using namespace gossamer;

namespace {

// Small whole numbers: sums of their products are exact.
template <class T>
std::vector<T> whole_numbers(int64_t count, uint32_t stream_number) {
    const Stream stream{11, stream_number, 0, Purpose::data};
    std::vector<T> out;
    for (int64_t k = 0; k < count; ++k) {
        const uint32_t word = draw32(stream, uint64_t(k));
        out.push_back(word % 5 < 2 ? T(0) : T(int(word >> 8 & 7) - 3));
    }
    return out;
}

template <class T>
Network<T> one_layer(const PatternPtr& pattern) {
    return {{{pattern, Activation::relu, T(0), 0, {}}}, Loss::mse, OptimizerSpec{}};
}

// The same by sorting the whole product.
template <class T>
std::vector<PositionValue<T>> sorted(const Pattern& pattern, size_t count, std::vector<T> gradient,
                                     const std::vector<uint8_t>& keep, const std::vector<uint64_t>& exclude) {
    for (uint32_t source = 0; source < pattern.n_in; ++source)
        for (int64_t k = pattern.source_offsets[source]; k < pattern.source_offsets[source + 1]; ++k)
            if (keep[size_t(k)]) gradient[size_t(source) * pattern.n_out + pattern.targets[size_t(k)]] = 0;
    for (const uint64_t position : exclude) gradient[size_t(position)] = 0;
    std::vector<PositionValue<T>> all;
    for (size_t p = 0; p < gradient.size(); ++p)
        if (gradient[p] != 0) all.push_back({p, gradient[p]});
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return std::abs(a.value) > std::abs(b.value); });
    all.resize(std::min(count, all.size()));
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
    return all;
}

template <class T>
void finds_what_sorting_finds(uint32_t n_in, uint32_t n_out, const std::vector<int64_t>& batches) {
    const PatternPtr pattern = sample_exact(n_in, n_out, uint64_t(n_in) * n_out / 10, 3, 0);
    std::vector<uint8_t> keep(size_t(pattern->nnz()));
    for (size_t k = 0; k < keep.size(); ++k) keep[k] = k % 3 != 0;
    const std::vector<uint64_t> exclude{0, uint64_t(n_in) * n_out / 2};
    Network<T> net = one_layer<T>(pattern);
    net.keep_batches(int64_t(batches.size()), {0});
    std::vector<T> gradient(size_t(n_in) * n_out);
    std::vector<double> weights(batches.size());
    for (size_t b = 0; b < batches.size(); ++b) {
        const auto x = whole_numbers<T>(n_in * batches[b], uint32_t(2 * b));
        const auto d = whole_numbers<T>(n_out * batches[b], uint32_t(2 * b + 1));
        net.add_signals(0, x.data(), d.data(), batches[b]);
        const int weight = int(b % 3) - 1;  // one of three batches does not count
        weights[batches.size() - 1 - b] = weight;
        for (uint32_t i = 0; i < n_in; ++i)
            for (uint32_t j = 0; j < n_out; ++j)
                for (int64_t s = 0; s < batches[b]; ++s)
                    gradient[size_t(i) * n_out + j] +=
                        T(weight) * x[size_t(i * batches[b] + s)] * d[size_t(j * batches[b] + s)];
    }
    for (const size_t count : {size_t(0), size_t(1), gradient.size() / 50, gradient.size()}) {
        const auto wanted = sorted<T>(*pattern, count, gradient, keep, exclude);
        for (const int threads : {1, 2, 3}) {
            set_thread_count(threads);
            const auto found =
                net.dense_gradient_top_k(0, count, keep.data(), exclude, weights, 0, n_in, 0.0);
            CHECK(found.size() == wanted.size());
            for (size_t k = 0; k < found.size(); ++k)
                CHECK(found[k].position == wanted[k].position && found[k].value == wanted[k].value);
        }
    }
    set_thread_count(1);
}

template <class T>
void finds_in_every_shape() {
    finds_what_sorting_finds<T>(1, 1, {1, 1, 1});
    finds_what_sorting_finds<T>(13, 35, {3, 8});
    finds_what_sorting_finds<T>(200, 97, {40, 40, 40});
    finds_what_sorting_finds<T>(31, 64, {300, 7, 250});  // more samples than are gone through at once
    finds_what_sorting_finds<T>(20, 2600, {9, 260});     // more targets than are packed at once
}

}  // namespace

TEST(gradient_is_searched_in_float32) { finds_in_every_shape<float>(); }
TEST(gradient_is_searched_in_float64) { finds_in_every_shape<double>(); }

TEST(gradient_only_of_the_sources_and_above_the_floor_asked_for) {
    const PatternPtr pattern = sample_exact(50, 20, 0, 3, 0);
    Network<float> net = one_layer<float>(pattern);
    net.keep_batches(1, {0});
    const auto x = whole_numbers<float>(50 * 8, 0), d = whole_numbers<float>(20 * 8, 1);
    net.add_signals(0, x.data(), d.data(), 8);
    const auto found = net.dense_gradient_top_k(0, 1000, nullptr, {}, {1.0}, 10, 30, 4.0);
    CHECK(!found.empty());
    for (const auto& [position, value] : found)
        CHECK(position >= 10 * 20 && position < 40 * 20 && std::abs(value) > 4);
}

TEST(gradient_of_values_that_are_not_finite_is_refused) {
    Network<double> net = one_layer<double>(sample_exact(5, 4, 3, 3, 0));
    net.keep_batches(2, {0});
    std::vector<double> x(5 * 3, 1.0), d(4 * 3, 1.0);
    const std::vector<uint8_t> keep(3, 1);
    d[4] = INFINITY;
    net.add_signals(0, x.data(), d.data(), 3);
    bool refused = false;
    try {
        net.dense_gradient_top_k(0, 2, keep.data(), {}, {1.0}, 0, 5, 0.0);
    } catch (const std::overflow_error&) {
        refused = true;
    }
    CHECK(refused);
}

TEST(gradient_of_the_last_batches_only) {
    Network<float> net = one_layer<float>(sample_exact(5, 4, 3, 3, 0));
    CHECK_REFUSED((net.add_signals(0, nullptr, nullptr, 1), 0));
    net.keep_batches(2, {0});
    for (int b = 0; b < 5; ++b) {
        const std::vector<float> x(5 * 3, float(b)), d(4 * 3, 1.0f);
        net.add_signals(0, x.data(), d.data(), 3);
    }
    const auto& kept = net.layers()[0].kept;
    CHECK(kept.size() == 2 && kept[0].inputs[0] == 3 && kept[1].inputs[0] == 4);
    net.keep_batches(0, {});
    CHECK(net.layers()[0].kept.empty());
}
