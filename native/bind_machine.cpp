// Python names of the CPU, the threads, and the reads that measure the machine's limit.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind_arguments.hpp"
#include "cpu.hpp"
#include "pattern.hpp"
#include "pool.hpp"

using namespace gossamer;

namespace {

// `repeats` reads of the rows that the links of `pattern` name, in the order of the forward (by target) or
// the backward pass; for the measured limit of the benchmarks. Returns a number that depends on what was
// read.
float read_rows(nb::handle pattern, nb::handle by_target, nb::handle rows, nb::handle in_flight,
                nb::handle prefetch, nb::handle repeats) {
    const Pattern& links = pattern_argument(pattern);
    const bool forward = boolean_argument(by_target, "by_target");
    const AnyArray array =
        borrowed_array(rows, "rows", {nb::dtype<float>()}, {forward ? links.n_in : links.n_out, kAnyLength});
    const auto pitch = int64_t(array.shape(1));
    if (pitch % 8 != 0 || pitch < 8 || pitch > 64)
        throw std::invalid_argument("rows has " + std::to_string(pitch) +
                                    " columns, expected 8, 16, 24 ... 64.");
    const RowReads<float> job{forward ? links.target_offsets.data() : links.source_offsets.data(),
                              forward ? links.sources.data() : links.targets.data(),
                              static_cast<const float*>(array.data()),
                              pitch,
                              int(integer_argument(in_flight, "in_flight", 1, 4)),
                              boolean_argument(prefetch, "prefetch")};
    const uint64_t times = integer_argument(repeats, "repeats", 0, 1'000'000);
    const nb::gil_scoped_release released;
    float total = 0;
    for (uint64_t r = 0; r < times; ++r)
        total += active_kernels().f32.read_rows(job, 0, forward ? links.n_out : links.n_in);
    return total;
}

nb::dict cpu() {
    nb::dict facts;
    facts["name"] = cpu_name();
    facts["instruction_sets"] = instruction_sets();
    facts["instruction_set"] = active_kernels().name;
    facts["fma"] = active_kernels().fused;
    return facts;
}

}  // namespace

void bind_machine(nb::module_& module) {
    module.def("cpu", cpu,
               "Name of the CPU, instruction sets that can run, the active one, and its numerical class.");
    module.def("threads", thread_count, "Threads that one call may use.");
    module.def(
        "set_threads",
        [](nb::handle count) { set_thread_count(int(integer_argument(count, "count", 1, 1024))); },
        nb::arg("count").none(), "Let one call use up to `count` threads, 1 to 1024.");
    module.def("read_rows", read_rows, nb::arg("pattern").none(), nb::arg("by_target").none(),
               nb::arg("rows").none(), nb::arg("in_flight").none(), nb::arg("prefetch").none(),
               nb::arg("repeats").none());
}
