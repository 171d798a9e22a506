// Batches that a network keeps, and the largest entries of the dense gradient that they make.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "cpu.hpp"
#include "network.hpp"
#include "pool.hpp"
#include "subnormals.hpp"

namespace gossamer {

namespace {

// Targets of one block take so many bytes, so that they stay in L2; sources of one block, so that they stay
// in L1 beside a panel of targets.
constexpr int64_t kTargetBytes = 512 << 10, kSourceBytes = 24 << 10;
// Candidates beyond `count` before the smallest are dropped.
constexpr size_t kSpare = 4096;

// Kept batches by age times weights, the oldest first: the samples of a gradient.
template <class T>
struct Signals {
    std::vector<const KeptBatch<T>*> batches;
    std::vector<T> weights;
    int64_t samples = 0;

    Signals(const std::vector<KeptBatch<T>>& kept, const std::vector<double>& by_age) {
        for (size_t age = by_age.size(); age-- > 0;) {
            batches.push_back(&kept[kept.size() - 1 - age]);
            weights.push_back(T(by_age[age]));
            samples += batches.back()->batch;
        }
    }
    // Row of a neuron, sample s at out[s * stride]; whether any is not zero, and all are finite.
    struct Seen {
        bool any = false, finite = true;
    };
    Seen row(int64_t neuron, bool deltas, T* out, int64_t stride) const {
        Seen seen;
        for (size_t b = 0; b < batches.size(); ++b) {
            const KeptBatch<T>& of = *batches[b];
            const T* from = (deltas ? of.deltas : of.inputs).data() + neuron * of.pitch;
            for (int64_t k = 0; k < of.batch; ++k) {
                const T value = deltas ? from[k] * weights[b] : from[k];
                seen.any |= value != 0;
                seen.finite &= std::isfinite(value);
                *out = value;
                out += stride;
            }
        }
        return seen;
    }
    // Neurons begin .. end - 1 that are not zero over all samples: the gradient of the others is zero.
    std::vector<uint32_t> active(int64_t begin, int64_t end, bool deltas) const {
        std::vector<T> room(static_cast<size_t>(samples));
        std::vector<uint32_t> found;
        for (int64_t k = begin; k < end; ++k) {
            const Seen seen = row(k, deltas, room.data(), 1);
            if (!seen.finite)
                throw std::overflow_error(
                    "A kept batch holds values that are not finite: the training diverged.");
            if (seen.any) found.push_back(uint32_t(k));
        }
        return found;
    }
    // Neurons `numbers` in panels of `width`, [samples][width] each, padded with zeros.
    void pack(const uint32_t* numbers, int64_t count, int64_t width, bool deltas, T* out) const {
        std::memset(out, 0, size_t((count + width - 1) / width * width * samples) * sizeof(T));
        for (int64_t k = 0; k < count; ++k)
            row(numbers[k], deltas, out + k / width * width * samples + k % width, width);
    }
};

template <class T>
bool before(const PositionValue<T>& a, const PositionValue<T>& b) {
    const T x = std::abs(a.value), y = std::abs(b.value);
    return x > y || (x == y && a.position < b.position);
}

// The `count` best candidates so far of one thread; `floor` is what a new one has to reach.
template <class T>
class Best {
  public:
    // Makes all its room at once: offers come from pool threads, which must not throw.
    Best(size_t count, T floor) : count_(count), floor_(floor) { found_.reserve(2 * count + kSpare); }
    T floor() const { return floor_; }
    void offer(uint64_t position, T value) {
        found_.push_back({position, value});
        if (found_.size() >= 2 * count_ + kSpare) shrink();
    }
    void shrink() {
        if (found_.size() <= count_) return;
        std::nth_element(found_.begin(), found_.begin() + int64_t(count_) - 1, found_.end(), before<T>);
        found_.resize(count_);
        floor_ = std::max(floor_, std::abs(found_.back().value));
    }
    std::vector<PositionValue<T>>& found() { return found_; }

  private:
    size_t count_;
    T floor_;
    std::vector<PositionValue<T>> found_;
};

// Which positions of a layer are no candidates.
struct Taken {
    const Pattern& pattern;
    const uint8_t* keep;
    const std::vector<uint64_t>& exclude;

    bool operator()(uint32_t source, uint32_t target) const {
        const auto* begin = pattern.targets.data() + pattern.source_offsets[source];
        const auto* end = pattern.targets.data() + pattern.source_offsets[source + 1];
        const auto* at = std::lower_bound(begin, end, target);
        if (at != end && *at == target && keep[at - pattern.targets.data()] != 0) return true;
        const uint64_t position = uint64_t(source) * pattern.n_out + target;
        return !exclude.empty() && std::binary_search(exclude.begin(), exclude.end(), position);
    }
};

// Blocks of sources against one block of packed targets.
template <class T>
class Search {
  public:
    Search(const Signals<T>& signals, const Taken& taken, const std::vector<uint32_t>& targets)
        : signals_(signals),
          taken_(taken),
          targets_(targets),
          height_(kernels<T>().tile_rows),
          width_(kernels<T>().tile_columns) {
        const int64_t row_bytes = std::max<int64_t>(1, signals.samples) * int64_t(sizeof(T));
        block_targets_ = std::max<int64_t>(1, kTargetBytes / row_bytes / width_) * width_;
        block_sources_ = std::clamp<int64_t>(kSourceBytes / row_bytes / height_, 1, 16) * height_;
        packed_.reserve(
            size_t(std::min(block_targets_, (int64_t(targets.size()) + width_ - 1) / width_ * width_) *
                   signals.samples));
    }
    int64_t block_targets() const { return block_targets_; }

    void pack_targets(int64_t first) {
        first_ = first;
        count_ = std::min(block_targets_, int64_t(targets_.size()) - first);
        signals_.pack(targets_.data() + first, count_, width_, true, packed_.data());
    }

    // Room of one thread.
    struct Room {
        Buffer<T> x;
        std::vector<GradientHit<T>> hits;
    };
    Room room() const {
        return {Buffer<T>(size_t(block_sources_ * signals_.samples)),
                std::vector<GradientHit<T>>(size_t(block_sources_ * width_))};
    }

    void sources(const uint32_t* numbers, int64_t count, Room& room, Best<T>& best) const {
        Buffer<T>& x = room.x;
        auto& hits = room.hits;
        for (int64_t first = 0; first < count; first += block_sources_) {
            const int64_t rows = std::min(block_sources_, count - first);
            signals_.pack(numbers + first, rows, height_, false, x.data());
            GradientBlock<T> block{x.data(), nullptr, (rows + height_ - 1) / height_, signals_.samples, T(0)};
            for (int64_t column = 0; column < count_; column += width_) {
                block.d = packed_.data() + column * signals_.samples;
                block.floor = best.floor();
                const int64_t found = kernels<T>().gradient(block, hits.data());
                for (int64_t h = 0; h < found; ++h) {
                    const GradientHit<T>& hit = hits[size_t(h)];
                    const uint32_t source = numbers[first + hit.row];
                    const uint32_t target = targets_[size_t(first_ + column + hit.column)];
                    if (!taken_(source, target))
                        best.offer(uint64_t(source) * taken_.pattern.n_out + target, hit.value);
                }
            }
        }
    }

  private:
    const Signals<T>& signals_;
    const Taken& taken_;
    const std::vector<uint32_t>& targets_;
    int64_t height_, width_, block_targets_ = 0, block_sources_ = 0, first_ = 0, count_ = 0;
    Buffer<T> packed_;
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
    const auto sources = signals.active(first, first + rows, false);
    const auto targets = signals.active(0, pattern.n_out, true);
    const Taken taken{pattern, keep, exclude};
    Search<T> search(signals, taken, targets);
    // Above the caller's floor, and above zero: what is zero is not looked for.
    const T least =
        std::max(std::nextafter(T(floor), std::numeric_limits<T>::infinity()), std::numeric_limits<T>::min());
    const int parts = thread_count();
    std::vector<Best<T>> best;
    std::vector<typename Search<T>::Room> rooms;
    for (int part = 0; part < parts; ++part) {
        best.emplace_back(count, least);
        rooms.push_back(search.room());
    }
    const int64_t n = int64_t(sources.size()), height = kernels<T>().tile_rows;
    for (int64_t block = 0; block < int64_t(targets.size()); block += search.block_targets()) {
        search.pack_targets(block);
        run_parts(parts, [&](int part) {
            const int64_t panels = (n + height - 1) / height;
            const int64_t begin = panels * part / parts * height;
            const int64_t end = std::min(panels * (part + 1) / parts * height, n);
            if (begin < end)
                search.sources(sources.data() + begin, end - begin, rooms[size_t(part)], best[size_t(part)]);
        });
    }
    Best<T>& all = best.front();
    for (size_t part = 1; part < best.size(); ++part)
        for (const auto& [position, value] : best[part].found()) all.offer(position, value);
    all.shrink();
    auto found = std::move(all.found());
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
