#include "kernel_table.hpp"

namespace gossamer {

const KernelSet& baseline_kernels() {
    static const KernelSet set{"baseline", kFused, kernel_table<float>(), kernel_table<double>(),
                               dropout_bits_kernel};
    return set;
}

}  // namespace gossamer
