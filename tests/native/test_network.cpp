// Whole steps of small networks: every input kind, loss, optimizer and type; fused equals stored gradients;
// any number of threads gives the same bits; swaps between steps; degenerate layers.
#include <cmath>
#include <vector>

#include "check.hpp"
#include "networks.hpp"
#include "pool.hpp"
#include "sampling.hpp"

using namespace gossamer;

namespace {

template <class T>
void drop_and_grow(Network<T>& net, int layer, int32_t step) {
    const PatternPtr pattern = net.layers()[size_t(layer)].spec.pattern;
    std::vector<uint8_t> keep(size_t(pattern->nnz()));
    uint64_t dropped = 0;
    for (size_t k = 0; k < keep.size(); ++k) dropped += (keep[k] = k % 3 != 1) == 0;
    const auto keys = sample_free(*pattern, keep.data(), dropped, false, 8, uint32_t(step), uint32_t(layer));
    const std::vector<T> values(keys.size(), T(0.01));
    const SwapCounts counts = net.swap(layer, keep.data(), keys.data(), keys.size(), values.data(), step);
    CHECK(counts.dropped == int64_t(dropped) && counts.grown == int64_t(dropped));
    CHECK(net.layers()[size_t(layer)].spec.pattern->nnz() == pattern->nnz());
}

template <class T>
void every_combination_runs() {
    const Data data(50, 37, 6);
    for (const Loss loss : {Loss::cross_entropy, Loss::binary_cross_entropy, Loss::mse})
        for (const OptimizerSpec& optimizer : {sgd(), adam()})
            for (const Activation activation : {Activation::relu, Activation::leaky, Activation::tanh,
                                                Activation::sigmoid, Activation::linear})
                for (const Samples::Kind kind :
                     {Samples::Kind::bytes, Samples::Kind::floats, Samples::Kind::csr}) {
                    auto net = network<T>(chain({37, 41, 29, 6}, 0.2), loss, optimizer, activation, 51);
                    for (const int64_t batch : {1, 7, 40, 67}) {
                        const StepRecord record = steps(net, data, kind, batch, 3, 10);
                        CHECK(record.bad_step == -1 && record.loss.size() == 3);
                    }
                    for (int layer = 0; layer < 3; ++layer) drop_and_grow(net, layer, 5);
                    CHECK(steps(net, data, kind, 40, 3, 20).bad_step == -1);
                    std::vector<double> losses(50);
                    std::vector<uint32_t> predicted(50);
                    net.evaluate(data.samples(kind), data.template answers<T>(), 0, 50, 17, losses.data(),
                                 predicted.data());
                    for (size_t k = 0; k < 50; ++k) CHECK(std::isfinite(losses[k]) && predicted[k] < 6);
                    std::vector<T> scores(50 * 6);
                    net.scores(data.samples(kind), 0, 50, 64, scores.data());
                }
}

}  // namespace

TEST(network_runs_every_combination_in_float32) { every_combination_runs<float>(); }
TEST(network_runs_every_combination_in_float64) { every_combination_runs<double>(); }

TEST(network_learns) {
    const Data data(40, 37, 4);
    auto net = network<float>(chain({37, 64, 4}, 0.3), Loss::cross_entropy, sgd(), Activation::relu, 0);
    const double first = steps(net, data, Samples::Kind::bytes, 40, 1, 0).loss[0];
    steps(net, data, Samples::Kind::bytes, 40, 200, 1);
    CHECK(steps(net, data, Samples::Kind::bytes, 40, 1, 201).loss[0] < 0.5 * first);
}

TEST(network_input_kinds_agree) {
    const Data data(50, 37, 6);
    const auto make = [] {
        return network<float>(chain({37, 41, 29, 6}, 0.2), Loss::cross_entropy, sgd(), Activation::relu, 51);
    };
    auto bytes = make(), floats = make(), sparse = make();
    steps(bytes, data, Samples::Kind::bytes, 7, 9, 0);
    steps(floats, data, Samples::Kind::floats, 7, 9, 0);
    steps(sparse, data, Samples::Kind::csr, 7, 9, 0);
    CHECK(same_bits(bytes, floats) && same_bits(bytes, sparse));
}

TEST(network_fused_equals_store_then_apply) {
    const Data data(50, 37, 6);
    for (const OptimizerSpec& optimizer : {sgd(), adam()}) {
        const auto make = [&] {
            return network<float>(chain({37, 41, 29, 6}, 0.2), Loss::cross_entropy, optimizer,
                                  Activation::leaky, 51);
        };
        auto fused = make(), stored = make();
        steps(fused, data, Samples::Kind::bytes, 40, 5, 3);
        for (uint32_t step = 3; step < 8; ++step) {
            std::vector<int64_t> ids(40);
            for (size_t k = 0; k < 40; ++k) ids[k] = int64_t(((step - 3) * 40 + k) * 13 + 3) % data.n;
            stored.gradients(data.samples(Samples::Kind::bytes), data.answers<float>(), ids.data(), 40, step,
                             99, true, false);
            stored.apply(0.05, step);
        }
        CHECK(same_bits(fused, stored));
    }
}

TEST(pool_thread_counts_give_the_same_network) {
    const Data data(60, 120, 10);
    const auto trained = [&](int threads) {
        set_thread_count(threads);
        auto net = network<float>(chain({120, 700, 700, 10}, 0.05), Loss::cross_entropy, sgd(),
                                  Activation::relu, 51);
        steps(net, data, Samples::Kind::bytes, 40, 4, 0);
        drop_and_grow(net, 1, 4);
        steps(net, data, Samples::Kind::csr, 40, 4, 4);
        return net;
    };
    auto one = trained(1), two = trained(2), three = trained(3);
    CHECK(same_bits(one, two) && same_bits(one, three));
    set_thread_count(1);
}

TEST(network_of_degenerate_layers) {
    const Data data(5, 3, 1);
    const std::vector<PatternPtr> no_links = chain({3, 1, 1, 1}, 0.0);
    const std::vector<PatternPtr> one_neuron = chain({3, 1, 1, 1}, 1.0);
    for (const auto& patterns : {no_links, one_neuron, chain({3, 1}, 1.0)}) {
        auto net = network<float>(patterns, Loss::cross_entropy, sgd(), Activation::relu, 200);
        for (const auto kind : {Samples::Kind::bytes, Samples::Kind::floats, Samples::Kind::csr})
            CHECK(steps(net, data, kind, 9, 2, 0).bad_step == -1);
    }
}

TEST(network_stops_before_a_loss_that_is_not_finite) {
    const Data data(50, 37, 6);
    auto net = network<float>(chain({37, 41, 6}, 0.5), Loss::mse, sgd(), Activation::linear, 0);
    for (size_t k = 0; k < net.layers()[0].weight->size(); ++k) (*net.layers()[0].weight)[k] = 1e38f;
    CHECK(steps(net, data, Samples::Kind::bytes, 10, 3, 0).bad_step == 0);
}

TEST(network_refuses_what_does_not_fit) {
    const Data data(50, 37, 6);
    CHECK_REFUSED((network<float>({}, Loss::mse, sgd(), Activation::relu, 0), 0));
    const std::vector<PatternPtr> broken{sample_exact(37, 8, 20, 1, 0), sample_exact(9, 6, 20, 1, 1)};
    CHECK_REFUSED((network<float>(broken, Loss::mse, sgd(), Activation::relu, 0), 0));
    auto net = network<float>(chain({37, 8, 5}, 0.5), Loss::cross_entropy, sgd(), Activation::relu, 0);
    CHECK_REFUSED(steps(net, data, Samples::Kind::bytes, 40, 2, 0));  // label 5 of a network with 5 outputs
    const int64_t beyond[] = {50};
    CHECK_REFUSED(net.gradients(data.samples(Samples::Kind::bytes), data.answers<float>(), beyond, 1, 0, 0,
                                false, false));
    Data damaged(50, 37, 5);
    damaged.columns[3] = 37;
    CHECK_REFUSED(steps(net, damaged, Samples::Kind::csr, 40, 1, 0));
    damaged.columns[3] = 5;
    damaged.offsets[2] = int64_t(damaged.stored.size()) + 1;
    CHECK_REFUSED(steps(net, damaged, Samples::Kind::csr, 40, 2, 0));
}
