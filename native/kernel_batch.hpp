// Everything of a step that is not a product with links: batch assembly, dropout bits, loss.
#pragma once

#include "kernel_functions.hpp"
#include "kernel_panel.hpp"
#include "kernel_philox.hpp"

namespace {

typedef uint8_t Bytes __attribute__((vector_size(16)));

template <int... lane>
GOSSAMER_INLINE Bytes interleave_low(Bytes a, Bytes b, std::integer_sequence<int, lane...>) {
    return __builtin_shufflevector(a, b, (lane / 2 + (lane % 2) * 16)...);
}
template <int... lane>
GOSSAMER_INLINE Bytes interleave_high(Bytes a, Bytes b, std::integer_sequence<int, lane...>) {
    return __builtin_shufflevector(a, b, (8 + lane / 2 + (lane % 2) * 16)...);
}

// 16 x 16 bytes: four rounds of interleaving row r with row r + 8.
GOSSAMER_INLINE void transpose_bytes(Bytes* m) {
    constexpr auto lanes = std::make_integer_sequence<int, 16>{};
    for (int round = 0; round < 4; ++round) {
        Bytes next[16];
        for (int r = 0; r < 8; ++r) {
            next[2 * r] = interleave_low(m[r], m[r + 8], lanes);
            next[2 * r + 1] = interleave_high(m[r], m[r + 8], lanes);
        }
        for (int r = 0; r < 16; ++r) m[r] = next[r];
    }
}

template <int lanes, class T>
GOSSAMER_INLINE Group<T, lanes> widen_bytes(Bytes b) {
    using G = Group<T, lanes>;
    G out;
    uint8_t bytes[16];
    std::memcpy(bytes, &b, 16);
    for (int r = 0; r < G::count; ++r) {
        typedef uint8_t Narrow __attribute__((vector_size(G::width)));
        Narrow part;
        std::memcpy(&part, bytes + r * G::width, G::width);
        out.part[r] = __builtin_convertvector(__builtin_convertvector(part, typename G::I), typename G::V);
    }
    return out;
}

// `rows` feature rows of `lanes` columns from a transposed tile; columns that are not in `valid` become 0.
template <int lanes, class T>
GOSSAMER_INLINE void store_tile(const Gather<T>& a, const Bytes* tile, int64_t feature, int rows,
                                int64_t column, uint32_t valid) {
    for (int r = 0; r < rows; ++r) {
        const auto scaled = fma(widen_bytes<lanes, T>(tile[r]), broadcast<lanes>(T(a.scale[feature + r])),
                                broadcast<lanes>(T(a.shift[feature + r])));
        store(a.out + (feature + r) * a.pitch + column, keep_bits(scaled, valid));
    }
}

// 16 features of up to 16 samples; the samples behind the last of the batch are null and give zeros.
template <bool whole, class T>
GOSSAMER_INLINE void gather_tile(const Gather<T>& a, const uint8_t* const* samples, int64_t feature, int rows,
                                 int64_t column, uint32_t valid) {
    Bytes tile[16];
    for (int c = 0; c < 16; ++c) {
        tile[c] = Bytes{};
        if (samples[c]) std::memcpy(&tile[c], samples[c] + feature, whole ? 16 : size_t(rows));
    }
    transpose_bytes(tile);
    if (a.pitch - column >= 16)
        store_tile<16>(a, tile, feature, whole ? 16 : rows, column, valid);
    else
        store_tile<8>(a, tile, feature, rows, column, valid);
}

// Features begin .. end of the batch, 16 x 16 tiles: bytes are transposed in registers, then widened and
// scaled. Tiles follow each other along the samples, which lie anywhere in the data set but are contiguous
// themselves.
template <class T>
void gather_bytes_kernel(const Gather<T>& job, int64_t begin, int64_t end) {
    const Gather<T> a = job;
    for (int64_t column = 0; column < a.pitch; column += 16) {
        const uint8_t* samples[16] = {};
        const int columns = a.batch <= column ? 0 : int(a.batch - column < 16 ? a.batch - column : 16);
        for (int c = 0; c < columns; ++c) {
            samples[c] = static_cast<const uint8_t*>(a.samples) + a.ids[column + c] * a.features;
            prefetch_columns(samples[c] + begin, int(end - begin));
        }
        const uint32_t valid = (1u << columns) - 1;
        int64_t feature = begin;
        for (; end - feature >= 16; feature += 16) gather_tile<true>(a, samples, feature, 16, column, valid);
        if (feature < end) gather_tile<false>(a, samples, feature, int(end - feature), column, valid);
    }
}

// Columns column .. column + 15 of a row, as far as the pitch goes.
template <class T>
GOSSAMER_INLINE void store_columns(T* row, int64_t column, int64_t pitch, const Group<T, 16>& values) {
    if (pitch - column >= 16)
        store(row + column, values);
    else
        store(row + column, lower_half(values));
}

template <class T>
void gather_floats_kernel(const Gather<T>& a, int64_t begin, int64_t end) {
    const auto* samples = static_cast<const float*>(a.samples);
    for (int64_t feature = begin; feature < end; ++feature) {
        const auto scale = broadcast<16>(T(a.scale[feature])), shift = broadcast<16>(T(a.shift[feature]));
        for (int64_t column = 0; column < a.pitch; column += 16) {
            T part[16] = {};
            const int columns = int(a.batch - column < 16 ? a.batch - column : 16);
            for (int c = 0; c < columns; ++c) part[c] = T(samples[a.ids[column + c] * a.features + feature]);
            const uint32_t valid = columns <= 0 ? 0 : 0xFFFFu >> (16 - columns);
            store_columns(a.out + feature * a.pitch, column, a.pitch,
                          keep_bits(fma(load<16>(part), scale, shift), valid));
        }
    }
}

// Bits of the 16 bytes of each block: byte b of the output is bit b of the result, set where byte >=
// threshold.
GOSSAMER_INLINE Words bits_at_least(const Words* word, int threshold) {
    typedef uint8_t AllBytes __attribute__((vector_size(kRegisterBytes)));
    Words bits{};
    for (int w = 0; w < 4; ++w) {
        const AllBytes at_least = (AllBytes)((AllBytes)word[w] >= (AllBytes{} + uint8_t(threshold)));
        const Words ones = (Words)at_least & 0x01010101ull;
        // The four ones sit at bits 0, 8, 16, 24; this product lines them up at bits 24 .. 27.
        bits |= ((multiply_low(ones, 0x01020408u) >> 24) & 0xFull) << (4 * w);
    }
    return bits;
}

void dropout_bits_kernel(const DropoutBits& job, int64_t begin, int64_t end) {
    typedef uint32_t Narrow __attribute__((vector_size(kRegisterBytes / 2)));
    constexpr int lanes = kRegisterBytes / 8, chains = 2;
    const DropoutBits a = job;
    for (int64_t block = 0; block < a.blocks; ++block) {
        for (int64_t k = begin; k < end; k += chains * lanes) {
            const int count = int(end - k < chains * lanes ? end - k : chains * lanes);
            uint32_t rows[chains * lanes] = {};
            std::memcpy(rows, a.rows + k, size_t(count) * sizeof *rows);
            Words c[chains][4];
            for (int u = 0; u < chains; ++u) {
                Narrow numbers;
                std::memcpy(&numbers, rows + u * lanes, sizeof numbers);
                c[u][0] = __builtin_convertvector(numbers, Words);
                c[u][1] = Words{} + uint64_t(block);
                c[u][2] = Words{} + uint64_t(a.step);
                c[u][3] = Words{} + uint64_t(layer_word(a.layer, Purpose::dropout));
            }
            philox_rounds<chains>(c, a.seed);
            uint64_t bits[chains * lanes];
            for (int u = 0; u < chains; ++u) {
                const Words word = bits_at_least(c[u], a.threshold);
                std::memcpy(bits + u * lanes, &word, sizeof word);
            }
            uint16_t* out = a.keep + block * a.n_rows + k;
            for (int l = 0; l < count; ++l) out[l] = uint16_t(bits[l]);
        }
    }
}

template <class T>
struct LossColumns {
    const LossBatch<T>& a;
    int64_t column;
    T* z(int64_t row) const { return a.z + row * a.pitch + column; }
};

template <int lanes, class T>
GOSSAMER_INLINE void cross_entropy_columns(const LossColumns<T>& c, T inverse_batch) {
    const LossBatch<T>& a = c.a;
    const int64_t count = a.batch - c.column < lanes ? a.batch - c.column : lanes;
    auto top = load<lanes>(c.z(0));
    for (int64_t j = 1; j < a.n_out; ++j) top = larger(top, load<lanes>(c.z(j)));
    auto sum = zero_group<T, lanes>();
    T margin[lanes];
    for (int64_t b = 0; b < count; ++b) margin[b] = c.z(a.labels[c.column + b])[b];
    for (int64_t j = 0; j < a.n_out; ++j) {
        const auto e = exponential(load<lanes>(c.z(j)) - top);
        store(c.z(j), e);
        sum = sum + e;
    }
    const auto scale = broadcast<lanes>(inverse_batch) / sum;
    T tops[lanes], sums[lanes];
    store(tops, top);
    store(sums, sum);
    for (int64_t j = 0; j < a.n_out; ++j) store(c.z(j), load<lanes>(c.z(j)) * scale);
    for (int64_t b = 0; b < count; ++b) {
        c.z(a.labels[c.column + b])[b] -= inverse_batch;
        a.loss[c.column + b] = logarithm(double(sums[b])) + (double(tops[b]) - double(margin[b]));
    }
}

// What an output says of its target: a probability, a rate, or a number.
template <class T, int lanes>
GOSSAMER_INLINE Group<T, lanes> expected(const Group<T, lanes>& z, Loss kind) {
    if (kind == Loss::binary_cross_entropy) return logistic(z);
    return kind == Loss::poisson ? exponential(z) : z;
}

// Share of one output in the loss of a sample.
GOSSAMER_INLINE double element_loss(Loss kind, double x, double t, double n_out) {
    if (kind == Loss::mse) return (x - t) * (x - t) / n_out;
    if (kind == Loss::huber) {
        const double size = x > t ? x - t : t - x;
        return (size > 1 ? size - 0.5 : size * size / 2) / n_out;
    }
    Group<double, 8> e = exponential(broadcast<8>(kind == Loss::poisson || x <= 0 ? x : -x));
    if (kind == Loss::poisson) return (e.part[0][0] - t * x) / n_out;
    // max(z, 0) - z t + log(1 + exp(-|z|)), which never overflows
    return (x > 0 ? x : 0) - x * t + logarithm(1 + e.part[0][0]);
}

template <int lanes, class T>
GOSSAMER_INLINE void element_loss_columns(const LossColumns<T>& c, Loss kind, T inverse) {
    const LossBatch<T>& a = c.a;
    const int64_t count = a.batch - c.column < lanes ? a.batch - c.column : lanes;
    for (int64_t b = 0; b < count; ++b) a.loss[c.column + b] = 0;
    for (int64_t j = 0; j < a.n_out; ++j) {
        T target[lanes] = {}, z[lanes];
        for (int64_t b = 0; b < count; ++b) target[b] = a.targets[(c.column + b) * a.n_out + j];
        const auto raw = load<lanes>(c.z(j));
        store(z, raw);
        const auto value = expected(raw, kind);
        auto error = value - load<lanes>(target);
        if (kind == Loss::huber) {
            const auto one = broadcast<lanes>(T(1));
            error = smaller(larger(error, zero_group<T, lanes>() - one), one);
        }
        store(c.z(j), error * broadcast<lanes>(inverse));
        for (int64_t b = 0; b < count; ++b) {
            const double x = double(z[b]), t = double(target[b]);
            a.loss[c.column + b] += element_loss(kind, x, t, double(a.n_out));
        }
    }
}

template <int lanes, class T>
GOSSAMER_INLINE void loss_columns(const LossBatch<T>& a, Loss kind, int64_t column) {
    const LossColumns<T> c{a, column};
    const int64_t count = a.batch - column < lanes ? a.batch - column : lanes;
    for (int64_t b = 0; b < count; ++b) {
        const bool two_classes = a.n_out == 1 && kind != Loss::cross_entropy;
        uint32_t best = two_classes && c.z(0)[b] > (kind == Loss::binary_cross_entropy ? T(0) : T(0.5));
        for (int64_t j = 1; j < a.n_out; ++j)
            if (c.z(j)[b] > c.z(best)[b]) best = uint32_t(j);
        a.predicted[column + b] = best;
    }
    const T batch = T(a.batch);
    if (kind == Loss::cross_entropy) {
        cross_entropy_columns<lanes>(c, T(1) / batch);
    } else {
        const T share = kind == Loss::binary_cross_entropy ? batch : batch * T(a.n_out);
        const T inverse = (kind == Loss::mse ? T(2) : T(1)) / share;
        element_loss_columns<lanes>(c, kind, inverse);
    }
    for (int64_t j = 0; j < a.n_out; ++j)
        for (int64_t b = count; b < lanes; ++b) c.z(j)[b] = 0;
}

template <class T>
void loss_kernel(const LossBatch<T>& a, Loss kind) {
    int64_t column = 0;
    for (; a.pitch - column >= 16; column += 16) loss_columns<16>(a, kind, column);
    if (column < a.pitch) loss_columns<8>(a, kind, column);
}

}  // namespace
