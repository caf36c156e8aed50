// Locking for a tenth of a microsecond. To sleep for so short a time and to be woken from it takes a hundred times as
// long, and two threads of a busy library meet in such sections all the time: who finds one taken looks again first.
#pragma once

#include <mutex>

#if defined(__x86_64__) || defined(_M_X64) || defined(__i386__) || defined(_M_IX86)
#include <immintrin.h>
#endif

namespace cryptoki {

using Lock = std::unique_lock<std::mutex>;

// Some microseconds: whoever holds the lock for longer than that has lost the processor in it.
constexpr int kLooks = 100;

inline void relax() {
#if defined(__x86_64__) || defined(_M_X64) || defined(__i386__) || defined(_M_IX86)
  _mm_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  __asm__ __volatile__("yield");
#endif
}

inline void lockBriefly(Lock& lock) {
  for (int looks = 0; looks < kLooks; ++looks) {
    if (lock.try_lock()) return;
    relax();
  }
  lock.lock();
}

inline Lock lockBriefly(std::mutex& mutex) {
  Lock lock(mutex, std::defer_lock);
  lockBriefly(lock);
  return lock;
}

}  // namespace cryptoki
