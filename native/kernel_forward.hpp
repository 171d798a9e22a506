// Forward pass of one link layer, by target: every target gathers the activation rows of its sources.
#pragma once

#include "kernel_functions.hpp"
#include "kernel_panel.hpp"

namespace {

// d out / d z and out of every activation but ReLU, without dropout.
template <class T, int lanes>
GOSSAMER_INLINE void activate(Activation kind, T slope, Group<T, lanes>& z, Group<T, lanes>& derivative) {
    const auto one = broadcast<lanes>(T(1));
    switch (kind) {
        case Activation::leaky:
            derivative = where_positive(z, one, broadcast<lanes>(slope));
            z = z * derivative;
            break;
        case Activation::tanh:
            z = hyperbolic_tangent(z);
            derivative = one - z * z;
            break;
        case Activation::sigmoid:
            z = logistic(z);
            derivative = z * (one - z);
            break;
        default:
            derivative = one;
    }
}

// ReLU that lets NaN through, so that a broken network is seen in the loss.
template <class T, int lanes>
GOSSAMER_INLINE Group<T, lanes> rectified(const Group<T, lanes>& z) {
    return larger(z, zero_group<T, lanes>());
}

// SReLU, with how far z is beyond the threshold it has passed. Not inlined: it is rare, and finish_group is
// in every panel.
template <class T, int lanes>
__attribute__((noinline)) void finish_srelu(const Forward<T>& a, int64_t row, int64_t column, uint32_t keep,
                                            const Group<T, lanes>& z) {
    const auto zero = zero_group<T, lanes>(), one = broadcast<lanes>(T(1));
    const auto scale = broadcast<lanes>(a.dropout_scale);
    const auto above = z - broadcast<lanes>(a.srelu[0][row]), below = z - broadcast<lanes>(a.srelu[2][row]);
    const auto left = where_positive(zero - below, below, zero);
    auto beyond = where_positive(above, above, left);
    auto derivative = where_positive(above, broadcast<lanes>(a.srelu[1][row]),
                                     where_positive(zero - below, broadcast<lanes>(a.srelu[3][row]), one));
    auto out = fma(derivative - one, beyond, z);
    if (a.keep) {
        out = keep_bits(out * scale, keep);
        derivative = keep_bits(derivative * scale, keep);
        beyond = keep_bits(beyond, keep);
    }
    const int64_t at = row * a.pitch + column;
    store(a.out + at, out);
    store(a.derivative + at, derivative);
    store(a.beyond + at, beyond);
}

template <class T, int lanes>
GOSSAMER_INLINE void finish_group(const Forward<T>& a, int64_t k, int64_t row, int64_t column,
                                  Group<T, lanes> z) {
    uint32_t keep = 0xFFFF;
    if (a.keep) keep = a.keep[(column / 16) * a.n_rows + k];
    const auto scale = broadcast<lanes>(a.dropout_scale);
    T* out = a.out + row * a.pitch + column;
    if (a.activation == Activation::relu) {
        z = rectified(z);
        if (a.keep) z = keep_bits(z * scale, keep);
        return store(out, z);
    }
    if (a.activation == Activation::srelu) return finish_srelu(a, row, column, keep, z);
    Group<T, lanes> derivative;
    activate(a.activation, a.slope, z, derivative);
    if (a.keep) {
        z = keep_bits(z * scale, keep);
        derivative = keep_bits(derivative * scale, keep);
    }
    store(out, z);
    if (a.derivative) store(a.derivative + row * a.pitch + column, derivative);
}

// The job is passed by value: through a reference the compiler reloads its fields after every store.
template <bool prefetch, int groups, int half, class T>
void forward_panel(const Forward<T> a, int64_t begin, int64_t end, int64_t column) {
    const int64_t last_link = a.offsets[a.rows[end - 1] + 1];
    for (int64_t r = begin; r < end; ++r) {
        const int64_t row = a.rows[r];
        Row<T, groups, half> sum = broadcast_row<T, groups, half>(a.bias[row]);
        const int64_t links_end = a.offsets[row + 1];
        for (int64_t k = a.offsets[row]; k < links_end; ++k) {
            if constexpr (prefetch)
                if (k + kPrefetchLinks < last_link)
                    prefetch_columns(a.x + int64_t(a.sources[k + kPrefetchLinks]) * a.pitch + column,
                                     int(sizeof(T)) * (16 * groups + 8 * half));
            add_scaled(sum, a.weights[k],
                       load_row<groups, half>(a.x + int64_t(a.sources[k]) * a.pitch + column));
        }
        GOSSAMER_FULL finish_group(a, r, row, column + 16 * g, sum.full[g]);
        if constexpr (half != 0) finish_group(a, r, row, column + 16 * groups, sum.tail);
    }
}

template <class T>
void forward_kernel(const Forward<T>& a, int64_t begin, int64_t end) {
    for_each_panel(a.pitch, [&]<int groups, int half>(int64_t column) {
        if (a.prefetch)
            forward_panel<true, groups, half>(a, begin, end, column);
        else
            forward_panel<false, groups, half>(a, begin, end, column);
    });
}

// by-target copy of the weights: to[k] = from[order[k]]
template <class T>
void permute_kernel(const T* from, const uint32_t* order, T* to, int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) to[k] = from[order[k]];
}

}  // namespace
