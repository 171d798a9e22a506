// Python names of the network core, the threads and the CPU. gossamer/engine/network.py is the only caller.
#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <mutex>

#include "bind_arguments.hpp"
#include "cpu.hpp"
#include "network.hpp"
#include "pool.hpp"

using namespace gossamer;

namespace {

constexpr uint64_t kMax32 = 0xFFFFFFFFull;
constexpr uint64_t kMax64 = 0xFFFFFFFFFFFFFFFFull;

// A network and the lock that keeps two Python threads from stepping it at once while the GIL is released.
template <class T>
struct Core {
    Network<T> network;
    std::mutex mutex;
};

template <class T, class Result, class Body>
Result unlocked(Core<T>& core, Body&& body) {
    const nb::gil_scoped_release released;
    const std::lock_guard<std::mutex> lock(core.mutex);
    return body();
}

// (pattern, activation code, slope, dropout threshold) of each layer.
template <class T>
std::vector<LayerSpec<T>> layer_specs(nb::list layers) {
    std::vector<LayerSpec<T>> specs;
    for (nb::handle entry : layers) {
        const auto [pattern, activation, slope, threshold] =
            nb::cast<std::tuple<std::shared_ptr<Pattern>, int, double, int>>(entry);
        specs.push_back({pattern, Activation(activation), T(slope), threshold});
    }
    return specs;
}

OptimizerSpec optimizer_spec(nb::dict fields) {
    const auto number = [&](const char* name) { return nb::cast<double>(fields[name]); };
    OptimizerSpec spec;
    spec.rule = Rule(nb::cast<int>(fields["rule"]));
    spec.form = DecayForm(nb::cast<int>(fields["form"]));
    spec.momentum = number("momentum");
    spec.weight_decay = number("weight_decay");
    spec.beta1 = number("beta1");
    spec.beta2 = number("beta2");
    spec.epsilon = number("eps");
    spec.nesterov = nb::cast<bool>(fields["nesterov"]);
    spec.decay_biases = nb::cast<bool>(fields["decay_biases"]);
    return spec;
}

// Samples without a copy; the arrays stay alive as arguments of the call.
struct SampleArrays {
    AnyArray values, offsets, indices, scale, shift;
    Samples samples;
};

SampleArrays sample_arrays(nb::handle values, nb::handle offsets, nb::handle indices, nb::handle scale,
                           nb::handle shift, int64_t features) {
    SampleArrays held;
    const bool sparse = !offsets.is_none();
    if (sparse) {
        held.values = array_argument(values, "values", {nb::dtype<float>()}, {kAnyLength});
        const auto stored = int64_t(held.values.shape(0));
        held.offsets = array_argument(offsets, "offsets", {nb::dtype<int64_t>()}, {kAnyLength});
        held.indices = array_argument(indices, "indices", {nb::dtype<uint32_t>()}, {stored});
        if (held.offsets.shape(0) == 0)
            throw std::invalid_argument("offsets is empty, expected n + 1 numbers.");
    } else {
        held.values = array_argument(values, "values", {nb::dtype<uint8_t>(), nb::dtype<float>()},
                                     {kAnyLength, features});
    }
    held.scale = array_argument(scale, "scale", {nb::dtype<float>()}, {features});
    held.shift = array_argument(shift, "shift", {nb::dtype<float>()}, {features});
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
    AnyArray labels, targets;
    Answers<T> answers;
};

template <class T>
AnswerArrays<T> answer_arrays(nb::handle labels, nb::handle targets, const Network<T>& network, int64_t n) {
    AnswerArrays<T> held;
    held.labels = array_argument(labels, "labels", {nb::dtype<uint32_t>()}, {n});
    held.answers = {static_cast<const uint32_t*>(held.labels.data()), nullptr};
    if (network.loss() != Loss::cross_entropy) {
        held.targets = array_argument(targets, "targets", {nb::dtype<T>()}, {n, network.n_out()});
        held.answers.targets = static_cast<const T*>(held.targets.data());
    }
    return held;
}

template <class T>
Layer<T>& layer_of(Core<T>& core, nb::handle layer) {
    return core.network.layers()[integer_argument(layer, "layer", 0, core.network.layers().size() - 1)];
}

// A read-only view of a column that keeps it alive, also after a swap has put another in its place.
template <class U>
nb::object column_view(const Column<U>& column) {
    auto* held = new Column<U>(column);
    nb::capsule owner(held, [](void* pointer) noexcept { delete static_cast<Column<U>*>(pointer); });
    return nb::cast(nb::ndarray<nb::numpy, const U>((*held)->data(), {(*held)->size()}, owner));
}

template <class T>
Column<T>& number_column(Layer<T>& layer, const std::string& name) {
    if (name == "weight") return layer.weight;
    if (name == "state1") return layer.state1;
    if (name == "state2" && layer.state2) return layer.state2;
    if (name == "bias") return layer.bias;
    if (name == "bias_state1") return layer.bias_state1;
    if (name == "bias_state2" && layer.bias_state2) return layer.bias_state2;
    if (name == "gradient" && layer.gradient) return layer.gradient;
    if (name == "bias_gradient" && layer.bias_gradient) return layer.bias_gradient;
    const auto named = layer.named.find(name);
    if (named == layer.named.end()) throw std::invalid_argument("There is no column '" + name + "'.");
    return named->second;
}

template <class T>
nb::object get_column(Core<T>& core, nb::handle index, const std::string& name) {
    Layer<T>& layer = layer_of(core, index);
    return name == "birth" ? column_view(layer.birth) : column_view(number_column(layer, name));
}

template <class U>
void replace(Column<U>& column, nb::handle values) {
    const auto numbers = array_copy<U>(values, "values", {int64_t(column->size())});
    auto fresh = std::make_shared<Buffer<U>>(numbers.size());
    std::copy(numbers.begin(), numbers.end(), fresh->data());
    column = fresh;
}

template <class T>
void set_column(Core<T>& core, nb::handle index, const std::string& name, nb::handle values) {
    const std::lock_guard<std::mutex> lock(core.mutex);
    Layer<T>& layer = layer_of(core, index);
    if (name == "birth") return replace(layer.birth, values);
    replace(number_column(layer, name), values);
    layer.copy_is_stale = true;
}

template <class T>
void add_column(Core<T>& core, nb::handle index, const std::string& name) {
    const std::lock_guard<std::mutex> lock(core.mutex);
    Layer<T>& layer = layer_of(core, index);
    layer.named[name] = std::make_shared<Buffer<T>>(layer.weight->size());
}

template <class T>
nb::tuple train(Core<T>& core, nb::tuple samples, nb::handle labels, nb::handle targets, nb::handle order,
                nb::handle batch, nb::handle learning_rates, nb::handle first_step, nb::handle seed) {
    const auto inputs =
        sample_arrays(samples[0], samples[1], samples[2], samples[3], samples[4], core.network.n_in());
    const auto wanted = answer_arrays(labels, targets, core.network, inputs.samples.n);
    const auto rates = array_copy<double>(learning_rates, "learning_rates", {kAnyLength});
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
double gradients(Core<T>& core, nb::tuple samples, nb::handle labels, nb::handle targets, nb::handle ids,
                 nb::handle step, nb::handle seed, bool dropout) {
    const auto inputs =
        sample_arrays(samples[0], samples[1], samples[2], samples[3], samples[4], core.network.n_in());
    const auto wanted = answer_arrays(labels, targets, core.network, inputs.samples.n);
    const auto numbers = array_copy<int64_t>(ids, "ids", {kAnyLength});
    if (numbers.empty()) throw std::invalid_argument("ids is empty, expected at least one sample.");
    const auto time = uint32_t(integer_argument(step, "step", 0, kMax32));
    const uint64_t key = integer_argument(seed, "seed", 0, kMax64);
    return unlocked<T, double>(core, [&] {
        return core.network.gradients(inputs.samples, wanted.answers, numbers.data(), int64_t(numbers.size()),
                                      time, key, dropout);
    });
}

template <class T>
void apply(Core<T>& core, double learning_rate, nb::handle step) {
    const auto time = uint32_t(integer_argument(step, "step", 0, kMax32));
    unlocked<T, int>(core, [&] { return core.network.apply(learning_rate, time), 0; });
}

struct Range {
    int64_t first, count, batch;
};

Range range_of(nb::handle first, nb::handle count, nb::handle batch) {
    return {int64_t(integer_argument(first, "first", 0, kMax32)),
            int64_t(integer_argument(count, "count", 0, kMax32)),
            int64_t(integer_argument(batch, "batch", 1, uint64_t(1) << 20))};
}

template <class T>
nb::object scores(Core<T>& core, nb::tuple samples, nb::handle first, nb::handle count, nb::handle batch) {
    const auto inputs =
        sample_arrays(samples[0], samples[1], samples[2], samples[3], samples[4], core.network.n_in());
    const Range range = range_of(first, count, batch);
    std::vector<T> out(size_t(range.count) * size_t(core.network.n_out()));
    unlocked<T, int>(core, [&] {
        return core.network.scores(inputs.samples, range.first, range.count, range.batch, out.data()), 0;
    });
    return array_of(std::move(out), {size_t(range.count), size_t(core.network.n_out())});
}

template <class T>
nb::tuple evaluate(Core<T>& core, nb::tuple samples, nb::handle labels, nb::handle targets, nb::handle first,
                   nb::handle count, nb::handle batch) {
    const auto inputs =
        sample_arrays(samples[0], samples[1], samples[2], samples[3], samples[4], core.network.n_in());
    const auto wanted = answer_arrays(labels, targets, core.network, inputs.samples.n);
    const Range range = range_of(first, count, batch);
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
    const auto kept = mask_copy(keep, "keep", layer.spec.pattern->nnz());
    const auto keys = array_copy<uint64_t>(grow, "grow", {kAnyLength});
    const auto weights = array_copy<T>(values, "values", {int64_t(keys.size())});
    const auto time = int32_t(integer_argument(step, "step", 0, 0x7FFFFFFF));
    const auto counts = unlocked<T, SwapCounts>(core, [&] {
        return core.network.swap(number, kept.data(), keys.data(), keys.size(), weights.data(), time);
    });
    return nb::make_tuple(counts.dropped, counts.grown, counts.regrown);
}

template <class T>
void bind_core(nb::module_& module, const char* name) {
    nb::class_<Core<T>>(module, name)
        .def("__init__",
             [](Core<T>* self, nb::list layers, int loss, nb::dict optimizer) {
                 new (self)
                     Core<T>{Network<T>(layer_specs<T>(layers), Loss(loss), optimizer_spec(optimizer)), {}};
             })
        .def("pattern",
             [](Core<T>& core, nb::handle layer) {
                 return std::const_pointer_cast<Pattern>(layer_of(core, layer).spec.pattern);
             })
        .def("column", get_column<T>)
        .def("set_column", set_column<T>)
        .def("add_column", add_column<T>)
        .def("train", train<T>, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg(),
             nb::arg(), nb::arg())
        .def("gradients", gradients<T>, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(),
             nb::arg(), nb::arg())
        .def("apply", apply<T>)
        .def("scores", scores<T>)
        .def("evaluate", evaluate<T>, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg())
        .def("swap", swap<T>);
}

// `repeats` reads of the rows that the links of `pattern` name, in the order of the forward (by target) or
// the backward pass; for the measured limit of the benchmarks. Returns a number that depends on what was
// read.
float read_rows(const Pattern& pattern, bool by_target, nb::handle rows, int in_flight, bool prefetch,
                int repeats) {
    const int64_t sources = by_target ? pattern.n_in : pattern.n_out;
    const AnyArray array = array_argument(rows, "rows", {nb::dtype<float>()}, {sources, kAnyLength});
    const auto pitch = int64_t(array.shape(1));
    if (pitch % 8 != 0 || pitch < 8 || pitch > 64 || in_flight < 1 || in_flight > 4)
        throw std::invalid_argument("rows must have 8, 16 ... 64 columns and in_flight must be 1 to 4.");
    const RowReads<float> job{by_target ? pattern.target_offsets.data() : pattern.source_offsets.data(),
                              by_target ? pattern.sources.data() : pattern.targets.data(),
                              static_cast<const float*>(array.data()),
                              pitch,
                              in_flight,
                              prefetch};
    const nb::gil_scoped_release released;
    float total = 0;
    for (int r = 0; r < repeats; ++r)
        total += active_kernels().f32.read_rows(job, 0, by_target ? pattern.n_out : pattern.n_in);
    return total;
}

nb::dict cpu() {
    nb::dict facts;
    facts["name"] = cpu_name();
    facts["instruction_sets"] = instruction_sets();
    facts["instruction_set"] = active_kernels().name;
    facts["fma"] = active_kernels().fused;
    return facts;
}

}  // namespace

void bind_network(nb::module_& module) {
    bind_core<float>(module, "Network32");
    bind_core<double>(module, "Network64");
    module.def("cpu", cpu,
               "Name of the CPU, instruction sets that can run, the active one, and its numerical class.");
    module.def("threads", thread_count, "Threads that one call may use.");
    module.def("set_threads", set_thread_count, nb::arg("count"));
    module.def("read_rows", read_rows, nb::arg("pattern"), nb::arg("by_target"), nb::arg("rows"),
               nb::arg("in_flight"), nb::arg("prefetch"), nb::arg("repeats"));
}
