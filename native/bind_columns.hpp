// Columns of a network by name.
#pragma once

#include "bind_core.hpp"

namespace gossamer {

// A name within a sentence: on one line, whatever it holds.
inline std::string shown(std::string name) {
    for (char& letter : name)
        if (static_cast<unsigned char>(letter) < 32 || letter == 127) letter = '?';
    return name;
}

// A read-only view of a column that keeps it alive, also after a swap has put another in its place.
template <class U>
nb::object column_view(const Column<U>& column) {
    auto* held = new Column<U>(column);
    nb::capsule owner(held, [](void* pointer) noexcept { delete static_cast<Column<U>*>(pointer); });
    return nb::cast(nb::ndarray<nb::numpy, const U>((*held)->data(), {(*held)->size()}, owner));
}

// A number of SReLU or what belongs to it, by names like "t_right" and "t_right_state1"; null if it is none.
template <class T>
Column<T>* neuron_column(Layer<T>& layer, const std::string& name) {
    for (size_t k = 0; k < layer.neurons.size(); ++k) {
        const std::string own = kSreluNames[k];
        NeuronColumn<T>& of = layer.neurons[k];
        if (name == own) return &of.value;
        if (name == own + "_state1") return &of.state1;
        if (name == own + "_state2" && of.state2) return &of.state2;
        if (name == own + "_gradient" && of.gradient) return &of.gradient;
    }
    return nullptr;
}

template <class T>
Column<T>& number_column(Layer<T>& layer, const std::string& name) {
    if (Column<T>* found = neuron_column(layer, name)) return *found;
    if (name == "latent" && layer.latent) return layer.latent;
    if (name == "companion" && layer.companion) return layer.companion;
    if (name == "companion_state1" && layer.companion_state1) return layer.companion_state1;
    if (name == "companion_state2" && layer.companion_state2) return layer.companion_state2;
    if (name == "weight") return layer.weight;
    if (name == "state1") return layer.state1;
    if (name == "state2" && layer.state2) return layer.state2;
    if (name == "bias") return layer.bias;
    if (name == "bias_state1") return layer.bias_state1;
    if (name == "bias_state2" && layer.bias_state2) return layer.bias_state2;
    if (name == "gradient" && layer.gradient) return layer.gradient;
    if (name == "bias_gradient" && layer.bias_gradient) return layer.bias_gradient;
    const auto named = layer.named.find(name);
    if (named == layer.named.end()) throw std::invalid_argument("There is no column '" + shown(name) + "'.");
    return named->second;
}

inline std::string name_argument(nb::handle value) {
    std::string name;
    if (nb::try_cast(value, name, false)) return name;
    throw std::invalid_argument("name must be a text, but it is a " + type_of(value) + ".");
}

template <class T>
nb::object get_column(Core<T>& core, nb::handle index, nb::handle column) {
    Layer<T>& layer = layer_of(core, index);
    const std::string name = name_argument(column);
    auto lock = locked(core);
    if (name == "birth") {
        const Column<int32_t> births = layer.birth;
        lock.unlock();
        return column_view(births);
    }
    const Column<T> numbers = number_column(layer, name);
    lock.unlock();
    return column_view(numbers);
}

template <class U>
void replace(Column<U>& column, const std::vector<U>& numbers) {
    if (numbers.size() != column->size())
        throw std::invalid_argument("values has " + std::to_string(numbers.size()) + " numbers, expected " +
                                    std::to_string(column->size()) + ".");
    auto fresh = std::make_shared<Buffer<U>>(numbers.size());
    std::copy(numbers.begin(), numbers.end(), fresh->data());
    column = fresh;
}

template <class T>
void set_column(Core<T>& core, nb::handle index, nb::handle column, nb::handle values) {
    Layer<T>& layer = layer_of(core, index);
    const std::string name = name_argument(column);
    if (name == "birth") {
        const auto births = array_copy<int32_t>(values, "values", {kAnyLength});
        const auto lock = locked(core);
        return replace(layer.birth, births);
    }
    const auto numbers = array_copy<T>(values, "values", {kAnyLength});
    const auto lock = locked(core);
    replace(number_column(layer, name), numbers);
    layer.copy_is_stale = true;
    if (name == "weight" || name == "latent" || name == "companion")
        core.network.convert_latent(size_t(&layer - core.network.layers().data()), name == "weight");
}

template <class T>
void add_column(Core<T>& core, nb::handle index, nb::handle column) {
    Layer<T>& layer = layer_of(core, index);
    const std::string name = name_argument(column);
    for (const char* own :
         {"weight", "state1", "state2", "birth", "gradient", "bias", "bias_state1", "bias_state2",
          "bias_gradient", "latent", "companion", "companion_state1", "companion_state2"})
        if (name == own || neuron_column(layer, name))
            throw std::invalid_argument("The column '" + name +
                                        "' is the engine's own; choose another name.");
    const auto lock = locked(core);
    layer.named[name] = std::make_shared<Buffer<T>>(layer.weight->size());
}

}  // namespace gossamer
