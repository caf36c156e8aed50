// Overwriting memory so that the compiler cannot leave it out.
#pragma once

#include <cstddef>
#include <cstring>

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#endif

namespace cryptoki {

inline void secureWipe(void* memory, size_t size) {
  if (size == 0) return;
#ifdef _WIN32
  SecureZeroMemory(memory, size);
#else
  // explicit_bzero is younger than the oldest C library this runs on. The empty statement makes the compiler believe
  // that somebody reads the zeros.
  std::memset(memory, 0, size);
  __asm__ __volatile__("" : : "r"(memory) : "memory");
#endif
}

}  // namespace cryptoki
