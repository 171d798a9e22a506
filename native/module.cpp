// The Python module gossamer._native: it only collects the bindings of each part.
#include <nanobind/nanobind.h>

namespace nb = nanobind;

void bind_pattern(nb::module_& module);
void bind_network(nb::module_& module);

NB_MODULE(_native, module) {
    module.doc() = "Native core of gossamer: patterns, sampling, and the sparse network kernels.";
    bind_pattern(module);
    bind_network(module);
}
