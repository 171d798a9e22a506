#include "network.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "cpu.hpp"
#include "pool.hpp"
#include "subnormals.hpp"
#include "swap.hpp"

namespace gossamer {

namespace {

template <class T>
const Kernels<T>& kernels() {
    if constexpr (sizeof(T) == 4)
        return active_kernels().f32;
    else
        return active_kernels().f64;
}

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
Column<T> make_column(size_t size) {
    return std::make_shared<Buffer<T>>(size);
}

int64_t padded(int64_t batch) { return (batch + 7) / 8 * 8; }

template <class T>
void check_layers(const std::vector<LayerSpec<T>>& layers) {
    if (layers.empty()) throw std::invalid_argument("A network needs at least one layer of links, got none.");
    for (size_t l = 0; l + 1 < layers.size(); ++l)
        if (layers[l].pattern->n_out != layers[l + 1].pattern->n_in)
            throw std::invalid_argument(
                "Layer " + std::to_string(l) + " has " + std::to_string(layers[l].pattern->n_out) +
                " targets, but layer " + std::to_string(l + 1) + " has " +
                std::to_string(layers[l + 1].pattern->n_in) + " sources; they must be equal.");
    for (const auto& layer : layers)
        if (layer.dropout_threshold < 0 || layer.dropout_threshold > 255)
            throw std::invalid_argument("A dropout threshold is " + std::to_string(layer.dropout_threshold) +
                                        ", expected 0 to 255 (of 256).");
}

double integer_power(double base, uint64_t exponent) {
    double power = 1;
    for (; exponent > 0; exponent >>= 1, base *= base)
        if (exponent & 1) power *= base;
    return power;
}

void check_ids(const int64_t* ids, int64_t count, int64_t n) {
    for (int64_t k = 0; k < count; ++k)
        if (ids[k] < 0 || ids[k] >= n)
            throw std::invalid_argument("Sample number " + std::to_string(ids[k]) + " is not in 0 .. " +
                                        std::to_string(n - 1) + ".");
}

template <class T>
Parameters<T> parameters(const Column<T>& value, const Column<T>& state1, const Column<T>& state2,
                         const Column<T>& gradient) {
    const auto pointer = [](const Column<T>& column) { return column ? column->data() : nullptr; };
    return {value->data(), pointer(state1), pointer(state2), pointer(gradient)};
}
template <class T>
Parameters<T> link_parameters(const Layer<T>& layer) {
    return parameters(layer.weight, layer.state1, layer.state2, layer.gradient);
}
template <class T>
Parameters<T> bias_parameters(const Layer<T>& layer) {
    return parameters(layer.bias, layer.bias_state1, layer.bias_state2, layer.bias_gradient);
}

template <class T>
bool needs_derivative(const LayerSpec<T>& spec) {
    return spec.activation != Activation::relu;
}

}  // namespace

template <class T>
Network<T>::Network(std::vector<LayerSpec<T>> layers, Loss loss, const OptimizerSpec& optimizer)
    : loss_(loss), optimizer_(optimizer) {
    check_layers(layers);
    for (auto& spec : layers) {
        Layer<T> layer;
        const size_t nnz = size_t(spec.pattern->nnz()), n_out = spec.pattern->n_out;
        layer.weight = make_column<T>(nnz);
        layer.state1 = make_column<T>(nnz);
        layer.birth = make_column<int32_t>(nnz);
        layer.bias = make_column<T>(n_out);
        layer.bias_state1 = make_column<T>(n_out);
        if (optimizer.rule == Rule::adam) {
            layer.state2 = make_column<T>(nnz);
            layer.bias_state2 = make_column<T>(n_out);
        }
        layer.spec = std::move(spec);
        layers_.push_back(std::move(layer));
    }
    layers_.back().spec.activation = Activation::linear;
    layers_.back().spec.dropout_threshold = 0;
    activations_.resize(layers_.size());
    derivatives_.resize(layers_.size());
}

template <class T>
Update<T> Network<T>::update_at(double learning_rate, uint32_t step, bool biases) const {
    const double decay = biases && !optimizer_.decay_biases ? 0 : optimizer_.weight_decay;
    Update<T> update;
    update.rule = optimizer_.rule;
    update.learning_rate = T(learning_rate);
    update.momentum = T(optimizer_.momentum);
    update.nesterov = optimizer_.nesterov;
    update.l2 = optimizer_.form == DecayForm::l2 ? T(decay) : T(0);
    if (optimizer_.form == DecayForm::decoupled) update.shrink = T(decay);
    if (optimizer_.form == DecayForm::decoupled_lr) update.shrink = T(learning_rate * decay);
    update.beta1 = T(optimizer_.beta1);
    update.beta2 = T(optimizer_.beta2);
    update.epsilon = T(optimizer_.epsilon);
    update.correction1 = T(1 / (1 - integer_power(optimizer_.beta1, uint64_t(step) + 1)));
    update.correction2 = T(1 / (1 - integer_power(optimizer_.beta2, uint64_t(step) + 1)));
    return update;
}

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
    const int64_t n_out = pattern.n_out;
    const DropoutBits bits{keep_bits_.data(), n_out,       (pass.pitch + 15) / 16,      pass.seed,
                           pass.step,         uint32_t(l), layer.spec.dropout_threshold};
    const Forward<T> job{pattern.target_offsets.data(),
                         pattern.sources.data(),
                         layer.weight_by_target.data(),
                         layer.bias->data(),
                         activations_[l].data(),
                         last ? outputs_.data() : activations_[l + 1].data(),
                         last || !needs_derivative(layer.spec) ? nullptr : derivatives_[l].data(),
                         dropout ? keep_bits_.data() : nullptr,
                         n_out,
                         pass.pitch,
                         layer.spec.activation,
                         layer.spec.slope,
                         layer.dropout_scale(),
                         int64_t(pattern.n_in) * pass.pitch * int64_t(sizeof(T)) > kPrefetchBytes};
    const bool copy = layer.copy_is_stale;
    over_rows(pattern.target_offsets, pass.pitch, [&](int64_t begin, int64_t end) {
        if (dropout) active_kernels().dropout_bits(bits, begin, end);
        if (copy)
            kernels<T>().permute(layer.weight->data(), pattern.link_of.data(), layer.weight_by_target.data(),
                                 job.offsets[begin], job.offsets[end]);
        kernels<T>().forward(job, begin, end);
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
        sum += sample_loss_[size_t(b)];
        if (correct) *correct += predicted_[size_t(b)] == answers.labels[pass.ids[b]];
    }
    return sum;
}

template <class T>
void Network<T>::backward(const Pass& pass, const Update<T>& links, const Update<T>& biases) {
    kernels<T>().bias_from_delta(outputs_.data(), pass.pitch, bias_parameters(layers_.back()), biases, 0,
                                 n_out());
    const T* delta = outputs_.data();
    for (size_t l = layers_.size(); l-- > 0;) {
        Layer<T>& layer = layers_[l];
        const Pattern& pattern = *layer.spec.pattern;
        Layer<T>* below = l > 0 ? &layers_[l - 1] : nullptr;
        T* delta_in = below ? deltas_[l % 2 == 0 || layers_.size() == 2 ? 0 : 1].data() : nullptr;
        const Backward<T> job{
            pattern.source_offsets.data(),
            pattern.targets.data(),
            link_parameters(layer),
            below ? bias_parameters(*below) : Parameters<T>{},
            activations_[l].data(),
            delta,
            delta_in,
            below && needs_derivative(below->spec) ? derivatives_[l - 1].data() : nullptr,
            below && pass.dropout ? below->dropout_scale() : T(1),
            pass.pitch,
            links,
            biases,
            int64_t(pattern.n_out) * pass.pitch * int64_t(sizeof(T)) > kPrefetchBytes,
        };
        over_rows(pattern.source_offsets, pass.pitch,
                  [&](int64_t begin, int64_t end) { kernels<T>().backward(job, begin, end); });
        layer.copy_is_stale = links.rule != Rule::store || layer.copy_is_stale;
        delta = delta_in;
    }
}

template <class T>
StepRecord Network<T>::train(const Samples& samples, const Answers<T>& answers, const int64_t* order,
                             int64_t batch, const double* learning_rates, int64_t steps, uint32_t first_step,
                             uint64_t seed) {
    const FlushSubnormals flush;
    check_ids(order, batch * steps, samples.n);
    StepRecord record;
    for (int64_t s = 0; s < steps; ++s) {
        const uint32_t step = first_step + uint32_t(s);
        const Pass pass{order + s * batch, batch, padded(batch), true, step, seed};
        prepare(pass, true);
        load_inputs(samples, pass);
        forward(pass);
        int64_t correct = 0;
        const double loss = loss_of(answers, pass, &correct) / double(batch);
        if (!std::isfinite(loss)) {
            record.bad_step = s;
            break;
        }
        record.loss.push_back(loss);
        record.correct.push_back(correct);
        backward(pass, update_at(learning_rates[s], step, false), update_at(learning_rates[s], step, true));
    }
    return record;
}

template <class T>
double Network<T>::gradients(const Samples& samples, const Answers<T>& answers, const int64_t* ids,
                             int64_t batch, uint32_t step, uint64_t seed, bool dropout) {
    const FlushSubnormals flush;
    check_ids(ids, batch, samples.n);
    for (auto& layer : layers_) {
        if (!layer.gradient) layer.gradient = make_column<T>(layer.weight->size());
        if (!layer.bias_gradient) layer.bias_gradient = make_column<T>(layer.bias->size());
    }
    const Pass pass{ids, batch, padded(batch), dropout, step, seed};
    prepare(pass, true);
    load_inputs(samples, pass);
    forward(pass);
    const double loss = loss_of(answers, pass, nullptr) / double(batch);
    backward(pass, Update<T>{}, Update<T>{});
    return loss;
}

template <class T>
void Network<T>::apply(double learning_rate, uint32_t step) {
    const FlushSubnormals flush;
    const auto links = update_at(learning_rate, step, false), biases = update_at(learning_rate, step, true);
    for (auto& layer : layers_)
        if (!layer.gradient)
            throw std::invalid_argument("There are no gradients to apply; call `gradients` before `apply`.");
    for (auto& layer : layers_) {
        kernels<T>().apply(link_parameters(layer), links, 0, int64_t(layer.weight->size()));
        kernels<T>().apply(bias_parameters(layer), biases, 0, int64_t(layer.bias->size()));
        layer.copy_is_stale = true;
    }
}

template <class T>
void Network<T>::each_batch(const Samples& samples, int64_t first, int64_t count, int64_t batch,
                            const Each& each) {
    const FlushSubnormals flush;
    if (first < 0 || count < 0 || first + count > samples.n)
        throw std::invalid_argument("Samples " + std::to_string(first) + " .. " +
                                    std::to_string(first + count - 1) + " are not all in 0 .. " +
                                    std::to_string(samples.n - 1) + ".");
    std::vector<int64_t> ids(static_cast<size_t>(std::min(batch, count)));
    for (int64_t done = 0; done < count; done += batch) {
        const int64_t size = std::min(batch, count - done);
        for (int64_t b = 0; b < size; ++b) ids[size_t(b)] = first + done + b;
        const Pass pass{ids.data(), size, padded(size), false, 0, 0};
        prepare(pass, false);
        load_inputs(samples, pass);
        forward(pass);
        each(pass, done);
    }
}

template <class T>
void Network<T>::scores(const Samples& samples, int64_t first, int64_t count, int64_t batch, T* scores) {
    const int64_t k = n_out();
    each_batch(samples, first, count, batch, [&](const Pass& pass, int64_t done) {
        for (int64_t b = 0; b < pass.batch; ++b)
            for (int64_t j = 0; j < k; ++j) scores[(done + b) * k + j] = outputs_[size_t(j * pass.pitch + b)];
    });
}

template <class T>
void Network<T>::evaluate(const Samples& samples, const Answers<T>& answers, int64_t first, int64_t count,
                          int64_t batch, double* loss, uint32_t* predicted) {
    each_batch(samples, first, count, batch, [&](const Pass& pass, int64_t done) {
        loss_of(answers, pass, nullptr);
        std::copy_n(sample_loss_.data(), pass.batch, loss + done);
        std::copy_n(predicted_.data(), pass.batch, predicted + done);
    });
}

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

template class Network<float>;
template class Network<double>;

}  // namespace gossamer
