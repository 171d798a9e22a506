// Aligned arrays of numbers that are not initialised element by element unless asked.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace gossamer {

// `size` numbers on a 64-byte boundary, zeroed. Large ones sit on 2 MB pages where the system allows: random
// rows of 16 MB and more otherwise spend their time in address translation.
template <class T>
class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(size_t size) : size_(size) {
        if (size == 0) return;
        constexpr size_t huge = size_t(1) << 21;
        const size_t bytes = size * sizeof(T);
        const size_t alignment = bytes >= 2 * huge ? huge : 64;
        const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
        void* memory = std::aligned_alloc(alignment, rounded);
        if (!memory) throw std::bad_alloc();
#if defined(__linux__)
        if (alignment == huge) madvise(memory, rounded, MADV_HUGEPAGE);
#endif
        std::memset(memory, 0, bytes);
        data_.reset(static_cast<T*>(memory));
    }
    T* data() { return data_.get(); }
    const T* data() const { return data_.get(); }
    size_t size() const { return size_; }
    T& operator[](size_t k) { return data_.get()[k]; }
    const T& operator[](size_t k) const { return data_.get()[k]; }

    // Room for at least `size` numbers; what was there is lost when it has to grow.
    void reserve(size_t size) {
        if (size <= size_) return;
        *this = Buffer();  // free first: two large buffers at once would double the peak
        *this = Buffer(size);
    }

  private:
    struct Free {
        void operator()(T* memory) const { std::free(memory); }
    };
    std::unique_ptr<T[], Free> data_;
    size_t size_ = 0;
};

}  // namespace gossamer
