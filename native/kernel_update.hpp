// What happens to a parameter when its gradient is known: kept for later, or updated at once.
#pragma once

#include "kernel_panel.hpp"

namespace {

template <class T>
inline Group<T, 16> square_root(const Group<T, 16>& a) {
    Group<T, 16> out;
    for (int r = 0; r < Group<T, 16>::count; ++r)
        for (int l = 0; l < Group<T, 16>::width; ++l)
            out.part[r][l] = sizeof(T) == 4 ? T(__builtin_sqrtf(float(a.part[r][l]))) : T(__builtin_sqrt(a.part[r][l]));
    return out;
}

// One function for the fused sinks and for `apply`, so that both give the same bits.
template <Rule rule, class T>
inline void update_group(const Update<T>& u, T* value, T* state1, T* state2, Group<T, 16> gradient) {
    auto w = load<16>(value);
    gradient = fma(broadcast<16>(u.l2), w, gradient);
    const auto shrunk = broadcast<16>(-u.shrink);
    if constexpr (rule == Rule::sgd) {
        const auto step = broadcast<16>(-u.learning_rate) * gradient;
        const auto mu = broadcast<16>(u.momentum);
        const auto velocity = fma(mu, load<16>(state1), step);
        const auto move = u.nesterov ? fma(mu, velocity, step) : velocity;
        store(state1, velocity);
        store(value, fma(shrunk, w, w + move));
    } else {
        const auto one = broadcast<16>(T(1));
        const auto b1 = broadcast<16>(u.beta1), b2 = broadcast<16>(u.beta2);
        const auto m = fma(b1, load<16>(state1), (one - b1) * gradient);
        const auto s = fma(b2, load<16>(state2), (one - b2) * (gradient * gradient));
        const auto scale = square_root(s * broadcast<16>(u.correction2)) + broadcast<16>(u.epsilon);
        const auto move = (broadcast<16>(-u.learning_rate) * (m * broadcast<16>(u.correction1))) / scale;
        store(state1, m);
        store(state2, s);
        store(value, fma(shrunk, w, w + move));
    }
}

// Parameters first .. first + count - 1, count <= 16, get these gradients.
template <Rule rule, class T>
inline void sink(const Parameters<T>& p, const Update<T>& u, int64_t first, int count, const Group<T, 16>& gradient) {
    if constexpr (rule == Rule::store) {
        if (count == 16) return store(p.gradient + first, gradient);
        T part[16];
        store(part, gradient);
        for (int k = 0; k < count; ++k) p.gradient[first + k] = part[k];
    } else {
        T* state2 = rule == Rule::adam ? p.state2 + first : nullptr;
        if (count == 16) return update_group<rule>(u, p.value + first, p.state1 + first, state2, gradient);
        T value[16] = {}, s1[16] = {}, s2[16] = {};
        for (int k = 0; k < count; ++k) {
            value[k] = p.value[first + k];
            s1[k] = p.state1[first + k];
            if (rule == Rule::adam) s2[k] = state2[k];
        }
        update_group<rule>(u, value, s1, s2, gradient);
        for (int k = 0; k < count; ++k) {
            p.value[first + k] = value[k];
            p.state1[first + k] = s1[k];
            if (rule == Rule::adam) state2[k] = s2[k];
        }
    }
}

// Collects 16-lane partial sums of consecutive parameters and hands them on 16 at a time: reducing 16 together costs
// a third of 16 horizontal sums.
template <Rule rule, class T>
class Sink {
   public:
    Sink(const Parameters<T>& parameters, const Update<T>& update, int64_t first)
        : parameters_(parameters), update_(update), first_(first) {}

    inline void add(const Group<T, 16>& lanes) {
        partial_[fill_] = lanes;
        if (++fill_ == 16) flush();
    }
    inline int room() const { return 16 - fill_; }
    inline Group<T, 16>& slot(int k) { return partial_[fill_ + k]; }
    inline void advance(int count) {
        fill_ += count;
        if (fill_ == 16) flush();
    }
    // Parameters whose gradient is exactly zero.
    inline void add_zeros(int64_t count) {
        for (; count > 0 && fill_ != 0; --count) add(zero_group<T, 16>());
        for (; count >= 16; count -= 16, first_ += 16)
            sink<rule>(parameters_, update_, first_, 16, zero_group<T, 16>());
        for (; count > 0; --count) add(zero_group<T, 16>());
    }
    inline void finish() {
        if (fill_ == 0) return;
        for (int k = fill_; k < 16; ++k) partial_[k] = zero_group<T, 16>();
        sink<rule>(parameters_, update_, first_, fill_, sum_lanes(partial_));
    }

   private:
    inline void flush() {
        sink<rule>(parameters_, update_, first_, 16, sum_lanes(partial_));
        first_ += 16;
        fill_ = 0;
    }

    const Parameters<T> parameters_;
    const Update<T> update_;
    int64_t first_;
    int fill_ = 0;
    Group<T, 16> partial_[16];
};

template <Rule rule, class T>
void apply_rule(const Parameters<T>& p, const Update<T>& u, int64_t begin, int64_t end) {
    int64_t k = begin;
    for (; end - k >= 16; k += 16) sink<rule>(p, u, k, 16, load<16>(p.gradient + k));
    if (k == end) return;
    T rest[16] = {};
    for (int64_t j = k; j < end; ++j) rest[j - k] = p.gradient[j];
    sink<rule>(p, u, k, int(end - k), load<16>(rest));
}

template <class T>
void apply_kernel(const Parameters<T>& p, const Update<T>& u, int64_t begin, int64_t end) {
    if (u.rule == Rule::sgd) apply_rule<Rule::sgd>(p, u, begin, end);
    if (u.rule == Rule::adam) apply_rule<Rule::adam>(p, u, begin, end);
}

template <Rule rule, class T>
void bias_rule(const T* delta, int64_t pitch, const Parameters<T>& p, const Update<T>& u, int64_t begin, int64_t end) {
    Sink<rule, T> sums(p, u, begin);
    for (int64_t j = begin; j < end; ++j) {
        Group<T, 16> lanes = zero_group<T, 16>();
        for_each_panel(pitch, [&]<int groups, int half>(int64_t column) {
            lanes = lanes + lane_sums(load_row<groups, half>(delta + j * pitch + column));
        });
        sums.add(lanes);
    }
    sums.finish();
}

// Gradients of the biases `begin` .. `end` are the row sums of delta.
template <class T>
void bias_kernel(const T* delta, int64_t pitch, const Parameters<T>& p, const Update<T>& u, int64_t begin,
                 int64_t end) {
    if (u.rule == Rule::store) return bias_rule<Rule::store>(delta, pitch, p, u, begin, end);
    if (u.rule == Rule::sgd) return bias_rule<Rule::sgd>(delta, pitch, p, u, begin, end);
    bias_rule<Rule::adam>(delta, pitch, p, u, begin, end);
}

}  // namespace
