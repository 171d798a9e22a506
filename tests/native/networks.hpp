// Small networks and data for them.
#pragma once

#include <cstring>
#include <vector>

#include "network.hpp"
#include "philox.hpp"
#include "sampling.hpp"

using namespace gossamer;

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
                   Activation activation, int threshold, const LatentSpec& latent = {}) {
    std::vector<LayerSpec<T>> layers;
    for (const auto& pattern : patterns) layers.push_back({pattern, activation, T(0.1), threshold, latent});
    Network<T> net(std::move(layers), loss, optimizer);
    for (size_t l = 0; l < net.layers().size(); ++l) {
        Buffer<T>& weight = *net.layers()[l].weight;
        const Stream stream{5, 0, uint32_t(l), Purpose::weight};
        for (size_t k = 0; k < weight.size(); ++k) weight[k] = T(draw_uniform(stream, k) - 0.5);
    }
    return net;
}

inline std::vector<PatternPtr> chain(const std::vector<uint32_t>& sizes, double density) {
    std::vector<PatternPtr> patterns;
    for (size_t l = 0; l + 1 < sizes.size(); ++l) {
        const uint64_t links = uint64_t(density * sizes[l] * sizes[l + 1]);
        patterns.push_back(sample_exact(sizes[l], sizes[l + 1], links, 3, uint32_t(l)));
    }
    return patterns;
}

inline OptimizerSpec sgd() {
    OptimizerSpec spec;
    spec.momentum = 0.9;
    spec.weight_decay = 0.0002;
    spec.form = DecayForm::decoupled;
    return spec;
}

inline OptimizerSpec adam() {
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
