// Changing the links of a layer, with everything that is stored for them.
#include "network.hpp"
#include "swap.hpp"

namespace gossamer {

namespace {

// Kept links keep their entry; grown ones get zero. Without a branch a link: which are grown is random, and
// mispredicted branches cost more than the copies.
template <class U>
Column<U> moved(const Column<U>& old, const std::vector<int64_t>& origin, const std::vector<size_t>& grown) {
    auto fresh = make_column<U>(origin.size());
    const U* from = old->data();
    U* to = fresh->data();
    if (old->size() > 0)
        for (size_t k = 0; k < origin.size(); ++k) to[k] = from[origin[k] & ~(origin[k] >> 63)];
    for (const size_t k : grown) to[k] = U(0);
    return fresh;
}

// Places of the grown links in the new order; the g-th of them is grow[g], because both ascend.
std::vector<size_t> grown_places(const std::vector<int64_t>& origin, size_t count) {
    std::vector<size_t> places(count + 1);
    size_t* place = places.data();
    size_t found = 0;
    for (size_t k = 0; k < origin.size(); ++k) {
        place[found] = k;
        found += origin[k] < 0;
    }
    places.resize(count);
    return places;
}

}  // namespace

template <class T>
SwapCounts Network<T>::swap(int index, const uint8_t* keep, const uint64_t* grow, size_t n_grow,
                            const T* values, int32_t step) {
    Layer<T>& layer = layers_.at(size_t(index));
    const SwapPlan plan = plan_swap(*layer.spec.pattern, keep, grow, n_grow);
    const std::vector<size_t> grown = grown_places(plan.origin, n_grow);
    const auto move = [&]<class U>(Column<U>& column) { column = moved(column, plan.origin, grown); };
    move(layer.weight);
    move(layer.state1);
    if (layer.state2) move(layer.state2);
    move(layer.birth);
    for (auto& [name, column] : layer.named) move(column);
    for (size_t g = 0; g < n_grow; ++g) {
        (*layer.weight)[grown[g]] = values[g];
        (*layer.birth)[grown[g]] = step;
    }
    layer.gradient.reset();
    layer.spec.pattern = plan.pattern;
    layer.copy_is_stale = true;
    return {plan.dropped, plan.grown, plan.regrown};
}

template SwapCounts Network<float>::swap(int, const uint8_t*, const uint64_t*, size_t, const float*, int32_t);
template SwapCounts Network<double>::swap(int, const uint8_t*, const uint64_t*, size_t, const double*,
                                          int32_t);

}  // namespace gossamer
