// What happens to a parameter when its gradient is known: kept for later, or updated at once.
#pragma once

#include "kernel_panel.hpp"

namespace {

template <class T>
GOSSAMER_INLINE Group<T, 16> square_root(const Group<T, 16>& a) {
    Group<T, 16> out;
    for (int r = 0; r < Group<T, 16>::count; ++r)
        for (int l = 0; l < Group<T, 16>::width; ++l)
            out.part[r][l] =
                sizeof(T) == 4 ? T(__builtin_sqrtf(float(a.part[r][l]))) : T(__builtin_sqrt(a.part[r][l]));
    return out;
}

// One function for the fused sinks and for `apply`, so that both give the same bits.
template <Rule rule, class T>
GOSSAMER_INLINE void update_group(const Update<T>& u, T* value, T* state1, T* state2, Group<T, 16> gradient) {
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
        const auto b1 = broadcast<16>(u.beta1), b2 = broadcast<16>(u.beta2);
        const auto m = fma(b1, load<16>(state1), broadcast<16>(u.rest1) * gradient);
        const auto s = fma(b2, load<16>(state2), broadcast<16>(u.rest2) * (gradient * gradient));
        const auto scale = square_root(s * broadcast<16>(u.correction2)) + broadcast<16>(u.epsilon);
        const auto move = (broadcast<16>(-u.learning_rate) * (m * broadcast<16>(u.correction1))) / scale;
        store(state1, m);
        store(state2, s);
        store(value, fma(shrunk, w, w + move));
    }
}

// Parameters first .. first + count - 1, count <= 16, get these gradients.
template <Rule rule, class T>
GOSSAMER_INLINE void sink_rule(const Parameters<T>& p, const Update<T>& u, int64_t first, int count,
                               const Group<T, 16>& gradient) {
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

// The rule is chosen here, once in 16 parameters, and not by a template of the loops around: measured alike,
// and the backward kernels compile in a third of the time.
template <class T>
GOSSAMER_INLINE void sink(const Parameters<T>& p, const Update<T>& u, int64_t first, int count,
                          const Group<T, 16>& gradient) {
    switch (u.rule) {
        case Rule::store:
            return sink_rule<Rule::store>(p, u, first, count, gradient);
        case Rule::sgd:
            return sink_rule<Rule::sgd>(p, u, first, count, gradient);
        case Rule::adam:
            return sink_rule<Rule::adam>(p, u, first, count, gradient);
    }
}

// Collects the folded lanes of consecutive parameters and hands them on 16 at a time: summing 16 together
// costs a third of 16 horizontal sums. The caller writes up to `room` slots and then says how many: a counter
// that changed with every parameter would live in memory and cost five cycles a link.
template <class T>
class Sink {
  public:
    static constexpr int kSlots = 64;

    Sink(const Parameters<T>& parameters, const Update<T>& update, int64_t first)
        : parameters_(parameters), update_(update), first_(first) {}

    GOSSAMER_INLINE int room(int64_t wanted) const {
        return wanted < kSlots - fill_ ? int(wanted) : kSlots - fill_;
    }
    GOSSAMER_INLINE Group<T, 8>* slots() { return folded_ + fill_; }
    GOSSAMER_INLINE void advance(int count) {
        fill_ += count;
        if (fill_ == kSlots) flush();
    }
    GOSSAMER_INLINE void add(const Group<T, 16>& lanes) {
        *slots() = fold_half(lanes);
        advance(1);
    }
    // Parameters whose gradient is exactly zero.
    GOSSAMER_INLINE void add_zeros(int64_t count) {
        while (count > 0) {
            const int now = room(count);
            for (int k = 0; k < now; ++k) slots()[k] = zero_group<T, 8>();
            advance(now);
            count -= now;
        }
    }
    __attribute__((noinline)) void flush() {
        for (int k = 0; k < fill_; k += 16) {
            const int count = fill_ - k < 16 ? fill_ - k : 16;
            for (int s = count; s < 16; ++s) folded_[k + s] = zero_group<T, 8>();
            sink(parameters_, update_, first_ + k, count, sum_lanes(folded_ + k));
        }
        first_ += fill_;
        fill_ = 0;
    }

  private:
    const Parameters<T> parameters_;
    const Update<T> update_;
    int64_t first_;
    int fill_ = 0;
    Group<T, 8> folded_[kSlots];
};

template <class T>
void apply_kernel(const Parameters<T>& p, const Update<T>& u, int64_t begin, int64_t end) {
    int64_t k = begin;
    for (; end - k >= 16; k += 16) sink(p, u, k, 16, load<16>(p.gradient + k));
    if (k == end) return;
    T rest[16] = {};
    for (int64_t j = k; j < end; ++j) rest[j - k] = p.gradient[j];
    sink(p, u, k, int(end - k), load<16>(rest));
}

// Gradients of the biases `begin` .. `end` are the row sums of delta.
template <class T>
void bias_kernel(const T* delta, int64_t pitch, const Parameters<T>& p, const Update<T>& u, int64_t begin,
                 int64_t end) {
    Sink<T> sums(p, u, begin);
    for (int64_t j = begin; j < end; ++j) {
        Group<T, 16> lanes = zero_group<T, 16>();
        for_each_panel(pitch, [&]<int groups, int half>(int64_t column) {
            lanes = lanes + lane_sums(load_row<groups, half>(delta + j * pitch + column));
        });
        sums.add(lanes);
    }
    sums.flush();
}

}  // namespace
