// One batch on its way through a network: inputs, forward, loss, backward.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "cpu.hpp"
#include "network.hpp"
#include "pool.hpp"

namespace gossamer {

namespace {

// Below this many multiply-adds a barrier costs more than a second thread gains.
constexpr int64_t kSerialWork = 200'000;
// A row costs about as much as this many links: activation, dropout, store.
constexpr int64_t kRowCost = 4;
// Activation rows of a layer beyond this many bytes fall out of L2, and prefetching them pays.
constexpr int64_t kPrefetchBytes = 1 << 20;

int parts_for(int64_t work) { return work < kSerialWork ? 1 : thread_count(); }

// body(begin, end) over rows, split by links.
template <class Body>
void over_rows(const std::vector<int64_t>& offsets, int64_t pitch, Body&& body) {
    const int64_t rows = int64_t(offsets.size()) - 1;
    const int parts = parts_for((offsets.back() + kRowCost * rows) * pitch);
    run_parts(parts, [&](int part) {
        const int64_t begin = split_rows(offsets.data(), rows, kRowCost, part, parts);
        const int64_t end = split_rows(offsets.data(), rows, kRowCost, part + 1, parts);
        if (begin < end) body(begin, end);
    });
}

template <class T>
bool needs_derivative(const LayerSpec<T>& spec) {
    return spec.activation != Activation::relu;
}

}  // namespace

template <class T>
void Network<T>::prepare(const Pass& pass, bool training) {
    size_t widest = 0;
    for (size_t l = 0; l < layers_.size(); ++l) {
        const auto& pattern = *layers_[l].spec.pattern;
        const size_t rows = pattern.n_in, targets = pattern.n_out;
        if (activations_[l].size() < rows * size_t(pass.pitch)) {
            activations_[l].reserve(rows * size_t(pass.pitch));
            if (l == 0) sparse_pitch_ = 0;
        }
        if (l + 1 == layers_.size()) {
            outputs_.reserve(targets * size_t(pass.pitch));
            continue;
        }
        widest = std::max(widest, targets);
        if (needs_derivative(layers_[l].spec)) derivatives_[l].reserve(targets * size_t(pass.pitch));
        if (!layers_[l].neurons.empty()) {
            beyond_[l].reserve(targets * size_t(pass.pitch));
            unused_.reserve(targets);
        }
    }
    keep_bits_.reserve(widest * size_t((pass.pitch + 15) / 16));
    if (training)
        for (size_t k = 0; k < std::min<size_t>(2, layers_.size() - 1); ++k)
            deltas_[k].reserve(widest * size_t(pass.pitch));
    const size_t batch = size_t(pass.batch);
    sample_loss_.resize(std::max(sample_loss_.size(), batch));
    predicted_.resize(std::max(predicted_.size(), batch));
}

template <class T>
void Network<T>::load_inputs(const Samples& samples, const Pass& pass) {
    if (samples.kind == Samples::Kind::csr) return load_sparse(samples, pass);
    sparse_pitch_ = 0;
    const Gather<T> gather{samples.values,         pass.ids,         samples.scale, samples.shift,
                           activations_[0].data(), samples.features, pass.batch,    pass.pitch};
    const auto kernel =
        samples.kind == Samples::Kind::bytes ? kernels<T>().gather_bytes : kernels<T>().gather_floats;
    const int parts = parts_for(samples.features * pass.pitch);
    const int64_t tiles = (samples.features + 15) / 16;
    run_parts(parts, [&](int part) {
        const int64_t begin = tiles * part / parts * 16, end = tiles * (part + 1) / parts * 16;
        kernel(gather, begin, std::min(end, samples.features));
    });
}

template <class T>
void Network<T>::load_sparse(const Samples& samples, const Pass& pass) {
    T* x = activations_[0].data();
    const size_t row_bytes = size_t(pass.pitch) * sizeof(T);
    if (sparse_pitch_ != pass.pitch) {
        std::memset(x, 0, size_t(samples.features) * row_bytes);
        touched_.clear();
        is_touched_.assign(size_t(samples.features), 0);
        sparse_pitch_ = pass.pitch;
    }
    for (const uint32_t row : touched_) {
        std::memset(x + int64_t(row) * pass.pitch, 0, row_bytes);
        is_touched_[row] = 0;
    }
    touched_.clear();
    const auto* values = static_cast<const float*>(samples.values);
    for (int64_t b = 0; b < pass.batch; ++b) {
        const int64_t begin = samples.offsets[pass.ids[b]], end = samples.offsets[pass.ids[b] + 1];
        if (begin < 0 || end < begin || end > samples.stored)
            throw std::invalid_argument(
                "The row offsets of the sparse samples do not ascend within the stored values.");
        for (int64_t k = begin; k < end; ++k) {
            const uint32_t row = samples.indices[k];
            if (row >= samples.features)
                throw std::invalid_argument("Column " + std::to_string(row) +
                                            " of the sparse samples is not in 0 .. " +
                                            std::to_string(samples.features - 1) + ".");
            if (!is_touched_[row]) {
                is_touched_[row] = 1;
                touched_.push_back(row);
            }
            x[int64_t(row) * pass.pitch + b] = T(values[k]) * T(samples.scale[row]);
        }
    }
}

// Dropout bits, the by-target copy of the weights and the products are made by the thread that owns the rows:
// no barrier in between.
template <class T>
void Network<T>::forward_layer(size_t l, const Pass& pass) {
    Layer<T>& layer = layers_[l];
    const Pattern& pattern = *layer.spec.pattern;
    const bool last = l + 1 == layers_.size();
    const bool dropout = pass.dropout && layer.spec.dropout_threshold > 0;
    if (layer.weight_by_target.size() < size_t(pattern.nnz()))
        layer.weight_by_target.reserve(size_t(pattern.nnz()));
    // A kept batch has every neuron's output: one without links may get some.
    const bool every = last || (pass.remember && layers_[l + 1].keeps);
    const std::vector<uint32_t>& linked = last ? every_row_ : layers_[l + 1].spec.pattern->linked_sources;
    const uint32_t* rows = every ? every_row_.data() : linked.data();
    const int64_t n_rows = every ? int64_t(pattern.n_out) : int64_t(linked.size());
    const DropoutBits bits{keep_bits_.data(), rows,      n_rows,      (pass.pitch + 15) / 16,
                           pass.seed,         pass.step, uint32_t(l), layer.spec.dropout_threshold};
    const auto srelu = [&](size_t k) {
        return layer.neurons.empty() ? nullptr : static_cast<const T*>(layer.neurons[k].value->data());
    };
    const Forward<T> job{pattern.target_offsets.data(),
                         pattern.sources.data(),
                         layer.weight_by_target.data(),
                         layer.bias->data(),
                         activations_[l].data(),
                         last ? outputs_.data() : activations_[l + 1].data(),
                         last || !needs_derivative(layer.spec) ? nullptr : derivatives_[l].data(),
                         beyond_[l].data(),
                         {srelu(0), srelu(1), srelu(2), srelu(3)},
                         dropout ? keep_bits_.data() : nullptr,
                         rows,
                         n_rows,
                         pass.pitch,
                         layer.spec.activation,
                         layer.spec.slope,
                         layer.dropout_scale(),
                         int64_t(pattern.n_in) * pass.pitch * int64_t(sizeof(T)) > kPrefetchBytes};
    const bool copy = layer.copy_is_stale;
    over_rows(pattern.target_offsets, pass.pitch, [&](int64_t begin, int64_t end) {
        if (copy)
            kernels<T>().permute(layer.weight->data(), pattern.link_of.data(), layer.weight_by_target.data(),
                                 job.offsets[begin], job.offsets[end]);
        const auto* first = std::lower_bound(rows, rows + n_rows, begin);
        const auto* behind = std::lower_bound(first, rows + n_rows, end);
        if (first == behind) return;
        const int64_t from = first - rows, to = behind - rows;
        if (dropout) active_kernels().dropout_bits(bits, from, to);
        kernels<T>().forward(job, from, to);
    });
    layer.copy_is_stale = false;
}

template <class T>
void Network<T>::forward(const Pass& pass) {
    for (size_t l = 0; l < layers_.size(); ++l) forward_layer(l, pass);
}

// Leaves d loss / d z in outputs_, per-sample losses and predictions; returns the sum of the losses.
template <class T>
double Network<T>::loss_of(const Answers<T>& answers, const Pass& pass, int64_t* correct) {
    const int64_t k = n_out();
    LossBatch<T> job{outputs_.data(), k,       pass.batch,          pass.pitch,
                     nullptr,         nullptr, sample_loss_.data(), predicted_.data()};
    if (loss_ == Loss::cross_entropy) {
        labels_.resize(size_t(pass.batch));
        for (int64_t b = 0; b < pass.batch; ++b) {
            labels_[size_t(b)] = answers.labels[pass.ids[b]];
            if (labels_[size_t(b)] >= k)
                throw std::invalid_argument("Label " + std::to_string(labels_[size_t(b)]) +
                                            " is not in 0 .. " + std::to_string(k - 1) +
                                            ", the outputs of the network.");
        }
        job.labels = labels_.data();
    } else {
        targets_.resize(size_t(pass.batch * k));
        for (int64_t b = 0; b < pass.batch; ++b)
            std::memcpy(&targets_[size_t(b * k)], answers.targets + pass.ids[b] * k, size_t(k) * sizeof(T));
        job.targets = targets_.data();
    }
    kernels<T>().loss(job, loss_);
    double sum = 0;
    for (int64_t b = 0; b < pass.batch; ++b) {
        if (answers.weights) {
            const double weight = answers.weights[pass.ids[b]];
            sample_loss_[size_t(b)] *= weight;
            for (int64_t j = 0; j < k; ++j) outputs_[size_t(j * pass.pitch + b)] *= T(weight);
        }
        sum += sample_loss_[size_t(b)];
        if (correct) *correct += predicted_[size_t(b)] == answers.labels[pass.ids[b]];
    }
    return sum;
}

template <class T>
SreluBackward<T> Network<T>::srelu_backward(const Layer<T>& layer, size_t l, const Backward<T>& job,
                                            const Update<T>& biases, const Update<T>& neurons) {
    SreluBackward<T> curve{job.delta_in,
                           derivatives_[l].data(),
                           beyond_[l].data(),
                           layer.neurons[1].value->data(),
                           layer.neurons[3].value->data(),
                           layer.bias_parameters(),
                           {},
                           job.dropout_scale,
                           job.pitch,
                           biases,
                           neurons};
    for (size_t k = 0; k < layer.neurons.size(); ++k) curve.neurons[k] = layer.neuron_parameters(k);
    return curve;
}

template <class T>
void Network<T>::backward(const Pass& pass, const Update<T>& links, const Update<T>& biases,
                          const Update<T>& neurons) {
    kernels<T>().bias_from_delta(outputs_.data(), pass.pitch, layers_.back().bias_parameters(), biases, 0,
                                 n_out());
    const T* delta = outputs_.data();
    for (size_t l = layers_.size(); l-- > 0;) {
        Layer<T>& layer = layers_[l];
        const Pattern& pattern = *layer.spec.pattern;
        Layer<T>* below = l > 0 ? &layers_[l - 1] : nullptr;
        T* delta_in = below ? deltas_[l % 2 == 0 || layers_.size() == 2 ? 0 : 1].data() : nullptr;
        if (pass.remember && layer.keeps)
            keep_batch(layer, activations_[l].data(), delta, pass.batch, pass.pitch);
        const bool srelu = below && !below->neurons.empty();
        const bool latent = layer.latent && links.rule != Rule::store;
        Parameters<T> parameters = layer.link_parameters();
        if (latent) {
            layer.passing_gradient.reserve(layer.weight->size());
            parameters.gradient = layer.passing_gradient.data();
        }
        Parameters<T> bias_parameters = below ? below->bias_parameters() : Parameters<T>{};
        if (srelu) bias_parameters.gradient = unused_.data();
        const Backward<T> job{
            pattern.source_offsets.data(),
            pattern.targets.data(),
            parameters,
            bias_parameters,
            activations_[l].data(),
            delta,
            delta_in,
            below && needs_derivative(below->spec) ? derivatives_[l - 1].data() : nullptr,
            below && pass.dropout ? below->dropout_scale() : T(1),
            pass.pitch,
            latent ? Update<T>{} : links,
            srelu ? Update<T>{} : biases,
            int64_t(pattern.n_out) * pass.pitch * int64_t(sizeof(T)) > kPrefetchBytes,
            srelu,
        };
        LatentLinks<T> follow{};
        if (latent) {
            follow = latent_links(l, links, neurons, pass.seed, pass.step);
            follow.latent.gradient = layer.passing_gradient.data();
        }
        const SreluBackward<T> curve =
            srelu ? srelu_backward(*below, l - 1, job, biases, neurons) : SreluBackward<T>{};
        over_rows(pattern.source_offsets, pass.pitch, [&](int64_t begin, int64_t end) {
            kernels<T>().backward(job, begin, end);
            if (srelu) kernels<T>().srelu(curve, begin, end);
            if (latent) kernels<T>().latent(follow, job.offsets[begin], job.offsets[end]);
        });
        layer.copy_is_stale = links.rule != Rule::store || layer.copy_is_stale;
        delta = delta_in;
    }
}

#define GOSSAMER_INSTANTIATE(T)                                                    \
    template void Network<T>::prepare(const Pass&, bool);                          \
    template void Network<T>::load_inputs(const Samples&, const Pass&);            \
    template void Network<T>::forward(const Pass&);                                \
    template double Network<T>::loss_of(const Answers<T>&, const Pass&, int64_t*); \
    template void Network<T>::backward(const Pass&, const Update<T>&, const Update<T>&, const Update<T>&);
GOSSAMER_INSTANTIATE(float)
GOSSAMER_INSTANTIATE(double)
#undef GOSSAMER_INSTANTIATE

}  // namespace gossamer
