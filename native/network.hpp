// A truly sparse multilayer perceptron: its links, their state, and whole training steps.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "buffer.hpp"
#include "kernels.hpp"
#include "pattern.hpp"

namespace gossamer {

// Columns that a batch takes: whole vectors.
inline int64_t padded(int64_t batch) { return (batch + 7) / 8 * 8; }

// Samples as they are stored; x = value * scale + shift. CSR has offsets, and shift must be 0.
struct Samples {
    enum class Kind { bytes, floats, csr } kind;
    const void* values;       // uint8 or float32 [n, features]; float32 [stored] for CSR
    const int64_t* offsets;   // CSR [n + 1]
    const uint32_t* indices;  // CSR [stored]
    int64_t stored;
    const float* scale;  // [features]
    const float* shift;
    int64_t n, features;
};

// What the network should say: the class of each sample, and for the losses other than cross-entropy the
// numbers [n, n_out] that they compare with (null for cross-entropy). Weights [n] multiply the loss of each
// sample, and with it its part of the gradients; null for 1.
template <class T>
struct Answers {
    const uint32_t* labels;
    const T* targets;
    const double* weights;
};

// engine/latent.py has the formulas.
struct LatentSpec {
    LatentKind kind = LatentKind::none;
    double power = 2, penalty = 0, outside = 1, noise = 0;
};

template <class T>
struct LayerSpec {
    PatternPtr pattern;
    Activation activation;  // of the layer's targets; the last layer has none
    T slope;
    int dropout_threshold;  // of 256
    LatentSpec latent;
};

// Shared, so that a view that Python holds stays valid when a swap puts a new array in its place.
template <class T>
using Column = std::shared_ptr<Buffer<T>>;

template <class T>
Column<T> make_column(size_t size) {
    return std::make_shared<Buffer<T>>(size);
}

// A number of each neuron that is trained with the network.
template <class T>
struct NeuronColumn {
    Column<T> value, state1, state2, gradient;
};

// Names of the numbers of SReLU, in the order of the kernels.
constexpr const char* kSreluNames[] = {"t_right", "a_right", "t_left", "a_left"};

// Inputs and deltas of one batch, [neurons, pitch].
template <class T>
struct KeptBatch {
    Buffer<T> inputs, deltas;
    int64_t batch = 0, pitch = 0;
};

template <class T>
struct Layer {
    LayerSpec<T> spec;
    // Per link, in canonical (by-source) order; every column moves in a swap. state1 and state2 are the
    // optimizer's.
    Column<T> weight, state1, state2;
    Column<int32_t> birth;  // step at which the link was grown; 0 for the first topology
    std::map<std::string, Column<T>> named;
    Column<T> bias, bias_state1, bias_state2;
    Column<T> gradient, bias_gradient;                                // made by the first `gradients`
    Column<T> latent, companion, companion_state1, companion_state2;  // where there are latent parameters
    std::vector<NeuronColumn<T>> neurons;                             // four under SReLU
    std::vector<KeptBatch<T>> kept;                                   // the oldest first
    bool keeps = false;
    Buffer<T> weight_by_target;  // copy for the forward pass
    Buffer<T> passing_gradient;  // of the weights, on its way to latent parameters
    bool copy_is_stale = true;

    T dropout_scale() const { return T(256) / T(256 - spec.dropout_threshold); }
    Parameters<T> link_parameters() const { return parameters(weight, state1, state2, gradient); }
    Parameters<T> bias_parameters() const {
        return parameters(bias, bias_state1, bias_state2, bias_gradient);
    }
    Parameters<T> neuron_parameters(size_t k) const {
        const NeuronColumn<T>& of = neurons[k];
        return parameters(of.value, of.state1, of.state2, of.gradient);
    }
    Parameters<T> latent_parameters() const { return parameters(latent, state1, state2, gradient); }
    Parameters<T> companion_parameters() const {
        if (!companion) return {};
        return parameters(companion, companion_state1, companion_state2, nullptr);
    }

  private:
    static Parameters<T> parameters(const Column<T>& value, const Column<T>& state1, const Column<T>& state2,
                                    const Column<T>& gradient) {
        const auto pointer = [](const Column<T>& column) { return column ? column->data() : nullptr; };
        return {value->data(), pointer(state1), pointer(state2), pointer(gradient)};
    }
};

// engine/optimizer.py has the formulas.
enum class DecayForm : int { l2 = 0, decoupled_lr = 1, decoupled = 2 };
struct OptimizerSpec {
    Rule rule = Rule::sgd;
    double momentum = 0, weight_decay = 0, beta1 = 0, beta2 = 0, epsilon = 0;
    bool nesterov = false, decay_biases = true;
    DecayForm form = DecayForm::l2;
};

template <class T>
struct PositionValue {
    uint64_t position;
    T value;
};

struct StepRecord {
    std::vector<double> loss;      // per finished step, mean over the batch
    std::vector<int64_t> correct;  // samples whose largest output was the label
    int64_t bad_step = -1;  // first step (of this call) whose loss was not finite; nothing was updated by it
};

struct SwapCounts {
    int64_t dropped, grown, regrown;
};

template <class T>
class Network {
  public:
    // Weights start at zero. Throws std::invalid_argument when the layers do not fit together.
    Network(std::vector<LayerSpec<T>> layers, Loss loss, const OptimizerSpec& optimizer);

    // Steps first_step, first_step + 1, ... one per learning rate, over the batches of `order`; dropout is
    // keyed by (seed, step). Samples and answers have n rows; ids outside throw std::invalid_argument.
    StepRecord train(const Samples&, const Answers<T>&, const int64_t* order, int64_t batch,
                     const double* learning_rates, int64_t steps, uint32_t first_step, uint64_t seed);

    // Forward and backward over one batch, gradients kept in the layers; returns the mean loss. No dropout if
    // not asked.
    double gradients(const Samples&, const Answers<T>&, const int64_t* ids, int64_t batch, uint32_t step,
                     uint64_t seed, bool dropout, bool remember);
    // The update with the kept gradients: the same bits as the fused step.
    void apply(double learning_rate, uint32_t step);

    // Outputs before softmax of samples first .. first + count - 1, without dropout: scores [count, n_out].
    void scores(const Samples&, int64_t first, int64_t count, int64_t batch, T* scores);
    // Per-sample loss and predicted class of the same.
    void evaluate(const Samples&, const Answers<T>&, int64_t first, int64_t count, int64_t batch,
                  double* loss, uint32_t* predicted);

    // Drops the links with keep == 0, grows `grow` (see plan_swap) with weights `values`; all columns move
    // along, grown links have zero optimizer state and were born at `step`.
    SwapCounts swap(int layer, const uint8_t* keep, const uint64_t* grow, size_t n_grow, const T* values,
                    int32_t step);

    // Latent parameters of a layer from its weights, or its weights from them.
    void convert_latent(size_t layer, bool from_weights);

    // Keep the last `window` batches of these layers from now on; 0 frees all that is kept.
    void keep_batches(int64_t window, const std::vector<size_t>& layers);
    // Inputs [n_in, batch] and deltas [n_out, batch] as the newest kept batch of a layer.
    void add_signals(size_t layer, const T* inputs, const T* deltas, int64_t batch);
    // At most `count` positions of the sources first .. first + rows - 1 with the largest gradients above
    // `floor` by absolute value, ascending; of equal ones the first. The gradient is the sum over the newest
    // kept batches times `weights`; links with keep != 0 and the positions `exclude` are left out.
    std::vector<PositionValue<T>> dense_gradient_top_k(size_t layer, size_t count, const uint8_t* keep,
                                                       const std::vector<uint64_t>& exclude,
                                                       const std::vector<double>& weights, int64_t first,
                                                       int64_t rows, double floor);

    std::vector<Layer<T>>& layers() { return layers_; }
    // Constants of a network: read without its lock, while a swap may be replacing a pattern.
    int64_t n_in() const { return n_in_; }
    int64_t n_out() const { return n_out_; }
    Loss loss() const { return loss_; }
    Rule rule() const { return optimizer_.rule; }

  private:
    // One batch on its way through the network.
    struct Pass {
        const int64_t* ids;
        int64_t batch, pitch;
        bool dropout, remember;
        uint32_t step;
        uint64_t seed;
    };
    using Each = std::function<void(const Pass&, int64_t done)>;

    void prepare(const Pass&, bool training);
    void load_inputs(const Samples&, const Pass&);
    void load_sparse(const Samples&, const Pass&);
    void forward(const Pass&);
    void forward_layer(size_t layer, const Pass&);
    double loss_of(const Answers<T>&, const Pass&, int64_t* correct);
    void backward(const Pass&, const Update<T>& links, const Update<T>& biases, const Update<T>& neurons);
    SreluBackward<T> srelu_backward(const Layer<T>&, size_t layer, const Backward<T>&,
                                    const Update<T>& biases, const Update<T>& neurons);
    void keep_batch(Layer<T>&, const T* inputs, const T* deltas, int64_t batch, int64_t pitch);
    KeptBatch<T>& next_kept(Layer<T>&);
    LatentLinks<T> latent_links(size_t layer, const Update<T>&, const Update<T>& companion, uint64_t seed,
                                uint32_t step) const;
    void each_batch(const Samples&, int64_t first, int64_t count, int64_t batch, const Each&);
    // `decay`: whether weight decay is part of it.
    Update<T> update_at(double learning_rate, uint32_t step, bool decay) const;

    std::vector<Layer<T>> layers_;
    int64_t n_in_ = 0, n_out_ = 0;
    Loss loss_;
    OptimizerSpec optimizer_;

    // Workspace, [neurons, pitch] of the largest batch so far.
    std::vector<Buffer<T>> activations_;  // inputs of each link layer
    std::vector<Buffer<T>> derivatives_;  // of layers whose activation needs one
    std::vector<Buffer<T>> beyond_;       // of layers under SReLU
    Buffer<T> unused_;                    // bias gradients that SReLU takes apart first
    Buffer<T> outputs_, deltas_[2];
    Buffer<uint16_t> keep_bits_;
    std::vector<uint32_t> every_row_;  // 0, 1, ... of the widest layer
    int64_t window_ = 0;
    uint64_t gradient_seed_ = 0;
    std::vector<uint32_t> touched_;  // input rows that sparse samples wrote, so that only they are cleared
    std::vector<uint8_t> is_touched_;
    int64_t sparse_pitch_ =
        0;  // pitch at which all other input rows are zero; 0 when dense samples were there
    std::vector<double> sample_loss_;
    std::vector<uint32_t> predicted_, labels_;
    std::vector<T> targets_;
};

}  // namespace gossamer
