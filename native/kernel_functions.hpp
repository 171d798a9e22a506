// Elementary functions on groups, the same bits on every instruction set of a numerical class.
#pragma once

#include "simd.hpp"

namespace {

// exp(x), x clamped to where the result is a normal number; relative error below 2 ulp. NaN stays NaN.
//
// x = n ln 2 + r, |r| <= ln 2 / 2, and exp(r) by its Taylor series: the first term left out is below half an
// ulp (r^8 / 8! for float, r^14 / 14! for double). n is found by adding 1.5 * 2^mantissa, which rounds to
// nearest.
template <class T, int lanes>
GOSSAMER_INLINE Group<T, lanes> exponential(const Group<T, lanes>& x) {
    using G = Group<T, lanes>;
    using I = typename G::I;
    constexpr bool single = sizeof(T) == 4;
    constexpr int terms = single ? 7 : 13;
    constexpr T limit = single ? T(87) : T(708);
    constexpr T magic = single ? T(12582912.0) : T(6755399441055744.0);
    constexpr T high = single ? T(0.693145751953125) : T(6.93147180369123816490e-01);
    constexpr T low = single ? T(1.42860682030941723212e-6) : T(1.90821492927058770002e-10);
    const G clamped = smaller(larger(x, broadcast<lanes>(-limit)), broadcast<lanes>(limit));
    const G shifted = fma(clamped, broadcast<lanes>(T(1.44269504088896340736)), broadcast<lanes>(magic));
    const G n = shifted - broadcast<lanes>(magic);
    const G r = fma(n, broadcast<lanes>(-low), fma(n, broadcast<lanes>(-high), clamped));
    T factorial = 1;
    for (int k = 2; k <= terms; ++k) factorial *= T(k);
    G sum = broadcast<lanes>(T(1) / factorial);
    for (int k = terms; k > 0; --k) {
        factorial /= T(k);
        sum = fma(sum, r, broadcast<lanes>(T(1) / factorial));
    }
    G out;
    for (int i = 0; i < G::count; ++i) {
        // The low mantissa bits of `shifted` hold n in two's complement; moved to the exponent they make 2^n.
        constexpr int mantissa = single ? 23 : 52;
        constexpr int64_t bias = single ? 127 : 1023;
        const I bits = ((I)shifted.part[i] + (typename std::remove_reference<decltype(I{}[0])>::type)bias)
                       << mantissa;
        out.part[i] = sum.part[i] * (typename G::V)bits;
    }
    return out;
}

// 1 / (1 + exp(-x))
template <class T, int lanes>
GOSSAMER_INLINE Group<T, lanes> logistic(const Group<T, lanes>& x) {
    const auto one = broadcast<lanes>(T(1));
    return one / (one + exponential(zero_group<T, lanes>() - x));
}

// (1 - t) / (1 + t) with t = exp(-2 |x|), and the series below 0.05, where the difference would cancel
// (its first term left out is 1382 / 155925 x^11, relative 9e-16).
template <class T, int lanes>
GOSSAMER_INLINE Group<T, lanes> hyperbolic_tangent(const Group<T, lanes>& x) {
    using G = Group<T, lanes>;
    const G zero = zero_group<T, lanes>();
    const G one = broadcast<lanes>(T(1));
    const G size = where_positive(x, x, zero - x);
    const G t = exponential(broadcast<lanes>(T(-2)) * size);
    const G large = (one - t) / (one + t);
    const G square = x * x;
    G series = broadcast<lanes>(T(62.0 / 2835));
    series = fma(series, square, broadcast<lanes>(T(-17.0 / 315)));
    series = fma(series, square, broadcast<lanes>(T(2.0 / 15)));
    series = fma(series, square, broadcast<lanes>(T(-1.0 / 3)));
    series = fma(series * square, x, x);
    const G limit = broadcast<lanes>(T(0.05));
    return where_positive(size - limit, where_positive(x, large, zero - large), series);
}

// Natural logarithm of a positive finite double, NaN of NaN: x = 2^e m with m in [sqrt(1/2), sqrt(2)), and
// log m = 2 atanh(s), s = (m - 1) / (m + 1), by its series (|s| < 0.1716, first term left out s^25 / 25 <
// 1e-20).
GOSSAMER_INLINE double logarithm(double x) {
    if (x != x) return x;
    uint64_t bits;
    std::memcpy(&bits, &x, 8);
    int exponent = int(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull;
    double m;
    std::memcpy(&m, &bits, 8);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        ++exponent;
    }
    const double s = (m - 1) / (m + 1), square = s * s;
    double sum = 0;
    for (int k = 23; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
    return exponent * 6.93147180369123816490e-01 + (2 * s * sum + exponent * 1.90821492927058770002e-10);
}

// The same of a group of positive normal numbers.
template <class T, int lanes>
GOSSAMER_INLINE Group<T, lanes> logarithm(const Group<T, lanes>& x) {
    using G = Group<T, lanes>;
    using I = typename G::I;
    using Whole = typename std::remove_reference<decltype(I{}[0])>::type;
    constexpr bool single = sizeof(T) == 4;
    constexpr int mantissa = single ? 23 : 52, terms = single ? 9 : 23;
    constexpr Whole bias = single ? 127 : 1023;
    constexpr Whole fraction = (Whole(1) << mantissa) - 1;
    G exponent, m;
    for (int i = 0; i < G::count; ++i) {
        const I bits = (I)x.part[i];
        exponent.part[i] = __builtin_convertvector((bits >> mantissa) - bias, typename G::V);
        m.part[i] = (typename G::V)((bits & fraction) | (bias << mantissa));
    }
    const G one = broadcast<lanes>(T(1)), half = broadcast<lanes>(T(0.5));
    const G high = m - broadcast<lanes>(T(1.4142135623730951));
    exponent = where_positive(high, exponent + one, exponent);
    m = where_positive(high, m * half, m);
    const G s = (m - one) / (m + one), square = s * s;
    G sum = zero_group<T, lanes>();
    for (int k = terms; k >= 1; k -= 2) sum = fma(sum, square, broadcast<lanes>(T(1.0 / k)));
    constexpr T upper = single ? T(0.693145751953125) : T(6.93147180369123816490e-01);
    constexpr T lower = single ? T(1.42860682030941723212e-6) : T(1.90821492927058770002e-10);
    const G small = fma(exponent, broadcast<lanes>(lower), (s + s) * sum);
    return fma(exponent, broadcast<lanes>(upper), small);
}

}  // namespace
