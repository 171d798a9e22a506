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

// Bit l is set where |a[l]| >= floor; NaN never reaches it.
template <class T>
GOSSAMER_INLINE uint32_t reaches(typename Register<T, kRegisterBytes>::type a, T floor) {
    constexpr int lanes = kRegisterBytes / int(sizeof(T));
    const auto negative = -a;
    const auto size = a < negative ? negative : a;
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
    for (int l = 0; l < lanes; ++l) bits |= uint32_t(size[l] >= floor) << l;
    return bits;
#endif
    (void)lanes;
}

// Every sum runs over the samples in their order with one fused multiply-add each, whatever the registers.
template <class T>
int64_t gradient_kernel(const GradientBlock<T>& job, GradientHit<T>* hits) {
    using V = typename Register<T, kRegisterBytes>::type;
    constexpr int lanes = kRegisterBytes / int(sizeof(T));
    const GradientBlock<T> a = job;
    int64_t found = 0;
    for (int64_t panel = 0; panel < a.row_panels; ++panel) {
        V sum[kTileRows][2] = {};
        const T* x = a.x + panel * kTileRows * a.samples;
        const T* d = a.d;
        for (int64_t k = 0; k < a.samples; ++k, x += kTileRows, d += 2 * lanes) {
            V first, second;
            std::memcpy(&first, d, sizeof first);
            std::memcpy(&second, d + lanes, sizeof second);
#pragma GCC unroll 12
            for (int r = 0; r < kTileRows; ++r) {
                const V value = x[r] - V{};
                sum[r][0] = fma_register(value, first, sum[r][0]);
                sum[r][1] = fma_register(value, second, sum[r][1]);
            }
        }
#pragma GCC unroll 12
        for (int r = 0; r < kTileRows; ++r)
            for (int half = 0; half < 2; ++half) {
                uint32_t bits = reaches<T>(sum[r][half], a.floor);
                if (bits == 0) continue;
                T values[lanes];
                std::memcpy(values, &sum[r][half], sizeof values);
                for (; bits != 0; bits &= bits - 1) {
                    const int lane = __builtin_ctz(bits);
                    hits[found++] = {uint32_t(panel * kTileRows + r), uint32_t(half * lanes + lane),
                                     values[lane]};
                }
            }
    }
    return found;
}

}  // namespace
