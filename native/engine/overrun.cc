#include "overrun.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "platform_wipe.h"

#ifndef _WIN32
#include <sys/mman.h>
#endif

namespace cryptoki {

namespace {

constexpr size_t kMapped = OverrunRoom::kSize + OverrunRoom::kBehind;

// Address space only: a page costs memory once something is written to it, and nearly all never are.
uint8_t* map() noexcept {
#ifdef _WIN32
  return static_cast<uint8_t*>(VirtualAlloc(nullptr, kMapped, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
#else
  // Where address space is scarce a room per thread is too much of it.
  if (sizeof(void*) < 8) return nullptr;
#ifdef MAP_NORESERVE
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
#else
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
  void* memory = mmap(nullptr, kMapped, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<uint8_t*>(memory);
#endif
}

void unmap(uint8_t* memory) noexcept {
#ifdef _WIN32
  VirtualFree(memory, 0, MEM_RELEASE);
#else
  munmap(memory, kMapped);
#endif
}

}  // namespace

OverrunRoom* OverrunRoom::ofThisThread() noexcept {
  static thread_local OverrunRoom room;
  room.clear();
  if (room.base_ == nullptr) room.base_ = map();
  return room.base_ == nullptr ? nullptr : &room;
}

OverrunRoom::~OverrunRoom() {
  clear();
  if (base_ != nullptr) unmap(base_);
}

uint8_t* OverrunRoom::take(size_t size) noexcept {
  constexpr size_t kAlignment = alignof(std::max_align_t);
  if (size > left()) return nullptr;
  size_t rounded = (std::max<size_t>(size, 1) + kAlignment - 1) & ~(kAlignment - 1);
  if (rounded > left()) return nullptr;
  uint8_t* at = base_ + used_;
  if (used_ < touched_) std::memset(at, 0, std::min(rounded, touched_ - used_));
  used_ += rounded;
  return at;
}

void OverrunRoom::overrun(const uint8_t* address, size_t size) noexcept {
  if (!contains(address)) return;
  size_t end = static_cast<size_t>(address - base_) + std::min(size, kBehind);
  touched_ = std::max(touched_, end);
}

void OverrunRoom::clear() noexcept {
  if (touched_ > kSize) {
    // The system wipes what it is given back. Overwriting it here would first make memory of all of it, written to or
    // only said to be.
    unmap(base_);
    base_ = nullptr;
  } else {
    secureWipe(base_, std::max(used_, touched_));
  }
  used_ = 0;
  touched_ = 0;
}

void OverrunRoom::abandon() noexcept {
  base_ = nullptr;
  used_ = 0;
  touched_ = 0;
}

}  // namespace cryptoki
