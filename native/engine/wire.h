// The bounds-checked reader and writer of frames: docs/boundary.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../generated/cryptoki.h"
#include "arena.h"

namespace cryptoki {

struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
  bool null = true;  // a NULL pointer, as opposed to an empty string of bytes
};

// Thrown by decoding and by calls; becomes an engine reply. `detail` is data for TypeScript to word, never a sentence.
struct EngineFailure {
  uint32_t code;  // ENGINE_* of generated/engine_codes.h
  std::string detail;
};

class Reader {
 public:
  Reader(const uint8_t* data, size_t size, const std::vector<Bytes>& payloads);

  // Each throws EngineFailure{MALFORMED} when the frame ends early.
  uint8_t u8();
  uint16_t u16();
  uint32_t u32();
  uint64_t u64();
  CK_ULONG ulong();  // ULONG_RANGE when it does not fit; 64 one-bits are CK_UNAVAILABLE_INFORMATION
  Bytes bytes();     // points into the frame or a payload
  // A u32 that counts what follows: TOO_LARGE above `most`, MALFORMED when the rest of the frame cannot hold that many
  // of `each` bytes at least.
  uint32_t count(uint32_t most, size_t each);
  bool atEnd() const;
  void expectEnd() const;  // MALFORMED when something is left over

 private:
  const uint8_t* take(size_t size);
  const uint8_t* at_;
  const uint8_t* end_;
  const std::vector<Bytes>& payloads_;
  size_t nextPayload_ = 0;
};

// Grows by itself; wiped when it goes. Throws std::bad_alloc, and EngineFailure{TOO_LARGE} beyond kMostReply: lengths
// are u32 on the way to JavaScript.
class Writer {
 public:
  static constexpr size_t kMostReply = 0x80000000u;

  Writer() = default;
  ~Writer();
  Writer(Writer&& other) noexcept;
  Writer& operator=(Writer&& other) noexcept;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void u8(uint8_t v);
  void u16(uint16_t v);
  void u32(uint32_t v);
  void u64(uint64_t v);
  void ulong(CK_ULONG v);  // widens CK_UNAVAILABLE_INFORMATION
  void bytes(const void* data, size_t size);
  void raw(const void* data, size_t size);
  void patchU16(size_t offset, uint16_t v);
  void patchU32(size_t offset, uint32_t v);
  void patchU64(size_t offset, uint64_t v);
  void truncate(size_t size);  // wipes what it cuts off

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  void reset();  // wipes; keeps its room, unless a reply was unusually large

 private:
  uint8_t* extend(size_t more) {
    if (more > capacity_ - size_) grow(more);
    uint8_t* at = data_ + size_;
    size_ += more;
    return at;
  }
  void grow(size_t more);
  void take(Writer& other) noexcept;
  // Small replies need no memory of their own, and neither does the one that says that there is no memory.
  uint8_t small_[256];
  uint8_t* data_ = small_;
  size_t size_ = 0;
  size_t capacity_ = sizeof(small_);
};

}  // namespace cryptoki
