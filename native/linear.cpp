#include "linear.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "buffer.hpp"
#include "cpu.hpp"
#include "pool.hpp"

namespace gossamer {

namespace {

// Samples of a block: one panel of the kernels, whose rows stay in registers.
constexpr int64_t kBlock = 64;
constexpr int64_t kTile = 16;
// As in network_pass.cpp: work below which a second thread costs more than it gains, and links that a row
// costs.
constexpr int64_t kSerialWork = 200'000, kRowCost = 4;

int64_t pitch_of(int64_t count) { return (count + 7) / 8 * 8; }

// Samples first .. first + count - 1 into rows [neurons, pitch], padded with 0.
template <class T>
void load_block(const Strided<const T>& from, int64_t neurons, int64_t first, int64_t count, T* to) {
    const int64_t pitch = pitch_of(count);
    const T* base = from.data + first * from.sample;
    if (pitch != count)
        for (int64_t i = 0; i < neurons; ++i) std::fill(to + i * pitch + count, to + (i + 1) * pitch, T(0));
    if (from.sample == 1) {
        for (int64_t i = 0; i < neurons; ++i)
            std::memcpy(to + i * pitch, base + i * from.neuron, size_t(count) * sizeof(T));
        return;
    }
    for (int64_t i = 0; i < neurons; i += kTile)
        for (int64_t b = 0; b < count; ++b)
            for (int64_t k = i; k < std::min(i + kTile, neurons); ++k)
                to[k * pitch + b] = base[b * from.sample + k * from.neuron];
}

template <class T>
void store_block(const T* from, int64_t neurons, int64_t first, int64_t count, const Strided<T>& to) {
    const int64_t pitch = pitch_of(count);
    T* base = to.data + first * to.sample;
    if (to.sample == 1) {
        for (int64_t i = 0; i < neurons; ++i)
            std::memcpy(base + i * to.neuron, from + i * pitch, size_t(count) * sizeof(T));
        return;
    }
    for (int64_t i = 0; i < neurons; i += kTile)
        for (int64_t b = 0; b < count; ++b)
            for (int64_t k = i; k < std::min(i + kTile, neurons); ++k)
                base[b * to.sample + k * to.neuron] = from[k * pitch + b];
}

// Whether the rows as they are can be read by the kernels: no copy then.
template <class T>
bool is_block(const Strided<T>& a, int64_t batch) {
    return batch <= kBlock && batch % 8 == 0 && a.sample == 1 && a.neuron == batch;
}

template <class Body>
void over_rows(const std::vector<int64_t>& offsets, int64_t pitch, Body&& body) {
    const int64_t rows = int64_t(offsets.size()) - 1;
    const int parts = (offsets.back() + kRowCost * rows) * pitch < kSerialWork ? 1 : thread_count();
    run_parts(parts, [&](int part) {
        const int64_t begin = split_rows(offsets.data(), rows, kRowCost, part, parts);
        const int64_t end = split_rows(offsets.data(), rows, kRowCost, part + 1, parts);
        if (begin < end) body(begin, end);
    });
}

}  // namespace

template <class T>
void linear_forward(const Pattern& pattern, int64_t batch, Strided<const T> x, const T* weights,
                    const T* bias, Strided<T> out) {
    const int64_t n_in = pattern.n_in, n_out = pattern.n_out, widest = pitch_of(std::min(batch, kBlock));
    Buffer<T> by_target(static_cast<size_t>(pattern.nnz())), zeros, x_block, out_block;
    kernels<T>().permute(weights, pattern.link_of.data(), by_target.data(), 0, pattern.nnz());
    std::vector<uint32_t> rows(static_cast<size_t>(n_out));
    std::iota(rows.begin(), rows.end(), 0u);
    if (!bias) zeros.reserve(size_t(n_out));
    const bool x_direct = is_block(x, batch), out_direct = is_block(out, batch);
    if (!x_direct) x_block.reserve(size_t(n_in * widest));
    if (!out_direct) out_block.reserve(size_t(n_out * widest));
    for (int64_t first = 0; first < batch; first += kBlock) {
        const int64_t count = std::min(kBlock, batch - first);
        if (!x_direct) load_block(x, n_in, first, count, x_block.data());
        Forward<T> job{};
        job.offsets = pattern.target_offsets.data();
        job.sources = pattern.sources.data();
        job.weights = by_target.data();
        job.bias = bias ? bias : zeros.data();
        job.x = x_direct ? x.data : x_block.data();
        job.out = out_direct ? out.data : out_block.data();
        job.rows = rows.data();
        job.n_rows = n_out;
        job.pitch = pitch_of(count);
        job.activation = Activation::linear;
        job.dropout_scale = 1;
        over_rows(pattern.target_offsets, job.pitch,
                  [&](int64_t begin, int64_t end) { kernels<T>().forward(job, begin, end); });
        if (!out_direct) store_block(out_block.data(), n_out, first, count, out);
    }
}

template <class T>
void linear_backward(const Pattern& pattern, int64_t batch, Strided<const T> x, const T* weights,
                     Strided<const T> delta, Strided<T> x_gradient, T* weight_gradient, T* bias_gradient) {
    const int64_t n_in = pattern.n_in, n_out = pattern.n_out, nnz = pattern.nnz();
    const int64_t widest = pitch_of(std::min(batch, kBlock));
    const bool x_direct = is_block(x, batch), delta_direct = is_block(delta, batch);
    const bool inner = x_gradient.data != nullptr, inner_direct = inner && is_block(x_gradient, batch);
    const bool several = batch > kBlock;
    Buffer<T> x_block(x_direct ? 0 : size_t(n_in * widest));
    Buffer<T> delta_block(delta_direct ? 0 : size_t(n_out * widest));
    Buffer<T> in_block(inner && !inner_direct ? size_t(n_in * widest) : 0);
    Buffer<T> unused(inner ? size_t(n_in) : 0), links(several ? size_t(nnz) : 0);
    Buffer<T> biases(several && bias_gradient ? size_t(n_out) : 0);
    std::fill(weight_gradient, weight_gradient + nnz, T(0));
    if (bias_gradient) std::fill(bias_gradient, bias_gradient + n_out, T(0));
    for (int64_t first = 0; first < batch; first += kBlock) {
        const int64_t count = std::min(kBlock, batch - first);
        if (!x_direct) load_block(x, n_in, first, count, x_block.data());
        if (!delta_direct) load_block(delta, n_out, first, count, delta_block.data());
        Backward<T> job{};
        job.offsets = pattern.source_offsets.data();
        job.targets = pattern.targets.data();
        job.links.value = const_cast<T*>(weights);  // Rule::store only reads it
        job.links.gradient = several ? links.data() : weight_gradient;
        job.biases.gradient = unused.data();
        job.x = x_direct ? x.data : x_block.data();
        job.delta = delta_direct ? delta.data : delta_block.data();
        job.delta_in = !inner ? nullptr : inner_direct ? x_gradient.data : in_block.data();
        // Not null, so that sources that are zero over the batch are not passed over; never read.
        job.derivative = inner ? job.x : nullptr;
        job.dropout_scale = 1;
        job.pitch = pitch_of(count);
        job.by_output = true;
        over_rows(pattern.source_offsets, job.pitch,
                  [&](int64_t begin, int64_t end) { kernels<T>().backward(job, begin, end); });
        Parameters<T> sums{};
        sums.gradient = several ? biases.data() : bias_gradient;
        if (bias_gradient) kernels<T>().bias_from_delta(job.delta, job.pitch, sums, Update<T>{}, 0, n_out);
        if (several) {
            for (int64_t k = 0; k < nnz; ++k) weight_gradient[k] += links[size_t(k)];
            for (int64_t k = 0; bias_gradient && k < n_out; ++k) bias_gradient[k] += biases[size_t(k)];
        }
        if (inner && !inner_direct) store_block(in_block.data(), n_in, first, count, x_gradient);
    }
}

#define GOSSAMER_INSTANTIATE(T)                                                                             \
    template void linear_forward<T>(const Pattern&, int64_t, Strided<const T>, const T*, const T*,          \
                                    Strided<T>);                                                            \
    template void linear_backward<T>(const Pattern&, int64_t, Strided<const T>, const T*, Strided<const T>, \
                                     Strided<T>, T*, T*);
GOSSAMER_INSTANTIATE(float)
GOSSAMER_INSTANTIATE(double)
#undef GOSSAMER_INSTANTIATE

}  // namespace gossamer
