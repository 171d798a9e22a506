#include "cpu.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace gossamer {

namespace {

std::vector<const KernelSet*> runnable() {
    std::vector<const KernelSet*> sets{&baseline_kernels()};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(&avx2_kernels());
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        sets.push_back(&avx512_kernels());
#endif
    return sets;
}

const KernelSet& choose() {
    const auto sets = runnable();
    const char* wanted = std::getenv("GOSSAMER_ISA");
    if (!wanted || !*wanted) return *sets.back();
    std::string known;
    for (const KernelSet* set : sets) {
        if (std::string(wanted) == set->name) return *set;
        known += (known.empty() ? "" : ", ") + std::string(set->name);
    }
    throw std::invalid_argument("GOSSAMER_ISA is '" + std::string(wanted) + "', but this machine runs " +
                                known + "; set it to one of these or leave it out.");
}

}  // namespace

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const KernelSet* set : runnable()) names.emplace_back(set->name);
    return names;
}

const KernelSet& active_kernels() {
    static const KernelSet& set = choose();
    return set;
}

std::string cpu_name() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        const auto colon = line.find(": ");
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "";
}

}  // namespace gossamer
