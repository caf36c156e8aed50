// Arena, Reader, Writer.
#include "codecs_support.h"

namespace cryptoki::test {
namespace {

const std::vector<Bytes> kNoPayloads;

template <typename Body>
uint32_t codeOf(Body body) {
  try {
    body();
  } catch (const EngineFailure& failure) {
    return failure.code;
  }
  return 0;
}

TEST(arena_gives_zeroed_aligned_memory_again_after_reset) {
  Arena arena;
  for (size_t size : {0u, 1u, 15u, 16u, 1000u, 5000u, 100000u}) {
    auto* memory = static_cast<uint8_t*>(arena.allocate(size));
    CHECK(memory != nullptr);
    CHECK_EQUAL(reinterpret_cast<uintptr_t>(memory) % alignof(std::max_align_t), 0u);
    for (size_t i = 0; i < size; ++i) CHECK_EQUAL(memory[i], 0);
    if (size != 0) std::memset(memory, 0xff, size);
  }
  arena.reset();
  auto* again = static_cast<uint8_t*>(arena.allocate(8192));
  for (size_t i = 0; i < 8192; ++i) CHECK_EQUAL(again[i], 0);
}

// Under AddressSanitizer every allocation has a block of its own.
#ifndef CRYPTOKI_EXACT_ARENA
TEST(arena_keeps_what_a_job_needed_in_one_block) {
  Arena arena;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i) std::memset(arena.allocate(3000), 1, 3000);
    arena.reset();
  }
  auto* first = static_cast<uint8_t*>(arena.allocate(16));
  auto* far = static_cast<uint8_t*>(arena.allocate(29000));
  CHECK_EQUAL(far - first, 16);
}
#endif

TEST(arena_moves_with_its_memory) {
  Arena arena;
  auto* memory = arena.copy(reinterpret_cast<const uint8_t*>("abc"), 3);
  Arena other = std::move(arena);
  CHECK(std::memcmp(memory, "abc", 3) == 0);
  CHECK(arena.allocate(8) != nullptr);
}

TEST(arena_refuses_sizes_that_overflow) {
  Arena arena;
  bool refused = false;
  try {
    arena.array<uint64_t>(SIZE_MAX / 4);
  } catch (const std::bad_alloc&) {
    refused = true;
  }
  CHECK(refused);
}

TEST(reader_reads_little_endian_and_stops_at_the_end) {
  const uint8_t data[] = {1, 2, 1, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1};
  Reader reader(data, sizeof(data), kNoPayloads);
  CHECK_EQUAL(reader.u8(), 1);
  CHECK_EQUAL(reader.u16(), 0x102);
  CHECK_EQUAL(reader.u32(), 0x1020304u);
  CHECK_EQUAL(reader.u64(), 0x102030405060708u);
  CHECK(reader.atEnd());
  CHECK_EQUAL(codeOf([&] { reader.u8(); }), ENGINE_MALFORMED);
}

TEST(reader_tells_null_from_empty_and_takes_payloads_in_order) {
  Frame frame(0);
  frame.nullBytes().bytes("").bytes("inline").payload().payload();
  std::vector<Bytes> payloads = {{reinterpret_cast<const uint8_t*>("one"), 3, false},
                                 {reinterpret_cast<const uint8_t*>("two"), 3, false}};
  Reader reader(frame.data.data() + 8, frame.data.size() - 8, payloads);
  CHECK(reader.bytes().null);
  Bytes empty = reader.bytes();
  CHECK(!empty.null && empty.data != nullptr && empty.size == 0);
  CHECK(text(reader.bytes()) == "inline");
  CHECK(text(reader.bytes()) == "one");
  CHECK_EQUAL(codeOf([&] { reader.expectEnd(); }), ENGINE_MALFORMED);
  CHECK(text(reader.bytes()) == "two");
  reader.expectEnd();
}

TEST(reader_refuses_counts_the_frame_cannot_hold) {
  Frame frame(0);
  frame.u32(3).u64(1).u64(2);
  Reader reader(frame.data.data() + 8, frame.data.size() - 8, kNoPayloads);
  CHECK_EQUAL(codeOf([&] { reader.count(10, 8); }), ENGINE_MALFORMED);
  Reader again(frame.data.data() + 8, frame.data.size() - 8, kNoPayloads);
  CHECK_EQUAL(codeOf([&] { again.count(2, 1); }), ENGINE_TOO_LARGE);
}

TEST(reader_refuses_bytes_beyond_the_frame) {
  Frame frame(0);
  frame.u32(100).u8(1);
  Reader reader(frame.data.data() + 8, frame.data.size() - 8, kNoPayloads);
  CHECK_EQUAL(codeOf([&] { reader.bytes(); }), ENGINE_MALFORMED);
  Frame missing(0);
  missing.payload();
  Reader other(missing.data.data() + 8, missing.data.size() - 8, kNoPayloads);
  CHECK_EQUAL(codeOf([&] { other.bytes(); }), ENGINE_MALFORMED);
}

TEST(reader_narrows_ulongs) {
  Frame frame(0);
  frame.u64(UINT64_MAX).u64(0x100000000);
  Reader reader(frame.data.data() + 8, frame.data.size() - 8, kNoPayloads);
  CHECK_EQUAL(reader.ulong(), CK_UNAVAILABLE_INFORMATION);
  if (sizeof(CK_ULONG) == 4) {
    CHECK_EQUAL(codeOf([&] { reader.ulong(); }), ENGINE_ULONG_RANGE);
  } else {
    CHECK_EQUAL(reader.ulong(), 0x100000000u);
  }
}

TEST(writer_grows_moves_patches_and_wipes) {
  Writer writer;
  for (uint32_t i = 0; i < 1000; ++i) writer.u32(i);
  writer.patchU32(4, 77);
  Writer moved = std::move(writer);
  CHECK_EQUAL(moved.size(), 4000u);
  CHECK_EQUAL(moved.data()[4], 77);
  CHECK_EQUAL(writer.size(), 0u);
  writer.u8(5);
  CHECK_EQUAL(writer.data()[0], 5);
  Writer small = std::move(writer);
  CHECK_EQUAL(small.data()[0], 5);
  small = std::move(moved);
  CHECK_EQUAL(small.size(), 4000u);

  const uint8_t* data = small.data();
  small.truncate(8);
  for (size_t i = 8; i < 4000; ++i) CHECK_EQUAL(data[i], 0);
  small.reset();
  CHECK_EQUAL(data[0], 0);
}

TEST(writer_widens_unavailable) {
  Writer writer;
  writer.ulong(CK_UNAVAILABLE_INFORMATION);
  for (size_t i = 0; i < 8; ++i) CHECK_EQUAL(writer.data()[i], 0xff);
}

}  // namespace
}  // namespace cryptoki::test
