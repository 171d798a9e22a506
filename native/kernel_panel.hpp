// Panels of batch columns held in registers, and the sum over lanes that weight and bias gradients share.
#pragma once

#include <utility>

#include "kernels.hpp"
#include "simd.hpp"

namespace {

using namespace gossamer;

constexpr int64_t kPanel = 64;          // columns of one pass: 4 groups of 16, so that rows stay in registers
constexpr int64_t kPrefetchLinks = 12;  // links ahead; 8 to 24 measured alike at 100,000 neurons

// `groups` groups of 16 columns and, where half is 1, a group of 8 behind them.
template <class T, int groups, int half>
struct Row {
    Group<T, 16> full[groups + (groups == 0)];
    Group<T, 8> tail;
};

#define GOSSAMER_FULL for (int g = 0; g < groups; ++g)

template <int groups, int half, class T>
GOSSAMER_INLINE Row<T, groups, half> load_row(const T* from) {
    Row<T, groups, half> row;
    GOSSAMER_FULL row.full[g] = load<16>(from + 16 * g);
    if constexpr (half != 0) row.tail = load<8>(from + 16 * groups);
    return row;
}
template <class T, int groups, int half>
GOSSAMER_INLINE void store_row(T* to, const Row<T, groups, half>& row) {
    GOSSAMER_FULL store(to + 16 * g, row.full[g]);
    if constexpr (half != 0) store(to + 16 * groups, row.tail);
}
template <class T, int groups, int half>
GOSSAMER_INLINE Row<T, groups, half> broadcast_row(T value) {
    Row<T, groups, half> row;
    GOSSAMER_FULL row.full[g] = broadcast<16>(value);
    if constexpr (half != 0) row.tail = broadcast<8>(value);
    return row;
}
// sum += scalar * row
template <class T, int groups, int half>
GOSSAMER_INLINE void add_scaled(Row<T, groups, half>& sum, T scalar, const Row<T, groups, half>& row) {
    const auto wide = broadcast<16>(scalar);
    GOSSAMER_FULL sum.full[g] = fma(wide, row.full[g], sum.full[g]);
    // One broadcast from memory serves both widths.
    if constexpr (half != 0) sum.tail = fma(lower_half(wide), row.tail, sum.tail);
}
// The 16 lanes of <a, b> over this panel: the half group first, then the groups of 16 in order.
template <class T, int groups, int half>
GOSSAMER_INLINE Group<T, 16> lane_products(const Row<T, groups, half>& a, const Row<T, groups, half>& b) {
    Group<T, 16> lanes = zero_group<T, 16>();
    if constexpr (half != 0) lanes = widen(a.tail * b.tail);
    GOSSAMER_FULL lanes = fma(a.full[g], b.full[g], lanes);
    return lanes;
}
template <class T, int groups, int half>
GOSSAMER_INLINE Group<T, 16> lane_sums(const Row<T, groups, half>& a) {
    Group<T, 16> lanes = zero_group<T, 16>();
    if constexpr (half != 0) lanes = widen(a.tail);
    GOSSAMER_FULL lanes = lanes + a.full[g];
    return lanes;
}
template <class T, int groups, int half>
GOSSAMER_INLINE bool row_is_zero(const Row<T, groups, half>& a) {
    bool zero = true;
    GOSSAMER_FULL zero = zero && all_zero(a.full[g]);
    if constexpr (half != 0) zero = zero && all_zero(a.tail);
    return zero;
}
GOSSAMER_INLINE void prefetch_columns(const void* row, int bytes) {
    for (int b = 0; b < bytes; b += 64) __builtin_prefetch(static_cast<const char*>(row) + b);
}

template <class V, int width, int stride>
GOSSAMER_INLINE void fold_registers(V* q) {
    if constexpr (stride > 0) {
        for (int k = 0; k < stride; ++k)
            q[k] = fold_lanes<stride>(q[k], q[k + stride], std::make_integer_sequence<int, width>{});
        fold_registers<V, width, stride / 2>(q);
    }
}

// Sum over the lanes of each of 16 folded groups (see fold_half); lane k of the result belongs to group k.
template <class T>
GOSSAMER_INLINE Group<T, 16> sum_lanes(const Group<T, 8>* folded) {
    using G = Group<T, 8>;
    using V = typename G::V;
    G half[2];
    for (int h = 0; h < 2; ++h) {
        for (int r = 0; r < G::count; ++r) {
            V q[G::width];
            for (int k = 0; k < G::width; ++k) {
                G p = folded[h * 8 + r * G::width + k];
                for (int c = G::count / 2; c > 0; c /= 2)
                    for (int s = 0; s < c; ++s) p.part[s] = p.part[s] + p.part[s + c];
                q[k] = p.part[0];
            }
            fold_registers<V, G::width, G::width / 2>(q);
            half[h].part[r] = q[0];
        }
    }
    return join(half[0], half[1]);
}

// Calls body.template operator()<groups, half>(column) for every panel of `pitch` columns.
template <class Body>
GOSSAMER_INLINE void for_each_panel(int64_t pitch, Body&& body) {
    int64_t column = 0;
    for (; pitch - column >= kPanel; column += kPanel) body.template operator()<4, 0>(column);
    switch ((pitch - column) / 8) {
        case 1:
            body.template operator()<0, 1>(column);
            break;
        case 2:
            body.template operator()<1, 0>(column);
            break;
        case 3:
            body.template operator()<1, 1>(column);
            break;
        case 4:
            body.template operator()<2, 0>(column);
            break;
        case 5:
            body.template operator()<2, 1>(column);
            break;
        case 6:
            body.template operator()<3, 0>(column);
            break;
        case 7:
            body.template operator()<3, 1>(column);
            break;
        default:
            break;
    }
}

}  // namespace
