// One layer of links as a function of row-major or neuron-major activations: what PyTorch calls.
//
// Activations are strided: value (sample b, neuron i) lies at b * sample + i * neuron, and one stride is 1.
// They pass in blocks of at most kBlock samples, each brought into [neurons, pitch] as the kernels want it.
#pragma once

#include <cstdint>

#include "pattern.hpp"

namespace gossamer {

template <class T>
struct Strided {
    T* data;
    int64_t sample, neuron;
};

// out = x W + bias over `batch` samples; weights by source, bias may be null.
template <class T>
void linear_forward(const Pattern&, int64_t batch, Strided<const T> x, const T* weights, const T* bias,
                    Strided<T> out);

// From d loss / d out: by x (data may be null), by the weights [nnz], and by the bias [n_out] (may be null).
template <class T>
void linear_backward(const Pattern&, int64_t batch, Strided<const T> x, const T* weights,
                     Strided<const T> delta, Strided<T> x_gradient, T* weight_gradient, T* bias_gradient);

}  // namespace gossamer
