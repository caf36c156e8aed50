#include "attribute_reader.h"

#include <cstring>

namespace cryptoki {

namespace {

// Room for a value of unknown length: nearly every certificate fits.
constexpr size_t kGenerous = 4096;
constexpr size_t kScant = 256;
// For all attributes of a list together; a list so long that they do not fit is asked for its lengths first.
constexpr size_t kTogether = 48 * 1024;
// With room, without, with the right room; and once more for a value that has changed meanwhile.
constexpr int kMostRounds = 5;
// Untouched memory: no CK_BBOOL, and no number anybody uses. Where a token did mean it, it is only asked once more.
constexpr uint8_t kUntouched = 0x5a;
constexpr size_t kMarked = 8;

constexpr size_t kLeastWanted = 9;

// What a token has not touched is seen by these bytes.
void mark(uint8_t* buffer, CK_ULONG room) {
  constexpr uint64_t kMark = kUntouched * 0x0101010101010101u;
  static_assert(sizeof(kMark) == kMarked);
  if (room >= kMarked) {
    std::memcpy(buffer, &kMark, kMarked);
  } else {
    std::memset(buffer, kUntouched, room);
  }
}

bool isRefusal(CK_RV rv) { return rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID; }

}  // namespace

AttributeReader::AttributeReader(Call& call, CK_SESSION_HANDLE session)
    : call_(call), session_(session), room_(OverrunRoom::ofThisThread()) {
  count_ = call.reader.count(kMostEntries, kLeastWanted);
  wanted_ = call.arena.array<Wanted>(count_);
  asked_ = call.arena.array<CK_ATTRIBUTE>(count_);
  indexes_ = call.arena.array<uint32_t>(count_);
  for (uint32_t i = 0; i < count_; ++i) {
    wanted_[i].type = call.reader.ulong();
    uint8_t form = call.reader.u8();
    if (form < static_cast<uint8_t>(AttributeForm::Bool) || form > static_cast<uint8_t>(AttributeForm::Template)) {
      throw EngineFailure{ENGINE_MALFORMED, {}};
    }
    wanted_[i].form = static_cast<AttributeForm>(form);
  }
  makeRoom();
}

AttributeReader::~AttributeReader() {
  if (room_ != nullptr) room_->clear();
}

void AttributeReader::makeRoom() {
  size_t unknown = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    if (wanted_[i].form == AttributeForm::Template) nested_.resize(count_);
    if (fixedSize(wanted_[i].form) == 0) ++unknown;
  }
  size_t generous = unknown == 0 ? 0 : std::max(kScant, std::min(kGenerous, kTogether / unknown));
  for (uint32_t i = 0; i < count_; ++i) {
    Wanted& wanted = wanted_[i];
    if (wanted.form == AttributeForm::Template) continue;
    // Exact where it is known: NSS answers BUFFER_TOO_SMALL to more than a CK_ULONG for a CK_ULONG.
    CK_ULONG fixed = fixedSize(wanted.form);
    wanted.guessRoom = fixed != 0 ? fixed : static_cast<CK_ULONG>(generous);
    wanted.guess = room_ == nullptr ? nullptr : room_->take(wanted.guessRoom);
    if (wanted.guess == nullptr && fixed != 0) wanted.guess = call_.arena.array<uint8_t>(fixed);
  }
}

void AttributeReader::restart() {
  refusal_ = CKR_OK;
  for (uint32_t i = 0; i < count_; ++i) {
    Wanted& wanted = wanted_[i];
    // What the last object had here must not be taken for a value of the next.
    // The first bytes are marked anew.
    if (wanted.size > kMarked && wanted.buffer != nullptr) std::memset(wanted.buffer, 0, wanted.size);
    wanted.buffer = wanted.guess;
    wanted.room = wanted.guessRoom;
    wanted.size = 0;
    wanted.alone = false;
    wanted.overran = false;
    wanted.state = wanted.guess == nullptr ? State::Measuring : State::Filling;
  }
}

CK_RV AttributeReader::read(CK_OBJECT_HANDLE object) {
  restart();
  CK_RV rv = ask(object, 0, count_);
  if (rv != CKR_OK || complete_) return rv;
  rv = askUntilSettled(object, 0, count_);
  if (rv != CKR_OK) return rv;
  bool gone = false;
  for (uint32_t i = 0; i < count_; ++i) {
    Wanted& wanted = wanted_[i];
    if (wanted.alone) {
      rv = askUntilSettled(object, i, i + 1);
      if (rv != CKR_OK) return rv;
    }
    if (wanted.state == State::Filling || wanted.state == State::Measuring) return CKR_BUFFER_TOO_SMALL;
  }
  if (!nested_.empty()) rv = readNested(object);
  if (rv != CKR_OK) return rv;
  for (uint32_t i = 0; i < count_; ++i) gone |= wanted_[i].state == State::Gone;
  return gone ? refusal_ : CKR_OK;
}

CK_RV AttributeReader::askUntilSettled(CK_OBJECT_HANDLE object, uint32_t from, uint32_t to) {
  for (int round = 1; round < kMostRounds; ++round) {
    bool settled = true;
    for (uint32_t i = from; i < to; ++i) {
      const Wanted& wanted = wanted_[i];
      bool open = wanted.state == State::Filling || wanted.state == State::Measuring;
      if (open && (!wanted.alone || to - from == 1)) settled = false;
    }
    if (settled) break;
    CK_RV rv = ask(object, from, to);
    if (rv != CKR_OK) return rv;
  }
  return CKR_OK;
}

// One call for all that are open between `from` and `to`.
CK_RV AttributeReader::ask(CK_OBJECT_HANDLE object, uint32_t from, uint32_t to) {
  bool single = to - from == 1;
  uint32_t count = 0;
  for (uint32_t i = from; i < to; ++i) {
    Wanted& wanted = wanted_[i];
    if (wanted.alone && !single) continue;
    if (wanted.state == State::Filling) {
      mark(wanted.buffer, wanted.room);
      asked_[count] = CK_ATTRIBUTE{wanted.type, wanted.buffer, wanted.room};
    } else if (wanted.state == State::Measuring) {
      asked_[count] = CK_ATTRIBUTE{wanted.type, nullptr, 0};
    } else {
      continue;
    }
    indexes_[count++] = i;
  }
  if (count == 0 && count_ != 0) return CKR_OK;

  CK_RV rv = call_.context.functions.C_GetAttributeValue(session_, object, asked_, count);
  if (rv == CKR_PENDING && room_ != nullptr) {
    room_->abandon();
    room_ = nullptr;
  }
  if (rv != CKR_OK && rv != CKR_BUFFER_TOO_SMALL && !isRefusal(rv)) return rv;
  complete_ = rv == CKR_OK && count == count_ && nested_.empty() && allHere(count);
  if (complete_) return CKR_OK;
  if (isRefusal(rv)) refusal_ = rv;
  overrunFrom_ = nullptr;
  for (uint32_t i = 0; i < count; ++i) settle(wanted_[indexes_[i]], asked_[i].ulValueLen, rv, count == 1);
  if (overrunFrom_ != nullptr) distrust();
  return CKR_OK;
}

// The ordinary case: everything was asked for at once, and all of it fits.
bool AttributeReader::allHere(uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    // CK_UNAVAILABLE_INFORMATION is larger than any room.
    if (wanted_[i].state != State::Filling || asked_[i].ulValueLen > wanted_[i].room) return false;
  }
  for (uint32_t i = 0; i < count; ++i) {
    wanted_[i].state = State::Here;
    wanted_[i].size = asked_[i].ulValueLen;
  }
  return true;
}

// What a token says of one attribute. All that is believed is a length, and only after it has been checked against what
// was given.
void AttributeReader::settle(Wanted& wanted, CK_ULONG said, CK_RV rv, bool alone) {
  bool unavailable = said == CK_UNAVAILABLE_INFORMATION;
  if (wanted.state == State::Measuring) {
    if (unavailable) {
      wanted.state = State::Gone;
    } else if (rv == CKR_OK || said != 0) {
      measured(wanted, said);
    } else if (!alone) {
      wanted.alone = true;
    } else if (isRefusal(rv)) {
      wanted.state = State::Gone;
    }
    return;
  }

  if (!unavailable && said > wanted.room) return overran(wanted, said, rv);
  if (rv == CKR_OK) {
    wanted.state = unavailable ? State::Gone : State::Here;
    wanted.size = unavailable ? 0 : said;
    return;
  }
  if (unavailable) {
    // Not there, not to be seen, or too large for the room: the standard lets a token answer any of the three codes
    // when several apply. Asking without a buffer tells them apart. A value of fixed size had all the room it can want,
    // unless the token complains of just that.
    bool roomEnough = fixedSize(wanted.form) != 0 && rv != CKR_BUFFER_TOO_SMALL;
    wanted.state = roomEnough ? State::Gone : State::Measuring;
  } else if (said == wanted.room && wanted.buffer[0] == kUntouched &&
             std::memcmp(wanted.buffer, wanted.buffer + 1, std::min<size_t>(wanted.room, kMarked) - 1) == 0) {
    // Length and buffer are as they were given: the token stopped at an attribute before this one.
    if (!alone) {
      wanted.alone = true;
    } else {
      wanted.state = rv == CKR_BUFFER_TOO_SMALL ? State::Measuring : State::Gone;
    }
  } else {
    wanted.state = State::Here;
    wanted.size = said;
  }
}

// More than there was room for. With BUFFER_TOO_SMALL it is how OpenSC says what it wants. With CKR_OK the token has
// not looked at the room and written as much, like NSS, or it lies; the second time it does.
void AttributeReader::overran(Wanted& wanted, CK_ULONG said, CK_RV rv) {
  if (rv == CKR_OK && (wanted.overran || said > kMostOutput)) throw EngineFailure{ENGINE_LENGTH_LIE, {}};
  wanted.overran = rv == CKR_OK;
  if (rv != CKR_BUFFER_TOO_SMALL && room_ != nullptr && room_->contains(wanted.buffer)) {
    room_->overrun(wanted.buffer, said);
    if (overrunFrom_ == nullptr || wanted.buffer < overrunFrom_) overrunFrom_ = wanted.buffer;
  }
  measured(wanted, said);
}

// Values that lie behind an overrun are asked for again.
void AttributeReader::distrust() {
  for (uint32_t i = 0; i < count_; ++i) {
    Wanted& wanted = wanted_[i];
    bool behind = wanted.buffer != nullptr && room_->contains(wanted.buffer) && wanted.buffer > overrunFrom_;
    if (behind && wanted.state == State::Here && wanted.size != 0) wanted.state = State::Filling;
  }
}

void AttributeReader::measured(Wanted& wanted, CK_ULONG size) {
  CK_ULONG most = wanted.form == AttributeForm::Ulongs ? kMostEntries * sizeof(CK_ULONG) : kMostOutput;
  if (size > most) throw EngineFailure{ENGINE_TOO_LARGE, {}};
  if (wanted.form == AttributeForm::Template || size == 0) {
    wanted.state = State::Here;
    wanted.size = size;
    return;
  }
  wanted.state = State::Filling;
  if (size <= wanted.room && wanted.buffer != nullptr) {
    // Exactly so much: what NSS answers to more room for a CK_ULONG of a token object is BUFFER_TOO_SMALL.
    wanted.room = size;
    return;
  }
  // The next object gets as much at once, when that can be had where an overrun does no harm.
  uint8_t* larger = nullptr;
  if (room_ != nullptr && size < kTogether) larger = room_->take(std::max<size_t>(size, 2 * wanted.guessRoom));
  if (larger != nullptr) {
    wanted.guessRoom = std::max(size, 2 * wanted.guessRoom);
    wanted.guess = larger;
    wanted.buffer = larger;
    wanted.room = wanted.guessRoom;
    return;
  }
  if (size > wanted.exactCapacity) {
    // At least twice as large: objects whose values grow one by one must not cost a buffer each.
    wanted.exactCapacity = std::max(size, std::min<CK_ULONG>(wanted.exactCapacity * 2, most));
    wanted.exact = call_.arena.array<uint8_t>(wanted.exactCapacity);
  }
  wanted.buffer = wanted.exact;
  wanted.room = size;
}

CK_RV AttributeReader::readNested(CK_OBJECT_HANDLE object) {
  for (uint32_t i = 0; i < count_; ++i) {
    Wanted& wanted = wanted_[i];
    if (wanted.form != AttributeForm::Template || wanted.state != State::Here || wanted.size == 0) continue;
    nested_[i] = NestedTemplate();
    CK_RV rv = nested_[i].read(call_, session_, object, wanted.type, wanted.size);
    if (rv != CKR_OK) return rv;
    if (nested_[i].gone()) {
      wanted.state = State::Gone;
      if (refusal_ == CKR_OK) refusal_ = CKR_ATTRIBUTE_SENSITIVE;
    }
  }
  return CKR_OK;
}

void AttributeReader::write(Writer& reply) const {
  reply.u32(count_);
  for (uint32_t i = 0; i < count_; ++i) {
    const Wanted& wanted = wanted_[i];
    reply.ulong(wanted.type);
    if (wanted.state == State::Gone) {
      reply.u8(static_cast<uint8_t>(AttributeForm::Empty));
    } else if (wanted.form != AttributeForm::Template) {
      writeAttributeValue(reply, wanted.form, wanted.buffer, wanted.size);
    } else if (wanted.size == 0) {
      reply.u8(static_cast<uint8_t>(AttributeForm::Template));
      reply.u32(0);
    } else {
      nested_[i].write(reply);
    }
  }
}

void AttributeReader::writeRow(Writer& reply, size_t at) const {
  size_t kinds = at + kRowHead;
  size_t slot = kinds + kindsSize();
  for (uint32_t i = 0; i < count_; ++i, slot += sizeof(uint64_t)) {
    const Wanted& wanted = wanted_[i];
    if (wanted.state == State::Gone) continue;
    AttributeForm form = wanted.form;
    uint64_t number = 0;
    if (form == AttributeForm::Template || !attributeNumber(form, wanted.buffer, wanted.size, number)) {
      size_t from = reply.size();
      if (form != AttributeForm::Template) {
        form = writeAttributeBytes(reply, form, wanted.buffer, wanted.size);
      } else if (wanted.size == 0) {
        reply.u32(0);
      } else {
        nested_[i].writeInner(reply);
      }
      // Both fit: a reply is at most 2 GiB.
      number = static_cast<uint64_t>(reply.size() - from) << 32 | from;
    }
    reply.patchU8(kinds + i, static_cast<uint8_t>(form));
    reply.patchU64(slot, number);
  }
}

}  // namespace cryptoki
