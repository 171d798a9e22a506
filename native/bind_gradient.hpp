// Kept batches and the dense gradient.
#pragma once

#include "bind_core.hpp"

namespace gossamer {

template <class T>
void keep_batches(Core<T>& core, nb::handle window, nb::handle layers) {
    const auto count = int64_t(integer_argument(window, "window", 0, 1024));
    std::vector<size_t> numbers;
    for (const nb::handle layer : tuple_argument(layers, "layers", kAnyLength, "of layer numbers"))
        numbers.push_back(layer_argument(core, layer));
    unlocked<T, int>(core, [&] { return core.network.keep_batches(count, numbers), 0; });
}

template <class T>
size_t kept_batches(Core<T>& core, nb::handle index) {
    Layer<T>& layer = layer_of(core, index);
    const auto lock = locked(core);
    return layer.kept.size();
}

template <class T>
void check_kept(const Layer<T>& layer, size_t batches) {
    if (batches > layer.kept.size())
        throw std::invalid_argument(std::to_string(batches) + " kept batches are asked for, and there are " +
                                    std::to_string(layer.kept.size()) + ".");
}

// Samples of the newest kept batches.
template <class T>
int64_t kept_samples(Core<T>& core, nb::handle index, nb::handle batches) {
    Layer<T>& layer = layer_of(core, index);
    const auto count = size_t(integer_argument(batches, "batches", 0, 1024));
    const auto lock = locked(core);
    check_kept(layer, count);
    int64_t samples = 0;
    for (size_t age = 0; age < count; ++age) samples += layer.kept[layer.kept.size() - 1 - age].batch;
    return samples;
}

template <class T>
std::vector<T> without_padding(const Buffer<T>& rows, int64_t neurons, const KeptBatch<T>& of) {
    std::vector<T> out(size_t(neurons * of.batch));
    for (int64_t k = 0; k < neurons; ++k)
        std::copy_n(rows.data() + k * of.pitch, of.batch, out.data() + k * of.batch);
    return out;
}

template <class T>
nb::tuple signals(Core<T>& core, nb::handle index, nb::handle age) {
    Layer<T>& layer = layer_of(core, index);
    const auto number = size_t(integer_argument(age, "age", 0, 1023));
    std::vector<T> inputs, deltas;
    size_t batch = 0, n_in = layer.spec.pattern->n_in, n_out = layer.spec.pattern->n_out;
    unlocked<T, int>(core, [&] {
        check_kept(layer, number + 1);
        const KeptBatch<T>& of = layer.kept[layer.kept.size() - 1 - number];
        batch = size_t(of.batch);
        inputs = without_padding(of.inputs, int64_t(n_in), of);
        deltas = without_padding(of.deltas, int64_t(n_out), of);
        return 0;
    });
    return nb::make_tuple(array_of(std::move(inputs), {n_in, batch}),
                          array_of(std::move(deltas), {n_out, batch}));
}

template <class T>
void add_signals(Core<T>& core, nb::handle index, nb::handle inputs, nb::handle deltas) {
    Layer<T>& layer = layer_of(core, index);
    const int64_t n_in = layer.spec.pattern->n_in, n_out = layer.spec.pattern->n_out;
    const AnyArray first = array_argument(inputs, "inputs", {nb::dtype<T>()}, {n_in, kAnyLength});
    const auto batch = int64_t(first.shape(1));
    if (batch < 1 || batch > int64_t(1) << 20)
        throw std::invalid_argument("inputs has " + std::to_string(batch) +
                                    " samples, expected 1 to 1048576.");
    const auto x = array_copy<T>(inputs, "inputs", {n_in, batch});
    const auto d = array_copy<T>(deltas, "deltas", {n_out, batch});
    const size_t number = layer_argument(core, index);
    unlocked<T, int>(core, [&] { return core.network.add_signals(number, x.data(), d.data(), batch), 0; });
}

template <class T>
nb::tuple dense_gradient_top_k(Core<T>& core, nb::handle index, nb::handle count, nb::handle keep,
                               nb::handle exclude, nb::handle weights, nb::handle first, nb::handle rows,
                               nb::handle floor) {
    Layer<T>& layer = layer_of(core, index);
    const size_t number = layer_argument(core, index);
    const auto n_in = uint64_t(layer.spec.pattern->n_in);
    const auto wanted = size_t(integer_argument(count, "count", 0, layer.spec.pattern->positions()));
    const auto kept = mask_copy(keep, "keep", kAnyLength);
    const auto excluded = array_copy<uint64_t>(exclude, "exclude", {kAnyLength});
    for (size_t k = 1; k < excluded.size(); ++k)
        if (excluded[k] <= excluded[k - 1])
            throw std::invalid_argument("exclude must ascend strictly, but number " + std::to_string(k) +
                                        " does not.");
    const auto by_age = array_copy<double>(weights, "weights", {kAnyLength});
    const uint64_t begin = integer_argument(first, "first", 0, n_in);
    const uint64_t sources = integer_argument(rows, "rows", 0, n_in - begin);
    const double least = number_argument(floor, "floor");
    if (!(least >= 0)) throw std::invalid_argument("floor must be a number of at least 0.");
    std::vector<uint64_t> positions;
    std::vector<T> values;
    unlocked<T, int>(core, [&] {
        check_kept(layer, by_age.size());
        if (int64_t(kept.size()) != layer.spec.pattern->nnz())
            throw std::invalid_argument("keep has " + std::to_string(kept.size()) + " flags, expected " +
                                        std::to_string(layer.spec.pattern->nnz()) + ", one for each link.");
        for (const auto& found : core.network.dense_gradient_top_k(
                 number, wanted, kept.data(), excluded, by_age, int64_t(begin), int64_t(sources), least)) {
            positions.push_back(found.position);
            values.push_back(found.value);
        }
        return 0;
    });
    return nb::make_tuple(array_of(std::move(positions)), array_of(std::move(values)));
}

}  // namespace gossamer
