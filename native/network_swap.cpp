// Changing the links of a layer, with everything that is stored for them.
#include "cpu.hpp"
#include "network.hpp"
#include "subnormals.hpp"
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

// The engine's latent parameters of links that were given a weight.
template <class T>
void grow_latent(Layer<T>& layer, const std::vector<size_t>& grown) {
    Buffer<T> weight(grown.size()), latent(grown.size()), companion(grown.size());
    for (size_t g = 0; g < grown.size(); ++g) weight[g] = (*layer.weight)[grown[g]];
    LatentLinks<T> job{};
    job.kind = layer.spec.latent.kind;
    job.power = layer.spec.latent.power;
    job.weight = weight.data();
    job.latent.value = latent.data();
    if (layer.companion) job.companion.value = companion.data();
    kernels<T>().latent_convert(job, true, 0, int64_t(grown.size()));
    for (size_t g = 0; g < grown.size(); ++g) {
        (*layer.weight)[grown[g]] = weight[g];
        (*layer.latent)[grown[g]] = latent[g];
        if (layer.companion) (*layer.companion)[grown[g]] = companion[g];
    }
}

}  // namespace

template <class T>
LatentLinks<T> Network<T>::latent_links(size_t index, const Update<T>& update, const Update<T>& companion,
                                        uint64_t seed, uint32_t step) const {
    const Layer<T>& layer = layers_[index];
    const LatentSpec& of = layer.spec.latent;
    LatentNoise noise;
    if (of.noise != 0) noise = {double(update.learning_rate) * of.noise, seed, step, uint32_t(index)};
    return {of.kind,
            of.power,
            T(of.penalty),
            T(of.penalty * of.outside),
            layer.latent_parameters(),
            layer.companion_parameters(),
            layer.weight->data(),
            update,
            companion,
            noise};
}

template <class T>
void Network<T>::convert_latent(size_t index, bool from_weights) {
    const FlushSubnormals flush;
    Layer<T>& layer = layers_.at(index);
    if (!layer.latent) return;
    kernels<T>().latent_convert(latent_links(index, {}, {}, 0, 0), from_weights, 0,
                                int64_t(layer.weight->size()));
    layer.copy_is_stale = true;
}

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
    for (Column<T>* column :
         {&layer.latent, &layer.companion, &layer.companion_state1, &layer.companion_state2})
        if (*column) move(*column);
    for (size_t g = 0; g < n_grow; ++g) {
        (*layer.weight)[grown[g]] = values[g];
        (*layer.birth)[grown[g]] = step;
    }
    if (layer.latent) grow_latent(layer, grown);
    layer.gradient.reset();
    layer.spec.pattern = plan.pattern;
    layer.copy_is_stale = true;
    return {plan.dropped, plan.grown, plan.regrown};
}

#define GOSSAMER_INSTANTIATE(T)                                                                            \
    template SwapCounts Network<T>::swap(int, const uint8_t*, const uint64_t*, size_t, const T*, int32_t); \
    template void Network<T>::convert_latent(size_t, bool);                                                \
    template LatentLinks<T> Network<T>::latent_links(size_t, const Update<T>&, const Update<T>&, uint64_t, \
                                                     uint32_t) const;
GOSSAMER_INSTANTIATE(float)
GOSSAMER_INSTANTIATE(double)
#undef GOSSAMER_INSTANTIATE

}  // namespace gossamer
