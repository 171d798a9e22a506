// A network from outside: making one, training calls, evaluation calls.
#include "network.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "cpu.hpp"
#include "subnormals.hpp"

namespace gossamer {

namespace {

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

}  // namespace

template <class T>
Network<T>::Network(std::vector<LayerSpec<T>> layers, Loss loss, const OptimizerSpec& optimizer)
    : loss_(loss), optimizer_(optimizer) {
    check_layers(layers);
    n_in_ = layers.front().pattern->n_in;
    n_out_ = layers.back().pattern->n_out;
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
        if (&spec == &layers.back()) {
            spec.activation = Activation::linear;
            spec.dropout_threshold = 0;
        }
        const bool adam = optimizer.rule == Rule::adam;
        if (spec.activation == Activation::srelu)
            for (size_t k = 0; k < std::size(kSreluNames); ++k)
                layer.neurons.push_back({make_column<T>(n_out), make_column<T>(n_out),
                                         adam ? make_column<T>(n_out) : nullptr, nullptr});
        if (spec.latent.kind != LatentKind::none) layer.latent = make_column<T>(nnz);
        if (spec.latent.kind != LatentKind::none && spec.latent.kind != LatentKind::power)
            layer.companion = make_column<T>(nnz);
        if (spec.latent.kind == LatentKind::mask) {
            layer.companion_state1 = make_column<T>(nnz);
            if (adam) layer.companion_state2 = make_column<T>(nnz);
        }
        if (every_row_.size() < n_out) every_row_.resize(n_out);
        layer.spec = std::move(spec);
        layers_.push_back(std::move(layer));
    }
    activations_.resize(layers_.size());
    derivatives_.resize(layers_.size());
    beyond_.resize(layers_.size());
    std::iota(every_row_.begin(), every_row_.end(), 0u);
}

template <class T>
Update<T> Network<T>::update_at(double learning_rate, uint32_t step, bool decayed) const {
    const double decay = decayed ? optimizer_.weight_decay : 0;
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
    update.rest1 = T(1 - optimizer_.beta1);
    update.rest2 = T(1 - optimizer_.beta2);
    update.epsilon = T(optimizer_.epsilon);
    update.correction1 = T(1 / (1 - integer_power(optimizer_.beta1, uint64_t(step) + 1)));
    update.correction2 = T(1 / (1 - integer_power(optimizer_.beta2, uint64_t(step) + 1)));
    return update;
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
        const Pass pass{order + s * batch, batch, padded(batch), true, true, step, seed};
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
        backward(pass, update_at(learning_rates[s], step, true),
                 update_at(learning_rates[s], step, optimizer_.decay_biases),
                 update_at(learning_rates[s], step, false));
    }
    return record;
}

template <class T>
double Network<T>::gradients(const Samples& samples, const Answers<T>& answers, const int64_t* ids,
                             int64_t batch, uint32_t step, uint64_t seed, bool dropout, bool remember) {
    const FlushSubnormals flush;
    check_ids(ids, batch, samples.n);
    for (auto& layer : layers_) {
        if (!layer.gradient) layer.gradient = make_column<T>(layer.weight->size());
        if (!layer.bias_gradient) layer.bias_gradient = make_column<T>(layer.bias->size());
        for (auto& column : layer.neurons)
            if (!column.gradient) column.gradient = make_column<T>(layer.bias->size());
    }
    gradient_seed_ = seed;
    Pass pass{ids, batch, padded(batch), dropout, remember, step, seed};
    prepare(pass, true);
    load_inputs(samples, pass);
    forward(pass);
    const double loss = loss_of(answers, pass, nullptr) / double(batch);
    pass.remember = remember && std::isfinite(loss);
    backward(pass, Update<T>{}, Update<T>{}, Update<T>{});
    return loss;
}

template <class T>
void Network<T>::apply(double learning_rate, uint32_t step) {
    const FlushSubnormals flush;
    const auto links = update_at(learning_rate, step, true), plain = update_at(learning_rate, step, false);
    const auto& biases = optimizer_.decay_biases ? links : plain;
    for (auto& layer : layers_)
        if (!layer.gradient)
            throw std::invalid_argument("There are no gradients to apply; call `gradients` before `apply`.");
    for (size_t l = 0; l < layers_.size(); ++l) {
        Layer<T>& layer = layers_[l];
        const auto nnz = int64_t(layer.weight->size()), n_out = int64_t(layer.bias->size());
        if (layer.latent)
            kernels<T>().latent(latent_links(l, links, plain, gradient_seed_, step), 0, nnz);
        else
            kernels<T>().apply(layer.link_parameters(), links, 0, nnz);
        kernels<T>().apply(layer.bias_parameters(), biases, 0, n_out);
        for (size_t k = 0; k < layer.neurons.size(); ++k)
            kernels<T>().apply(layer.neuron_parameters(k), plain, 0, n_out);
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
        const Pass pass{ids.data(), size, padded(size), false, false, 0, 0};
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

template class Network<float>;
template class Network<double>;

}  // namespace gossamer
