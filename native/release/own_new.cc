// For macOS, where libc++ is linked in and its operators new and delete would be offered to the whole process: what is
// defined here is not taken from there, and -fvisibility-global-new-delete keeps it inside. Empty but in such a release.
#ifdef CRYPTOKI_OWN_NEW

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

void* allocate(size_t size) noexcept { return std::malloc(size == 0 ? 1 : size); }

void* allocateAligned(size_t size, std::align_val_t alignment) noexcept {
  void* memory = nullptr;
  size_t least = sizeof(void*);
  size_t wanted = static_cast<size_t>(alignment);
  return posix_memalign(&memory, wanted < least ? least : wanted, size == 0 ? 1 : size) == 0 ? memory : nullptr;
}

void* orThrow(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

using Alignment = std::align_val_t;
using NoThrow = std::nothrow_t;

}  // namespace

void* operator new(size_t size) { return orThrow(allocate(size)); }
void* operator new[](size_t size) { return orThrow(allocate(size)); }
void* operator new(size_t size, Alignment alignment) { return orThrow(allocateAligned(size, alignment)); }
void* operator new[](size_t size, Alignment alignment) { return orThrow(allocateAligned(size, alignment)); }
void* operator new(size_t size, const NoThrow&) noexcept { return allocate(size); }
void* operator new[](size_t size, const NoThrow&) noexcept { return allocate(size); }
void* operator new(size_t size, Alignment alignment, const NoThrow&) noexcept { return allocateAligned(size, alignment); }
void* operator new[](size_t size, Alignment alignment, const NoThrow&) noexcept {
  return allocateAligned(size, alignment);
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, Alignment) noexcept { std::free(memory); }
void operator delete[](void* memory, Alignment) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, Alignment) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, Alignment) noexcept { std::free(memory); }
void operator delete(void* memory, const NoThrow&) noexcept { std::free(memory); }
void operator delete[](void* memory, const NoThrow&) noexcept { std::free(memory); }
void operator delete(void* memory, Alignment, const NoThrow&) noexcept { std::free(memory); }
void operator delete[](void* memory, Alignment, const NoThrow&) noexcept { std::free(memory); }

#endif
