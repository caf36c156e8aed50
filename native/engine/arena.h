// Memory of one job: everything a call into the token's library can touch. Allocated in blocks, wiped before it is
// given back.
#pragma once

#include <algorithm>
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
  void* allocate(size_t size) {
#ifdef CRYPTOKI_EXACT_ARENA
    return alone(size);
#else
    size_t rounded = roundUp(size);
    if (!blocks_.empty()) {
      Block& block = blocks_.back();
      if (block.size - block.used >= rounded) {
        uint8_t* at = block.data + block.used;
        block.used += rounded;
        return at;
      }
    }
    return grow(rounded);
#endif
  }

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

  // What has been allocated so far, as it is now, and back again.
  std::vector<uint8_t> save() const;
  void restore(const std::vector<uint8_t>& saved) noexcept;

  // Wipes everything; keeps one block for the next job.
  void reset();

 private:
  static constexpr size_t kAlignment = alignof(std::max_align_t);
  static size_t roundUp(size_t size) {
    // 0 too must give a pointer of its own.
    size_t rounded = (std::max<size_t>(size, 1) + kAlignment - 1) & ~(kAlignment - 1);
    if (rounded < size) throw std::bad_alloc();
    return rounded;
  }

  // Memory behind `used` is zero: fresh from calloc, or wiped.
  struct Block {
    uint8_t* data;
    size_t size;
    size_t used;
  };
  void* grow(size_t size);
  void* alone(size_t size);
  void release() noexcept;
  std::vector<Block> blocks_;
};

}  // namespace cryptoki
