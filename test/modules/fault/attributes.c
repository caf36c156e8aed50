/* Attributes: what they are, keeping them, reading them. */
#include "fault.h"

static bool is_template(CK_ATTRIBUTE_TYPE type) {
  return (type & CKF_ARRAY_ATTRIBUTE) != 0 && type != CKA_ALLOWED_MECHANISMS;
}

static bool is_flag(CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_TOKEN:
    case CKA_PRIVATE:
    case CKA_MODIFIABLE:
    case CKA_COPYABLE:
    case CKA_DESTROYABLE:
    case CKA_SENSITIVE:
    case CKA_EXTRACTABLE:
    case CKA_ENCRYPT:
    case CKA_DECRYPT:
    case CKA_SIGN:
    case CKA_SIGN_RECOVER:
    case CKA_VERIFY:
    case CKA_VERIFY_RECOVER:
    case CKA_WRAP:
    case CKA_UNWRAP:
    case CKA_DERIVE:
    case CKA_LOCAL:
    case CKA_ALWAYS_SENSITIVE:
    case CKA_NEVER_EXTRACTABLE:
    case CKA_ALWAYS_AUTHENTICATE:
    case CKA_WRAP_WITH_TRUSTED:
    case CKA_TRUSTED:
    case CKA_ENCAPSULATE:
    case CKA_DECAPSULATE:
      return true;
    default:
      return false;
  }
}

static bool is_number(CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_CLASS:
    case CKA_KEY_TYPE:
    case CKA_CERTIFICATE_TYPE:
    case CKA_MODULUS_BITS:
    case CKA_VALUE_LEN:
    case CKA_KEY_GEN_MECHANISM:
    case CKA_CERTIFICATE_CATEGORY:
    case CKA_PARAMETER_SET:
    case CKA_HW_FEATURE_TYPE:
    case CKA_PROFILE_ID:
      return true;
    default:
      return false;
  }
}

static bool is_secret(CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_VALUE:
    case CKA_PRIVATE_EXPONENT:
    case CKA_PRIME_1:
    case CKA_PRIME_2:
    case CKA_EXPONENT_1:
    case CKA_EXPONENT_2:
    case CKA_COEFFICIENT:
    case CKA_SEED:
      return true;
    default:
      return false;
  }
}

void attribute_clear(struct attribute* attribute) {
  if (is_template(attribute->type) && attribute->value != NULL) {
    CK_ATTRIBUTE* inner = attribute->value;
    for (size_t i = 0; i < attribute->size / sizeof *inner; i++) {
      struct attribute one = {inner[i].type, inner[i].ulValueLen, inner[i].pValue};
      attribute_clear(&one);
    }
  }
  free(attribute->value);
  memset(attribute, 0, sizeof *attribute);
}

/* A copy of a value, template and all that hangs on it. */
static bool value_copy(CK_ATTRIBUTE_TYPE type, const void* value, CK_ULONG size, void** to) {
  *to = NULL;
  if (size == 0) return true;
  if ((*to = malloc(size)) == NULL) return false;
  memcpy(*to, value, size);
  if (!is_template(type)) return true;
  CK_ATTRIBUTE* inner = *to;
  for (size_t i = 0; i < size / sizeof *inner; i++) {
    if (!value_copy(inner[i].type, inner[i].pValue, inner[i].ulValueLen, &inner[i].pValue)) return false;
  }
  return true;
}

struct attribute* attribute_of(struct object* object, CK_ATTRIBUTE_TYPE type) {
  for (unsigned i = 0; i < object->count; i++) {
    if (object->attributes[i].type == type) return &object->attributes[i];
  }
  return NULL;
}

bool attribute_is(struct object* object, CK_ATTRIBUTE_TYPE type, bool otherwise) {
  const struct attribute* attribute = attribute_of(object, type);
  return attribute == NULL || attribute->size != 1 ? otherwise : *(const CK_BBOOL*)attribute->value != 0;
}

CK_ULONG attribute_number(struct object* object, CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise) {
  const struct attribute* attribute = attribute_of(object, type);
  CK_ULONG value;
  if (attribute == NULL || attribute->size != sizeof value) return otherwise;
  memcpy(&value, attribute->value, sizeof value);
  return value;
}

CK_RV attribute_set(struct object* object, CK_ATTRIBUTE_TYPE type, const void* value, CK_ULONG size) {
  if (is_flag(type) && (size != 1 || value == NULL || *(const CK_BBOOL*)value > 1)) return CKR_ATTRIBUTE_VALUE_INVALID;
  if (is_number(type) && (size != sizeof(CK_ULONG) || value == NULL)) return CKR_ATTRIBUTE_VALUE_INVALID;
  if (size != 0 && value == NULL) return CKR_ATTRIBUTE_VALUE_INVALID;
  if (is_template(type) && (size % sizeof(CK_ATTRIBUTE) != 0 || word(&control->words.shallow) != 0))
    return CKR_ATTRIBUTE_VALUE_INVALID;
  struct attribute* attribute = attribute_of(object, type);
  if (attribute == NULL) {
    if (object->count == MOST_ATTRIBUTES) return CKR_DEVICE_MEMORY;
    attribute = &object->attributes[object->count++];
  } else {
    attribute_clear(attribute);
  }
  attribute->type = type;
  if (!value_copy(type, value, size, &attribute->value)) return CKR_HOST_MEMORY;
  attribute->size = size;
  return CKR_OK;
}

static CK_RV nested_value(const struct attribute* has, CK_ATTRIBUTE* want);

static CK_RV plain_value(const struct attribute* has, CK_ATTRIBUTE* want) {
  CK_ULONG room = want->ulValueLen;
  if (want->pValue == NULL) {
    want->ulValueLen = has->size;
    return CKR_OK;
  }
  if (word(&control->words.attribute_style) == 3 && !is_template(has->type)) {
    if (has->size != 0) memcpy(want->pValue, has->value, has->size);
    want->ulValueLen = has->size;
    return CKR_OK;
  }
  bool odd = word(&control->words.attribute_style) == 2 && is_number(has->type) && room != has->size;
  if (room < has->size || odd) {
    want->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    return CKR_BUFFER_TOO_SMALL;
  }
  if (is_template(has->type)) return nested_value(has, want);
  if (has->size != 0) memcpy(want->pValue, has->value, has->size);
  want->ulValueLen = has->size;
  return CKR_OK;
}

/* The array is the caller's: types are set, lengths answered, values written where it gave room. */
static CK_RV nested_value(const struct attribute* has, CK_ATTRIBUTE* want) {
  const CK_ATTRIBUTE* inner = has->value;
  CK_ATTRIBUTE* to = want->pValue;
  CK_RV answer = CKR_OK;
  for (size_t i = 0; i < has->size / sizeof *inner; i++) {
    struct attribute one = {inner[i].type, inner[i].ulValueLen, inner[i].pValue};
    to[i].type = one.type;
    CK_RV rv = plain_value(&one, &to[i]);
    if (rv != CKR_OK) answer = rv;
  }
  want->ulValueLen = has->size;
  return answer;
}

CK_RV C_GetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
  ENTER_SESSION(C_GetAttributeValue, handle);
  NEED(template != NULL || count == 0);
  struct object* object = object_of(session, which);
  if (object == NULL) return CKR_OBJECT_HANDLE_INVALID;
  CK_OBJECT_CLASS class = attribute_number(object, CKA_CLASS, 0);
  bool key = class == CKO_PRIVATE_KEY || class == CKO_SECRET_KEY;
  bool shut = key && (attribute_is(object, CKA_SENSITIVE, false) || !attribute_is(object, CKA_EXTRACTABLE, true));
  CK_RV answer = CKR_OK;
  uint64_t lie = word(&told->lie);
  for (CK_ULONG i = 0; i < count; i++) {
    const struct attribute* has = attribute_of(object, template[i].type);
    CK_RV rv;
    if (lie == LIE_TOO_SMALL || lie == LIE_TOO_SMALL_KEPT || lie == LIE_TOO_SMALL_GROWS) {
      rv = CKR_BUFFER_TOO_SMALL;
      if (lie == LIE_TOO_SMALL) template[i].ulValueLen = (CK_ULONG)word(&told->lie_value);
      if (lie == LIE_TOO_SMALL_GROWS) template[i].ulValueLen++;
    } else if (has == NULL) {
      template[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
      rv = CKR_ATTRIBUTE_TYPE_INVALID;
    } else if (shut && is_secret(template[i].type)) {
      template[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
      rv = CKR_ATTRIBUTE_SENSITIVE;
    } else {
      bool query = template[i].pValue == NULL;
      rv = plain_value(has, &template[i]);
      if (rv == CKR_OK && ((lie == LIE_LENGTH && !query) || (lie == LIE_QUERY && query)))
        template[i].ulValueLen = (CK_ULONG)word(&told->lie_value);
    }
    if (lie == LIE_POINTER) template[i].pValue = (void*)(uintptr_t)(word(&told->lie_value) + 1);
    if (lie == LIE_TYPE) template[i].type ^= 1;
    if (rv != CKR_OK) answer = rv;
    if (rv != CKR_OK && word(&control->words.attribute_style) == 1) return rv;
  }
  return answer;
}
