// The door between the network (compiled once) and the kernels (compiled once per instruction set).
//
// Activations are neuron-major, [neurons, pitch]: the batch is contiguous, so one link reads one contiguous
// row. `pitch` is the batch rounded up to 8. Columns beyond the batch are padding: finite in activations,
// zero in gradients, so that they add nothing to a weight gradient.
//
// Every sum has one fixed order, whatever the registers and the threads:
//  - forward, input gradient: links in ascending order of the other neuron, one fused multiply-add each;
//  - weight gradient, bias gradient: 16 logical lanes, lane l taking batch columns l mod 16 (within a panel
//  of 64 columns
//    the half group comes first), then one tree: lanes l and l + 8, l + 4, l + 2, l + 1.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gossamer {

// Codes are shared with engine/network.py.
enum class Activation : int { linear = 0, relu = 1, leaky = 2, tanh = 3, sigmoid = 4, srelu = 5 };
enum class Loss : int { cross_entropy = 0, binary_cross_entropy = 1, mse = 2, huber = 3, poisson = 4 };
enum class Rule : int { store = 0, sgd = 1, adam = 2 };
enum class LatentKind : int { none = 0, power = 1, mask = 2, top_kast = 3, deep_r = 4 };

// How a parameter follows its gradient; engine/optimizer.py has the formulas.
template <class T>
struct Update {
    Rule rule = Rule::store;
    T learning_rate = 0, momentum = 0, l2 = 0, shrink = 0;
    bool nesterov = false;
    T beta1 = 0, beta2 = 0, epsilon = 0;
    T rest1 = 1, rest2 = 1;  // 1 - beta, rounded once: from a rounded beta2 it would keep four digits
    T correction1 = 1, correction2 = 1;  // 1 / (1 - beta^t)
};

// The columns of some parameters (links or biases) that an update touches. state1: velocity or first moment.
template <class T>
struct Parameters {
    T* value;
    T* state1;
    T* state2;
    T* gradient;  // written by Rule::store, read by `apply`
};

// z[j] = bias[j] + sum over links of weight * x[source];  then x_out = dropout(activation(z)).
//
// Only the targets in `rows` are computed: nobody reads a neuron without outgoing links, and at extreme
// sparsity they are many.
template <class T>
struct Forward {
    const int64_t* offsets;   // [n_out + 1], by target
    const uint32_t* sources;  // [nnz], by target, ascending within a target
    const T* weights;         // [nnz], by target
    const T* bias;            // [n_out]
    const T* x;               // [n_in, pitch]
    T* out;                   // [n_out, pitch]
    T* derivative;            // [n_out, pitch], d out / d z; not written for ReLU and for the output layer
    T* beyond;  // [n_out, pitch] of SReLU: z less the threshold it has passed, 0 between and where dropped
    const T* srelu[4];     // [n_out] t_right, a_right, t_left, a_left
    const uint16_t* keep;  // [ceil(pitch / 16), n_rows] dropout bits, or null
    const uint32_t* rows;  // [n_rows] ascending
    int64_t n_rows, pitch;
    Activation activation;
    T slope, dropout_scale;
    bool prefetch;
};

// For each source i that has links: input gradient sum_k weight[k] * delta[target k], weight gradients <x_i,
// delta[target k]>, and both updates (links of i, and the bias of neuron i, whose gradient is the row sum of
// delta_in).
template <class T>
struct Backward {
    const int64_t* offsets;   // [n_in + 1], by source
    const uint32_t* targets;  // [nnz], by source
    Parameters<T> links, biases;
    const T* x;           // [n_in, pitch]
    const T* delta;       // [n_out, pitch] d loss / d z of the targets
    T* delta_in;          // [n_in, pitch] d loss / d z of the sources, or null for the first layer
    const T* derivative;  // [n_in, pitch], or null for ReLU: then it is dropout_scale where x > 0, else 0
    T dropout_scale;
    int64_t pitch;
    Update<T> link_update, bias_update;
    bool prefetch;
    bool by_output;  // leave delta_in as the gradient by the activation's output, for SReLU
};

// Of hidden neurons under SReLU, after Backward: delta_in becomes the gradient by z; bias and the four
// numbers of each neuron follow theirs.
template <class T>
struct SreluBackward {
    T* delta_in;          // [n, pitch]
    const T* derivative;  // [n, pitch]
    const T* beyond;      // [n, pitch]
    const T* a_right;     // [n] as they were in the forward pass
    const T* a_left;
    Parameters<T> biases, neurons[4];
    T dropout_scale;
    int64_t pitch;
    Update<T> bias_update, update;
};

// Which noise a step adds; see engine/latent.py.
struct LatentNoise {
    double scale = 0;
    uint64_t seed = 0;
    uint32_t step = 0, layer = 0;
};

// Links with latent parameters: latent.gradient is that of the weight.
template <class T>
struct LatentLinks {
    LatentKind kind;
    double power;
    T penalty, outside;  // outside: penalty where `forward` is 0
    Parameters<T> latent, companion;
    T* weight;
    Update<T> update, companion_update;
    LatentNoise noise;
};

// Inputs and deltas packed in panels of tile rows and tile columns, [samples][rows] each, padded with 0.
template <class T>
struct GradientBlock {
    const T* x;  // [row_panels][samples][tile rows]
    const T* d;  // [samples][tile columns]
    T* sums;     // [row_panels][tile rows][tile columns] of the samples before, and after; unused if only one
    int64_t row_panels, samples;
    bool first, last;  // whether these are the first and the last samples; hits are those of the last
    T floor;           // above 0
};

template <class T>
struct GradientHit {
    uint32_t row, column;
    T value;
};

// One batch of dense samples, sample-major, into [features, pitch]: x = sample * scale + shift.
template <class T>
struct Gather {
    const void* samples;  // uint8 or float32, [n, features]
    const int64_t* ids;   // [batch]
    const float* scale;   // [features]
    const float* shift;
    T* out;
    int64_t features, batch, pitch;
};

// Softmax cross-entropy, logistic or squared error on z [n_out, pitch], overwritten by d loss / d z.
template <class T>
struct LossBatch {
    T* z;
    int64_t n_out, batch, pitch;
    const uint32_t* labels;  // [batch] for cross-entropy
    const T* targets;        // [batch, n_out] for the others
    double* loss;            // [batch] per-sample loss
    uint32_t* predicted;  // [batch] largest output, the first of equals; of a single one, whether it is above
                          // the middle
};

// Dropout bits of the neurons rows[begin .. end): bit (p mod 16) of keep[p / 16 * n_rows + k] is set where
// the random byte of (neuron rows[k], batch position p) is at least `threshold`.
struct DropoutBits {
    uint16_t* keep;
    const uint32_t* rows;
    int64_t n_rows, blocks;
    uint64_t seed;
    uint32_t step, layer;
    int threshold;
};

// Pure reads of the rows that forward and backward would read; the measured limit of the engine
// (bench/limit.py).
template <class T>
struct RowReads {
    const int64_t* offsets;
    const uint32_t* others;
    const T* rows;
    int64_t pitch;
    int in_flight;  // 1 to 4
    bool prefetch;
};

template <class T>
struct Kernels {
    void (*forward)(const Forward<T>&, int64_t begin, int64_t end);
    void (*backward)(const Backward<T>&, int64_t begin, int64_t end);
    void (*gather_bytes)(const Gather<T>&, int64_t begin, int64_t end);
    void (*gather_floats)(const Gather<T>&, int64_t begin, int64_t end);
    void (*loss)(const LossBatch<T>&, Loss);
    void (*apply)(const Parameters<T>&, const Update<T>&, int64_t begin, int64_t end);
    void (*bias_from_delta)(const T* delta, int64_t pitch, const Parameters<T>&, const Update<T>&,
                            int64_t begin, int64_t end);
    void (*permute)(const T* from, const uint32_t* order, T* to, int64_t begin, int64_t end);
    T (*read_rows)(const RowReads<T>&, int64_t begin, int64_t end);
    void (*srelu)(const SreluBackward<T>&, int64_t begin, int64_t end);
    void (*latent)(const LatentLinks<T>&, int64_t begin, int64_t end);
    void (*latent_convert)(const LatentLinks<T>&, bool from_weights, int64_t begin, int64_t end);
    // Entries of size `floor` and above; room for row_panels * tile_rows * tile_columns of them.
    int64_t (*gradient)(const GradientBlock<T>&, GradientHit<T>*);
    int tile_rows, tile_columns;
};

struct KernelSet {
    const char* name;
    bool fused;  // has fused multiply-add: the numerical class
    Kernels<float> f32;
    Kernels<double> f64;
    void (*dropout_bits)(const DropoutBits&, int64_t begin, int64_t end);
};

const KernelSet& baseline_kernels();
#if defined(__x86_64__)
const KernelSet& avx2_kernels();
const KernelSet& avx512_kernels();
#endif

}  // namespace gossamer
