// The kinds of attribute values as they travel, and values as they come from a token.
#pragma once

#include "wire.h"

namespace cryptoki {

enum class AttributeForm : uint8_t { Empty = 0, Bool = 1, Ulong = 2, Bytes = 3, Ulongs = 4, Template = 5 };

// What the standard says of an attribute; Bytes for all it does not know.
AttributeForm attributeForm(CK_ATTRIBUTE_TYPE type);

// The size a value must have that is always of one size; 0 for the others.
constexpr CK_ULONG fixedSize(AttributeForm form) {
  return form == AttributeForm::Bool ? sizeof(CK_BBOOL) : form == AttributeForm::Ulong ? sizeof(CK_ULONG) : 0;
}

// The value of a Bool or a Ulong; false when the size is not one that the form can have, or the form another.
bool attributeNumber(AttributeForm form, const uint8_t* value, CK_ULONG size, uint64_t& number);

// Writes the content of any other value, and answers its form: Ulongs, or Bytes.
AttributeForm writeAttributeBytes(Writer& reply, AttributeForm form, const uint8_t* value, CK_ULONG size);

// Writes form and value; as Bytes when the size is not one that the form can have. Not for Template.
void writeAttributeValue(Writer& reply, AttributeForm form, const uint8_t* value, CK_ULONG size);

}  // namespace cryptoki
