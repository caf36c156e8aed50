/* Encrypting and decrypting, digesting, in one part and in many. */
#include "fault.h"

/* The form of an RSA block: u16 length, data with the key stream added, zeros. */
static CK_RV block_close(const struct operation* operation, const uint8_t* in, size_t size, struct bytes* out) {
  if (size + 11 > operation->result_size) return CKR_DATA_LEN_RANGE;
  uint8_t block[512] = {(uint8_t)size, (uint8_t)(size >> 8)};
  key_stream(operation->seed, operation->iv, operation->iv_size, 0, in, block + 2, size);
  return bytes_add(out, block, operation->result_size) ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV block_open(const struct operation* operation, const uint8_t* in, size_t size, struct bytes* out) {
  uint8_t plain[512];
  if (size != operation->result_size) return CKR_ENCRYPTED_DATA_LEN_RANGE;
  size_t length = (size_t)in[0] | (size_t)in[1] << 8;
  if (length + 11 > size) return CKR_ENCRYPTED_DATA_INVALID;
  key_stream(operation->seed, operation->iv, operation->iv_size, 0, in + 2, plain, length);
  return bytes_add(out, plain, length) ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV stream(struct operation* operation, const uint8_t* in, size_t size, struct bytes* out) {
  size_t at = out->size;
  if (!bytes_add(out, in, size)) return CKR_HOST_MEMORY;
  key_stream(operation->seed, operation->iv, operation->iv_size, operation->position, in, out->data + at, size);
  operation->position += size;
  return CKR_OK;
}

/* All of a message at once; `operation` is a copy, so that an answer that did not fit leaves the real one as it was. */
static CK_RV close_all(struct operation operation, const uint8_t* in, size_t size, struct bytes* out) {
  if (operation.result_size != 0) return block_close(&operation, in, size, out);
  CK_RV rv = stream(&operation, in, size, out);
  if (rv != CKR_OK) return rv;
  if (operation.mechanism == CKM_AES_CBC_PAD) {
    uint8_t pad = (uint8_t)(16 - size % 16), padding[16];
    memset(padding, pad, sizeof padding);
    return stream(&operation, padding, pad, out);
  }
  if (operation.tag_size != 0) {
    uint8_t tag[32];
    hmac_update(&operation.mac, out->data, out->size);
    hmac_final(&operation.mac, tag);
    if (!bytes_add(out, tag, operation.tag_size)) return CKR_HOST_MEMORY;
  }
  return CKR_OK;
}

static CK_RV open_all(struct operation operation, const uint8_t* in, size_t size, struct bytes* out) {
  if (operation.result_size != 0) return block_open(&operation, in, size, out);
  if (operation.tag_size != 0) {
    uint8_t tag[32];
    if (size < operation.tag_size) return CKR_ENCRYPTED_DATA_LEN_RANGE;
    size -= operation.tag_size;
    hmac_update(&operation.mac, in, size);
    hmac_final(&operation.mac, tag);
    if (memcmp(tag, in + size, operation.tag_size) != 0) return CKR_ENCRYPTED_DATA_INVALID;
  }
  if (operation.mechanism == CKM_AES_CBC_PAD && (size == 0 || size % 16 != 0)) return CKR_ENCRYPTED_DATA_LEN_RANGE;
  CK_RV rv = stream(&operation, in, size, out);
  if (rv == CKR_OK && operation.mechanism == CKM_AES_CBC_PAD) {
    uint8_t pad = out->data[size - 1];
    if (pad == 0 || pad > 16) return CKR_ENCRYPTED_DATA_INVALID;
    out->size -= pad;
  }
  return rv;
}

static CK_RV ready(const struct operation* operation) {
  if (!operation->active) return CKR_OPERATION_NOT_INITIALIZED;
  return operation->locked ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

/* A query and a buffer too small leave the operation active; everything else ends it. */
static CK_RV finish(struct operation* operation, const struct fault_function* told, CK_RV rv, struct bytes* result,
                    CK_BYTE* out, CK_ULONG* size) {
  bool query = out == NULL;
  if (rv == CKR_OK) rv = give(told, out, size, result->data, result->size);
  if (rv == CKR_OK && !query && operation->parameter_iv != NULL)
    memcpy(operation->parameter_iv, operation->iv, operation->iv_size);
  if (!(rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && query))) operation_end(operation);
  bytes_clear(result);
  return rv;
}

static CK_RV one_part(struct session* session, enum operation_kind kind, const struct fault_function* told,
                      const CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out, CK_ULONG* size) {
  struct operation* operation = &session->operations[kind];
  struct bytes result = {0};
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED((in != NULL || in_size == 0) && size != NULL);
  if (operation->updating) return CKR_OPERATION_ACTIVE;
  rv = kind == ENCRYPT ? close_all(*operation, in, in_size, &result) : open_all(*operation, in, in_size, &result);
  return finish(operation, told, rv, &result, out, size);
}

CK_RV cipher_update(struct session* session, enum operation_kind kind, const struct fault_function* told,
                    const CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out, CK_ULONG* size) {
  struct operation* operation = &session->operations[kind];
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED((in != NULL || in_size == 0) && size != NULL);
  size_t length = operation->gathers ? 0 : in_size;
  if (must_wait(told, out, size, length, &rv)) return rv;
  operation->updating = true;
  if (operation->gathers) {
    *size = 0;
    return bytes_add(&operation->held, in, in_size) ? CKR_OK : CKR_HOST_MEMORY;
  }
  struct bytes result = {0};
  rv = stream(operation, in, in_size, &result);
  if (rv == CKR_OK && kind == ENCRYPT && operation->tag_size != 0)
    hmac_update(&operation->mac, result.data, result.size);
  if (rv == CKR_OK) rv = give(told, out, size, result.data, result.size);
  if (rv == CKR_OK && operation->parameter_iv != NULL)
    memcpy(operation->parameter_iv, operation->iv, operation->iv_size);
  bytes_clear(&result);
  return rv;
}

static CK_RV final(struct session* session, enum operation_kind kind, const struct fault_function* told, CK_BYTE* out,
                   CK_ULONG* size) {
  struct operation* operation = &session->operations[kind];
  struct bytes result = {0};
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED(size != NULL);
  if (operation->gathers) {
    rv = kind == ENCRYPT ? close_all(*operation, operation->held.data, operation->held.size, &result)
                         : open_all(*operation, operation->held.data, operation->held.size, &result);
  } else if (operation->tag_size != 0) {
    uint8_t tag[32];
    struct hmac mac = operation->mac;
    hmac_final(&mac, tag);
    if (!bytes_add(&result, tag, operation->tag_size)) rv = CKR_HOST_MEMORY;
  }
  return finish(operation, told, rv, &result, out, size);
}

CK_RV C_EncryptInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  ENTER_SESSION(C_EncryptInit, handle);
  return operation_begin(session, ENCRYPT, mechanism, key);
}

CK_RV C_Encrypt(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_Encrypt, handle);
  return one_part(session, ENCRYPT, told, in, in_size, out, size);
}

CK_RV C_EncryptUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_EncryptUpdate, handle);
  return cipher_update(session, ENCRYPT, told, in, in_size, out, size);
}

CK_RV C_EncryptFinal(CK_SESSION_HANDLE handle, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_EncryptFinal, handle);
  return final(session, ENCRYPT, told, out, size);
}

CK_RV C_DecryptInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  ENTER_SESSION(C_DecryptInit, handle);
  return operation_begin(session, DECRYPT, mechanism, key);
}

CK_RV C_Decrypt(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_Decrypt, handle);
  return one_part(session, DECRYPT, told, in, in_size, out, size);
}

CK_RV C_DecryptUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_DecryptUpdate, handle);
  return cipher_update(session, DECRYPT, told, in, in_size, out, size);
}

CK_RV C_DecryptFinal(CK_SESSION_HANDLE handle, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_DecryptFinal, handle);
  return final(session, DECRYPT, told, out, size);
}

CK_RV C_DigestInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism) {
  ENTER_SESSION(C_DigestInit, handle);
  return operation_begin(session, DIGEST, mechanism, 0);
}

static CK_RV digest_final(struct session* session, const struct fault_function* told, const CK_BYTE* more,
                          CK_ULONG more_size, CK_BYTE* out, CK_ULONG* size) {
  struct operation* operation = &session->operations[DIGEST];
  struct sha256 hash = operation->hash;
  struct bytes result = {0};
  uint8_t digest[32];
  NEED(size != NULL && (more != NULL || more_size == 0));
  sha256_update(&hash, more, more_size);
  sha256_final(&hash, digest);
  return finish(operation, told, bytes_add(&result, digest, sizeof digest) ? CKR_OK : CKR_HOST_MEMORY, &result, out,
                size);
}

CK_RV C_Digest(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_Digest, handle);
  CK_RV rv = ready(&session->operations[DIGEST]);
  if (rv == CKR_OK && session->operations[DIGEST].updating) rv = CKR_OPERATION_ACTIVE;
  return rv != CKR_OK ? rv : digest_final(session, told, in, in_size, out, size);
}

static CK_RV digest_update(struct session* session, const CK_BYTE* in, CK_ULONG in_size) {
  CK_RV rv = ready(&session->operations[DIGEST]);
  if (rv != CKR_OK) return rv;
  NEED(in != NULL || in_size == 0);
  session->operations[DIGEST].updating = true;
  sha256_update(&session->operations[DIGEST].hash, in, in_size);
  return CKR_OK;
}

CK_RV C_DigestUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size) {
  ENTER_SESSION(C_DigestUpdate, handle);
  return digest_update(session, in, in_size);
}

CK_RV C_DigestKey(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which) {
  ENTER_SESSION(C_DigestKey, handle);
  struct object* key = object_of(session, which);
  if (key == NULL) return CKR_KEY_HANDLE_INVALID;
  const struct attribute* value = attribute_of(key, CKA_VALUE);
  if (value == NULL) return CKR_KEY_INDIGESTIBLE;
  return digest_update(session, value->value, value->size);
}

CK_RV C_DigestFinal(CK_SESSION_HANDLE handle, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_DigestFinal, handle);
  CK_RV rv = ready(&session->operations[DIGEST]);
  return rv != CKR_OK ? rv : digest_final(session, told, NULL, 0, out, size);
}

CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out,
                            CK_ULONG_PTR size) {
  ENTER_SESSION(C_DigestEncryptUpdate, handle);
  CK_RV rv = ready(&session->operations[DIGEST]);
  if (rv == CKR_OK) rv = cipher_update(session, ENCRYPT, told, in, in_size, out, size);
  return rv == CKR_OK && out != NULL ? digest_update(session, in, in_size) : rv;
}

CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out,
                            CK_ULONG_PTR size) {
  ENTER_SESSION(C_DecryptDigestUpdate, handle);
  CK_RV rv = ready(&session->operations[DIGEST]);
  if (rv == CKR_OK) rv = cipher_update(session, DECRYPT, told, in, in_size, out, size);
  return rv == CKR_OK && out != NULL ? digest_update(session, out, *size < in_size ? *size : in_size) : rv;
}

/* The only state that can be saved is that of a digest. */
CK_RV C_GetOperationState(CK_SESSION_HANDLE handle, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_GetOperationState, handle);
  NEED(size != NULL);
  if (!session->operations[DIGEST].active) return CKR_OPERATION_NOT_INITIALIZED;
  return give(told, out, size, &session->operations[DIGEST].hash, sizeof(struct sha256));
}

CK_RV C_SetOperationState(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_OBJECT_HANDLE encryption,
                          CK_OBJECT_HANDLE authentication) {
  ENTER_SESSION(C_SetOperationState, handle);
  NEED(in != NULL);
  if (in_size != sizeof(struct sha256)) return CKR_SAVED_STATE_INVALID;
  if (encryption != 0 || authentication != 0) return CKR_KEY_NOT_NEEDED;
  struct operation* operation = &session->operations[DIGEST];
  operation_end(operation);
  operation->active = operation->updating = true;
  operation->mechanism = CKM_SHA256;
  memcpy(&operation->hash, in, in_size);
  return CKR_OK;
}
