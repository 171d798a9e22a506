// Which kernels this process runs.
#pragma once

#include <string>
#include <vector>

#include "kernels.hpp"

namespace gossamer {

// Instruction sets that were built and that this CPU can run, slowest first.
std::vector<std::string> instruction_sets();

// The set in use: the fastest, or what the environment variable GOSSAMER_ISA names. Chosen once, at the first
// call; throws std::invalid_argument when GOSSAMER_ISA names one that this CPU cannot run.
const KernelSet& active_kernels();

// The kernels of one number type in the set in use.
template <class T>
const Kernels<T>& kernels() {
    if constexpr (sizeof(T) == 4)
        return active_kernels().f32;
    else
        return active_kernels().f64;
}

// Name of the processor, empty where the system does not tell.
std::string cpu_name();

}  // namespace gossamer
