// Batches that a network keeps, and the largest entries of the dense gradient that they make.
#include <cstring>

#include "gradient_search.hpp"
#include "pool.hpp"
#include "subnormals.hpp"

namespace gossamer {

namespace {

// One source in so many is looked at first.
constexpr size_t kScouted = 32;

// One search of a layer; every thread has room of its own.
template <class T>
class Search {
  public:
    Search(const Signals<T>& signals, const Taken& taken, std::vector<uint32_t> sources,
           std::vector<uint32_t> targets, size_t count)
        : sources_(std::move(sources)),
          targets_(std::move(targets)),
          blocks_(signals, taken, targets_),
          count_(count),
          parts_(thread_count()) {
        for (int part = 0; part < parts_; ++part) rooms_.push_back(blocks_.room());
    }

    // The at most `count` best that reach `floor`, in no order.
    std::vector<PositionValue<T>> from(T floor) {
        std::vector<BestGradients<T>> best;
        for (int part = 0; part < parts_; ++part) best.emplace_back(count_, floor);
        const int64_t n = int64_t(sources_.size()), height = blocks_.height();
        for (int64_t block = 0; block < int64_t(targets_.size()); block += blocks_.block_targets()) {
            pack(block);
            run_parts(parts_, [&](int part) {
                const int64_t panels = (n + height - 1) / height;
                const int64_t begin = panels * part / parts_ * height;
                const int64_t end = std::min(panels * (part + 1) / parts_ * height, n);
                if (begin < end)
                    blocks_.sources(sources_.data() + begin, end - begin, rooms_[size_t(part)],
                                    best[size_t(part)]);
            });
        }
        BestGradients<T>& all = best.front();
        for (size_t part = 1; part < best.size(); ++part)
            for (const auto& [position, value] : best[part].found()) all.offer(position, value);
        all.shrink();
        return std::move(all.found());
    }

    // A floor that about twice `count` entries reach, judged by a few sources; at least `least`. It
    // spares most candidates, and it is seldom too high.
    T scouted(T least) {
        const size_t n = sources_.size();
        std::vector<uint32_t> few;
        for (size_t k = kScouted / 2; k < n; k += kScouted) few.push_back(sources_[k]);
        if (few.empty() || targets_.empty()) return least;
        pack(0);
        const double seen =
            double(few.size()) * double(std::min(blocks_.block_targets(), int64_t(targets_.size())));
        const double share = seen / (double(n) * double(targets_.size()));
        BestGradients<T> best(size_t(2 * share * double(count_)) + 32, least);
        blocks_.sources(few.data(), int64_t(few.size()), rooms_.front(), best);
        best.shrink();
        return best.floor();
    }

  private:
    void pack(int64_t block) {
        if (packed_ != block) blocks_.pack_targets(block);
        packed_ = block;
    }

    std::vector<uint32_t> sources_, targets_;
    GradientSearch<T> blocks_;
    size_t count_;
    int parts_;
    int64_t packed_ = -1;
    std::vector<typename GradientSearch<T>::Room> rooms_;
};

}  // namespace

template <class T>
void Network<T>::keep_batches(int64_t window, const std::vector<size_t>& layers) {
    window_ = window;
    for (auto& layer : layers_) {
        layer.kept.clear();
        layer.keeps = false;
    }
    for (const size_t layer : layers) layers_.at(layer).keeps = window > 0;
}

// The entry that the newest batch goes to: that of the oldest one where the window is full.
template <class T>
KeptBatch<T>& Network<T>::next_kept(Layer<T>& layer) {
    if (int64_t(layer.kept.size()) < window_)
        layer.kept.emplace_back();
    else
        std::rotate(layer.kept.begin(), layer.kept.begin() + 1, layer.kept.end());
    return layer.kept.back();
}

template <class T>
void Network<T>::keep_batch(Layer<T>& layer, const T* inputs, const T* deltas, int64_t batch, int64_t pitch) {
    KeptBatch<T>& to = next_kept(layer);
    const size_t in = size_t(layer.spec.pattern->n_in * pitch),
                 out = size_t(layer.spec.pattern->n_out * pitch);
    to.inputs.reserve(in);
    to.deltas.reserve(out);
    std::memcpy(to.inputs.data(), inputs, in * sizeof(T));
    std::memcpy(to.deltas.data(), deltas, out * sizeof(T));
    to.batch = batch;
    to.pitch = pitch;
}

template <class T>
void Network<T>::add_signals(size_t index, const T* inputs, const T* deltas, int64_t batch) {
    Layer<T>& layer = layers_.at(index);
    if (!layer.keeps)
        throw std::invalid_argument("No batches of layer " + std::to_string(index) +
                                    " are kept; call keep_batches() first.");
    keep_batch(layer, inputs, deltas, batch, batch);
}

template <class T>
std::vector<PositionValue<T>> Network<T>::dense_gradient_top_k(size_t index, size_t count,
                                                               const uint8_t* keep,
                                                               const std::vector<uint64_t>& exclude,
                                                               const std::vector<double>& weights,
                                                               int64_t first, int64_t rows, double floor) {
    const FlushSubnormals flush;
    const Layer<T>& layer = layers_.at(index);
    const Pattern& pattern = *layer.spec.pattern;
    if (count == 0 || weights.empty()) return {};
    const Signals<T> signals(layer.kept, weights);
    if (signals.samples() == 0) return {};
    const Taken taken{pattern, keep, exclude};
    Search<T> search(signals, taken, signals.active(first, first + rows, false),
                     signals.active(0, pattern.n_out, true), count);
    // Above the caller's floor, and above zero: what is zero is not looked for.
    const T least =
        std::max(std::nextafter(T(floor), std::numeric_limits<T>::infinity()), std::numeric_limits<T>::min());
    const T likely = search.scouted(least);
    auto found = search.from(likely);
    if (found.size() < count && likely > least) found = search.from(least);
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.position < b.position; });
    return found;
}

#define GOSSAMER_INSTANTIATE(T)                                                                            \
    template void Network<T>::keep_batches(int64_t, const std::vector<size_t>&);                           \
    template void Network<T>::keep_batch(Layer<T>&, const T*, const T*, int64_t, int64_t);                 \
    template void Network<T>::add_signals(size_t, const T*, const T*, int64_t);                            \
    template std::vector<PositionValue<T>> Network<T>::dense_gradient_top_k(                               \
        size_t, size_t, const uint8_t*, const std::vector<uint64_t>&, const std::vector<double>&, int64_t, \
        int64_t, double);
GOSSAMER_INSTANTIATE(float)
GOSSAMER_INSTANTIATE(double)
#undef GOSSAMER_INSTANTIATE

}  // namespace gossamer
