/* Making keys: generating, deriving, wrapping, encapsulating; random numbers. */
#include "fault.h"

/* SHA-256(seed | u32 counter), one block after the other. */
static void expand(const uint8_t seed[SEED_SIZE], uint8_t* out, size_t size) {
  for (size_t at = 0; at < size; at += 32) {
    uint8_t number[8], block[32];
    struct sha256 hash;
    sha256_init(&hash);
    sha256_update(&hash, seed, SEED_SIZE);
    little_endian(number, at / 32);
    sha256_update(&hash, number, 8);
    sha256_final(&hash, block);
    memcpy(out + at, block, size - at < 32 ? size - at : 32);
  }
}

/* What a key of this type shows: modulus or point made of the seed, value of secret keys. */
static CK_RV set_material(struct object* object, CK_OBJECT_CLASS class, CK_KEY_TYPE type,
                          const uint8_t seed[SEED_SIZE]) {
  uint8_t material[512];
  CK_RV rv = CKR_OK;
  if (type == CKK_RSA) {
    static const uint8_t exponent[] = {1, 0, 1};
    CK_ULONG bits = attribute_number(object, CKA_MODULUS_BITS, 2048);
    if (bits < 512 || bits > 4096 || bits % 8 != 0) return CKR_KEY_SIZE_RANGE;
    expand(seed, material, bits / 8);
    material[0] |= 0x80;
    material[bits / 8 - 1] |= 1;
    rv = attribute_set(object, CKA_MODULUS, material, bits / 8);
    if (rv == CKR_OK && attribute_of(object, CKA_PUBLIC_EXPONENT) == NULL)
      rv = attribute_set(object, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent);
    if (rv == CKR_OK && class == CKO_PRIVATE_KEY) rv = attribute_set(object, CKA_PRIVATE_EXPONENT, seed, SEED_SIZE);
    return rv;
  }
  if (class == CKO_PRIVATE_KEY) return attribute_set(object, CKA_VALUE, seed, SEED_SIZE);
  uint8_t point[67] = {0x04, 0x41, 0x04};
  expand(seed, point + 3, 64);
  if (type == CKK_EC) return attribute_set(object, CKA_EC_POINT, point, sizeof point);
  if (type != CKK_EC_EDWARDS) return attribute_set(object, CKA_VALUE, point + 3, 64);
  uint8_t edwards[34] = {0x04, 0x20};
  memcpy(edwards + 2, point + 3, 32);
  return attribute_set(object, CKA_EC_POINT, edwards, sizeof edwards);
}

CK_RV make_key(struct session* session, CK_OBJECT_CLASS class, CK_KEY_TYPE type, const uint8_t* seed,
               const uint8_t* value, size_t value_size, const CK_ATTRIBUTE* template, CK_ULONG count, const char* how,
               CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE* handle) {
  NEED((template != NULL || count == 0) && handle != NULL);
  struct object* object = object_new(session->slot);
  if (object == NULL) return CKR_DEVICE_MEMORY;
  CK_RV rv = object_fill(object, template, count);
  if (rv == CKR_OK && attribute_number(object, CKA_CLASS, class) != class) rv = CKR_TEMPLATE_INCONSISTENT;
  if (rv == CKR_OK) type = attribute_number(object, CKA_KEY_TYPE, type);
  if (rv == CKR_OK) rv = attribute_set(object, CKA_CLASS, &class, sizeof class);
  if (rv == CKR_OK) rv = attribute_set(object, CKA_KEY_TYPE, &type, sizeof type);
  if (rv == CKR_OK) rv = attribute_set(object, CKA_FAULT_SEED, seed, SEED_SIZE);
  if (rv == CKR_OK && class == CKO_SECRET_KEY) {
    CK_ULONG length = attribute_number(object, CKA_VALUE_LEN, value != NULL ? (CK_ULONG)value_size : 32);
    uint8_t made[512];
    if (length == 0 || length > sizeof made) rv = CKR_KEY_SIZE_RANGE;
    if (rv == CKR_OK && (value == NULL || length > value_size))
      expand(seed, made, length);
    else if (rv == CKR_OK)
      memcpy(made, value, length);
    if (rv == CKR_OK) rv = attribute_set(object, CKA_VALUE, made, length);
    if (rv == CKR_OK) rv = attribute_set(object, CKA_VALUE_LEN, &length, sizeof length);
  } else if (rv == CKR_OK) {
    rv = set_material(object, class, type, seed);
  }
  if (rv == CKR_OK) rv = object_finish(session, object, how, mechanism);
  if (rv != CKR_OK) {
    object_free(object);
    return rv;
  }
  *handle = object->handle;
  return CKR_OK;
}

CK_RV C_GenerateKey(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count,
                    CK_OBJECT_HANDLE_PTR made) {
  ENTER_SESSION(C_GenerateKey, handle);
  NEED(mechanism != NULL && made != NULL);
  const struct mechanism* known = mechanism_of(mechanism->mechanism);
  if (known == NULL || (known->flags & CKF_GENERATE) == 0) return CKR_MECHANISM_INVALID;
  uint8_t seed[SEED_SIZE];
  CK_OBJECT_HANDLE key = 0;
  random_bytes(seed, sizeof seed);
  CK_RV rv = make_key(session, CKO_SECRET_KEY, known->key, seed, NULL, 0, template, count, "generated",
                      mechanism->mechanism, &key);
  if (rv != CKR_OK) return rv;
  if (is_asynchronous(session)) return pend(session, "C_GenerateKey", NULL, 0, NULL, 0, key, 0);
  *made = word(&told->lie) == LIE_HANDLE ? (CK_OBJECT_HANDLE)word(&told->lie_value) : key;
  return CKR_OK;
}

CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public_template,
                        CK_ULONG public_count, CK_ATTRIBUTE_PTR private_template, CK_ULONG private_count,
                        CK_OBJECT_HANDLE_PTR public_key, CK_OBJECT_HANDLE_PTR private_key) {
  ENTER_SESSION(C_GenerateKeyPair, handle);
  NEED(mechanism != NULL && public_key != NULL && private_key != NULL);
  const struct mechanism* known = mechanism_of(mechanism->mechanism);
  if (known == NULL || (known->flags & CKF_GENERATE_KEY_PAIR) == 0) return CKR_MECHANISM_INVALID;
  uint8_t seed[SEED_SIZE];
  CK_OBJECT_HANDLE one = 0, other = 0;
  random_bytes(seed, sizeof seed);
  CK_RV rv = make_key(session, CKO_PUBLIC_KEY, known->key, seed, NULL, 0, public_template, public_count, "generated",
                      mechanism->mechanism, &one);
  if (rv != CKR_OK) return rv;
  /* Both halves show the same modulus, or curve. */
  struct attribute* curve =
      attribute_of(object_of(session, one), known->key == CKK_RSA                                  ? CKA_MODULUS_BITS
                                            : known->key == CKK_ML_DSA || known->key == CKK_ML_KEM ? CKA_PARAMETER_SET
                                                                                                   : CKA_EC_PARAMS);
  CK_ATTRIBUTE both[MOST_ATTRIBUTES];
  if (private_count >= MOST_ATTRIBUTES || (private_template == NULL && private_count != 0))
    rv = CKR_TEMPLATE_INCONSISTENT;
  if (rv == CKR_OK) {
    CK_ULONG count = private_count;
    if (count != 0) memcpy(both, private_template, count * sizeof *both);
    if (curve != NULL) both[count++] = (CK_ATTRIBUTE){curve->type, curve->value, curve->size};
    rv = make_key(session, CKO_PRIVATE_KEY, known->key, seed, NULL, 0, both, count, "generated", mechanism->mechanism,
                  &other);
  }
  if (rv != CKR_OK) {
    object_free(object_of(session, one));
    return rv;
  }
  if (is_asynchronous(session)) return pend(session, "C_GenerateKeyPair", NULL, 0, NULL, 0, one, other);
  *public_key = one;
  *private_key = other;
  return CKR_OK;
}

/* seed' = SHA-256(seed | u64 mechanism | what the mechanism is given). */
static CK_RV derived_seed(struct session* session, const CK_MECHANISM* mechanism, const uint8_t seed[SEED_SIZE],
                          uint8_t out[SEED_SIZE]) {
  struct sha256 hash;
  uint8_t number[8];
  sha256_init(&hash);
  sha256_update(&hash, seed, SEED_SIZE);
  little_endian(number, mechanism->mechanism);
  sha256_update(&hash, number, sizeof number);
  switch (mechanism->mechanism) {
    case CKM_ECDH1_DERIVE: {
      PARAMETER(CK_ECDH1_DERIVE_PARAMS);
      if (given->pPublicData == NULL) return CKR_MECHANISM_PARAM_INVALID;
      sha256_update(&hash, given->pSharedData, given->ulSharedDataLen);
      sha256_update(&hash, given->pPublicData, given->ulPublicDataLen);
      break;
    }
    case CKM_HKDF_DERIVE: {
      PARAMETER(CK_HKDF_PARAMS);
      sha256_update(&hash, given->pSalt, given->ulSaltLen);
      sha256_update(&hash, given->pInfo, given->ulInfoLen);
      break;
    }
    case CKM_XOR_BASE_AND_DATA: {
      PARAMETER(CK_KEY_DERIVATION_STRING_DATA);
      sha256_update(&hash, given->pData, given->ulLen);
      break;
    }
    case CKM_CONCATENATE_BASE_AND_KEY: {
      PARAMETER(CK_OBJECT_HANDLE);
      struct object* object;
      uint8_t other[SEED_SIZE];
      CK_RV rv = key_seed(session, *given, 0, &object, other);
      if (rv != CKR_OK) return rv;
      sha256_update(&hash, other, sizeof other);
      break;
    }
    case CKM_SSL3_MASTER_KEY_DERIVE: {
      PARAMETER(CK_SSL3_MASTER_KEY_DERIVE_PARAMS);
      sha256_update(&hash, given->RandomInfo.pClientRandom, given->RandomInfo.ulClientRandomLen);
      sha256_update(&hash, given->RandomInfo.pServerRandom, given->RandomInfo.ulServerRandomLen);
      if (given->pVersion != NULL) *given->pVersion = (CK_VERSION){3, 1};
      break;
    }
    case CKM_SP800_108_COUNTER_KDF: {
      PARAMETER(CK_SP800_108_KDF_PARAMS);
      for (CK_ULONG i = 0; i < given->ulNumberOfDataParams; i++)
        sha256_update(&hash, given->pDataParams[i].pValue, given->pDataParams[i].ulValueLen);
      break;
    }
    case CKM_TLS12_KEY_AND_MAC_DERIVE: {
      PARAMETER(CK_TLS12_KEY_MAT_PARAMS);
      if (given->pReturnedKeyMaterial == NULL) return CKR_MECHANISM_PARAM_INVALID;
      break;
    }
    default:
      sha256_update(&hash, mechanism->pParameter, mechanism->ulParameterLen);
  }
  sha256_final(&hash, out);
  return CKR_OK;
}

/* The keys that come back inside the parameter. */
static CK_RV additional_keys(struct session* session, const CK_MECHANISM* mechanism, const uint8_t seed[SEED_SIZE],
                             const CK_ATTRIBUTE* template, CK_ULONG count) {
  if (mechanism->mechanism == CKM_SP800_108_COUNTER_KDF) {
    PARAMETER(CK_SP800_108_KDF_PARAMS);
    for (CK_ULONG i = 0; i < given->ulAdditionalDerivedKeys; i++) {
      const CK_DERIVED_KEY* wanted = &given->pAdditionalDerivedKeys[i];
      CK_RV rv = make_key(session, CKO_SECRET_KEY, CKK_GENERIC_SECRET, seed, NULL, 0, wanted->pTemplate,
                          wanted->ulAttributeCount, "derived", mechanism->mechanism, wanted->phKey);
      if (rv != CKR_OK) return rv;
    }
  }
  if (mechanism->mechanism == CKM_TLS12_KEY_AND_MAC_DERIVE) {
    PARAMETER(CK_TLS12_KEY_MAT_PARAMS);
    CK_SSL3_KEY_MAT_OUT* out = given->pReturnedKeyMaterial;
    CK_OBJECT_HANDLE* handles[] = {&out->hClientMacSecret, &out->hServerMacSecret, &out->hClientKey, &out->hServerKey};
    for (size_t i = 0; i < 4; i++) {
      CK_RV rv = make_key(session, CKO_SECRET_KEY, CKK_GENERIC_SECRET, seed, NULL, 0, template, count, "derived",
                          mechanism->mechanism, handles[i]);
      if (rv != CKR_OK) return rv;
    }
    if (out->pIVClient != NULL) memset(out->pIVClient, 0xc1, given->ulIVSizeInBits / 8);
    if (out->pIVServer != NULL) memset(out->pIVServer, 0x5e, given->ulIVSizeInBits / 8);
  }
  return CKR_OK;
}

CK_RV C_DeriveKey(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE base,
                  CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_OBJECT_HANDLE_PTR made) {
  ENTER_SESSION(C_DeriveKey, handle);
  NEED(mechanism != NULL && (template != NULL || count == 0));
  const struct mechanism* known = mechanism_of(mechanism->mechanism);
  if (known == NULL || (known->flags & CKF_DERIVE) == 0) return CKR_MECHANISM_INVALID;
  if (mechanism->pParameter == NULL && mechanism->ulParameterLen != 0) return CKR_MECHANISM_PARAM_INVALID;
  struct object* object;
  uint8_t seed[SEED_SIZE], derived[SEED_SIZE];
  CK_RV rv = key_seed(session, base, CKA_DERIVE, &object, seed);
  if (rv == CKR_OK) rv = derived_seed(session, mechanism, seed, derived);
  if (rv == CKR_OK) rv = additional_keys(session, mechanism, derived, template, count);
  if (rv != CKR_OK || mechanism->mechanism == CKM_TLS12_KEY_AND_MAC_DERIVE) return rv;
  return make_key(session, CKO_SECRET_KEY, CKK_GENERIC_SECRET, derived, derived, sizeof derived, template, count,
                  "derived", mechanism->mechanism, made);
}

CK_RV C_EncapsulateKey(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE public_key,
                       CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_BYTE_PTR out, CK_ULONG_PTR size,
                       CK_OBJECT_HANDLE_PTR made) {
  ENTER_SESSION(C_EncapsulateKey, handle);
  NEED(mechanism != NULL && size != NULL);
  struct object* object;
  uint8_t seed[SEED_SIZE], text[32], shared[SEED_SIZE];
  const struct mechanism* known = mechanism_of(mechanism->mechanism);
  if (known == NULL || (known->flags & CKF_ENCAPSULATE) == 0) return CKR_MECHANISM_INVALID;
  CK_RV rv = key_seed(session, public_key, CKA_ENCAPSULATE, &object, seed);
  if (rv != CKR_OK || must_wait(told, out, size, sizeof text, &rv)) return rv;
  random_bytes(text, sizeof text);
  struct sha256 hash;
  sha256_init(&hash);
  sha256_update(&hash, seed, sizeof seed);
  sha256_update(&hash, text, sizeof text);
  sha256_final(&hash, shared);
  rv = make_key(session, CKO_SECRET_KEY, CKK_GENERIC_SECRET, shared, shared, sizeof shared, template, count,
                "encapsulated", mechanism->mechanism, made);
  return rv == CKR_OK ? give(told, out, size, text, sizeof text) : rv;
}

CK_RV C_DecapsulateKey(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE private_key,
                       CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_BYTE_PTR text, CK_ULONG size,
                       CK_OBJECT_HANDLE_PTR made) {
  ENTER_SESSION(C_DecapsulateKey, handle);
  NEED(mechanism != NULL && text != NULL);
  struct object* object;
  uint8_t seed[SEED_SIZE], shared[SEED_SIZE];
  const struct mechanism* known = mechanism_of(mechanism->mechanism);
  if (known == NULL || (known->flags & CKF_DECAPSULATE) == 0) return CKR_MECHANISM_INVALID;
  CK_RV rv = key_seed(session, private_key, CKA_DECAPSULATE, &object, seed);
  if (rv != CKR_OK) return rv;
  if (size != 32) return CKR_WRAPPED_KEY_LEN_RANGE;
  struct sha256 hash;
  sha256_init(&hash);
  sha256_update(&hash, seed, sizeof seed);
  sha256_update(&hash, text, size);
  sha256_final(&hash, shared);
  return make_key(session, CKO_SECRET_KEY, CKK_GENERIC_SECRET, shared, shared, sizeof shared, template, count,
                  "encapsulated", mechanism->mechanism, made);
}

CK_RV C_SeedRandom(CK_SESSION_HANDLE handle, CK_BYTE_PTR seed, CK_ULONG size) {
  ENTER_SESSION(C_SeedRandom, handle);
  NEED(seed != NULL || size == 0);
  random_seed(seed, size);
  return CKR_OK;
}

CK_RV C_GenerateRandom(CK_SESSION_HANDLE handle, CK_BYTE_PTR out, CK_ULONG size) {
  ENTER_SESSION(C_GenerateRandom, handle);
  NEED(out != NULL || size == 0);
  if (word(&control->words.shallow) != 0 && size > 4096)
    memset(out, 0x55, size);
  else
    random_bytes(out, size);
  return CKR_OK;
}
