// Whole steps of small networks: every input kind, loss, optimizer and type; fused equals stored gradients;
// any number of threads gives the same bits; swaps between steps; degenerate layers.
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "check.hpp"
#include "network.hpp"
#include "philox.hpp"
#include "pool.hpp"
#include "sampling.hpp"

using namespace gossamer;

namespace {

// Samples of every kind with the same numbers, labels, and targets for the losses that take numbers.
struct Data {
    int64_t n, features, classes;
    std::vector<uint8_t> bytes;
    std::vector<float> floats, scale, shift, targets, stored;
    std::vector<double> wide_targets;
    std::vector<int64_t> offsets{0};
    std::vector<uint32_t> columns, labels;

    Data(int64_t n_samples, int64_t n_features, int64_t n_classes)
        : n(n_samples),
          features(n_features),
          classes(n_classes),
          scale(size_t(n_features), 1.0f / 255),
          shift(size_t(n_features), 0.0f) {
        const Stream stream{77, 0, 0, Purpose::data};
        for (int64_t k = 0; k < n * features; ++k) {
            const uint32_t word = draw32(stream, uint64_t(k));
            bytes.push_back(word % 3 == 0 ? uint8_t(word >> 8) : uint8_t(0));
            floats.push_back(float(bytes.back()));
        }
        for (int64_t s = 0; s < n; ++s) {
            for (int64_t f = 0; f < features; ++f)
                if (const float value = floats[size_t(s * features + f)]; value != 0) {
                    stored.push_back(value);
                    columns.push_back(uint32_t(f));
                }
            offsets.push_back(int64_t(stored.size()));
            labels.push_back(uint32_t((s * 7 + bytes[size_t(s * features)] % 5) % classes));
            for (int64_t c = 0; c < classes; ++c) targets.push_back(float(c == labels.back()));
        }
        wide_targets.assign(targets.begin(), targets.end());
    }
    Samples samples(Samples::Kind kind) const {
        const void* values = kind == Samples::Kind::bytes    ? static_cast<const void*>(bytes.data())
                             : kind == Samples::Kind::floats ? static_cast<const void*>(floats.data())
                                                             : static_cast<const void*>(stored.data());
        return {kind,         values, offsets.data(), columns.data(), int64_t(stored.size()), scale.data(),
                shift.data(), n,      features};
    }
    template <class T>
    Answers<T> answers() const {
        if constexpr (sizeof(T) == 4)
            return {labels.data(), targets.data()};
        else
            return {labels.data(), wide_targets.data()};
    }
};

template <class T>
Network<T> network(const std::vector<PatternPtr>& patterns, Loss loss, const OptimizerSpec& optimizer,
                   Activation activation, int threshold) {
    std::vector<LayerSpec<T>> layers;
    for (const auto& pattern : patterns) layers.push_back({pattern, activation, T(0.1), threshold, {}});
    Network<T> net(std::move(layers), loss, optimizer);
    for (size_t l = 0; l < net.layers().size(); ++l) {
        Buffer<T>& weight = *net.layers()[l].weight;
        const Stream stream{5, 0, uint32_t(l), Purpose::weight};
        for (size_t k = 0; k < weight.size(); ++k) weight[k] = T(draw_uniform(stream, k) - 0.5);
    }
    return net;
}

std::vector<PatternPtr> chain(const std::vector<uint32_t>& sizes, double density) {
    std::vector<PatternPtr> patterns;
    for (size_t l = 0; l + 1 < sizes.size(); ++l) {
        const uint64_t links = uint64_t(density * sizes[l] * sizes[l + 1]);
        patterns.push_back(sample_exact(sizes[l], sizes[l + 1], links, 3, uint32_t(l)));
    }
    return patterns;
}

OptimizerSpec sgd() {
    OptimizerSpec spec;
    spec.momentum = 0.9;
    spec.weight_decay = 0.0002;
    spec.form = DecayForm::decoupled;
    return spec;
}

OptimizerSpec adam() {
    OptimizerSpec spec;
    spec.rule = Rule::adam;
    spec.beta1 = 0.9;
    spec.beta2 = 0.999;
    spec.epsilon = 1e-8;
    return spec;
}

// Runs a few steps over shuffled-looking samples; the batch need not divide anything.
template <class T>
StepRecord steps(Network<T>& net, const Data& data, Samples::Kind kind, int64_t batch, int64_t count,
                 uint32_t first) {
    std::vector<int64_t> order(static_cast<size_t>(batch * count));
    for (size_t k = 0; k < order.size(); ++k) order[k] = int64_t(k * 13 + first) % data.n;
    const std::vector<double> rates(size_t(count), 0.05);
    return net.train(data.samples(kind), data.template answers<T>(), order.data(), batch, rates.data(), count,
                     first, 99);
}

template <class T>
bool same_bits(Network<T>& a, Network<T>& b) {
    for (size_t l = 0; l < a.layers().size(); ++l) {
        const auto &x = a.layers()[l], &y = b.layers()[l];
        if (x.weight->size() != y.weight->size()) return false;
        if (std::memcmp(x.weight->data(), y.weight->data(), x.weight->size() * sizeof(T)) != 0) return false;
        if (std::memcmp(x.bias->data(), y.bias->data(), x.bias->size() * sizeof(T)) != 0) return false;
    }
    return true;
}

template <class T>
void drop_and_grow(Network<T>& net, int layer, int32_t step) {
    const PatternPtr pattern = net.layers()[size_t(layer)].spec.pattern;
    std::vector<uint8_t> keep(size_t(pattern->nnz()));
    uint64_t dropped = 0;
    for (size_t k = 0; k < keep.size(); ++k) dropped += (keep[k] = k % 3 != 1) == 0;
    const auto keys = sample_free(*pattern, keep.data(), dropped, false, 8, uint32_t(step), uint32_t(layer));
    const std::vector<T> values(keys.size(), T(0.01));
    const SwapCounts counts = net.swap(layer, keep.data(), keys.data(), keys.size(), values.data(), step);
    CHECK(counts.dropped == int64_t(dropped) && counts.grown == int64_t(dropped));
    CHECK(net.layers()[size_t(layer)].spec.pattern->nnz() == pattern->nnz());
}

template <class T>
void every_combination_runs() {
    const Data data(50, 37, 6);
    for (const Loss loss : {Loss::cross_entropy, Loss::binary_cross_entropy, Loss::mse})
        for (const OptimizerSpec& optimizer : {sgd(), adam()})
            for (const Activation activation : {Activation::relu, Activation::leaky, Activation::tanh,
                                                Activation::sigmoid, Activation::linear})
                for (const Samples::Kind kind :
                     {Samples::Kind::bytes, Samples::Kind::floats, Samples::Kind::csr}) {
                    auto net = network<T>(chain({37, 41, 29, 6}, 0.2), loss, optimizer, activation, 51);
                    for (const int64_t batch : {1, 7, 40, 67}) {
                        const StepRecord record = steps(net, data, kind, batch, 3, 10);
                        CHECK(record.bad_step == -1 && record.loss.size() == 3);
                    }
                    for (int layer = 0; layer < 3; ++layer) drop_and_grow(net, layer, 5);
                    CHECK(steps(net, data, kind, 40, 3, 20).bad_step == -1);
                    std::vector<double> losses(50);
                    std::vector<uint32_t> predicted(50);
                    net.evaluate(data.samples(kind), data.template answers<T>(), 0, 50, 17, losses.data(),
                                 predicted.data());
                    for (size_t k = 0; k < 50; ++k) CHECK(std::isfinite(losses[k]) && predicted[k] < 6);
                    std::vector<T> scores(50 * 6);
                    net.scores(data.samples(kind), 0, 50, 64, scores.data());
                }
}

}  // namespace

TEST(network_runs_every_combination_in_float32) { every_combination_runs<float>(); }
TEST(network_runs_every_combination_in_float64) { every_combination_runs<double>(); }

TEST(network_learns) {
    const Data data(40, 37, 4);
    auto net = network<float>(chain({37, 64, 4}, 0.3), Loss::cross_entropy, sgd(), Activation::relu, 0);
    const double first = steps(net, data, Samples::Kind::bytes, 40, 1, 0).loss[0];
    steps(net, data, Samples::Kind::bytes, 40, 200, 1);
    CHECK(steps(net, data, Samples::Kind::bytes, 40, 1, 201).loss[0] < 0.5 * first);
}

TEST(network_input_kinds_agree) {
    const Data data(50, 37, 6);
    const auto make = [] {
        return network<float>(chain({37, 41, 29, 6}, 0.2), Loss::cross_entropy, sgd(), Activation::relu, 51);
    };
    auto bytes = make(), floats = make(), sparse = make();
    steps(bytes, data, Samples::Kind::bytes, 7, 9, 0);
    steps(floats, data, Samples::Kind::floats, 7, 9, 0);
    steps(sparse, data, Samples::Kind::csr, 7, 9, 0);
    CHECK(same_bits(bytes, floats) && same_bits(bytes, sparse));
}

TEST(network_fused_equals_store_then_apply) {
    const Data data(50, 37, 6);
    for (const OptimizerSpec& optimizer : {sgd(), adam()}) {
        const auto make = [&] {
            return network<float>(chain({37, 41, 29, 6}, 0.2), Loss::cross_entropy, optimizer,
                                  Activation::leaky, 51);
        };
        auto fused = make(), stored = make();
        steps(fused, data, Samples::Kind::bytes, 40, 5, 3);
        for (uint32_t step = 3; step < 8; ++step) {
            std::vector<int64_t> ids(40);
            for (size_t k = 0; k < 40; ++k) ids[k] = int64_t(((step - 3) * 40 + k) * 13 + 3) % data.n;
            stored.gradients(data.samples(Samples::Kind::bytes), data.answers<float>(), ids.data(), 40, step,
                             99, true, false);
            stored.apply(0.05, step);
        }
        CHECK(same_bits(fused, stored));
    }
}

TEST(pool_thread_counts_give_the_same_network) {
    const Data data(60, 120, 10);
    const auto trained = [&](int threads) {
        set_thread_count(threads);
        auto net = network<float>(chain({120, 700, 700, 10}, 0.05), Loss::cross_entropy, sgd(),
                                  Activation::relu, 51);
        steps(net, data, Samples::Kind::bytes, 40, 4, 0);
        drop_and_grow(net, 1, 4);
        steps(net, data, Samples::Kind::csr, 40, 4, 4);
        return net;
    };
    auto one = trained(1), two = trained(2), three = trained(3);
    CHECK(same_bits(one, two) && same_bits(one, three));
    set_thread_count(1);
}

TEST(network_of_degenerate_layers) {
    const Data data(5, 3, 1);
    const std::vector<PatternPtr> no_links = chain({3, 1, 1, 1}, 0.0);
    const std::vector<PatternPtr> one_neuron = chain({3, 1, 1, 1}, 1.0);
    for (const auto& patterns : {no_links, one_neuron, chain({3, 1}, 1.0)}) {
        auto net = network<float>(patterns, Loss::cross_entropy, sgd(), Activation::relu, 200);
        for (const auto kind : {Samples::Kind::bytes, Samples::Kind::floats, Samples::Kind::csr})
            CHECK(steps(net, data, kind, 9, 2, 0).bad_step == -1);
    }
}

TEST(network_stops_before_a_loss_that_is_not_finite) {
    const Data data(50, 37, 6);
    auto net = network<float>(chain({37, 41, 6}, 0.5), Loss::mse, sgd(), Activation::linear, 0);
    for (size_t k = 0; k < net.layers()[0].weight->size(); ++k) (*net.layers()[0].weight)[k] = 1e38f;
    CHECK(steps(net, data, Samples::Kind::bytes, 10, 3, 0).bad_step == 0);
}

TEST(network_refuses_what_does_not_fit) {
    const Data data(50, 37, 6);
    CHECK_REFUSED((network<float>({}, Loss::mse, sgd(), Activation::relu, 0), 0));
    const std::vector<PatternPtr> broken{sample_exact(37, 8, 20, 1, 0), sample_exact(9, 6, 20, 1, 1)};
    CHECK_REFUSED((network<float>(broken, Loss::mse, sgd(), Activation::relu, 0), 0));
    auto net = network<float>(chain({37, 8, 5}, 0.5), Loss::cross_entropy, sgd(), Activation::relu, 0);
    CHECK_REFUSED(steps(net, data, Samples::Kind::bytes, 40, 2, 0));  // label 5 of a network with 5 outputs
    const int64_t beyond[] = {50};
    CHECK_REFUSED(net.gradients(data.samples(Samples::Kind::bytes), data.answers<float>(), beyond, 1, 0, 0,
                                false, false));
    Data damaged(50, 37, 5);
    damaged.columns[3] = 37;
    CHECK_REFUSED(steps(net, damaged, Samples::Kind::csr, 40, 1, 0));
    damaged.columns[3] = 5;
    damaged.offsets[2] = int64_t(damaged.stored.size()) + 1;
    CHECK_REFUSED(steps(net, damaged, Samples::Kind::csr, 40, 2, 0));
}
