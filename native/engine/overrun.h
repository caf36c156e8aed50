// Memory for tokens that do not look at the length they are given. NSS 3.87 copies the attributes of its session
// objects whole, however small the buffer: docs/decisions/0006-attribute-reads.md. What such a token writes too much
// must not hit anything.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cryptoki {

class OverrunRoom {
 public:
  // What can be taken, and how far behind it nothing lies: as far as a length is believed.
  static constexpr size_t kSize = 1024 * 1024;
  static constexpr size_t kBehind = 64 * 1024 * 1024;

  // This thread's room, emptied; nullptr when the system gives no address space for it.
  static OverrunRoom* ofThisThread() noexcept;

  // Zeroed and aligned for any type; nullptr when there is no more.
  uint8_t* take(size_t size) noexcept;
  size_t left() const noexcept { return kSize - used_; }
  bool contains(const uint8_t* address) const noexcept { return address >= base_ && address < base_ + kSize; }

  // A token has written `size` bytes at `address`, wherever they go.
  void overrun(const uint8_t* address, size_t size) noexcept;
  // Wipes it for whoever comes next. Nothing in it may be used any more.
  void clear() noexcept;
  // A call is pending and its token may go on writing: nobody uses this memory again.
  void abandon() noexcept;

  OverrunRoom() = default;
  ~OverrunRoom();
  OverrunRoom(const OverrunRoom&) = delete;
  OverrunRoom& operator=(const OverrunRoom&) = delete;

 private:
  uint8_t* base_ = nullptr;
  size_t used_ = 0;
  size_t touched_ = 0;  // by overruns
};

}  // namespace cryptoki
