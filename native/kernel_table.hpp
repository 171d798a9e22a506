// Fills the table of kernels of the instruction set that this translation unit is compiled for.
#pragma once

#include "kernel_backward.hpp"
#include "kernel_batch.hpp"
#include "kernel_forward.hpp"
#include "kernel_gradient.hpp"
#include "kernel_latent.hpp"
#include "kernel_reads.hpp"
#include "kernel_srelu.hpp"

namespace {

template <class T>
constexpr Kernels<T> kernel_table() {
    return {forward_kernel<T>,   backward_kernel<T>, gather_bytes_kernel<T>, gather_floats_kernel<T>,
            loss_kernel<T>,      apply_kernel<T>,    bias_kernel<T>,         permute_kernel<T>,
            read_rows_kernel<T>, srelu_kernel<T>,    latent_kernel<T>,       latent_convert_kernel<T>,
            gradient_kernel<T>,  kTileRows,          kTileColumns<T>};
}

#if defined(__FMA__) || defined(__aarch64__)
constexpr bool kFused = true;
#else
constexpr bool kFused = false;
#endif

}  // namespace
