// Python names of patterns, sampling, swapping and Philox.
#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bind_arguments.hpp"
#include "pattern.hpp"
#include "philox.hpp"
#include "sampling.hpp"
#include "swap.hpp"

using namespace gossamer;

namespace {

constexpr uint64_t kMax32 = 0xFFFFFFFFull;
constexpr uint64_t kMax64 = 0xFFFFFFFFFFFFFFFFull;

uint32_t neurons(nb::handle value, const char* name) {
    return static_cast<uint32_t>(integer_argument(value, name, 1, kMax32));
}
uint64_t seed_of(nb::handle value) { return integer_argument(value, "seed", 0, kMax64); }
uint32_t step_of(nb::handle value) {
    return static_cast<uint32_t>(integer_argument(value, "step", 0, kMax32));
}
uint32_t layer_of(nb::handle value) {
    return static_cast<uint32_t>(integer_argument(value, "layer", 0, kMaxLayer));
}

void construct(Pattern* self, nb::handle n_in, nb::handle n_out, nb::handle offsets, nb::handle targets) {
    const uint32_t sources = neurons(n_in, "n_in");
    const uint32_t destinations = neurons(n_out, "n_out");
    auto row_offsets = array_copy<int64_t>(offsets, "offsets", {int64_t{sources} + 1});
    auto links = array_copy<uint32_t>(targets, "targets", {kAnyLength});
    nb::gil_scoped_release unlocked;
    const PatternPtr made = make_pattern(sources, destinations, std::move(row_offsets), std::move(links));
    // Only this function holds the pattern, which was not made const, so its arrays can be taken.
    new (self) Pattern(std::move(const_cast<Pattern&>(*made)));
}

PatternPtr exact(nb::handle n_in, nb::handle n_out, nb::handle nnz, nb::handle seed, nb::handle layer) {
    const uint32_t sources = neurons(n_in, "n_in");
    const uint32_t destinations = neurons(n_out, "n_out");
    const uint64_t count = integer_argument(nnz, "nnz", 0, kMaxLinks);
    const uint64_t key = seed_of(seed);
    const uint32_t number = layer_of(layer);
    nb::gil_scoped_release unlocked;
    return sample_exact(sources, destinations, count, key, number);
}

PatternPtr bernoulli(nb::handle n_in, nb::handle n_out, nb::handle probability, nb::handle seed,
                     nb::handle layer) {
    const uint32_t sources = neurons(n_in, "n_in");
    const uint32_t destinations = neurons(n_out, "n_out");
    const double chance = number_argument(probability, "probability");
    const uint64_t key = seed_of(seed);
    const uint32_t number = layer_of(layer);
    nb::gil_scoped_release unlocked;
    return sample_bernoulli(sources, destinations, chance, key, number);
}

nb::object free_positions(nb::handle pattern, nb::handle keep, nb::handle count, nb::handle seed,
                          nb::handle step, nb::handle layer, nb::handle exclude_dropped) {
    const Pattern& links = pattern_argument(pattern);
    const std::vector<uint8_t> kept = mask_copy(keep, "keep", links.nnz());
    const uint64_t wanted = integer_argument(count, "count", 0, kMaxLinks);
    const uint64_t key = seed_of(seed);
    const uint32_t time = step_of(step);
    const uint32_t number = layer_of(layer);
    const bool exclude = boolean_argument(exclude_dropped, "exclude_dropped");
    std::vector<uint64_t> keys;
    {
        nb::gil_scoped_release unlocked;
        keys = sample_free(links, kept.data(), wanted, exclude, key, time, number);
    }
    return array_of(std::move(keys));
}

nb::tuple swap_links(nb::handle pattern, nb::handle keep, nb::handle grow) {
    const Pattern& links = pattern_argument(pattern);
    const std::vector<uint8_t> kept = mask_copy(keep, "keep", links.nnz());
    const std::vector<uint64_t> grown = array_copy<uint64_t>(grow, "grow", {kAnyLength});
    SwapPlan plan;
    {
        nb::gil_scoped_release unlocked;
        plan = plan_swap(links, kept.data(), grown.data(), grown.size());
    }
    return nb::make_tuple(plan.pattern, array_of(std::move(plan.origin)));
}

nb::object philox_blocks(nb::handle counter, nb::handle seed) {
    std::vector<uint32_t> words = array_copy<uint32_t>(counter, "counter", {kAnyLength, 4});
    const uint64_t key = seed_of(seed);
    for (size_t k = 0; k < words.size(); k += 4) {
        const PhiloxBlock block = philox(words[k], words[k + 1], words[k + 2], words[k + 3], key);
        std::copy(block.word, block.word + 4, words.begin() + static_cast<std::ptrdiff_t>(k));
    }
    const size_t rows = words.size() / 4;
    return array_of(std::move(words), {rows, 4});
}

nb::object uniform_draws(nb::handle seed, nb::handle count, nb::handle step, nb::handle layer,
                         nb::handle purpose) {
    const Stream stream{seed_of(seed), step_of(step), layer_of(layer),
                        static_cast<Purpose>(integer_argument(purpose, "purpose", 0, 255))};
    std::vector<double> draws(integer_argument(count, "count", 0, kMax32));
    {
        nb::gil_scoped_release unlocked;
        fill_uniform(stream, draws.size(), draws.data());
    }
    return array_of(std::move(draws));
}

std::string describe(const Pattern& pattern) {
    return "Pattern(" + std::to_string(pattern.n_in) + " -> " + std::to_string(pattern.n_out) + ", " +
           std::to_string(pattern.nnz()) + " links)";
}

// An argument of any type, None too, so that the checks here word the refusal.
auto any(const char* name) { return nb::arg(name).none(); }

// A property that is a read-only view into the pattern.
template <auto Member>
nb::object view(nb::handle self) {
    return view_of(pattern_argument(self).*Member, self);
}

void bind_class(nb::module_& module) {
    nb::class_<Pattern>(
        module, "Pattern", nb::is_final(),
        "Which links of one layer exist; immutable. Links are numbered by source, then by target.")
        .def("__init__", &construct, any("n_in"), any("n_out"), any("offsets"), any("targets"),
             "Pattern of a CSR structure: offsets int64[n_in + 1], targets uint32[nnz] ascending within a "
             "source.")
        .def("__reduce__",
             [](nb::handle self) {
                 return nb::make_tuple(self.type(),
                                       nb::make_tuple(self.attr("n_in"), self.attr("n_out"),
                                                      self.attr("source_offsets"), self.attr("targets")));
             })
        .def_ro("n_in", &Pattern::n_in, "Number of source neurons.")
        .def_ro("n_out", &Pattern::n_out, "Number of target neurons.")
        .def_prop_ro("nnz", &Pattern::nnz, "Number of links.")
        .def_prop_ro("source_offsets", &view<&Pattern::source_offsets>,
                     "First link of every source; int64[n_in + 1].")
        .def_prop_ro("targets", &view<&Pattern::targets>, "Target of every link; uint32[nnz].")
        .def_prop_ro("target_offsets", &view<&Pattern::target_offsets>,
                     "First position of every target in the order by target; int64[n_out + 1].")
        .def_prop_ro(
            "sources", &view<&Pattern::sources>,
            "Source at every position of the order by target, ascending within a target; uint32[nnz].")
        .def_prop_ro("link_of", &view<&Pattern::link_of>,
                     "Link number at every position of the order by target; uint32[nnz].")
        .def(
            "link_sources", [](const Pattern& self) { return array_of(link_sources(self)); },
            "Source of every link, in the order of the links; uint32[nnz].")
        .def(
            "same_as",
            [](const Pattern& self, nb::handle other) { return same_links(self, pattern_argument(other)); },
            any("other"), "Whether both have equal sizes and equal links.")
        .def("__repr__", &describe);
}

}  // namespace

void bind_pattern(nb::module_& module) {
    bind_class(module);
    module.def("sample_exact", &exact, any("n_in"), any("n_out"), any("nnz"), any("seed"), any("layer"),
               "Pattern uniform among all with nnz links.");
    module.def("sample_bernoulli", &bernoulli, any("n_in"), any("n_out"), any("probability"), any("seed"),
               any("layer"), "Pattern in which every position is a link independently.");
    module.def(
        "sample_free", &free_positions, any("pattern"), any("keep"), any("count"), any("seed"), any("step"),
        any("layer"), any("exclude_dropped"),
        "Ascending keys (source * n_out + target) of `count` positions, uniform among those without a kept "
        "link and, with exclude_dropped, without a dropped one; uint64[count].");
    module.def("swap_pattern", &swap_links, any("pattern"), any("keep"), any("grow"),
               "New pattern, and per link its old number or -1 - g if it is grown from grow[g]; int64[nnz].");
    module.def("philox", &philox_blocks, any("counter"), any("seed"),
               "Philox4x32-10 of each counter; uint32[n, 4].");
    module.def("uniform_draws", &uniform_draws, any("seed"), any("count"), any("step"), any("layer"),
               any("purpose"), "The numbers of gossamer.random.uniform; float64[count].");
}
