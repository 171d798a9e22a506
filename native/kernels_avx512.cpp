#include "kernel_table.hpp"

namespace gossamer {

const KernelSet& avx512_kernels() {
    static const KernelSet set{"avx512", kFused, kernel_table<float>(), kernel_table<double>(),
                               dropout_bits_kernel};
    return set;
}

}  // namespace gossamer
