// Latent parameters: every rule runs under every optimizer, leaves finite numbers, and gives the same bits
// for any number of threads; weights and latent parameters belong together.
#include <cmath>
#include <cstring>

#include "check.hpp"
#include "networks.hpp"
#include "pool.hpp"

namespace {

std::vector<LatentSpec> rules() {
    return {{LatentKind::power, 2, 0, 1, 0},     {LatentKind::power, 3.5, 0, 1, 0},
            {LatentKind::mask, 2, 1e-3, 1, 0},   {LatentKind::top_kast, 2, 1e-3, 4, 0},
            {LatentKind::deep_r, 2, 1e-3, 1, 0}, {LatentKind::deep_r, 2, 1e-3, 1, 0.1}};
}

// Layers of several sizes, so that groups of 16 links end and begin anywhere.
template <class T>
Network<T> trained(const LatentSpec& rule, const OptimizerSpec& optimizer, int threads) {
    const Data data(50, 37, 6);
    set_thread_count(threads);
    auto net = network<T>(chain({37, 701, 699, 6}, 0.05), Loss::cross_entropy, optimizer, Activation::relu,
                          51, rule);
    for (size_t layer = 0; layer < 3; ++layer) net.convert_latent(layer, true);
    CHECK(steps(net, data, Samples::Kind::bytes, 40, 4, 0).bad_step == -1);
    set_thread_count(1);
    return net;
}

template <class T>
void every_rule_runs() {
    for (const LatentSpec& rule : rules())
        for (const OptimizerSpec& optimizer : {sgd(), adam()}) {
            auto one = trained<T>(rule, optimizer, 1), three = trained<T>(rule, optimizer, 3);
            CHECK(same_bits(one, three));
            for (size_t l = 0; l < 3; ++l) {
                Layer<T>& layer = one.layers()[l];
                CHECK(std::memcmp(layer.latent->data(), three.layers()[l].latent->data(),
                                  layer.latent->size() * sizeof(T)) == 0);
                std::vector<T> before(layer.weight->data(), layer.weight->data() + layer.weight->size());
                for (const T weight : before) CHECK(std::isfinite(weight));
                one.convert_latent(l, false);
                CHECK(std::memcmp(before.data(), layer.weight->data(), before.size() * sizeof(T)) == 0);
            }
        }
}

}  // namespace

TEST(latent_rules_run_in_float32) { every_rule_runs<float>(); }
TEST(latent_rules_run_in_float64) { every_rule_runs<double>(); }

TEST(latent_parameters_of_layers_of_a_few_links) {
    const Data data(5, 3, 1);
    for (const LatentSpec& rule : rules())
        for (const double density : {0.0, 1.0}) {
            auto net = network<float>(chain({3, 1, 1, 1}, density), Loss::cross_entropy, sgd(),
                                      Activation::relu, 0, rule);
            CHECK(steps(net, data, Samples::Kind::bytes, 9, 2, 0).bad_step == -1);
        }
}
