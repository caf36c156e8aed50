/* What the tokens can do, and the beginning of every operation. */
#include "fault.h"

#define ANY_KEY ((CK_KEY_TYPE)~0UL)
#define ENCRYPTS (CKF_ENCRYPT | CKF_DECRYPT)
#define SIGNS (CKF_SIGN | CKF_VERIFY)
#define WRAPS (CKF_WRAP | CKF_UNWRAP)
#define MESSAGE_ENCRYPTS (CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT)
#define MESSAGE_SIGNS (CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY)

const struct mechanism mechanisms[] = {
    {CKM_RSA_PKCS_KEY_PAIR_GEN, CKK_RSA, 512, 4096, CKF_GENERATE_KEY_PAIR},
    {CKM_RSA_PKCS, CKK_RSA, 512, 4096, ENCRYPTS | SIGNS | WRAPS | CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER},
    {CKM_RSA_X_509, CKK_RSA, 512, 4096, ENCRYPTS | SIGNS | CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER},
    {CKM_RSA_PKCS_OAEP, CKK_RSA, 512, 4096, ENCRYPTS | WRAPS},
    {CKM_RSA_PKCS_PSS, CKK_RSA, 512, 4096, SIGNS},
    {CKM_SHA256_RSA_PKCS, CKK_RSA, 512, 4096, SIGNS | MESSAGE_SIGNS},
    {CKM_SHA256_RSA_PKCS_PSS, CKK_RSA, 512, 4096, SIGNS},
    {CKM_EC_KEY_PAIR_GEN, CKK_EC, 256, 521, CKF_GENERATE_KEY_PAIR},
    {CKM_ECDSA, CKK_EC, 256, 521, SIGNS | MESSAGE_SIGNS},
    {CKM_ECDSA_SHA256, CKK_EC, 256, 521, SIGNS},
    {CKM_ECDH1_DERIVE, CKK_EC, 256, 521, CKF_DERIVE},
    {CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, 255, 448, CKF_GENERATE_KEY_PAIR},
    {CKM_EDDSA, CKK_EC_EDWARDS, 255, 448, SIGNS},
    {CKM_ML_DSA_KEY_PAIR_GEN, CKK_ML_DSA, 0, 0, CKF_GENERATE_KEY_PAIR},
    {CKM_ML_DSA, CKK_ML_DSA, 0, 0, SIGNS},
    {CKM_ML_KEM_KEY_PAIR_GEN, CKK_ML_KEM, 0, 0, CKF_GENERATE_KEY_PAIR},
    {CKM_ML_KEM, CKK_ML_KEM, 0, 0, CKF_ENCAPSULATE | CKF_DECAPSULATE},
    {CKM_AES_KEY_GEN, CKK_AES, 16, 32, CKF_GENERATE},
    {CKM_AES_ECB, CKK_AES, 16, 32, ENCRYPTS},
    {CKM_AES_CBC, CKK_AES, 16, 32, ENCRYPTS | WRAPS},
    {CKM_AES_CBC_PAD, CKK_AES, 16, 32, ENCRYPTS | WRAPS},
    {CKM_AES_CTR, CKK_AES, 16, 32, ENCRYPTS},
    {CKM_AES_GCM, CKK_AES, 16, 32, ENCRYPTS | WRAPS | MESSAGE_ENCRYPTS},
    {CKM_AES_CCM, CKK_AES, 16, 32, ENCRYPTS | WRAPS | MESSAGE_ENCRYPTS},
    {CKM_AES_CMAC, CKK_AES, 16, 32, SIGNS},
    {CKM_AES_KEY_WRAP, CKK_AES, 16, 32, WRAPS},
    {CKM_CHACHA20_POLY1305, CKK_CHACHA20, 32, 32, ENCRYPTS | MESSAGE_ENCRYPTS},
    {CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, 1, 512, CKF_GENERATE},
    {CKM_SHA256, ANY_KEY, 0, 0, CKF_DIGEST},
    {CKM_SHA256_HMAC, CKK_GENERIC_SECRET, 1, 512, SIGNS | MESSAGE_SIGNS},
    {CKM_SHA256_HMAC_GENERAL, CKK_GENERIC_SECRET, 1, 512, SIGNS},
    {CKM_HKDF_DERIVE, ANY_KEY, 0, 0, CKF_DERIVE},
    {CKM_CONCATENATE_BASE_AND_KEY, ANY_KEY, 0, 0, CKF_DERIVE},
    {CKM_XOR_BASE_AND_DATA, ANY_KEY, 0, 0, CKF_DERIVE},
    {CKM_SP800_108_COUNTER_KDF, ANY_KEY, 0, 0, CKF_DERIVE},
    {CKM_SSL3_MASTER_KEY_DERIVE, ANY_KEY, 0, 0, CKF_DERIVE},
    {CKM_TLS12_KEY_AND_MAC_DERIVE, ANY_KEY, 0, 0, CKF_DERIVE},
    {CKM_VENDOR_DEFINED | 7, ANY_KEY, 0, 0, SIGNS | ENCRYPTS | CKF_DERIVE | CKF_GENERATE},
};
const size_t mechanism_count = sizeof mechanisms / sizeof *mechanisms;

const struct mechanism* mechanism_of(CK_MECHANISM_TYPE type) {
  for (size_t i = 0; i < mechanism_count; i++) {
    if (mechanisms[i].type == type) return &mechanisms[i];
  }
  return NULL;
}

void operation_end(struct operation* operation) {
  bytes_clear(&operation->held);
  memset(operation, 0, sizeof *operation);
}

CK_RV key_seed(const struct session* session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE use, struct object** object,
               uint8_t seed[SEED_SIZE]) {
  struct object* key = object_of(session, handle);
  if (key == NULL) return CKR_KEY_HANDLE_INVALID;
  const struct attribute* has = attribute_of(key, CKA_FAULT_SEED);
  if (has == NULL || has->size != SEED_SIZE) return CKR_KEY_TYPE_INCONSISTENT;
  if (use != 0 && !attribute_is(key, use, true)) return CKR_KEY_FUNCTION_NOT_PERMITTED;
  memcpy(seed, has->value, SEED_SIZE);
  *object = key;
  return CKR_OK;
}

static bool take_iv(struct operation* operation, const CK_BYTE* iv, CK_ULONG size) {
  if (size > sizeof operation->iv || (iv == NULL && size != 0)) return false;
  if (size != 0) memcpy(operation->iv, iv, size);
  operation->iv_size = size;
  return true;
}

/* The tag is an HMAC over IV, associated data and ciphertext. */
static bool take_aead(struct operation* operation, const CK_BYTE* iv, CK_ULONG iv_size, const CK_BYTE* aad,
                      CK_ULONG aad_size, CK_ULONG tag_size) {
  if (!take_iv(operation, iv, iv_size) || tag_size > 16 || tag_size == 0 || (aad == NULL && aad_size != 0))
    return false;
  operation->tag_size = tag_size;
  hmac_init(&operation->mac, operation->seed, SEED_SIZE);
  hmac_update(&operation->mac, operation->iv, operation->iv_size);
  hmac_update(&operation->mac, aad, aad_size);
  return true;
}

/* IV, associated data and output form of a cipher. */
static CK_RV cipher_parameter(struct operation* operation, enum operation_kind kind, const CK_MECHANISM* mechanism) {
  bool good = true;
  switch (mechanism->mechanism) {
    case CKM_AES_GCM: {
      PARAMETER(CK_GCM_PARAMS);
      static const uint8_t zero[64];
      bool ours = kind == ENCRYPT && given->ulIvLen != 0 && given->ulIvLen <= sizeof zero && given->pIv != NULL &&
                  memcmp(given->pIv, zero, given->ulIvLen) == 0;
      uint8_t made[64];
      if (ours) {
        random_bytes(made, given->ulIvLen);
        operation->parameter_iv = given->pIv;
      }
      if (given->ulIvBits != given->ulIvLen * 8) return CKR_MECHANISM_PARAM_INVALID;
      good = take_aead(operation, ours ? made : given->pIv, given->ulIvLen, given->pAAD, given->ulAADLen,
                       given->ulTagBits / 8);
      operation->gathers = kind == DECRYPT;
      break;
    }
    case CKM_AES_CCM: {
      PARAMETER(CK_CCM_PARAMS);
      good = take_aead(operation, given->pNonce, given->ulNonceLen, given->pAAD, given->ulAADLen, given->ulMACLen);
      operation->gathers = kind == DECRYPT;
      break;
    }
    case CKM_CHACHA20_POLY1305: {
      PARAMETER(CK_SALSA20_CHACHA20_POLY1305_PARAMS);
      good = take_aead(operation, given->pNonce, given->ulNonceLen, given->pAAD, given->ulAADLen, 16);
      operation->gathers = kind == DECRYPT;
      break;
    }
    case CKM_AES_CTR: {
      PARAMETER(CK_AES_CTR_PARAMS);
      good = take_iv(operation, given->cb, sizeof given->cb);
      break;
    }
    case CKM_AES_CBC:
    case CKM_AES_CBC_PAD:
      if (mechanism->ulParameterLen != 16) return CKR_MECHANISM_PARAM_INVALID;
      good = take_iv(operation, mechanism->pParameter, 16);
      operation->gathers = mechanism->mechanism == CKM_AES_CBC_PAD;
      break;
    case CKM_RSA_PKCS_OAEP: {
      PARAMETER(CK_RSA_PKCS_OAEP_PARAMS);
      if (given->pSourceData != NULL && given->ulSourceDataLen == 0) return CKR_ARGUMENTS_BAD;
      good = take_iv(operation, given->pSourceData, given->ulSourceDataLen);
      operation->gathers = true;
      break;
    }
    default:
      operation->gathers = operation->result_size != 0;
      good = take_iv(operation, mechanism->pParameter, mechanism->ulParameterLen);
  }
  return good ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

/* What is signed is mechanism, context and data; SHA256_HMAC is the real one. */
static CK_RV sign_parameter(struct operation* operation, const CK_MECHANISM* mechanism, struct object* key) {
  uint8_t number[8];
  const struct attribute* value = attribute_of(key, CKA_VALUE);
  bool real = mechanism->mechanism == CKM_SHA256_HMAC || mechanism->mechanism == CKM_SHA256_HMAC_GENERAL;
  little_endian(number, mechanism->mechanism);
  if (real && value != NULL) {
    hmac_init(&operation->mac, value->value, value->size);
  } else {
    hmac_init(&operation->mac, operation->seed, SEED_SIZE);
    hmac_update(&operation->mac, number, sizeof number);
  }
  switch (mechanism->mechanism) {
    case CKM_SHA256_HMAC_GENERAL: {
      PARAMETER(CK_MAC_GENERAL_PARAMS);
      if (*given == 0 || *given > 32) return CKR_MECHANISM_PARAM_INVALID;
      operation->result_size = *given;
      return CKR_OK;
    }
    case CKM_RSA_PKCS_PSS:
    case CKM_SHA256_RSA_PKCS_PSS: {
      PARAMETER(CK_RSA_PKCS_PSS_PARAMS);
      return CKR_OK;
    }
    case CKM_EDDSA:
      if (mechanism->ulParameterLen != 0) {
        PARAMETER(CK_EDDSA_PARAMS);
        hmac_update(&operation->mac, given->pContextData, given->ulContextDataLen);
      }
      return CKR_OK;
    case CKM_ML_DSA:
      if (mechanism->ulParameterLen != 0) {
        PARAMETER(CK_SIGN_ADDITIONAL_CONTEXT);
        hmac_update(&operation->mac, given->pContext, given->ulContextLen);
      }
      return CKR_OK;
    default:
      if (mechanism->ulParameterLen != 0) {
        if (mechanism->pParameter == NULL) return CKR_MECHANISM_PARAM_INVALID;
        hmac_update(&operation->mac, mechanism->pParameter, mechanism->ulParameterLen);
      }
      return CKR_OK;
  }
}

static size_t result_size(struct object* key, CK_MECHANISM_TYPE mechanism) {
  switch (attribute_number(key, CKA_KEY_TYPE, ANY_KEY)) {
    case CKK_RSA: {
      const struct attribute* modulus = attribute_of(key, CKA_MODULUS);
      return modulus != NULL && modulus->size >= 64 && modulus->size <= 512 ? modulus->size : 256;
    }
    case CKK_EC:
    case CKK_EC_EDWARDS:
      return 64;
    case CKK_ML_DSA:
      return 3309;
    default:
      return mechanism == CKM_AES_CMAC ? 16 : 32;
  }
}

CK_RV operation_begin(struct session* session, enum operation_kind kind, const CK_MECHANISM* mechanism,
                      CK_OBJECT_HANDLE handle) {
  static const struct {
    CK_FLAGS flag;
    CK_ATTRIBUTE_TYPE use;
  } needs[OPERATIONS] = {{CKF_ENCRYPT, CKA_ENCRYPT},
                         {CKF_DECRYPT, CKA_DECRYPT},
                         {CKF_DIGEST, 0},
                         {CKF_SIGN, CKA_SIGN},
                         {CKF_SIGN_RECOVER, CKA_SIGN_RECOVER},
                         {CKF_VERIFY, CKA_VERIFY},
                         {CKF_VERIFY_RECOVER, CKA_VERIFY_RECOVER},
                         {CKF_MESSAGE_ENCRYPT, CKA_ENCRYPT},
                         {CKF_MESSAGE_DECRYPT, CKA_DECRYPT},
                         {CKF_MESSAGE_SIGN, CKA_SIGN},
                         {CKF_MESSAGE_VERIFY, CKA_VERIFY},
                         {CKF_VERIFY, CKA_VERIFY}};
  struct operation* operation = &session->operations[kind];
  if (mechanism == NULL) { /* 3.0: an Init without a mechanism ends what is active */
    operation_end(operation);
    return CKR_OK;
  }
  if (operation->active) return CKR_OPERATION_ACTIVE;
  const struct mechanism* known = mechanism_of(mechanism->mechanism);
  if (known == NULL || (known->flags & needs[kind].flag) == 0) return CKR_MECHANISM_INVALID;
  if (mechanism->pParameter == NULL && mechanism->ulParameterLen != 0) return CKR_MECHANISM_PARAM_INVALID;
  operation_end(operation);
  operation->mechanism = mechanism->mechanism;
  operation->key = handle;
  if (kind == DIGEST) {
    sha256_init(&operation->hash);
    operation->active = true;
    return CKR_OK;
  }
  struct object* key;
  CK_RV rv = key_seed(session, handle, needs[kind].use, &key, operation->seed);
  if (rv != CKR_OK) return rv;
  if (known->key != ANY_KEY && attribute_number(key, CKA_KEY_TYPE, ANY_KEY) != known->key)
    return CKR_KEY_TYPE_INCONSISTENT;
  bool cipher = kind == ENCRYPT || kind == DECRYPT;
  operation->result_size = !cipher || known->key == CKK_RSA ? result_size(key, mechanism->mechanism) : 0;
  if (cipher)
    rv = cipher_parameter(operation, kind, mechanism);
  else if (kind != MESSAGE_ENCRYPT && kind != MESSAGE_DECRYPT && kind != SIGN_RECOVER && kind != VERIFY_RECOVER)
    rv = sign_parameter(operation, mechanism, key);
  if (rv != CKR_OK) {
    operation_end(operation);
    return rv;
  }
  operation->locked = attribute_is(key, CKA_ALWAYS_AUTHENTICATE, false);
  operation->active = true;
  return CKR_OK;
}
