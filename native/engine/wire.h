// The bounds-checked reader and writer of frames: docs/boundary.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "../generated/cryptoki.h"
#include "../generated/engine_codes.h"
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

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
template <typename T>
T littleEndian(T value) {
  T swapped = 0;
  for (size_t i = 0; i < sizeof(T); ++i) swapped = static_cast<T>(swapped << 8 | (value >> (8 * i) & 0xff));
  return swapped;
}
#else
template <typename T>
T littleEndian(T value) {
  return value;
}
#endif

class Reader {
 public:
  Reader(const uint8_t* data, size_t size, const std::vector<Bytes>& payloads)
      : at_(data), end_(data + size), payloads_(payloads) {}

  // Each throws EngineFailure{MALFORMED} when the frame ends early.
  uint8_t u8() { return *take(1); }
  uint16_t u16() { return load<uint16_t>(); }
  uint32_t u32() { return load<uint32_t>(); }
  uint64_t u64() { return load<uint64_t>(); }
  // ULONG_RANGE when it does not fit; 64 one-bits are CK_UNAVAILABLE_INFORMATION.
  CK_ULONG ulong() {
    uint64_t value = u64();
    if (value == UINT64_MAX) return CK_UNAVAILABLE_INFORMATION;
    if (value > static_cast<CK_ULONG>(-1)) throw EngineFailure{ENGINE_ULONG_RANGE, {}};
    return static_cast<CK_ULONG>(value);
  }
  Bytes bytes();  // points into the frame or a payload
  // A u32 that counts what follows: TOO_LARGE above `most`, MALFORMED when the rest of the frame cannot hold that many
  // of `each` bytes at least.
  uint32_t count(uint32_t most, size_t each);
  bool atEnd() const { return at_ == end_ && nextPayload_ == payloads_.size(); }
  void expectEnd() const {  // MALFORMED when something is left over
    if (!atEnd()) malformed();
  }

 private:
  [[noreturn]] static void malformed() { throw EngineFailure{ENGINE_MALFORMED, {}}; }
  const uint8_t* take(size_t size) {
    if (size > static_cast<size_t>(end_ - at_)) malformed();
    const uint8_t* from = at_;
    at_ += size;
    return from;
  }
  template <typename T>
  T load() {
    T value;
    std::memcpy(&value, take(sizeof(value)), sizeof(value));
    return littleEndian(value);
  }
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

  void u8(uint8_t v) { *extend(1) = v; }
  void u16(uint16_t v) { store(extend(2), v); }
  void u32(uint32_t v) { store(extend(4), v); }
  void u64(uint64_t v) { store(extend(8), v); }
  // Widens CK_UNAVAILABLE_INFORMATION.
  void ulong(CK_ULONG v) { u64(v == CK_UNAVAILABLE_INFORMATION ? UINT64_MAX : v); }
  void bytes(const void* data, size_t size) {
    if (size > kMostReply) tooLarge();
    u32(static_cast<uint32_t>(size));
    raw(data, size);
  }
  void raw(const void* data, size_t size) {
    uint8_t* at = extend(size);
    if (size != 0) std::memcpy(at, data, size);
  }
  // So many zeros, which the caller fills; `spare` bytes more can then be written without moving them.
  uint8_t* zeros(size_t size, size_t spare);
  void patchU8(size_t offset, uint8_t v) { data_[offset] = v; }
  void patchU16(size_t offset, uint16_t v) { store(data_ + offset, v); }
  void patchU32(size_t offset, uint32_t v) { store(data_ + offset, v); }
  void patchU64(size_t offset, uint64_t v) { store(data_ + offset, v); }
  void truncate(size_t size);  // wipes what it cuts off

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  void reset();  // wipes; keeps its room, unless a reply was unusually large

 private:
  [[noreturn]] static void tooLarge() { throw EngineFailure{ENGINE_TOO_LARGE, {}}; }
  template <typename T>
  static void store(uint8_t* at, T value) {
    value = littleEndian(value);
    std::memcpy(at, &value, sizeof(value));
  }
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
