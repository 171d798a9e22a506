// The Python module gossamer._native: it only collects the bindings of each part.
#include <nanobind/nanobind.h>

#include <cstdlib>

namespace nb = nanobind;

void bind_pattern(nb::module_& module);
void bind_network(nb::module_& module);
void bind_machine(nb::module_& module);
void bind_linear(nb::module_& module);

// glibc hands arrays over 128 kB back to the system when they are freed, until a larger one has been freed
// once; each swap would then fault its pages in anew, which was measured at half of a swap. Freeing one 30 MB
// block that was never touched moves that limit.
static void keep_freed_memory() {
    void* volatile block = std::malloc(size_t(30) << 20);
    std::free(block);
}

NB_MODULE(_native, module) {
    keep_freed_memory();
    // Python may hold patterns in module-level names until it exits, which is no leak.
    nb::set_leak_warnings(false);
    module.doc() = "Native core of gossamer: patterns, sampling, and the sparse network kernels.";
    bind_pattern(module);
    bind_network(module);
    bind_machine(module);
    bind_linear(module);
}
