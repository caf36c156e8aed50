// Memory of one job: everything a call into the token's library can touch. Allocated in blocks, wiped before it is
// given back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

namespace cryptoki {

class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Zeroed and aligned for any type; a size of 0 gives a valid pointer. Throws std::bad_alloc.
  void* allocate(size_t size);

  template <typename T>
  T* array(size_t count) {
    if (count > SIZE_MAX / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(allocate(count * sizeof(T)));
  }

  uint8_t* copy(const uint8_t* data, size_t size) {
    auto* to = array<uint8_t>(size);
    if (size != 0) std::memcpy(to, data, size);
    return to;
  }

  // Wipes everything; keeps one block for the next job.
  void reset();

 private:
  // Memory behind `used` is zero: fresh from calloc, or wiped.
  struct Block {
    uint8_t* data;
    size_t size;
    size_t used;
  };
  void* grow(size_t size);
  void release() noexcept;
  std::vector<Block> blocks_;
};

}  // namespace cryptoki
