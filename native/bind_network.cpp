// Python names of the network core. gossamer/engine/network.py is the only caller.
#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <cmath>

#include "bind_columns.hpp"
#include "bind_gradient.hpp"

using namespace gossamer;

namespace {

constexpr uint64_t kMax32 = 0xFFFFFFFFull;
constexpr uint64_t kMax64 = 0xFFFFFFFFFFFFFFFFull;

// A learning rate that is a finite number in the network's type.
template <class T>
double checked_rate(double rate) {
    if (std::isfinite(T(rate))) return rate;
    throw std::invalid_argument("A learning rate is " + std::to_string(rate) + ", expected a finite number.");
}

template <class T>
nb::tuple train(Core<T>& core, nb::handle samples, nb::handle labels, nb::handle targets, nb::handle weights,
                nb::handle order, nb::handle batch, nb::handle learning_rates, nb::handle first_step,
                nb::handle seed) {
    const auto inputs = sample_arrays(samples, core.network.n_in());
    const auto wanted = answer_arrays(labels, targets, weights, core.network, inputs.samples.n);
    const auto rates = array_copy<double>(learning_rates, "learning_rates", {kAnyLength});
    for (const double rate : rates) checked_rate<T>(rate);
    const auto size = int64_t(integer_argument(batch, "batch", 1, uint64_t(1) << 20));
    const auto steps = int64_t(rates.size());
    const auto ids = array_copy<int64_t>(order, "order", {steps * size});
    const auto first = uint32_t(integer_argument(first_step, "first_step", 0, kMax32 - uint64_t(steps)));
    const uint64_t key = integer_argument(seed, "seed", 0, kMax64);
    auto record = unlocked<T, StepRecord>(core, [&] {
        return core.network.train(inputs.samples, wanted.answers, ids.data(), size, rates.data(), steps,
                                  first, key);
    });
    return nb::make_tuple(array_of(std::move(record.loss)), array_of(std::move(record.correct)),
                          record.bad_step);
}

template <class T>
double gradients(Core<T>& core, nb::handle samples, nb::handle labels, nb::handle targets, nb::handle weights,
                 nb::handle ids, nb::handle step, nb::handle seed, nb::handle dropout, nb::handle remember) {
    const auto inputs = sample_arrays(samples, core.network.n_in());
    const auto wanted = answer_arrays(labels, targets, weights, core.network, inputs.samples.n);
    const auto numbers = array_copy<int64_t>(ids, "ids", {kAnyLength});
    if (numbers.empty()) throw std::invalid_argument("ids is empty, expected at least one sample.");
    const auto time = uint32_t(integer_argument(step, "step", 0, kMax32));
    const uint64_t key = integer_argument(seed, "seed", 0, kMax64);
    const bool with_dropout = boolean_argument(dropout, "dropout");
    const bool kept = boolean_argument(remember, "remember");
    return unlocked<T, double>(core, [&] {
        return core.network.gradients(inputs.samples, wanted.answers, numbers.data(), int64_t(numbers.size()),
                                      time, key, with_dropout, kept);
    });
}

template <class T>
void apply(Core<T>& core, nb::handle learning_rate, nb::handle step) {
    const double rate = checked_rate<T>(number_argument(learning_rate, "learning_rate"));
    const auto time = uint32_t(integer_argument(step, "step", 0, kMax32));
    unlocked<T, int>(core, [&] { return core.network.apply(rate, time), 0; });
}

struct Range {
    int64_t first, count, batch;
};

// Checked against the n samples here, before there is memory for the results.
Range range_of(nb::handle first, nb::handle count, nb::handle batch, int64_t n) {
    const uint64_t begin = integer_argument(first, "first", 0, uint64_t(n));
    return {int64_t(begin), int64_t(integer_argument(count, "count", 0, uint64_t(n) - begin)),
            int64_t(integer_argument(batch, "batch", 1, uint64_t(1) << 20))};
}

template <class T>
nb::object scores(Core<T>& core, nb::handle samples, nb::handle first, nb::handle count, nb::handle batch) {
    const auto inputs = sample_arrays(samples, core.network.n_in());
    const Range range = range_of(first, count, batch, inputs.samples.n);
    std::vector<T> out(size_t(range.count) * size_t(core.network.n_out()));
    unlocked<T, int>(core, [&] {
        return core.network.scores(inputs.samples, range.first, range.count, range.batch, out.data()), 0;
    });
    return array_of(std::move(out), {size_t(range.count), size_t(core.network.n_out())});
}

template <class T>
nb::tuple evaluate(Core<T>& core, nb::handle samples, nb::handle labels, nb::handle targets, nb::handle first,
                   nb::handle count, nb::handle batch) {
    const auto inputs = sample_arrays(samples, core.network.n_in());
    const auto wanted = answer_arrays(labels, targets, nb::none(), core.network, inputs.samples.n);
    const Range range = range_of(first, count, batch, inputs.samples.n);
    std::vector<double> loss(static_cast<size_t>(range.count));
    std::vector<uint32_t> predicted(static_cast<size_t>(range.count));
    unlocked<T, int>(core, [&] {
        core.network.evaluate(inputs.samples, wanted.answers, range.first, range.count, range.batch,
                              loss.data(), predicted.data());
        return 0;
    });
    return nb::make_tuple(array_of(std::move(loss)), array_of(std::move(predicted)));
}

template <class T>
nb::tuple swap(Core<T>& core, nb::handle index, nb::handle keep, nb::handle grow, nb::handle values,
               nb::handle step) {
    Layer<T>& layer = layer_of(core, index);
    const auto number = int(integer_argument(index, "layer", 0, core.network.layers().size() - 1));
    const auto kept = mask_copy(keep, "keep", kAnyLength);
    const auto keys = array_copy<uint64_t>(grow, "grow", {kAnyLength});
    const auto weights = array_copy<T>(values, "values", {int64_t(keys.size())});
    const auto time = int32_t(integer_argument(step, "step", 0, 0x7FFFFFFF));
    const auto counts = unlocked<T, SwapCounts>(core, [&] {
        if (int64_t(kept.size()) != layer.spec.pattern->nnz())
            throw std::invalid_argument("keep has " + std::to_string(kept.size()) + " flags, expected " +
                                        std::to_string(layer.spec.pattern->nnz()) + ", one for each link.");
        return core.network.swap(number, kept.data(), keys.data(), keys.size(), weights.data(), time);
    });
    return nb::make_tuple(counts.dropped, counts.grown, counts.regrown);
}

template <class T>
void bind_core(nb::module_& module, const char* name) {
    // Of any type, None too, so that the checks here word the refusal.
    const auto any = nb::arg().none();
    nb::class_<Core<T>>(module, name)
        .def(
            "__init__",
            [](Core<T>* self, nb::handle layers, nb::handle loss, nb::handle optimizer) {
                auto specs = layer_specs<T>(layers);
                const auto kind = Loss(integer_argument(loss, "loss", 0, 4));
                new (self) Core<T>{Network<T>(std::move(specs), kind, optimizer_spec(optimizer)), {}};
            },
            any, any, any)
        .def(
            "pattern",
            [](Core<T>& core, nb::handle index) {
                Layer<T>& layer = layer_of(core, index);
                const auto lock = locked(core);
                return std::const_pointer_cast<Pattern>(layer.spec.pattern);
            },
            any)
        .def("column", get_column<T>, any, any)
        .def("set_column", set_column<T>, any, any, any)
        .def("add_column", add_column<T>, any, any)
        .def("train", train<T>, any, any, any, any, any, any, any, any, any)
        .def("gradients", gradients<T>, any, any, any, any, any, any, any, any, any)
        .def("keep_batches", keep_batches<T>, any, any)
        .def("kept_batches", kept_batches<T>, any)
        .def("kept_samples", kept_samples<T>, any, any)
        .def("signals", signals<T>, any, any)
        .def("add_signals", add_signals<T>, any, any, any)
        .def("dense_gradient_top_k", dense_gradient_top_k<T>, any, any, any, any, any, any, any, any)
        .def("apply", apply<T>, any, any)
        .def("scores", scores<T>, any, any, any, any)
        .def("evaluate", evaluate<T>, any, any, any, any, any, any)
        .def("swap", swap<T>, any, any, any, any, any);
}

}  // namespace

void bind_network(nb::module_& module) {
    bind_core<float>(module, "Network32");
    bind_core<double>(module, "Network64");
}
