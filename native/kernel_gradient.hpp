// Entries of a dense gradient X D^T that reach a floor: a small matrix product whose result is never stored.
#pragma once

#include "kernel_panel.hpp"

namespace {

// A tile of kTileRows sources and two registers of targets: as many sums as the registers hold.
#if defined(__AVX512F__)
constexpr int kTileRows = 12;
#elif defined(__AVX2__)
constexpr int kTileRows = 6;
#else
constexpr int kTileRows = 4;
#endif
template <class T>
constexpr int kTileColumns = 2 * kRegisterBytes / int(sizeof(T));

template <class T>
using TileRegister = typename Register<T, kRegisterBytes>::type;

template <class T>
GOSSAMER_INLINE TileRegister<T> size_of(TileRegister<T> a) {
    using I = typename Register<T, kRegisterBytes>::integer;
    const auto sign = I{} + (sizeof(T) == 4 ? decltype(I{}[0])(0x80000000u) : decltype(I{}[0])(1ull << 63));
    return (TileRegister<T>)((I)a & ~sign);
}

// Bit l is set where size[l] >= floor; NaN never reaches it.
template <class T>
GOSSAMER_INLINE uint32_t reaches(TileRegister<T> size, T floor) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        return _mm512_cmp_ps_mask((__m512)size, _mm512_set1_ps(float(floor)), _CMP_GE_OQ);
    else
        return _mm512_cmp_pd_mask((__m512d)size, _mm512_set1_pd(double(floor)), _CMP_GE_OQ);
#elif defined(__AVX2__)
    if constexpr (sizeof(T) == 4)
        return uint32_t(
            _mm256_movemask_ps(_mm256_cmp_ps((__m256)size, _mm256_set1_ps(float(floor)), _CMP_GE_OQ)));
    else
        return uint32_t(
            _mm256_movemask_pd(_mm256_cmp_pd((__m256d)size, _mm256_set1_pd(double(floor)), _CMP_GE_OQ)));
#else
    uint32_t bits = 0;
    for (int l = 0; l < kTileColumns<T> / 2; ++l) bits |= uint32_t(size[l] >= floor) << l;
    return bits;
#endif
}

// The entries of a tile that reach the floor. The tile is in memory by now: few have any.
template <class T>
int64_t tile_hits(const TileRegister<T> (&sum)[kTileRows][2], T floor, int64_t first_row,
                  GradientHit<T>* hits) {
    constexpr int lanes = kTileColumns<T> / 2;
    int64_t found = 0;
    for (int r = 0; r < kTileRows; ++r)
        for (int half = 0; half < 2; ++half) {
            T values[lanes];
            std::memcpy(values, &sum[r][half], sizeof values);
            for (uint32_t bits = reaches<T>(size_of<T>(sum[r][half]), floor); bits != 0; bits &= bits - 1) {
                const int lane = __builtin_ctz(bits);
                hits[found++] = {uint32_t(first_row + r), uint32_t(half * lanes + lane), values[lane]};
            }
        }
    return found;
}

// One tile. Its sums have constant indices, one pair a row of the sequence, so that they stay in registers.
template <class T, size_t... row>
GOSSAMER_INLINE int64_t gradient_tile(const GradientBlock<T>& a, int64_t panel, GradientHit<T>* hits,
                                      std::index_sequence<row...>) {
    using V = TileRegister<T>;
    constexpr int lanes = kTileColumns<T> / 2;
    const T* x = a.x + panel * kTileRows * a.samples;
    const T* d = a.d;
    V first[kTileRows] = {}, second[kTileRows] = {};
    const int64_t tile = panel * kTileRows * 2 * lanes;
    if (!a.first) {
        const T* sums = a.sums + tile;
        ((std::memcpy(&first[row], sums + row * 2 * lanes, sizeof(V)),
          std::memcpy(&second[row], sums + row * 2 * lanes + lanes, sizeof(V))),
         ...);
    }
    for (int64_t k = 0; k < a.samples; ++k, x += kTileRows, d += 2 * lanes) {
        V left, right;
        std::memcpy(&left, d, sizeof left);
        std::memcpy(&right, d + lanes, sizeof right);
        ((first[row] = fma_register(x[row] - V{}, left, first[row]),
          second[row] = fma_register(x[row] - V{}, right, second[row])),
         ...);
    }
    if (!a.last) {
        T* sums = a.sums + tile;
        ((std::memcpy(sums + row * 2 * lanes, &first[row], sizeof(V)),
          std::memcpy(sums + row * 2 * lanes + lanes, &second[row], sizeof(V))),
         ...);
        return 0;
    }
    // A comparison with NaN is false, and keeps what is larger.
    V largest{};
    const auto look = [&](V a) { largest = largest < a ? a : largest; };
    ((look(size_of<T>(first[row])), look(size_of<T>(second[row]))), ...);
    if (reaches<T>(largest, a.floor) == 0) return 0;
    const V sum[kTileRows][2] = {{first[row], second[row]}...};
    return tile_hits<T>(sum, a.floor, panel * kTileRows, hits);
}

// Every sum runs over the samples in their order with one fused multiply-add each, whatever the registers.
template <class T>
int64_t gradient_kernel(const GradientBlock<T>& job, GradientHit<T>* hits) {
    const GradientBlock<T> a = job;
    int64_t found = 0;
    for (int64_t panel = 0; panel < a.row_panels; ++panel)
        found += gradient_tile(a, panel, hits + found, std::make_index_sequence<kTileRows>{});
    return found;
}

}  // namespace
