#include "wire.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "../generated/engine_codes.h"
#include "platform_wipe.h"

namespace cryptoki {

namespace {

constexpr uint32_t kNull = 0xffffffff;
constexpr uint32_t kPayload = 0xfffffffe;
// What a Writer may keep from one reply to the next.
constexpr size_t kKeepAtMost = 64 * 1024;

[[noreturn]] void malformed() { throw EngineFailure{ENGINE_MALFORMED, {}}; }

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

template <typename T>
T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return littleEndian(value);
}

template <typename T>
void store(uint8_t* at, T value) {
  value = littleEndian(value);
  std::memcpy(at, &value, sizeof(value));
}

}  // namespace

Reader::Reader(const uint8_t* data, size_t size, const std::vector<Bytes>& payloads)
    : at_(data), end_(data + size), payloads_(payloads) {}

const uint8_t* Reader::take(size_t size) {
  if (size > static_cast<size_t>(end_ - at_)) malformed();
  const uint8_t* from = at_;
  at_ += size;
  return from;
}

uint8_t Reader::u8() { return *take(1); }
uint16_t Reader::u16() { return load<uint16_t>(take(2)); }
uint32_t Reader::u32() { return load<uint32_t>(take(4)); }
uint64_t Reader::u64() { return load<uint64_t>(take(8)); }

CK_ULONG Reader::ulong() {
  uint64_t value = u64();
  if (value == UINT64_MAX) return CK_UNAVAILABLE_INFORMATION;
  if (value > static_cast<CK_ULONG>(-1)) throw EngineFailure{ENGINE_ULONG_RANGE, {}};
  return static_cast<CK_ULONG>(value);
}

Bytes Reader::bytes() {
  uint32_t size = u32();
  if (size == kNull) return {};
  if (size == kPayload) {
    if (nextPayload_ == payloads_.size()) malformed();
    return payloads_[nextPayload_++];
  }
  return {take(size), size, false};
}

uint32_t Reader::count(uint32_t most, size_t each) {
  uint32_t value = u32();
  if (value > most) throw EngineFailure{ENGINE_TOO_LARGE, {}};
  if (value > static_cast<size_t>(end_ - at_) / each) malformed();
  return value;
}

bool Reader::atEnd() const { return at_ == end_ && nextPayload_ == payloads_.size(); }

void Reader::expectEnd() const {
  if (!atEnd()) malformed();
}

Writer::~Writer() {
  secureWipe(data_, size_);
  if (data_ != small_) std::free(data_);
}

Writer::Writer(Writer&& other) noexcept { take(other); }

Writer& Writer::operator=(Writer&& other) noexcept {
  if (this != &other) {
    secureWipe(data_, size_);
    if (data_ != small_) std::free(data_);
    take(other);
  }
  return *this;
}

void Writer::take(Writer& other) noexcept {
  if (other.data_ == other.small_) {
    std::memcpy(small_, other.small_, other.size_);
    secureWipe(other.small_, other.size_);
    data_ = small_;
  } else {
    data_ = other.data_;
  }
  size_ = other.size_;
  capacity_ = other.capacity_;
  other.data_ = other.small_;
  other.size_ = 0;
  other.capacity_ = sizeof(other.small_);
}

void Writer::grow(size_t more) {
  if (more > kMostReply - size_) throw EngineFailure{ENGINE_TOO_LARGE, {}};
  size_t wanted = std::max(size_ + more, std::min(capacity_ * 2, kMostReply));
  // Not realloc: it may leave the old bytes behind, unwiped.
  auto* grown = static_cast<uint8_t*>(std::malloc(wanted));
  if (grown == nullptr) throw std::bad_alloc();
  std::memcpy(grown, data_, size_);
  secureWipe(data_, size_);
  if (data_ != small_) std::free(data_);
  data_ = grown;
  capacity_ = wanted;
}

void Writer::u8(uint8_t v) { *extend(1) = v; }
void Writer::u16(uint16_t v) { store(extend(2), v); }
void Writer::u32(uint32_t v) { store(extend(4), v); }
void Writer::u64(uint64_t v) { store(extend(8), v); }
void Writer::ulong(CK_ULONG v) { u64(v == CK_UNAVAILABLE_INFORMATION ? UINT64_MAX : v); }

void Writer::raw(const void* data, size_t size) {
  uint8_t* at = extend(size);
  if (size != 0) std::memcpy(at, data, size);
}

void Writer::bytes(const void* data, size_t size) {
  if (size > kMostReply) throw EngineFailure{ENGINE_TOO_LARGE, {}};
  u32(static_cast<uint32_t>(size));
  raw(data, size);
}

void Writer::patchU16(size_t offset, uint16_t v) { store(data_ + offset, v); }
void Writer::patchU32(size_t offset, uint32_t v) { store(data_ + offset, v); }
void Writer::patchU64(size_t offset, uint64_t v) { store(data_ + offset, v); }

void Writer::truncate(size_t size) {
  if (size >= size_) return;
  secureWipe(data_ + size, size_ - size);
  size_ = size;
}

void Writer::reset() {
  truncate(0);
  if (capacity_ <= kKeepAtMost) return;
  std::free(data_);
  data_ = small_;
  capacity_ = sizeof(small_);
}

}  // namespace cryptoki
