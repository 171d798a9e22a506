// Backward pass through SReLU: gradients of the four numbers of a neuron, and of its pre-activation.
#pragma once

#include "kernel_update.hpp"

namespace {

template <class T>
void srelu_kernel(const SreluBackward<T>& job, int64_t begin, int64_t end) {
    const SreluBackward<T> a = job;
    Sink<T> biases(a.biases, a.bias_update, begin);
    Sink<T> t_right(a.neurons[0], a.update, begin), a_right(a.neurons[1], a.update, begin),
        t_left(a.neurons[2], a.update, begin), a_left(a.neurons[3], a.update, begin);
    const auto zero8 = zero_group<T, 8>();
    for (int64_t row = begin; row < end; ++row) {
        Group<T, 8> sums[5] = {zero8, zero8, zero8, zero8, zero8};
        const auto scale = broadcast<8>(a.dropout_scale);
        const auto right = broadcast<8>(T(1) - a.a_right[row]), left = broadcast<8>(T(1) - a.a_left[row]);
        for (int64_t column = 0; column < a.pitch; column += 8) {
            const int64_t at = row * a.pitch + column;
            const auto by_output = load<8>(a.delta_in + at);
            const auto beyond = load<8>(a.beyond + at);
            const auto scaled = by_output * scale;
            const auto above = where_positive(beyond, scaled, zero8);
            const auto below = where_positive(zero8 - beyond, scaled, zero8);
            sums[1] = fma(above, right, sums[1]);
            sums[2] = fma(above, beyond, sums[2]);
            sums[3] = fma(below, left, sums[3]);
            sums[4] = fma(below, beyond, sums[4]);
            const auto delta = by_output * load<8>(a.derivative + at);
            store(a.delta_in + at, delta);
            sums[0] = sums[0] + delta;
        }
        Sink<T>* sinks[5] = {&biases, &t_right, &a_right, &t_left, &a_left};
        for (int k = 0; k < 5; ++k) sinks[k]->add(widen(sums[k]));
    }
    for (Sink<T>* sink : {&biases, &t_right, &a_right, &t_left, &a_left}) sink->flush();
}

}  // namespace
