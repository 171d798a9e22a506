// Links whose weight is made from latent parameters: how these follow the gradient of the weight.
// engine/latent.py has the formulas.
#pragma once

#include "kernel_functions.hpp"
#include "kernel_philox.hpp"
#include "kernel_update.hpp"

namespace {

template <class T>
GOSSAMER_INLINE Group<T, 16> absolute(const Group<T, 16>& a) {
    return larger(a, zero_group<T, 16>() - a);
}

// a where condition > 0, -a where it is < 0, else 0
template <class T>
GOSSAMER_INLINE Group<T, 16> with_sign_of(const Group<T, 16>& condition, const Group<T, 16>& a) {
    const auto zero = zero_group<T, 16>();
    return where_positive(condition, a, where_positive(zero - condition, zero - a, zero));
}

// size^exponent of numbers that are not negative; 0 stays 0.
template <class T>
GOSSAMER_INLINE Group<T, 16> power(const Group<T, 16>& size, double exponent) {
    const int whole = int(exponent);
    if (exponent == 0.5) return square_root(size);
    if (double(whole) == exponent) {
        auto product = broadcast<16>(T(1));
        for (int k = 0; k < whole; ++k) product = product * size;
        return product;
    }
    const auto zero = zero_group<T, 16>();
    const auto safe = where_positive(size, size, broadcast<16>(T(1)));
    return where_positive(size, exponential(broadcast<16>(T(exponent)) * logarithm(safe)), zero);
}

template <class T>
GOSSAMER_INLINE Group<T, 16> made_weight(LatentKind kind, double exponent, const Group<T, 16>& v,
                                         const Group<T, 16>& companion) {
    const auto zero = zero_group<T, 16>();
    switch (kind) {
        case LatentKind::power:
            return v * power(absolute(v), exponent - 1);
        case LatentKind::mask:
            return v * companion;
        case LatentKind::top_kast:
            return where_positive(companion, v, zero);
        case LatentKind::deep_r:
            return where_positive(v, v * companion, zero);
        default:
            return v;
    }
}

// Numbers of mean 0 and variance 1 for the links first .. first + 15, or for one if it is odd: the sums of
// the four 16-bit halves of half a block.
template <class T>
GOSSAMER_INLINE Group<T, 16> link_noise(const LatentNoise& noise, int64_t first) {
    constexpr int lanes = kRegisterBytes / 8, registers = 8 / lanes, chains = registers < 2 ? 1 : 2;
    static constexpr uint64_t ramp[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    int32_t sums[17] = {};
    for (int done = 0; done < registers; done += chains) {
        Words counter[chains][4];
        for (int u = 0; u < chains; ++u) {
            std::memcpy(&counter[u][0], ramp + (done + u) * lanes, sizeof(Words));
            counter[u][0] += Words{} + uint64_t(first / 2);
            counter[u][1] = Words{};
            counter[u][2] = Words{} + uint64_t(noise.step);
            counter[u][3] = Words{} + uint64_t(layer_word(noise.layer, Purpose::noise));
        }
        philox_rounds<chains>(counter, noise.seed);
        for (int u = 0; u < chains; ++u) {
            const auto halves = [&](int w) {
                return (counter[u][w] & 0xFFFFull) + (counter[u][w] >> 16 & 0xFFFFull);
            };
            const Words both = (halves(0) + halves(1)) | (halves(2) + halves(3)) << 32;
            std::memcpy(sums + (done + u) * 2 * lanes, &both, sizeof both);
        }
    }
    T out[16];
    const int32_t* own = sums + first % 2;
    for (int k = 0; k < 16; ++k) out[k] = T(own[k] - 131070) * T(2.6428997921303014e-05);
    return load<16>(out);
}

template <Rule rule, class T>
GOSSAMER_INLINE void latent_group(const LatentLinks<T>& a, int64_t first, T* v, T* state1, T* state2,
                                  T* companion, T* companion1, T* companion2, T* weight,
                                  const Group<T, 16>& gradient) {
    const auto old = load<16>(v);
    const auto beside = companion ? load<16>(companion) : zero_group<T, 16>();
    const auto penalty = broadcast<16>(a.penalty);
    Group<T, 16> by_v = gradient;
    switch (a.kind) {
        case LatentKind::power:
            by_v = gradient * (broadcast<16>(T(a.power)) * power(absolute(old), a.power - 1));
            break;
        case LatentKind::mask:
            by_v = gradient * beside;
            break;
        case LatentKind::top_kast:
            by_v = gradient + with_sign_of(old, where_positive(beside, penalty, broadcast<16>(a.outside)));
            break;
        case LatentKind::deep_r:
            by_v = fma(gradient, beside, penalty);
            break;
        default:
            break;
    }
    const auto old1 = load<16>(state1);
    Group<T, 16> old2 = zero_group<T, 16>();
    if (rule == Rule::adam) old2 = load<16>(state2);
    update_group<rule>(a.update, v, state1, state2, by_v);
    if (a.kind == LatentKind::mask) {
        const auto by_mask = fma(old, gradient, with_sign_of(beside, penalty));
        update_group<rule>(a.companion_update, companion, companion1, companion2, by_mask);
    }
    if (a.kind == LatentKind::deep_r) {
        auto fresh = load<16>(v);
        if (a.noise.scale != 0)
            fresh = fma(broadcast<16>(T(a.noise.scale)), link_noise<T>(a.noise, first), fresh);
        store(v, where_positive(old, fresh, old));
        store(state1, where_positive(old, load<16>(state1), old1));
        if (rule == Rule::adam) store(state2, where_positive(old, load<16>(state2), old2));
    }
    const auto now = companion ? load<16>(companion) : beside;
    store(weight, made_weight(a.kind, a.power, load<16>(v), now));
}

// 16 numbers of a column, or those that are left of it in a room of 16.
template <class T>
class Window {
  public:
    GOSSAMER_INLINE Window(T* column, int64_t first, int count)
        : from_(column ? column + first : nullptr), count_(count) {
        if (!from_ || count_ < 16)
            for (int k = 0; k < 16; ++k) room_[k] = from_ && k < count_ ? from_[k] : T(0);
    }
    GOSSAMER_INLINE T* data() { return !from_ || count_ == 16 ? from_ : room_; }
    GOSSAMER_INLINE void close() {
        if (from_ && count_ < 16)
            for (int k = 0; k < count_; ++k) from_[k] = room_[k];
    }

  private:
    T* from_;
    int count_;
    T room_[16];
};

template <Rule rule, class T>
void latent_rule(const LatentLinks<T>& a, int64_t begin, int64_t end) {
    for (int64_t first = begin; first < end; first += first % 2 ? 1 : 16) {
        // Two links share a block of random numbers.
        const int count = first % 2 ? 1 : end - first < 16 ? int(end - first) : 16;
        Window<T> v(a.latent.value, first, count), s1(a.latent.state1, first, count),
            s2(a.latent.state2, first, count), c(a.companion.value, first, count),
            c1(a.companion.state1, first, count), c2(a.companion.state2, first, count),
            w(a.weight, first, count), g(a.latent.gradient, first, count);
        latent_group<rule>(a, first, v.data(), s1.data(), s2.data(), c.data(), c1.data(), c2.data(), w.data(),
                           load<16>(g.data()));
        for (Window<T>* part : {&v, &s1, &s2, &c, &c1, &c2, &w}) part->close();
    }
}

template <class T>
void latent_kernel(const LatentLinks<T>& job, int64_t begin, int64_t end) {
    const LatentLinks<T> a = job;
    if (a.update.rule == Rule::adam)
        latent_rule<Rule::adam>(a, begin, end);
    else
        latent_rule<Rule::sgd>(a, begin, end);
}

// Latent parameters from weights, and weights from latent parameters.
template <class T>
void latent_convert_kernel(const LatentLinks<T>& a, bool from_weights, int64_t begin, int64_t end) {
    const auto one = broadcast<16>(T(1)), zero = zero_group<T, 16>();
    for (int64_t first = begin; first < end; first += 16) {
        const int count = end - first < 16 ? int(end - first) : 16;
        Window<T> v(a.latent.value, first, count), c(a.companion.value, first, count),
            w(a.weight, first, count);
        if (from_weights) {
            const auto wanted = load<16>(w.data());
            Group<T, 16> made = wanted, beside = one;
            if (a.kind == LatentKind::power)
                made = with_sign_of(wanted, power(absolute(wanted), 1 / a.power));
            if (a.kind == LatentKind::deep_r) {
                made = absolute(wanted);
                beside = where_positive(zero - wanted, zero - one, one);
            }
            store(v.data(), made);
            if (c.data()) store(c.data(), beside);
        }
        const auto beside = c.data() ? load<16>(c.data()) : zero;
        store(w.data(), made_weight(a.kind, a.power, load<16>(v.data()), beside));
        for (Window<T>* part : {&v, &c, &w}) part->close();
    }
}

}  // namespace
