#include "decoder.h"

#include <algorithm>
#include <cstring>

#include "../generated/engine_codes.h"
#include "attribute_value.h"
#include "layouts.h"

namespace cryptoki {

namespace {

// Least sizes in a frame, so that a count alone cannot make us allocate.
constexpr size_t kLeastAttribute = 9;
constexpr size_t kLeastUlong = 8;
constexpr size_t kLeastElement = 1;

// No initialization vector comes near.
constexpr size_t kMostRoom = 1 << 20;

[[noreturn]] void malformed() { throw EngineFailure{ENGINE_MALFORMED, {}}; }

// Structures are packed on Windows: nothing in them is aligned.
template <typename T>
void store(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof(value));
}

class Nesting {
 public:
  explicit Nesting(int& level) : level_(level) {
    if (++level_ > kMostNesting) {
      --level_;
      throw EngineFailure{ENGINE_TOO_LARGE, {}};
    }
  }
  ~Nesting() { --level_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  int& level_;
};

// Added to the form of a vendor's attribute whose number has CKF_ARRAY_ATTRIBUTE by chance.
constexpr uint8_t kNoArray = 0x80;

// A token follows the pointers in the value of an array attribute (CKF_ARRAY_ATTRIBUTE): bytes of the caller's must never stand there.
bool takesForm(CK_ATTRIBUTE_TYPE type, AttributeForm form) {
  if ((type & CKF_ARRAY_ATTRIBUTE) == 0 || form == AttributeForm::Empty || form == AttributeForm::Template) return true;
  switch (attributeForm(type)) {
    case AttributeForm::Template:
      return false;
    case AttributeForm::Ulongs:
      return true;
    default:
      return form == AttributeForm::Ulongs;
  }
}

}  // namespace

CK_ULONG Decoder::length(size_t size) {
  if (size >= static_cast<CK_ULONG>(-1)) throw EngineFailure{ENGINE_ULONG_RANGE, {}};
  return static_cast<CK_ULONG>(size);
}

Decoder::Template Decoder::attributes() {
  Nesting nesting(nesting_);
  uint32_t count = reader_.count(kMostEntries, kLeastAttribute);
  auto* attributes = arena_.array<CK_ATTRIBUTE>(count);
  for (uint32_t i = 0; i < count; ++i) attribute(attributes[i]);
  return {attributes, count};
}

void Decoder::attribute(CK_ATTRIBUTE& to) {
  to.type = reader_.ulong();
  uint8_t form = reader_.u8();
  if ((form & kNoArray) != 0) {
    // Of the standard's own attributes nobody but the standard says what they hold.
    if ((to.type & CKA_VENDOR_DEFINED) == 0) throw EngineFailure{ENGINE_NOT_ALLOWED, {}};
    form = static_cast<uint8_t>(form & ~kNoArray);
  } else if (!takesForm(to.type, static_cast<AttributeForm>(form))) {
    throw EngineFailure{ENGINE_NOT_ALLOWED, {}};
  }
  switch (form) {
    case 0:
      break;
    case 1: {
      auto* value = arena_.array<CK_BBOOL>(1);
      *value = reader_.u8() != 0 ? CK_TRUE : CK_FALSE;
      to.pValue = value;
      to.ulValueLen = sizeof(CK_BBOOL);
      break;
    }
    case 2: {
      auto* value = arena_.array<CK_ULONG>(1);
      *value = reader_.ulong();
      to.pValue = value;
      to.ulValueLen = sizeof(CK_ULONG);
      break;
    }
    case 3: {
      Bytes value = reader_.bytes();
      if (value.size == 0) break;
      to.pValue = arena_.copy(value.data, value.size);
      to.ulValueLen = length(value.size);
      break;
    }
    case 4: {
      uint32_t count = reader_.count(kMostEntries, kLeastUlong);
      if (count == 0) break;
      auto* values = arena_.array<CK_ULONG>(count);
      for (uint32_t i = 0; i < count; ++i) values[i] = reader_.ulong();
      to.pValue = values;
      to.ulValueLen = length(count * sizeof(CK_ULONG));
      break;
    }
    case 5: {
      Template inner = attributes();
      if (inner.count == 0) break;
      to.pValue = inner.attributes;
      to.ulValueLen = length(inner.count * sizeof(CK_ATTRIBUTE));
      break;
    }
    default:
      malformed();
  }
}

CK_MECHANISM* Decoder::mechanism() {
  Nesting nesting(nesting_);
  auto* mechanism = arena_.array<CK_MECHANISM>(1);
  mechanism->mechanism = reader_.ulong();
  uint8_t form = reader_.u8();
  if (form == 4) return nullptr;
  Parameter parameter = parameterOf(form, nesting_ == 1);
  mechanism->pParameter = parameter.data;
  mechanism->ulParameterLen = parameter.size;
  return mechanism;
}

Decoder::Parameter Decoder::parameter() { return parameterOf(reader_.u8(), true); }

Decoder::Parameter Decoder::parameterOf(uint8_t form, bool outermost) {
  switch (form) {
    case 0:
      return {nullptr, 0};
    case 1: {
      Bytes value = reader_.bytes();
      // Copied for its alignment: a caller may have laid a structure out as bytes.
      uint8_t* copy = value.size == 0 ? nullptr : arena_.copy(value.data, value.size);
      if (outermost) writeBack_.fields.push_back({WriteBackField::Kind::Bytes, false, copy, value.size, nullptr});
      return {copy, length(value.size)};
    }
    case 2: {
      auto* value = arena_.array<CK_ULONG>(1);
      *value = reader_.ulong();
      return {value, sizeof(CK_ULONG)};
    }
    case 3: {
      uint16_t layout = reader_.u16();
      if (layout >= LAYOUT_COUNT) malformed();
      auto* value = arena_.array<uint8_t>(LAYOUTS[layout].size);
      structure(layout, value);
      return {value, LAYOUTS[layout].size};
    }
    default:
      malformed();
  }
}

void Decoder::structure(uint16_t layout, uint8_t* to) {
  Nesting nesting(nesting_);
  const Layout& described = LAYOUTS[layout];
  for (uint16_t i = 0; i < described.count; ++i) field(described.fields[i], to);
}

void Decoder::field(const Field& field, uint8_t* to) {
  uint8_t* at = to + field.offset;
  bool out = (field.flags & FIELD_OUT) != 0;
  switch (field.kind) {
    case FieldKind::Ulong: {
      CK_ULONG value = reader_.ulong();
      store(at, value);
      if ((field.flags & FIELD_ROOM_BITS) != 0) {
        if (value / 8 >= kMostRoom) throw EngineFailure{ENGINE_TOO_LARGE, {}};
        room_ = value / 8 + 1;
      }
      if (out) writeBack_.fields.push_back({WriteBackField::Kind::Ulong, false, at, sizeof(CK_ULONG), nullptr});
      break;
    }
    case FieldKind::Byte:
      *at = reader_.u8();
      if (out) writeBack_.fields.push_back({WriteBackField::Kind::Byte, false, at, 1, nullptr});
      break;
    case FieldKind::Fixed: {
      Bytes value = reader_.bytes();
      if (value.size != field.extra) malformed();
      std::memcpy(at, value.data, value.size);
      if (out) writeBack_.fields.push_back({WriteBackField::Kind::Bytes, false, at, value.size, nullptr});
      break;
    }
    case FieldKind::Bytes:
      bytesField(field, to);
      break;
    case FieldKind::Struct:
      structure(field.extra, at);
      break;
    case FieldKind::Pointer:
      if (reader_.u8() != 0) {
        auto* inner = arena_.array<uint8_t>(LAYOUTS[field.extra].size);
        structure(field.extra, inner);
        store<void*>(at, inner);
      }
      break;
    case FieldKind::Array: {
      uint32_t count = reader_.count(kMostEntries, kLeastElement);
      store<CK_ULONG>(to + field.lengthOffset, count);
      if (count == 0) break;
      size_t size = LAYOUTS[field.extra].size;
      auto* elements = arena_.array<uint8_t>(count * size);
      for (uint32_t i = 0; i < count; ++i) structure(field.extra, elements + i * size);
      store<void*>(at, elements);
      break;
    }
    case FieldKind::Template: {
      Template inner = attributes();
      store<void*>(at, inner.count == 0 ? nullptr : inner.attributes);
      store<CK_ULONG>(to + field.lengthOffset, inner.count);
      break;
    }
    case FieldKind::Mechanism:
      if (reader_.u8() != 0) store<void*>(at, mechanism());
      break;
    case FieldKind::Handle: {
      auto* handle = arena_.array<CK_OBJECT_HANDLE>(1);
      store<void*>(at, handle);
      writeBack_.fields.push_back({WriteBackField::Kind::Ulong, false, handle, sizeof(CK_OBJECT_HANDLE), nullptr});
      break;
    }
    case FieldKind::Choice: {
      Parameter value = parameterOf(reader_.u8(), false);
      store<void*>(at, value.data);
      store<CK_ULONG>(to + field.lengthOffset, value.size);
      break;
    }
  }
}

void Decoder::bytesField(const Field& field, uint8_t* to) {
  Bytes value = reader_.bytes();
  bool ends = (field.flags & FIELD_NUL_TERMINATED) != 0;
  if (ends && value.size != 0 && std::memchr(value.data, 0, value.size) != nullptr) malformed();

  // What the token may touch behind a pointer that has no length.
  size_t room = field.lengthOffset == NO_LENGTH && !ends ? std::max<size_t>(field.extra, room_) : 0;
  size_t capacity = value.size == 0 ? 0 : std::max(value.size, room);
  uint8_t* copy = nullptr;
  if (value.size != 0) {
    copy = arena_.array<uint8_t>(ends ? capacity + 1 : capacity);
    std::memcpy(copy, value.data, value.size);
  }
  store<void*>(to + field.offset, copy);

  bool bits = (field.flags & FIELD_BITS) != 0;
  const void* lengthAt = nullptr;
  if (field.lengthOffset != NO_LENGTH) {
    uint8_t* at = to + field.lengthOffset;
    CK_ULONG said = bits ? length(value.size * 8) : length(value.size);
    if ((field.flags & FIELD_LENGTH_POINTER) != 0) {
      auto* behind = arena_.array<CK_ULONG>(1);
      *behind = said;
      store<void*>(at, behind);
      lengthAt = behind;
    } else {
      if ((field.flags & FIELD_SHARED) == 0) {
        store(at, said);
      } else if (!value.null && loadUlong(at) != said) {
        malformed();
      }
      lengthAt = at;
    }
  }
  if ((field.flags & FIELD_OUT) != 0) {
    writeBack_.fields.push_back({WriteBackField::Kind::Bytes, bits, copy, value.size, lengthAt});
  }
}

}  // namespace cryptoki
