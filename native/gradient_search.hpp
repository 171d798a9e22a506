// How the largest entries of a dense gradient are looked for, block by block.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "cpu.hpp"
#include "network.hpp"

namespace gossamer {

// Kept batches times weights, the oldest first: the samples of a gradient.
template <class T>
class Signals {
  public:
    // Weights are by age, the newest first; batches without weight are left out.
    Signals(const std::vector<KeptBatch<T>>& kept, const std::vector<double>& weights) {
        for (size_t age = weights.size(); age-- > 0;) {
            if (T(weights[age]) == 0) continue;
            parts_.push_back({&kept[kept.size() - 1 - age], T(weights[age]), samples_});
            samples_ += parts_.back().batch->batch;
        }
    }
    int64_t samples() const { return samples_; }

    // Neurons begin .. end - 1 that are not zero over all samples: the gradient of the others is zero.
    std::vector<uint32_t> active(int64_t begin, int64_t end, bool deltas) const {
        std::vector<uint32_t> found;
        for (int64_t neuron = begin; neuron < end; ++neuron) {
            bool any = false;
            for (const Part& part : parts_) {
                const T size = largest(part.row(neuron, deltas), part.batch->batch);
                const T weighted = deltas ? size * std::abs(part.weight) : size;
                if (!std::isfinite(weighted))
                    throw std::overflow_error(
                        "A kept batch holds values that are not finite: the training diverged.");
                any |= weighted != 0;
            }
            if (any) found.push_back(uint32_t(neuron));
        }
        return found;
    }

    // `depth` samples from `first` on of the neurons `numbers`, in panels of `width`: [depth][width] each,
    // padded with zeros.
    void pack(const uint32_t* numbers, int64_t count, int64_t width, bool deltas, int64_t first,
              int64_t depth, T* out) const {
        for (int64_t panel = 0; panel < count; panel += width, out += width * depth) {
            const int64_t rows = std::min(width, count - panel);
            if (rows < width) std::fill_n(out, width * depth, T(0));
            for (const Part& part : parts_) {
                const int64_t begin = std::max(first, part.first);
                const int64_t end = std::min(first + depth, part.first + part.batch->batch);
                const T weight = deltas ? part.weight : T(1);
                for (int64_t r = 0; r < rows && begin < end; ++r) {
                    const T* from = part.row(numbers[panel + r], deltas);
                    T* to = out + r;
                    for (int64_t k = begin; k < end; ++k)
                        to[(k - first) * width] = from[k - part.first] * weight;
                }
            }
        }
    }

  private:
    struct Part {
        const KeptBatch<T>* batch;
        T weight;
        int64_t first;  // its first sample among all

        const T* row(int64_t neuron, bool deltas) const {
            return (deltas ? batch->deltas : batch->inputs).data() + neuron * batch->pitch;
        }
    };
    // Largest absolute value, found by bits: they ascend with it, infinities and NaN being beyond all
    // numbers.
    static T largest(const T* values, int64_t count) {
        using Bits = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
        Bits most = 0;
        for (int64_t k = 0; k < count; ++k)
            most = std::max(most, std::bit_cast<Bits>(values[k]) & std::numeric_limits<Bits>::max());
        return std::bit_cast<T>(most);
    }

    std::vector<Part> parts_;
    int64_t samples_ = 0;
};

template <class T>
bool before(const PositionValue<T>& a, const PositionValue<T>& b) {
    const T x = std::abs(a.value), y = std::abs(b.value);
    return x > y || (x == y && a.position < b.position);
}

// The `count` best candidates so far of one thread; `floor` is what a new one has to reach.
template <class T>
class BestGradients {
  public:
    // Makes all its room at once: offers come from pool threads, which must not throw.
    BestGradients(size_t count, T floor) : count_(count), floor_(floor) {
        found_.reserve(2 * count + kSpare);
    }
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
    // Candidates beyond `count` before the smallest are dropped.
    static constexpr size_t kSpare = 4096;

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

// Blocks of sources against one block of packed targets. Where there are many samples, a block is gone
// through several times, so that what is packed stays in the caches; its sums wait in between.
template <class T>
class GradientSearch {
  public:
    GradientSearch(const Signals<T>& signals, const Taken& taken, const std::vector<uint32_t>& targets)
        : signals_(signals),
          taken_(taken),
          targets_(targets),
          height_(kernels<T>().tile_rows),
          width_(kernels<T>().tile_columns) {
        const int64_t row_bytes = signals.samples() * int64_t(sizeof(T));
        const int64_t all = (int64_t(targets.size()) + width_ - 1) / width_ * width_;
        block_targets_ = std::min(std::max<int64_t>(1, kTargetBytes / row_bytes / width_) * width_, all);
        packed_.reserve(size_t(block_targets_ * signals.samples()));
    }
    int64_t block_targets() const { return block_targets_; }
    int64_t height() const { return height_; }

    void pack_targets(int64_t first) {
        first_ = first;
        count_ = std::min(block_targets_, int64_t(targets_.size()) - first);
        for (int64_t at = 0; at < signals_.samples(); at += kDepth)
            signals_.pack(targets_.data() + first, count_, width_, true, at, depth(at),
                          packed_.data() + at * panels(count_) * width_);
    }

    // Room of one thread.
    struct Room {
        Buffer<T> x, sums;
        std::vector<GradientHit<T>> hits;
    };
    Room room() const {
        const int64_t rows = kSourcePanels * height_;
        const bool waits = signals_.samples() > kDepth;
        return {Buffer<T>(size_t(rows * std::min(kDepth, signals_.samples()))),
                Buffer<T>(waits ? size_t(rows * block_targets_) : 0),
                std::vector<GradientHit<T>>(size_t(rows * width_))};
    }

    void sources(const uint32_t* numbers, int64_t count, Room& room, BestGradients<T>& best) const {
        const int64_t block = kSourcePanels * height_;
        for (int64_t first = 0; first < count; first += block) {
            const int64_t rows = std::min(block, count - first);
            for (int64_t at = 0; at < signals_.samples(); at += kDepth) {
                signals_.pack(numbers + first, rows, height_, false, at, depth(at), room.x.data());
                columns(numbers + first, rows, at, room, best);
            }
        }
    }

  private:
    // Packed targets stay in L2 or near it, a panel of them beside one of sources in L1.
    static constexpr int64_t kTargetBytes = 2 << 20, kDepth = 256, kSourcePanels = 16;

    int64_t depth(int64_t at) const { return std::min(kDepth, signals_.samples() - at); }
    int64_t panels(int64_t targets) const { return (targets + width_ - 1) / width_; }

    void columns(const uint32_t* numbers, int64_t rows, int64_t at, Room& room,
                 BestGradients<T>& best) const {
        const int64_t row_panels = (rows + height_ - 1) / height_, samples = depth(at);
        const T* packed = packed_.data() + at * panels(count_) * width_;
        GradientBlock<T> block{room.x.data(),
                               nullptr,
                               room.sums.data(),
                               row_panels,
                               samples,
                               at == 0,
                               at + samples == signals_.samples(),
                               T(0)};
        for (int64_t column = 0; column < count_; column += width_) {
            block.d = packed + column * samples;
            block.floor = best.floor();
            const int64_t found = kernels<T>().gradient(block, room.hits.data());
            if (block.sums) block.sums += row_panels * height_ * width_;
            for (int64_t h = 0; h < found; ++h) {
                const GradientHit<T>& hit = room.hits[size_t(h)];
                const uint32_t source = numbers[hit.row];
                const uint32_t target = targets_[size_t(first_ + column + hit.column)];
                if (!taken_(source, target))
                    best.offer(uint64_t(source) * taken_.pattern.n_out + target, hit.value);
            }
        }
    }

    const Signals<T>& signals_;
    const Taken& taken_;
    const std::vector<uint32_t>& targets_;
    int64_t height_, width_, block_targets_ = 0, first_ = 0, count_ = 0;
    Buffer<T> packed_;
};

}  // namespace gossamer
