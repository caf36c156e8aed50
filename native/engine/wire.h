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
  CK_ULONG ulong();            // ULONG_RANGE when it does not fit; 64 one-bits are CK_UNAVAILABLE_INFORMATION
  Bytes bytes();               // points into the frame or a payload
  uint32_t count(uint32_t most);  // a u32 that counts what follows: TOO_LARGE above `most`
  bool atEnd() const;
  void expectEnd() const;      // MALFORMED when something is left over

 private:
  const uint8_t* at_;
  const uint8_t* end_;
  const std::vector<Bytes>& payloads_;
  size_t nextPayload_ = 0;
};

// Grows by itself; wiped when it goes.
class Writer {
 public:
  Writer() = default;
  ~Writer();
  Writer(Writer&& other) noexcept = default;
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
  void patchU32(size_t offset, uint32_t v);
  void truncate(size_t size);  // wipes what it cuts off

  const uint8_t* data() const;
  size_t size() const;
  void reset();  // wipes, keeps its room

 private:
  void reserve(size_t more);
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace cryptoki
