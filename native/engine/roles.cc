#include "roles.h"

#include <cstring>

namespace cryptoki {

void writeStructure(Writer& reply, const Layout& layout, const uint8_t* from) {
  for (uint16_t i = 0; i < layout.count; ++i) {
    const Field& field = layout.fields[i];
    const uint8_t* at = from + field.offset;
    switch (field.kind) {
      case FieldKind::Ulong:
        reply.ulong(loadUlong(at));
        break;
      case FieldKind::Byte:
        reply.u8(*at);
        break;
      case FieldKind::Fixed:
        reply.bytes(at, field.extra);
        break;
      case FieldKind::Struct:
        writeStructure(reply, LAYOUTS[field.extra], at);
        break;
      default:
        // No information structure has a pointer.
        break;
    }
  }
}

namespace role {

namespace {

// Capacities that are not sizes.
constexpr uint32_t kAskFirst = 0xffffffff;
constexpr uint32_t kNoBuffer = 0xfffffffe;
// How often a token may say that a buffer is too small before its word is taken for an answer.
constexpr uint8_t kMostRounds = 3;
constexpr size_t kMostFixed = 0x40000000;

}  // namespace

void InBytes::read(Call& call) {
  Bytes value = call.reader.bytes();
  // The token's prototype is not const. The memory is ours to lend: the job's copy of the frame.
  data = value.null ? nullptr : const_cast<CK_BYTE_PTR>(value.data);
  if (value.size > static_cast<CK_ULONG>(-1)) throw EngineFailure{ENGINE_ULONG_RANGE, {}};
  size = static_cast<CK_ULONG>(value.size);
}

void Label::read(Call& call) {
  constexpr size_t kSize = 32;
  Bytes value = call.reader.bytes();
  if (value.size > kSize) throw EngineFailure{ENGINE_MALFORMED, {}};
  data = call.arena.array<CK_UTF8CHAR>(kSize);
  std::memset(data, ' ', kSize);
  if (value.size != 0) std::memcpy(data, value.data, value.size);
}

void Text::read(Call& call) {
  Bytes value = call.reader.bytes();
  data = nullptr;
  if (value.null) return;
  if (value.size != 0 && std::memchr(value.data, 0, value.size) != nullptr) throw EngineFailure{ENGINE_MALFORMED, {}};
  data = call.arena.array<CK_UTF8CHAR>(value.size + 1);
  if (value.size != 0) std::memcpy(data, value.data, value.size);
}

void OutBytes::read(Call& call) {
  uint32_t guess = call.reader.u32();
  if (guess == kNoBuffer) {
    mode = Mode::None;
    return;
  }
  sizeAt = call.arena.array<CK_ULONG>(1);
  if (guess == kAskFirst) {
    mode = Mode::Asking;
    return;
  }
  room(call, static_cast<CK_ULONG>(std::min<size_t>(guess, call.mostOutput())));
}

void OutBytes::room(Call& call, CK_ULONG wanted) {
  data = call.arena.array<CK_BYTE>(wanted);
  capacity = wanted;
  *sizeAt = wanted;
  mode = Mode::Filling;
  call.output = data;
  call.capacity = wanted;
}

bool OutBytes::again(Call& call, CK_RV rv) {
  if (mode == Mode::None || (rv != CKR_OK && rv != CKR_BUFFER_TOO_SMALL)) return false;
  // The caller's own buffer has that size: too small is an answer, and the operation goes on.
  if (rv == CKR_BUFFER_TOO_SMALL && mode == Mode::Filling && (call.context.job.manners & MANNER_EXACT) != 0) return false;
  size = *sizeAt;
  if (mode == Mode::Filling && rv == CKR_OK) {
    if (size > capacity) throw EngineFailure{ENGINE_LENGTH_LIE, {}};
    return false;
  }
  if (rv == CKR_BUFFER_TOO_SMALL && ++rounds > kMostRounds) return false;
  if (size > call.mostOutput()) throw EngineFailure{ENGINE_TOO_LARGE, {}};
  if (mode == Mode::Asking || size > capacity) {
    room(call, size);
    return true;
  }
  // Too small, but the token has not said how much it wants.
  mode = Mode::Asking;
  data = nullptr;
  *sizeAt = 0;
  return true;
}

void OutFixed::read(Call& call) {
  uint32_t wanted = call.reader.u32();
  if (wanted > kMostFixed) throw EngineFailure{ENGINE_TOO_LARGE, {}};
  data = call.arena.array<CK_BYTE>(wanted);
  size = wanted;
}

bool OutUlongs::again(Call& call, CK_RV rv) {
  if (list == nullptr) {
    // Some answer the question itself with BUFFER_TOO_SMALL.
    if (rv != CKR_OK && rv != CKR_BUFFER_TOO_SMALL) return false;
    if (*count > kMostEntries) throw EngineFailure{ENGINE_TOO_LARGE, {}};
    if (*count == 0) return false;
    ++rounds;
    capacity = *count;
    list = call.arena.array<CK_ULONG>(capacity);
    return true;
  }
  if (rv == CKR_OK && *count > capacity) throw EngineFailure{ENGINE_LENGTH_LIE, {}};
  if (rv != CKR_BUFFER_TOO_SMALL || rounds >= kMostRounds) return false;
  // One more has come since the question.
  list = nullptr;
  *count = 0;
  return true;
}

void OutUlongs::write(Writer& reply) const {
  CK_ULONG listed = list == nullptr ? 0 : *count;
  reply.u32(static_cast<uint32_t>(listed));
  for (CK_ULONG i = 0; i < listed; ++i) reply.ulong(list[i]);
}

void OutHandles::read(Call& call) {
  most = std::min<uint32_t>(call.reader.u32(), kMostEntries);
  list = call.arena.array<CK_OBJECT_HANDLE>(most);
  count = call.arena.array<CK_ULONG>(1);
}

bool OutHandles::again(Call&, CK_RV rv) {
  if (rv == CKR_OK && *count > most) throw EngineFailure{ENGINE_LENGTH_LIE, {}};
  return false;
}

void OutHandles::write(Writer& reply) const {
  reply.u32(static_cast<uint32_t>(*count));
  for (CK_ULONG i = 0; i < *count; ++i) reply.ulong(list[i]);
}

}  // namespace role
}  // namespace cryptoki
