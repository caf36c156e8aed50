#include "attribute_value.h"

#include <cstring>

#include "write_back.h"

namespace cryptoki {

namespace {

template <typename T>
uint64_t loadAs(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

// Some tokens answer with the CK_ULONG of another platform, their server's for instance.
bool widen(const uint8_t* value, CK_ULONG size, uint64_t& to) {
  switch (size) {
    case 1:
      to = *value;
      return true;
    case 2:
      to = loadAs<uint16_t>(value);
      return true;
    case 4:
      to = loadAs<uint32_t>(value);
      break;
    case 8:
      to = loadAs<uint64_t>(value);
      break;
    default:
      return false;
  }
  if (size == sizeof(CK_ULONG) && to == CK_UNAVAILABLE_INFORMATION) to = UINT64_MAX;
  return true;
}

}  // namespace

AttributeForm attributeForm(CK_ATTRIBUTE_TYPE type) {
  switch (type) {
#define ATTRIBUTE(name, form) \
  case name:                  \
    return AttributeForm::form;
#include "../generated/attributes.inc"
    default:
      return AttributeForm::Bytes;
  }
}

bool attributeNumber(AttributeForm form, const uint8_t* value, CK_ULONG size, uint64_t& number) {
  if (form == AttributeForm::Bool && size == sizeof(CK_BBOOL)) {
    number = *value != 0 ? 1 : 0;
    return true;
  }
  return form == AttributeForm::Ulong && widen(value, size, number);
}

AttributeForm writeAttributeBytes(Writer& reply, AttributeForm form, const uint8_t* value, CK_ULONG size) {
  if (form != AttributeForm::Ulongs || size % sizeof(CK_ULONG) != 0) {
    reply.raw(value, size);
    return AttributeForm::Bytes;
  }
  for (CK_ULONG at = 0; at < size; at += sizeof(CK_ULONG)) reply.ulong(loadUlong(value + at));
  return AttributeForm::Ulongs;
}

void writeAttributeValue(Writer& reply, AttributeForm form, const uint8_t* value, CK_ULONG size) {
  uint64_t number;
  if (attributeNumber(form, value, size, number)) {
    reply.u8(static_cast<uint8_t>(form));
    if (form == AttributeForm::Bool) {
      reply.u8(static_cast<uint8_t>(number));
    } else {
      reply.u64(number);
    }
    return;
  }
  size_t formAt = reply.size();
  reply.u8(0);
  size_t countAt = reply.size();
  reply.u32(0);
  AttributeForm written = writeAttributeBytes(reply, form, value, size);
  reply.patchU8(formAt, static_cast<uint8_t>(written));
  size_t count = written == AttributeForm::Ulongs ? size / sizeof(CK_ULONG) : size;
  reply.patchU32(countAt, static_cast<uint32_t>(count));
}

}  // namespace cryptoki
