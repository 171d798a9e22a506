// Backward pass of one link layer, by source: one read of each target's gradient row serves both the input
// gradient and the weight gradient, and the weights are updated as soon as their gradient is summed.
#pragma once

#include "kernel_update.hpp"

namespace {

template <class T, int lanes>
GOSSAMER_INLINE Group<T, lanes> through_activation(const Backward<T>& a, const Group<T, lanes>& x,
                                                   const T* derivative, const Group<T, lanes>& gradient) {
    if (a.by_output) return gradient;
    if (a.derivative) return gradient * load<lanes>(derivative);
    // ReLU: x > 0 exactly where z > 0 and the neuron was kept.
    return where_positive(x, gradient * broadcast<lanes>(a.dropout_scale), zero_group<T, lanes>());
}

// Gradient with respect to z of source `row`; returns its 16 lane sums for the bias.
template <int groups, int half, class T>
GOSSAMER_INLINE Group<T, 16> finish_source(const Backward<T>& a, int64_t row, int64_t column,
                                           const Row<T, groups, half>& x, Row<T, groups, half> gradient) {
    const int64_t at = row * a.pitch + column;
    GOSSAMER_FULL gradient.full[g] =
        through_activation(a, x.full[g], a.derivative + at + 16 * g, gradient.full[g]);
    if constexpr (half != 0)
        gradient.tail = through_activation(a, x.tail, a.derivative + at + 16 * groups, gradient.tail);
    store_row(a.delta_in + at, gradient);
    return lane_sums(gradient);
}

template <class T>
GOSSAMER_INLINE void fetch_target(const Backward<T>& a, int64_t k, int64_t last, int64_t column,
                                  int columns) {
    if (k + kPrefetchLinks < last)
        prefetch_columns(a.delta + int64_t(a.targets[k + kPrefetchLinks]) * a.pitch + column,
                         int(sizeof(T)) * columns);
}

// The job is passed by value: through a reference the compiler reloads its fields after every store.
//
// Batches of at most 64: source row and its gradient stay in registers over all links.
template <bool prefetch, bool inner, int groups, int half, class T>
void backward_narrow(const Backward<T> a, int64_t begin, int64_t end) {
    Sink<T> links(a.links, a.link_update, a.offsets[begin]);
    Sink<T> biases(a.biases, a.bias_update, begin);
    const int64_t last = a.offsets[end];
    // A source that is zero over the batch has zero weight gradients; its own gradient is masked under ReLU
    // and not wanted in the first layer. Of a source without links `x` was never computed.
    const bool skip_zero = !inner || !a.derivative;
    for (int64_t row = begin; row < end; ++row) {
        const int64_t links_end = a.offsets[row + 1];
        const auto x = load_row<groups, half>(a.x + row * a.pitch);
        if (links_end == a.offsets[row] || (skip_zero && row_is_zero(x))) {
            links.add_zeros(links_end - a.offsets[row]);
            if constexpr (inner) {
                store_row(a.delta_in + row * a.pitch, broadcast_row<T, groups, half>(T(0)));
                biases.add(zero_group<T, 16>());
            }
            continue;
        }
        auto gradient = broadcast_row<T, groups, half>(T(0));
        for (int64_t k = a.offsets[row]; k < links_end;) {
            const int count = links.room(links_end - k);
            Group<T, 8>* slots = links.slots();
            for (int s = 0; s < count; ++s) {
                if constexpr (prefetch) fetch_target(a, k + s, last, 0, 16 * groups + 8 * half);
                const auto delta = load_row<groups, half>(a.delta + int64_t(a.targets[k + s]) * a.pitch);
                if constexpr (inner) add_scaled(gradient, a.links.value[k + s], delta);
                slots[s] = fold_half(lane_products(x, delta));
            }
            links.advance(count);
            k += count;
        }
        if constexpr (inner) biases.add(finish_source<groups, half>(a, row, 0, x, gradient));
    }
    links.flush();
    if constexpr (inner) biases.flush();
}

// Wider batches: links go in segments of at most 16; the gradient row waits in `delta_in` (hot in L1) between
// segments.
template <bool prefetch, bool inner, class T>
void backward_wide(const Backward<T> a, int64_t begin, int64_t end) {
    Sink<T> links(a.links, a.link_update, a.offsets[begin]);
    Sink<T> biases(a.biases, a.bias_update, begin);
    const int64_t last = a.offsets[end];
    for (int64_t row = begin; row < end; ++row) {
        const T* x_row = a.x + row * a.pitch;
        T* gradient_row = inner ? a.delta_in + row * a.pitch : nullptr;
        if constexpr (inner) std::memset(gradient_row, 0, size_t(a.pitch) * sizeof(T));
        const int64_t links_end = a.offsets[row + 1];
        for (int64_t k = a.offsets[row]; k < links_end;) {
            const int segment = links.room(links_end - k), count = segment < 16 ? segment : 16;
            Group<T, 16> lanes[16];
            for (int s = 0; s < count; ++s) lanes[s] = zero_group<T, 16>();
            for_each_panel(a.pitch, [&]<int groups, int half>(int64_t column) {
                const auto x = load_row<groups, half>(x_row + column);
                auto gradient = broadcast_row<T, groups, half>(T(0));
                if constexpr (inner) gradient = load_row<groups, half>(gradient_row + column);
                for (int s = 0; s < count; ++s) {
                    if constexpr (prefetch) fetch_target(a, k + s, last, column, 16 * groups + 8 * half);
                    const auto delta =
                        load_row<groups, half>(a.delta + int64_t(a.targets[k + s]) * a.pitch + column);
                    if constexpr (inner) add_scaled(gradient, a.links.value[k + s], delta);
                    lanes[s] = lanes[s] + lane_products(x, delta);
                }
                if constexpr (inner) store_row(gradient_row + column, gradient);
            });
            for (int s = 0; s < count; ++s) links.slots()[s] = fold_half(lanes[s]);
            links.advance(count);
            k += count;
        }
        if constexpr (inner) {
            Group<T, 16> lanes = zero_group<T, 16>();
            if (links_end > a.offsets[row])
                for_each_panel(a.pitch, [&]<int groups, int half>(int64_t column) {
                    const auto x = load_row<groups, half>(x_row + column);
                    const auto gradient = load_row<groups, half>(gradient_row + column);
                    lanes = lanes + finish_source<groups, half>(a, row, column, x, gradient);
                });
            biases.add(lanes);
        }
    }
    links.flush();
    if constexpr (inner) biases.flush();
}

template <bool inner, class T>
inline void backward_inner(const Backward<T>& a, int64_t begin, int64_t end) {
    if (a.pitch > kPanel) {
        if (a.prefetch) return backward_wide<true, inner>(a, begin, end);
        return backward_wide<false, inner>(a, begin, end);
    }
    for_each_panel(a.pitch, [&]<int groups, int half>(int64_t) {
        if (a.prefetch)
            backward_narrow<true, inner, groups, half>(a, begin, end);
        else
            backward_narrow<false, inner, groups, half>(a, begin, end);
    });
}

template <class T>
void backward_kernel(const Backward<T>& a, int64_t begin, int64_t end) {
    if (a.delta_in)
        backward_inner<true>(a, begin, end);
    else
        backward_inner<false>(a, begin, end);
}

}  // namespace
