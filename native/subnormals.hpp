// Numbers below the smallest normal one count as zero while this is in scope.
//
// The velocity of a link whose gradient has become zero shrinks by the momentum each step and would stay for
// ever at the smallest subnormal number; on many CPUs one such operand in a register costs over a hundred
// cycles.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace gossamer {

class FlushSubnormals {
  public:
    FlushSubnormals() : saved_(read()) { write(saved_ | kFlush); }
    ~FlushSubnormals() { write(saved_); }
    FlushSubnormals(const FlushSubnormals&) = delete;
    FlushSubnormals& operator=(const FlushSubnormals&) = delete;

  private:
#if defined(__x86_64__)
    static constexpr uint64_t kFlush = 0x8040;  // flush results to zero, read operands as zero
    static uint64_t read() { return _mm_getcsr(); }
    static void write(uint64_t state) { _mm_setcsr(uint32_t(state)); }
#elif defined(__aarch64__)
    static constexpr uint64_t kFlush = uint64_t(1) << 24;
    static uint64_t read() {
        uint64_t state;
        asm volatile("mrs %0, fpcr" : "=r"(state));
        return state;
    }
    static void write(uint64_t state) { asm volatile("msr fpcr, %0" : : "r"(state)); }
#else
    static constexpr uint64_t kFlush = 0;
    static uint64_t read() { return 0; }
    static void write(uint64_t) {}
#endif
    uint64_t saved_;
};

}  // namespace gossamer
