// Checked arguments from Python: each failure is one sentence with the name and the value of the argument.
// Arrays are copied before they are checked, so that nothing another thread writes later can reach native
// code, unless they are as large as samples.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pattern.hpp"

namespace gossamer {

namespace nb = nanobind;

using AnyArray = nb::ndarray<nb::ro, nb::device::cpu>;

constexpr int64_t kAnyLength = -1;

inline std::string type_of(nb::handle value) { return nb::type_name(value.type()).c_str(); }

inline std::string dtype_name(nb::dlpack::dtype dtype) {
    static constexpr const char* kNames[] = {"int", "uint", "float", "opaque", "bfloat", "complex", "bool"};
    const std::string name = dtype.code < std::size(kNames) ? kNames[dtype.code] : "unknown";
    return name == "bool" ? name : name + std::to_string(dtype.bits);
}

inline std::string shape_text(const std::vector<int64_t>& shape) {
    std::string text = "(";
    for (size_t k = 0; k < shape.size(); ++k) {
        text += shape[k] == kAnyLength ? "n" : std::to_string(shape[k]);
        text += k + 1 < shape.size() ? ", " : shape.size() == 1 ? ",)" : ")";
    }
    return shape.empty() ? "()" : text;
}

inline bool is_contiguous(const AnyArray& array) {
    int64_t expected = 1;
    for (size_t k = array.ndim(); k-- > 0;) {
        if (array.shape(k) > 1 && array.stride(k) != expected) return false;
        expected *= static_cast<int64_t>(array.shape(k));
    }
    return true;
}

// The array behind `value`, if it is C-contiguous, of one of the dtypes and of the given shape (kAnyLength:
// any).
inline AnyArray array_argument(nb::handle value, const char* name,
                               std::initializer_list<nb::dlpack::dtype> dtypes,
                               const std::vector<int64_t>& shape) {
    const std::string expected = std::string(name) + " must be a C-contiguous array of dtype " +
                                 dtype_name(*dtypes.begin()) + " and shape " + shape_text(shape) +
                                 ", but it is ";
    AnyArray array;
    if (!nb::ndarray_check(value) || !nb::try_cast(value, array, false)) {
        throw std::invalid_argument(expected + "a " + type_of(value) + " that cannot be read as one.");
    }
    bool fits = array.ndim() == shape.size();
    std::vector<int64_t> found;
    for (size_t k = 0; k < array.ndim(); ++k) {
        found.push_back(static_cast<int64_t>(array.shape(k)));
        fits = fits && (shape[k] == kAnyLength || shape[k] == found[k]);
    }
    bool known = false;
    for (const nb::dlpack::dtype dtype : dtypes) known = known || array.dtype() == dtype;
    if (!fits || !known) {
        throw std::invalid_argument(expected + dtype_name(array.dtype()) + " of shape " + shape_text(found) +
                                    ".");
    }
    if (!is_contiguous(array))
        throw std::invalid_argument(expected + "strided; use numpy.ascontiguousarray.");
    return array;
}

// The same without a copy: its elements must be aligned.
inline AnyArray borrowed_array(nb::handle value, const char* name,
                               std::initializer_list<nb::dlpack::dtype> dtypes,
                               const std::vector<int64_t>& shape) {
    AnyArray array = array_argument(value, name, dtypes, shape);
    if (reinterpret_cast<uintptr_t>(array.data()) % (array.dtype().bits / 8) != 0)
        throw std::invalid_argument(std::string(name) + " is not aligned in memory; use a copy of it.");
    return array;
}

// The elements of an array argument, copied (the source need not be aligned).
template <typename T>
std::vector<T> array_copy(nb::handle value, const char* name, const std::vector<int64_t>& shape) {
    const AnyArray array = array_argument(value, name, {nb::dtype<T>()}, shape);
    std::vector<T> copy(array.size());
    if (!copy.empty()) std::memcpy(copy.data(), array.data(), copy.size() * sizeof(T));
    return copy;
}

// A uint8 or bool array with one element per link, copied.
inline std::vector<uint8_t> mask_copy(nb::handle value, const char* name, int64_t length) {
    const AnyArray array = array_argument(value, name, {nb::dtype<uint8_t>(), nb::dtype<bool>()}, {length});
    std::vector<uint8_t> copy(array.size());
    if (!copy.empty()) std::memcpy(copy.data(), array.data(), copy.size());
    return copy;
}

// An integer argument in [low, high].
inline uint64_t integer_argument(nb::handle value, const char* name, uint64_t low, uint64_t high) {
    const nb::object number = nb::steal<nb::object>(PyNumber_Index(value.ptr()));
    uint64_t result = 0;
    bool valid = number.is_valid();
    if (valid) {
        result = PyLong_AsUnsignedLongLong(number.ptr());
        valid = PyErr_Occurred() == nullptr && result >= low && result <= high;
    }
    if (valid) return result;
    PyErr_Clear();
    const std::string found = number.is_valid() ? nb::str(number).c_str() : "a " + type_of(value);
    throw std::invalid_argument(std::string(name) + " must be an integer from " + std::to_string(low) +
                                " to " + std::to_string(high) + ", but it is " + found + ".");
}

// A number argument; NaN and the infinities pass.
inline double number_argument(nb::handle value, const char* name) {
    const double result = PyFloat_AsDouble(value.ptr());
    if (PyErr_Occurred() == nullptr) return result;
    PyErr_Clear();
    throw std::invalid_argument(std::string(name) + " must be a number, but it is a " + type_of(value) + ".");
}

// True or False.
inline bool boolean_argument(nb::handle value, const char* name) {
    bool result = false;
    if (nb::try_cast(value, result, false)) return result;
    throw std::invalid_argument(std::string(name) + " must be True or False, but it is a " + type_of(value) +
                                ".");
}

// A Pattern argument. The caller's Python object stays alive for the length of the call, as every argument
// does.
inline const Pattern& pattern_argument(nb::handle value) {
    const Pattern* pattern = nullptr;
    if (!nb::try_cast(value, pattern, false) || pattern == nullptr) {
        throw std::invalid_argument("pattern must be a Pattern, but it is a " + type_of(value) + ".");
    }
    return *pattern;
}

// A numpy array that owns the numbers given up by the caller.
template <typename T>
nb::object array_of(std::vector<T>&& numbers, std::initializer_list<size_t> shape) {
    auto* held = new std::vector<T>(std::move(numbers));
    nb::capsule owner(held, [](void* pointer) noexcept { delete static_cast<std::vector<T>*>(pointer); });
    return nb::cast(nb::ndarray<nb::numpy, T>(held->data(), shape, owner));
}

template <typename T>
nb::object array_of(std::vector<T>&& numbers) {
    const size_t size = numbers.size();
    return array_of(std::move(numbers), {size});
}

// A read-only numpy view of numbers that live as long as `owner`.
template <typename T>
nb::object view_of(const std::vector<T>& numbers, nb::handle owner) {
    return nb::cast(nb::ndarray<nb::numpy, const T>(numbers.data(), {numbers.size()}, owner));
}

}  // namespace gossamer
