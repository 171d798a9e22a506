// Python names of one layer of links on its own.
#include <nanobind/nanobind.h>

#include <type_traits>

#include "bind_arguments.hpp"
#include "linear.hpp"

using namespace gossamer;

namespace {

// [batch, neurons] array, or one whose transpose is contiguous.
template <class T>
Strided<T> strided(nb::handle value, const char* name, int64_t batch, int64_t neurons) {
    using Element = std::remove_const_t<T>;
    nb::ndarray<nb::device::cpu, nb::ro> array;
    if (!nb::ndarray_check(value) || !nb::try_cast(value, array, false) || array.ndim() != 2 ||
        array.dtype() != nb::dtype<Element>() || int64_t(array.shape(0)) != batch ||
        int64_t(array.shape(1)) != neurons)
        throw std::invalid_argument(std::string(name) + " must be an array of dtype " +
                                    dtype_name(nb::dtype<Element>()) + " and shape " +
                                    shape_text({batch, neurons}) + ", but it is not.");
    const int64_t sample = array.stride(0), neuron = array.stride(1);
    const bool rows = (neuron == 1 || neurons == 1) && (sample == neurons || batch == 1);
    const bool columns = (sample == 1 || batch == 1) && (neuron == batch || neurons == 1);
    if (!rows && !columns)
        throw std::invalid_argument(std::string(name) + " must be contiguous, as it is or transposed.");
    T* data = static_cast<T*>(const_cast<void*>(array.data()));
    return rows && !(columns && batch % 8 == 0) ? Strided<T>{data, neurons, 1} : Strided<T>{data, 1, batch};
}

int64_t batch_of(nb::handle value, const char* name) {
    nb::ndarray<nb::device::cpu, nb::ro> array;
    if (!nb::ndarray_check(value) || !nb::try_cast(value, array, false) || array.ndim() != 2)
        throw std::invalid_argument(std::string(name) + " must be an array of two dimensions.");
    return int64_t(array.shape(0));
}

template <class T>
const T* numbers(nb::handle value, const char* name, int64_t length) {
    return static_cast<const T*>(borrowed_array(value, name, {nb::dtype<T>()}, {length}).data());
}

template <class T>
void forward(nb::handle pattern, nb::handle x, nb::handle weights, nb::handle bias, nb::handle out) {
    const Pattern& links = pattern_argument(pattern);
    const int64_t batch = batch_of(x, "x");
    const auto from = strided<const T>(x, "x", batch, links.n_in);
    const auto to = strided<T>(out, "out", batch, links.n_out);
    const T* values = numbers<T>(weights, "weights", links.nnz());
    const T* shift = bias.is_none() ? nullptr : numbers<T>(bias, "bias", links.n_out);
    const nb::gil_scoped_release released;
    linear_forward<T>(links, batch, from, values, shift, to);
}

template <class T>
void backward(nb::handle pattern, nb::handle x, nb::handle weights, nb::handle delta, nb::handle x_gradient,
              nb::handle weight_gradient, nb::handle bias_gradient) {
    const Pattern& links = pattern_argument(pattern);
    const int64_t batch = batch_of(x, "x");
    const auto from = strided<const T>(x, "x", batch, links.n_in);
    const auto deltas = strided<const T>(delta, "delta", batch, links.n_out);
    const auto to = x_gradient.is_none() ? Strided<T>{nullptr, 0, 0}
                                         : strided<T>(x_gradient, "x_gradient", batch, links.n_in);
    const T* values = numbers<T>(weights, "weights", links.nnz());
    T* of_links = const_cast<T*>(numbers<T>(weight_gradient, "weight_gradient", links.nnz()));
    T* of_biases = bias_gradient.is_none()
                       ? nullptr
                       : const_cast<T*>(numbers<T>(bias_gradient, "bias_gradient", links.n_out));
    const nb::gil_scoped_release released;
    linear_backward<T>(links, batch, from, values, deltas, to, of_links, of_biases);
}

auto any(const char* name) { return nb::arg(name).none(); }

template <class T>
void bind(nb::module_& module, const char* suffix) {
    module.def((std::string("linear_forward") + suffix).c_str(), forward<T>, any("pattern"), any("x"),
               any("weights"), any("bias"), any("out"), "out = x W + bias, written into `out`.");
    module.def((std::string("linear_backward") + suffix).c_str(), backward<T>, any("pattern"), any("x"),
               any("weights"), any("delta"), any("x_gradient"), any("weight_gradient"), any("bias_gradient"),
               "Gradients of `linear_forward`, written into the last three; None where not wanted.");
}

}  // namespace

void bind_linear(nb::module_& module) {
    bind<float>(module, "32");
    bind<double>(module, "64");
}
