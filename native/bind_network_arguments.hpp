// Arguments that only the network core takes: what it is made of, samples, and answers to them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bind_arguments.hpp"
#include "network.hpp"

namespace gossamer {

// A tuple of `size` things, or of any number where size is kAnyLength; a list will do.
inline nb::tuple tuple_argument(nb::handle value, const char* name, int64_t size, const char* expected) {
    if (nb::isinstance<nb::tuple>(value) || nb::isinstance<nb::list>(value)) {
        const nb::tuple things(nb::borrow(value));
        if (size == kAnyLength || int64_t(nb::len(things)) == size) return things;
    }
    throw std::invalid_argument(std::string(name) + " must be a tuple " + expected + ", but it is a " +
                                type_of(value) +
                                (nb::isinstance<nb::tuple>(value) ? " of another length." : "."));
}

inline LatentSpec latent_spec(nb::handle entry) {
    if (entry.is_none()) return {};
    const nb::tuple part = tuple_argument(entry, "latent", 5, "(kind, power, penalty, outside, noise)");
    LatentSpec spec{LatentKind(integer_argument(part[0], "kind", 1, 4)), number_argument(part[1], "power"),
                    number_argument(part[2], "penalty"), number_argument(part[3], "outside"),
                    number_argument(part[4], "noise")};
    if (!(spec.power >= 1 && spec.power <= 8))
        throw std::invalid_argument("power is " + std::to_string(spec.power) + ", expected 1 to 8.");
    return spec;
}

template <class T>
LayerSpec<T> layer_spec(nb::handle entry) {
    const nb::tuple part =
        tuple_argument(entry, "a layer", 5, "(pattern, activation, slope, threshold, latent)");
    std::shared_ptr<Pattern> pattern;
    if (!nb::try_cast(part[0], pattern, false) || !pattern)
        throw std::invalid_argument("pattern must be a Pattern, but it is a " + type_of(part[0]) + ".");
    return {pattern, Activation(integer_argument(part[1], "activation", 0, 5)),
            T(number_argument(part[2], "slope")), int(integer_argument(part[3], "threshold", 0, 255)),
            latent_spec(part[4])};
}

template <class T>
std::vector<LayerSpec<T>> layer_specs(nb::handle layers) {
    std::vector<LayerSpec<T>> specs;
    for (const nb::handle entry : tuple_argument(layers, "layers", kAnyLength, "of layers"))
        specs.push_back(layer_spec<T>(entry));
    return specs;
}

inline OptimizerSpec optimizer_spec(nb::handle fields) {
    if (!nb::isinstance<nb::dict>(fields))
        throw std::invalid_argument("optimizer must be a dict, but it is a " + type_of(fields) + ".");
    const auto field = [&](const char* name) {
        const nb::handle value = PyDict_GetItemString(fields.ptr(), name);
        if (!value) throw std::invalid_argument("optimizer has no field '" + std::string(name) + "'.");
        return nb::borrow(value);
    };
    const auto number = [&](const char* name) { return number_argument(field(name), name); };
    OptimizerSpec spec;
    spec.rule = Rule(integer_argument(field("rule"), "rule", 1, 2));
    spec.form = DecayForm(integer_argument(field("form"), "form", 0, 2));
    spec.momentum = number("momentum");
    spec.weight_decay = number("weight_decay");
    spec.beta1 = number("beta1");
    spec.beta2 = number("beta2");
    spec.epsilon = number("eps");
    spec.nesterov = boolean_argument(field("nesterov"), "nesterov");
    spec.decay_biases = boolean_argument(field("decay_biases"), "decay_biases");
    return spec;
}

// Samples without a copy; the arrays stay alive as arguments of the call.
struct SampleArrays {
    AnyArray values, offsets, indices, scale, shift;
    Samples samples;
};

inline SampleArrays sample_arrays(nb::handle samples, int64_t features) {
    const nb::tuple part = tuple_argument(samples, "samples", 5, "(values, offsets, indices, scale, shift)");
    SampleArrays held;
    const bool sparse = !part[1].is_none();
    if (sparse) {
        held.values = borrowed_array(part[0], "values", {nb::dtype<float>()}, {kAnyLength});
        const auto stored = int64_t(held.values.shape(0));
        held.offsets = borrowed_array(part[1], "offsets", {nb::dtype<int64_t>()}, {kAnyLength});
        held.indices = borrowed_array(part[2], "indices", {nb::dtype<uint32_t>()}, {stored});
        if (held.offsets.shape(0) == 0)
            throw std::invalid_argument("offsets is empty, expected n + 1 numbers.");
    } else {
        held.values = borrowed_array(part[0], "values", {nb::dtype<uint8_t>(), nb::dtype<float>()},
                                     {kAnyLength, features});
    }
    held.scale = borrowed_array(part[3], "scale", {nb::dtype<float>()}, {features});
    held.shift = borrowed_array(part[4], "shift", {nb::dtype<float>()}, {features});
    const bool bytes = held.values.dtype() == nb::dtype<uint8_t>();
    const auto kind = sparse ? Samples::Kind::csr : bytes ? Samples::Kind::bytes : Samples::Kind::floats;
    const auto n = int64_t(sparse ? held.offsets.shape(0) - 1 : held.values.shape(0));
    held.samples = {kind,
                    held.values.data(),
                    sparse ? static_cast<const int64_t*>(held.offsets.data()) : nullptr,
                    sparse ? static_cast<const uint32_t*>(held.indices.data()) : nullptr,
                    sparse ? int64_t(held.values.shape(0)) : 0,
                    static_cast<const float*>(held.scale.data()),
                    static_cast<const float*>(held.shift.data()),
                    n,
                    features};
    return held;
}

template <class T>
struct AnswerArrays {
    AnyArray labels, targets, weights;
    Answers<T> answers;
};

template <class T>
AnswerArrays<T> answer_arrays(nb::handle labels, nb::handle targets, nb::handle weights,
                              const Network<T>& network, int64_t n) {
    AnswerArrays<T> held;
    held.labels = borrowed_array(labels, "labels", {nb::dtype<uint32_t>()}, {n});
    held.answers = {static_cast<const uint32_t*>(held.labels.data()), nullptr, nullptr};
    if (network.loss() != Loss::cross_entropy) {
        held.targets = borrowed_array(targets, "targets", {nb::dtype<T>()}, {n, network.n_out()});
        held.answers.targets = static_cast<const T*>(held.targets.data());
    }
    if (!weights.is_none()) {
        held.weights = borrowed_array(weights, "weights", {nb::dtype<double>()}, {n});
        held.answers.weights = static_cast<const double*>(held.weights.data());
    }
    return held;
}

}  // namespace gossamer
