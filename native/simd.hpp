// Groups of logical lanes over whatever registers this translation unit is compiled for.
//
// Everything here has internal linkage (anonymous namespace): the file is compiled once per instruction set,
// and a weak symbol built with AVX-512 must never be picked by the linker for a caller on an older machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

// The compiler otherwise leaves calls in the loops and passes groups through memory.
#define GOSSAMER_INLINE inline __attribute__((always_inline))

namespace {

#if defined(__AVX512F__)
constexpr int kRegisterBytes = 64;
#elif defined(__AVX2__)
constexpr int kRegisterBytes = 32;
#else
constexpr int kRegisterBytes = 16;
#endif

template <class T, int bytes>
struct Register;
#define GOSSAMER_REGISTER(T, I, bytes)                         \
    template <>                                                \
    struct Register<T, bytes> {                                \
        typedef T type __attribute__((vector_size(bytes)));    \
        typedef I integer __attribute__((vector_size(bytes))); \
    };
GOSSAMER_REGISTER(float, int32_t, 16)
GOSSAMER_REGISTER(float, int32_t, 32)
GOSSAMER_REGISTER(float, int32_t, 64)
GOSSAMER_REGISTER(double, int64_t, 16)
GOSSAMER_REGISTER(double, int64_t, 32)
GOSSAMER_REGISTER(double, int64_t, 64)
#undef GOSSAMER_REGISTER

// Fused multiply-add of registers, a * b + c. Without FMA hardware it rounds twice: that is the separate
// "no-fma" numerical class (see cpu.hpp).
#if defined(__FMA__)
GOSSAMER_INLINE auto fma_register(Register<float, 32>::type a, Register<float, 32>::type b,
                                  Register<float, 32>::type c) {
    return (Register<float, 32>::type)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
GOSSAMER_INLINE auto fma_register(Register<double, 32>::type a, Register<double, 32>::type b,
                                  Register<double, 32>::type c) {
    return (Register<double, 32>::type)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
GOSSAMER_INLINE auto fma_register(Register<float, 16>::type a, Register<float, 16>::type b,
                                  Register<float, 16>::type c) {
    return (Register<float, 16>::type)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c);
}
GOSSAMER_INLINE auto fma_register(Register<double, 16>::type a, Register<double, 16>::type b,
                                  Register<double, 16>::type c) {
    return (Register<double, 16>::type)_mm_fmadd_pd((__m128d)a, (__m128d)b, (__m128d)c);
}
#if defined(__AVX512F__)
GOSSAMER_INLINE auto fma_register(Register<float, 64>::type a, Register<float, 64>::type b,
                                  Register<float, 64>::type c) {
    return (Register<float, 64>::type)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
GOSSAMER_INLINE auto fma_register(Register<double, 64>::type a, Register<double, 64>::type b,
                                  Register<double, 64>::type c) {
    return (Register<double, 64>::type)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#endif
#elif defined(__ARM_NEON) && defined(__aarch64__)
GOSSAMER_INLINE auto fma_register(Register<float, 16>::type a, Register<float, 16>::type b,
                                  Register<float, 16>::type c) {
    return (Register<float, 16>::type)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
GOSSAMER_INLINE auto fma_register(Register<double, 16>::type a, Register<double, 16>::type b,
                                  Register<double, 16>::type c) {
    return (Register<double, 16>::type)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
#else
template <class V>
GOSSAMER_INLINE V fma_register(V a, V b, V c) {
    return a * b + c;
}
#endif

// `lanes` logical lanes (8 or 16) of T, held in one register or several.
template <class T, int lanes>
struct Group {
    static constexpr int bytes =
        lanes * int(sizeof(T)) < kRegisterBytes ? lanes * int(sizeof(T)) : kRegisterBytes;
    static constexpr int count = lanes * int(sizeof(T)) / bytes;
    static constexpr int width = bytes / int(sizeof(T));
    using V = typename Register<T, bytes>::type;
    using I = typename Register<T, bytes>::integer;
    V part[count];
};

#define GOSSAMER_EACH for (int r = 0; r < Group<T, lanes>::count; ++r)
#define GOSSAMER_GROUP            \
    template <class T, int lanes> \
    GOSSAMER_INLINE Group<T, lanes>

// Unaligned load and store; memcpy of a register compiles to one instruction.
template <int lanes, class T>
GOSSAMER_INLINE Group<T, lanes> load(const T* from) {
    Group<T, lanes> out;
    GOSSAMER_EACH std::memcpy(&out.part[r], from + r * Group<T, lanes>::width, Group<T, lanes>::bytes);
    return out;
}
template <class T, int lanes>
GOSSAMER_INLINE void store(T* to, const Group<T, lanes>& group) {
    GOSSAMER_EACH std::memcpy(to + r * Group<T, lanes>::width, &group.part[r], Group<T, lanes>::bytes);
}
template <int lanes, class T>
GOSSAMER_INLINE Group<T, lanes> broadcast(T value) {
    Group<T, lanes> out;
    GOSSAMER_EACH out.part[r] = value - typename Group<T, lanes>::V{};
    return out;
}
template <class T, int lanes>
GOSSAMER_INLINE Group<T, lanes> zero_group() {
    Group<T, lanes> out;
    GOSSAMER_EACH out.part[r] = typename Group<T, lanes>::V{};
    return out;
}
GOSSAMER_GROUP fma(const Group<T, lanes>& a, const Group<T, lanes>& b, const Group<T, lanes>& c) {
    Group<T, lanes> out;
    GOSSAMER_EACH out.part[r] = fma_register(a.part[r], b.part[r], c.part[r]);
    return out;
}
GOSSAMER_GROUP operator+(const Group<T, lanes>& a, const Group<T, lanes>& b) {
    Group<T, lanes> out;
    GOSSAMER_EACH out.part[r] = a.part[r] + b.part[r];
    return out;
}
GOSSAMER_GROUP operator-(const Group<T, lanes>& a, const Group<T, lanes>& b) {
    Group<T, lanes> out;
    GOSSAMER_EACH out.part[r] = a.part[r] - b.part[r];
    return out;
}
GOSSAMER_GROUP operator*(const Group<T, lanes>& a, const Group<T, lanes>& b) {
    Group<T, lanes> out;
    GOSSAMER_EACH out.part[r] = a.part[r] * b.part[r];
    return out;
}
GOSSAMER_GROUP operator/(const Group<T, lanes>& a, const Group<T, lanes>& b) {
    Group<T, lanes> out;
    GOSSAMER_EACH out.part[r] = a.part[r] / b.part[r];
    return out;
}
// Comparisons against zero and each other keep NaN where the plain C expression would.
GOSSAMER_GROUP larger(const Group<T, lanes>& a, const Group<T, lanes>& b) {
    Group<T, lanes> out;
    GOSSAMER_EACH out.part[r] = a.part[r] < b.part[r] ? b.part[r] : a.part[r];
    return out;
}
GOSSAMER_GROUP smaller(const Group<T, lanes>& a, const Group<T, lanes>& b) {
    Group<T, lanes> out;
    GOSSAMER_EACH out.part[r] = a.part[r] > b.part[r] ? b.part[r] : a.part[r];
    return out;
}
// value where condition > 0, else other
GOSSAMER_GROUP where_positive(const Group<T, lanes>& condition, const Group<T, lanes>& value,
                              const Group<T, lanes>& other) {
    Group<T, lanes> out;
    const typename Group<T, lanes>::V zero{};
    GOSSAMER_EACH out.part[r] = condition.part[r] > zero ? value.part[r] : other.part[r];
    return out;
}
template <class T, int lanes>
GOSSAMER_INLINE bool all_zero(const Group<T, lanes>& a) {
    typename Group<T, lanes>::I bits{};
    GOSSAMER_EACH bits |= (typename Group<T, lanes>::I)a.part[r];
#if defined(__AVX512F__)
    if constexpr (Group<T, lanes>::bytes == 64)
        return _mm512_test_epi64_mask((__m512i)bits, (__m512i)bits) == 0;
#endif
#if defined(__AVX__)
    if constexpr (Group<T, lanes>::bytes == 32) return _mm256_testz_si256((__m256i)bits, (__m256i)bits);
#endif
    int64_t words[Group<T, lanes>::bytes / 8], any = 0;
    std::memcpy(words, &bits, sizeof words);
    for (const int64_t word : words) any |= word;
    return any == 0;
}

// Keep lane l where bit l of `bits` is set, else 0.
template <class T, int lanes>
GOSSAMER_INLINE Group<T, lanes> keep_bits(const Group<T, lanes>& a, uint32_t bits) {
    Group<T, lanes> out;
#if defined(__AVX512F__) && defined(__AVX512VL__)
    if constexpr (Group<T, lanes>::bytes == 64 && sizeof(T) == 4) {
        out.part[0] = (typename Group<T, lanes>::V)_mm512_maskz_mov_ps(__mmask16(bits), (__m512)a.part[0]);
        return out;
    } else if constexpr (Group<T, lanes>::bytes == 32 && sizeof(T) == 4) {
        out.part[0] = (typename Group<T, lanes>::V)_mm256_maskz_mov_ps(__mmask8(bits), (__m256)a.part[0]);
        return out;
    }
#endif
    using I = typename Group<T, lanes>::I;
    constexpr int width = Group<T, lanes>::width;
    I lane_bit{};
    for (int l = 0; l < width; ++l) lane_bit[l] = 1 << l;
    GOSSAMER_EACH {
        const I shifted = I{} + int32_t(bits >> (r * width));
        const I keep = (shifted & lane_bit) != I{};
        out.part[r] = (typename Group<T, lanes>::V)((I)a.part[r] & keep);
    }
    return out;
}

// The 8 lanes of `half` as lanes 0..7 of 16, the others +0.
template <class T>
GOSSAMER_INLINE Group<T, 16> widen(const Group<T, 8>& half) {
    Group<T, 16> out;
    if constexpr (Group<T, 16>::count >= 2) {
        constexpr int n = Group<T, 8>::count;
        for (int r = 0; r < n; ++r) out.part[r] = half.part[r];
        for (int r = n; r < 2 * n; ++r) out.part[r] = typename Group<T, 16>::V{};
#if defined(__AVX512F__)
    } else {
        out.part[0] = (typename Group<T, 16>::V)_mm512_zextps256_ps512((__m256)half.part[0]);
#endif
    }
    return out;
}

// Lanes 0..7.
template <class T>
GOSSAMER_INLINE Group<T, 8> lower_half(const Group<T, 16>& a) {
    Group<T, 8> out;
    if constexpr (Group<T, 16>::count >= 2) {
        for (int r = 0; r < Group<T, 8>::count; ++r) out.part[r] = a.part[r];
#if defined(__AVX512F__)
    } else {
        out.part[0] = (typename Group<T, 8>::V)_mm512_castps512_ps256((__m512)a.part[0]);
#endif
    }
    return out;
}

// Lanes l and l + 8 added: the first level of the tree over 16 lanes.
template <class T>
GOSSAMER_INLINE Group<T, 8> fold_half(const Group<T, 16>& a) {
    Group<T, 8> out;
    if constexpr (Group<T, 16>::count >= 2) {
        constexpr int n = Group<T, 8>::count;
        for (int r = 0; r < n; ++r) out.part[r] = a.part[r] + a.part[r + n];
#if defined(__AVX512F__)
    } else {
        using V = typename Group<T, 8>::V;
        const __m512 all = (__m512)a.part[0];
        out.part[0] = lower_half(a).part[0] + (V)_mm512_extractf32x8_ps(all, 1);
#endif
    }
    return out;
}

// Lanes 0..7 from a, 8..15 from b.
template <class T>
GOSSAMER_INLINE Group<T, 16> join(const Group<T, 8>& a, const Group<T, 8>& b) {
    Group<T, 16> out;
    if constexpr (Group<T, 16>::count >= 2) {
        constexpr int n = Group<T, 8>::count;
        for (int r = 0; r < n; ++r) {
            out.part[r] = a.part[r];
            out.part[r + n] = b.part[r];
        }
#if defined(__AVX512F__)
    } else {
        const __m512 low = _mm512_castps256_ps512((__m256)a.part[0]);
        out.part[0] = (typename Group<T, 16>::V)_mm512_insertf32x8(low, (__m256)b.part[0], 1);
#endif
    }
    return out;
}

// Fold of two registers u (slot 0) and v (slot 1): in every block of 2 * stride lanes the upper stride lanes
// are added to the lower ones; slots interleave with period stride. Repeating it with stride width/2 ... 1
// sums `width` registers at once, and result lane l belongs to register l when the first level pairs l with l
// + width/2, the last l with l + 1.
template <int stride, class V, int... lane>
GOSSAMER_INLINE V fold_lanes(V u, V v, std::integer_sequence<int, lane...>) {
    constexpr int n = sizeof...(lane);
    // Output lane: block of 2*stride lanes; its first half comes from u, its second from v.
    const V low = __builtin_shufflevector(
        u, v, ((lane / (2 * stride)) * 2 * stride + lane % stride + ((lane / stride) % 2) * n)...);
    const V high = __builtin_shufflevector(
        u, v, ((lane / (2 * stride)) * 2 * stride + stride + lane % stride + ((lane / stride) % 2) * n)...);
    return low + high;
}

}  // namespace
