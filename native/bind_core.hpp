// A network that Python holds, and its lock.
#pragma once

#include <mutex>

#include "bind_network_arguments.hpp"

namespace gossamer {

// A network and the lock that keeps two Python threads from stepping it at once while the GIL is released.
template <class T>
struct Core {
    Network<T> network;
    std::mutex mutex;
};

template <class T, class Result, class Body>
Result unlocked(Core<T>& core, Body&& body) {
    const nb::gil_scoped_release released;
    const std::lock_guard<std::mutex> lock(core.mutex);
    return body();
}

// The lock with the GIL held: for a look at the columns, without any call of Python. It is waited for without
// the GIL, or a thread that steps the network and wants the GIL back would wait for this one.
template <class T>
std::unique_lock<std::mutex> locked(Core<T>& core) {
    const nb::gil_scoped_release released;
    return std::unique_lock<std::mutex>(core.mutex);
}

template <class T>
Layer<T>& layer_of(Core<T>& core, nb::handle layer) {
    return core.network.layers()[integer_argument(layer, "layer", 0, core.network.layers().size() - 1)];
}

template <class T>
size_t layer_argument(Core<T>& core, nb::handle layer) {
    return integer_argument(layer, "layer", 0, core.network.layers().size() - 1);
}

}  // namespace gossamer
