#include "nested_template.h"

#include "decoder.h"

namespace cryptoki {

namespace {

[[noreturn]] void lie() { throw EngineFailure{ENGINE_LENGTH_LIE, {}}; }

}  // namespace

uint8_t* NestedTemplate::take(Call& call, CK_ULONG size) {
  if (size > budget_) throw EngineFailure{ENGINE_TOO_LARGE, {}};
  budget_ -= size;
  return call.arena.array<uint8_t>(size);
}

std::unique_ptr<NestedTemplate::Level> NestedTemplate::level(Call& call, CK_ULONG size) {
  if (size % sizeof(CK_ATTRIBUTE) != 0) lie();
  auto made = std::make_unique<Level>();
  made->attributes = reinterpret_cast<CK_ATTRIBUTE*>(take(call, size));
  made->room = size / sizeof(CK_ATTRIBUTE);
  made->known = false;
  return made;
}

CK_RV NestedTemplate::read(Call& call, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                           CK_ULONG size) {
  root_ = level(call, size);
  auto* asked = call.arena.array<CK_ATTRIBUTE>(1);
  bool more = true;
  // A level per call, and one for the values of the last.
  for (int pass = 0; more && pass <= kMostNesting; ++pass) {
    prepare(*root_);
    asked->type = type;
    asked->pValue = root_->attributes;
    asked->ulValueLen = root_->room * sizeof(CK_ATTRIBUTE);
    CK_RV rv = call.context.functions.C_GetAttributeValue(session, object, asked, 1);
    if (rv != CKR_OK && rv != CKR_ATTRIBUTE_SENSITIVE && rv != CKR_ATTRIBUTE_TYPE_INVALID) return rv;
    if (asked->ulValueLen == CK_UNAVAILABLE_INFORMATION) {
      root_ = nullptr;
      return CKR_OK;
    }
    more = learn(call, *root_, asked->ulValueLen, 1);
  }
  return CKR_OK;
}

void NestedTemplate::prepare(Level& level) {
  for (CK_ULONG i = 0; i < level.room; ++i) level.attributes[i] = CK_ATTRIBUTE{0, nullptr, 0};
  for (size_t i = 0; i < level.entries.size(); ++i) {
    Entry& entry = level.entries[i];
    CK_ATTRIBUTE& to = level.attributes[i];
    to.type = entry.type;
    if (entry.inner != nullptr) {
      prepare(*entry.inner);
      to.pValue = entry.inner->attributes;
      to.ulValueLen = entry.inner->room * sizeof(CK_ATTRIBUTE);
    } else if (entry.room != 0) {
      to.pValue = entry.buffer;
      to.ulValueLen = entry.room;
    }
  }
}

// What the token has told of a level; answers whether there is more to ask.
bool NestedTemplate::learn(Call& call, Level& level, CK_ULONG size, int depth) {
  if (size % sizeof(CK_ATTRIBUTE) != 0 || size / sizeof(CK_ATTRIBUTE) > level.room) lie();
  CK_ULONG count = size / sizeof(CK_ATTRIBUTE);
  if (!level.known) return discover(call, level, count, depth);

  bool more = false;
  if (count < level.entries.size()) level.entries.resize(count);
  for (size_t i = 0; i < level.entries.size(); ++i) {
    Entry& entry = level.entries[i];
    CK_ULONG said = level.attributes[i].ulValueLen;
    if (entry.gone) continue;
    if (said == CK_UNAVAILABLE_INFORMATION) {
      entry.gone = true;
    } else if (entry.inner != nullptr) {
      more |= learn(call, *entry.inner, said, depth + 1);
    } else {
      if (said > entry.room) lie();
      entry.size = said;
    }
  }
  return more;
}

bool NestedTemplate::discover(Call& call, Level& level, CK_ULONG count, int depth) {
  bool more = false;
  level.known = true;
  level.entries.reserve(count);
  for (CK_ULONG i = 0; i < count; ++i) {
    const CK_ATTRIBUTE& told = level.attributes[i];
    Entry entry{told.type, attributeForm(told.type), false, nullptr, 0, 0, nullptr};
    if (told.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
      entry.gone = true;
    } else if (told.ulValueLen != 0 && entry.form == AttributeForm::Template) {
      if (depth >= kMostNesting) throw EngineFailure{ENGINE_TOO_LARGE, {}};
      entry.inner = this->level(call, told.ulValueLen);
      more = true;
    } else if (told.ulValueLen != 0) {
      entry.buffer = take(call, told.ulValueLen);
      entry.room = told.ulValueLen;
      more = true;
    }
    level.entries.push_back(std::move(entry));
  }
  return more;
}

void NestedTemplate::write(Writer& reply) const { writeLevel(reply, *root_); }

void NestedTemplate::writeInner(Writer& reply) const { writeInner(reply, *root_); }

void NestedTemplate::writeLevel(Writer& reply, const Level& level) {
  reply.u8(static_cast<uint8_t>(AttributeForm::Template));
  writeInner(reply, level);
}

void NestedTemplate::writeInner(Writer& reply, const Level& level) {
  reply.u32(static_cast<uint32_t>(level.entries.size()));
  for (const Entry& entry : level.entries) {
    reply.ulong(entry.type);
    if (entry.gone) {
      reply.u8(static_cast<uint8_t>(AttributeForm::Empty));
    } else if (entry.inner != nullptr) {
      writeLevel(reply, *entry.inner);
    } else if (entry.form == AttributeForm::Template) {
      reply.u8(static_cast<uint8_t>(AttributeForm::Template));
      reply.u32(0);
    } else {
      writeAttributeValue(reply, entry.form, entry.buffer, entry.size);
    }
  }
}

}  // namespace cryptoki
