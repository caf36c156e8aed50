#include "wire.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "platform_wipe.h"

namespace cryptoki {

namespace {

constexpr uint32_t kNull = 0xffffffff;
constexpr uint32_t kPayload = 0xfffffffe;
// What a Writer may keep from one reply to the next.
constexpr size_t kKeepAtMost = 64 * 1024;

}  // namespace

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
  if (more > kMostReply - size_) tooLarge();
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

uint8_t* Writer::zeros(size_t size, size_t spare) {
  if (size > kMostReply - size_ || spare > kMostReply - size_ - size) tooLarge();
  size_t wanted = size_ + size + spare;
  if (wanted > capacity_) {
    // The system's zeros cost nothing until they are touched.
    auto* grown = static_cast<uint8_t*>(std::calloc(1, wanted));
    if (grown == nullptr) throw std::bad_alloc();
    std::memcpy(grown, data_, size_);
    secureWipe(data_, size_);
    if (data_ != small_) std::free(data_);
    data_ = grown;
    capacity_ = wanted;
  } else if (size != 0) {
    std::memset(data_ + size_, 0, size);
  }
  uint8_t* at = data_ + size_;
  size_ += size;
  return at;
}

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
