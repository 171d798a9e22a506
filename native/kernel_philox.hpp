// Philox on registers of counters.
#pragma once

#include "philox.hpp"
#include "simd.hpp"

namespace {

using namespace gossamer;

// One round serves many counters: each 64-bit lane holds one 32-bit word, and the garbage that the low words
// leave in the upper halves is never read, because a 32 x 32 multiplication ignores it.
typedef uint64_t Words __attribute__((vector_size(kRegisterBytes)));
GOSSAMER_INLINE Words multiply_low(Words a, uint32_t b) {
#if defined(__AVX512F__)
    return (Words)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
    return (Words)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#elif defined(__x86_64__)
    return (Words)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(b));
#else
    return (a & 0xFFFFFFFFull) * uint64_t(b);
#endif
}

GOSSAMER_INLINE Words exclusive_or(Words a, Words b, Words c) {
#if defined(__AVX512F__)
    return (Words)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0x96);
#else
    return a ^ b ^ c;
#endif
}

// The ten rounds of several registers of counters: one is a long chain, and two hide each other's latency.
template <int chains>
GOSSAMER_INLINE void philox_rounds(Words (*c)[4], uint64_t seed) {
    uint32_t key0 = uint32_t(seed), key1 = uint32_t(seed >> 32);
    for (int round = 0; round < 10; ++round) {
        for (int u = 0; u < chains; ++u) {
            const Words p0 = multiply_low(c[u][0], 0xD2511F53u), p1 = multiply_low(c[u][2], 0xCD9E8D57u);
            c[u][0] = exclusive_or(p1 >> 32, c[u][1], Words{} + uint64_t(key0));
            c[u][1] = p1;
            c[u][2] = exclusive_or(p0 >> 32, c[u][3], Words{} + uint64_t(key1));
            c[u][3] = p0;
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

}  // namespace
