#include "arena.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "platform_wipe.h"

namespace cryptoki {

namespace {

constexpr size_t kBlockSize = 8 * 1024;
// More than this (a big payload) is not kept: it would stay with the job for ever.
constexpr size_t kKeepAtMost = 64 * 1024;

}  // namespace

Arena::~Arena() { release(); }

Arena::Arena(Arena&& other) noexcept : blocks_(std::move(other.blocks_)) { other.blocks_.clear(); }

Arena& Arena::operator=(Arena&& other) noexcept {
  if (this != &other) {
    release();
    blocks_ = std::move(other.blocks_);
    other.blocks_.clear();
  }
  return *this;
}

// For AddressSanitizer, which sees a byte too far only behind a block of the exact size.
void* Arena::alone(size_t size) {
  auto* data = static_cast<uint8_t*>(std::calloc(1, std::max<size_t>(size, 1)));
  if (data == nullptr) throw std::bad_alloc();
  blocks_.push_back(Block{data, std::max<size_t>(size, 1), std::max<size_t>(size, 1)});
  return data;
}

void* Arena::grow(size_t rounded) {
  blocks_.reserve(blocks_.size() + 1);
  size_t size = std::max(rounded, kBlockSize);
  auto* data = static_cast<uint8_t*>(std::calloc(1, size));
  if (data == nullptr) throw std::bad_alloc();
  blocks_.push_back(Block{data, size, rounded});
  // A block made for one big request is full at once: the room left in the block before it goes on being used.
  if (blocks_.size() > 1 && size - rounded < kAlignment)
    std::swap(blocks_[blocks_.size() - 1], blocks_[blocks_.size() - 2]);
  return data;
}

std::vector<uint8_t> Arena::save() const {
  std::vector<uint8_t> saved;
  for (const Block& block : blocks_) saved.insert(saved.end(), block.data, block.data + block.used);
  return saved;
}

void Arena::restore(const std::vector<uint8_t>& saved) noexcept {
  const uint8_t* from = saved.data();
  for (const Block& block : blocks_) {
    if (block.used != 0) std::memcpy(block.data, from, block.used);
    from += block.used;
  }
}

void Arena::reset() {
  if (blocks_.empty()) return;
  size_t total = 0;
  for (const Block& block : blocks_) total += block.size;
  if (blocks_.size() == 1 && total <= kKeepAtMost) {
    secureWipe(blocks_[0].data, blocks_[0].used);
    blocks_[0].used = 0;
    return;
  }
  release();
  // What this job needed the next one will need, in one piece.
  if (total > kKeepAtMost) return;
  auto* data = static_cast<uint8_t*>(std::calloc(1, total));
  if (data != nullptr) blocks_.push_back(Block{data, total, 0});  // release() left the vector its room
}

void Arena::release() noexcept {
  for (Block& block : blocks_) {
    secureWipe(block.data, block.used);
    std::free(block.data);
  }
  blocks_.clear();
}

}  // namespace cryptoki
