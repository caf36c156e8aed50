/* Signing and verifying, in one part and in many, with recovery, signature first. */
#include "fault.h"

static CK_RV ready(const struct operation* operation) {
  if (!operation->active) return CKR_OPERATION_NOT_INITIALIZED;
  return operation->locked ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

/* The HMAC, again and again until the signature is full. `mac` is a copy: the operation stays as it is. */
static void signature_of(struct hmac mac, const CK_BYTE* more, CK_ULONG size, uint8_t* out, size_t length) {
  uint8_t sum[32];
  hmac_update(&mac, more, size);
  hmac_final(&mac, sum);
  for (size_t i = 0; i < length; i++) out[i] = sum[i % 32];
}

static void count_input(const CK_BYTE* in, CK_ULONG in_size) {
  static const char mark[] = FAULT_INPUT_MARK;
  size_t size = sizeof mark - 1;
  if (in_size < size + 4 || memcmp(in, mark, size) != 0) return;
  uint32_t number = (uint32_t)in[size] | (uint32_t)in[size + 1] << 8 | (uint32_t)in[size + 2] << 16 |
                    (uint32_t)in[size + 3] << 24;
  if (number < FAULT_INPUTS) __atomic_fetch_add(&control->signed_inputs[number], 1, __ATOMIC_RELAXED);
}

static CK_RV sign_end(struct session* session, const char* function, const struct fault_function* told,
                      const CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out, CK_ULONG* size) {
  struct operation* operation = &session->operations[SIGN];
  uint8_t signature[4096];
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED((in != NULL || in_size == 0) && size != NULL);
  signature_of(operation->mac, in, in_size, signature, operation->result_size);
  if (is_asynchronous(session) && out != NULL) {
    rv = pend(session, function, out, *size, signature, operation->result_size, 0, 0);
    operation_end(operation);
    return rv;
  }
  rv = give(told, out, size, signature, operation->result_size);
  if (rv == CKR_OK && out != NULL) count_input(in, in_size);
  if (!(rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && out == NULL))) operation_end(operation);
  return rv;
}

static CK_RV add(struct session* session, enum operation_kind kind, const CK_BYTE* in, CK_ULONG in_size) {
  struct operation* operation = &session->operations[kind];
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED(in != NULL || in_size == 0);
  operation->updating = true;
  hmac_update(&operation->mac, in, in_size);
  return CKR_OK;
}

CK_RV C_SignInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  if (word(&control->words.instant) != 0) {
    work_now(&control->functions[INDEX(C_SignInit)]);
    return session_of(handle) == NULL ? CKR_SESSION_HANDLE_INVALID : CKR_OK;
  }
  ENTER_SESSION(C_SignInit, handle);
  return operation_begin(session, SIGN, mechanism, key);
}

CK_RV C_Sign(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  if (word(&control->words.instant) != 0) {
    CK_ULONG room = *size;
    *size = 64;
    if (out == NULL) return CKR_OK;
    if (room < 64) return CKR_BUFFER_TOO_SMALL;
    work_now(&control->functions[INDEX(C_Sign)]);
    memset(out, in_size == 0 ? 0 : in[0], 64);
    return CKR_OK;
  }
  ENTER_SESSION(C_Sign, handle);
  if (session->operations[SIGN].updating) return CKR_OPERATION_ACTIVE;
  return sign_end(session, "C_Sign", told, in, in_size, out, size);
}

CK_RV C_SignUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size) {
  ENTER_SESSION(C_SignUpdate, handle);
  return add(session, SIGN, in, in_size);
}

CK_RV C_SignFinal(CK_SESSION_HANDLE handle, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_SignFinal, handle);
  return sign_end(session, "C_SignFinal", told, NULL, 0, out, size);
}

static CK_RV verify_end(struct session* session, enum operation_kind kind, const CK_BYTE* in, CK_ULONG in_size,
                        const CK_BYTE* signature, CK_ULONG size) {
  struct operation* operation = &session->operations[kind];
  uint8_t right[4096];
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED((in != NULL || in_size == 0) && (signature != NULL || size == 0));
  signature_of(operation->mac, in, in_size, right, operation->result_size);
  rv = size != operation->result_size        ? CKR_SIGNATURE_LEN_RANGE
       : memcmp(right, signature, size) != 0 ? CKR_SIGNATURE_INVALID
                                             : CKR_OK;
  operation_end(operation);
  return rv;
}

CK_RV C_VerifyInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  ENTER_SESSION(C_VerifyInit, handle);
  return operation_begin(session, VERIFY, mechanism, key);
}

CK_RV C_Verify(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR signature, CK_ULONG size) {
  ENTER_SESSION(C_Verify, handle);
  return session->operations[VERIFY].updating ? CKR_OPERATION_ACTIVE
                                              : verify_end(session, VERIFY, in, in_size, signature, size);
}

CK_RV C_VerifyUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size) {
  ENTER_SESSION(C_VerifyUpdate, handle);
  return add(session, VERIFY, in, in_size);
}

CK_RV C_VerifyFinal(CK_SESSION_HANDLE handle, CK_BYTE_PTR signature, CK_ULONG size) {
  ENTER_SESSION(C_VerifyFinal, handle);
  return verify_end(session, VERIFY, NULL, 0, signature, size);
}

CK_RV C_VerifySignatureInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key,
                            CK_BYTE_PTR signature, CK_ULONG size) {
  ENTER_SESSION(C_VerifySignatureInit, handle);
  NEED(signature != NULL || size == 0);
  CK_RV rv = operation_begin(session, VERIFY_SIGNATURE, mechanism, key);
  if (rv == CKR_OK && mechanism != NULL && !bytes_add(&session->operations[VERIFY_SIGNATURE].held, signature, size))
    rv = CKR_HOST_MEMORY;
  return rv;
}

static CK_RV verify_signature_end(struct session* session, const CK_BYTE* in, CK_ULONG size) {
  const struct bytes* held = &session->operations[VERIFY_SIGNATURE].held;
  return verify_end(session, VERIFY_SIGNATURE, in, size, held->data, held->size);
}

CK_RV C_VerifySignature(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG size) {
  ENTER_SESSION(C_VerifySignature, handle);
  return session->operations[VERIFY_SIGNATURE].updating ? CKR_OPERATION_ACTIVE
                                                        : verify_signature_end(session, in, size);
}

CK_RV C_VerifySignatureUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG size) {
  ENTER_SESSION(C_VerifySignatureUpdate, handle);
  return add(session, VERIFY_SIGNATURE, in, size);
}

CK_RV C_VerifySignatureFinal(CK_SESSION_HANDLE handle) {
  ENTER_SESSION(C_VerifySignatureFinal, handle);
  return verify_signature_end(session, NULL, 0);
}

/* A signature with recovery is u16 length, data with the key stream added, zeros. */
static CK_RV recover(struct session* session, enum operation_kind kind, const struct fault_function* told,
                     const CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out, CK_ULONG* size) {
  struct operation* operation = &session->operations[kind];
  uint8_t block[512] = {0};
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED((in != NULL || in_size == 0) && size != NULL);
  size_t length = operation->result_size;
  if (kind == SIGN_RECOVER) {
    if (in_size + 11 > length) {
      rv = CKR_DATA_LEN_RANGE;
    } else {
      block[0] = (uint8_t)in_size;
      block[1] = (uint8_t)(in_size >> 8);
      key_stream(operation->seed, NULL, 0, 0, in, block + 2, in_size);
    }
  } else if (in_size != length) {
    rv = CKR_SIGNATURE_LEN_RANGE;
  } else if ((length = (size_t)in[0] | (size_t)in[1] << 8) + 11 > in_size) {
    rv = CKR_SIGNATURE_INVALID;
  } else {
    key_stream(operation->seed, NULL, 0, 0, in + 2, block, length);
  }
  if (rv == CKR_OK) rv = give(told, out, size, block, length);
  if (!(rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && out == NULL))) operation_end(operation);
  return rv;
}

CK_RV C_SignRecoverInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  ENTER_SESSION(C_SignRecoverInit, handle);
  return operation_begin(session, SIGN_RECOVER, mechanism, key);
}

CK_RV C_SignRecover(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_SignRecover, handle);
  return recover(session, SIGN_RECOVER, told, in, in_size, out, size);
}

CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  ENTER_SESSION(C_VerifyRecoverInit, handle);
  return operation_begin(session, VERIFY_RECOVER, mechanism, key);
}

CK_RV C_VerifyRecover(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_VerifyRecover, handle);
  return recover(session, VERIFY_RECOVER, told, in, in_size, out, size);
}

CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out,
                          CK_ULONG_PTR size) {
  ENTER_SESSION(C_SignEncryptUpdate, handle);
  CK_RV rv = ready(&session->operations[SIGN]);
  if (rv == CKR_OK) rv = cipher_update(session, ENCRYPT, told, in, in_size, out, size);
  return rv == CKR_OK && out != NULL ? add(session, SIGN, in, in_size) : rv;
}

CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE handle, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out,
                            CK_ULONG_PTR size) {
  ENTER_SESSION(C_DecryptVerifyUpdate, handle);
  CK_RV rv = ready(&session->operations[VERIFY]);
  if (rv == CKR_OK) rv = cipher_update(session, DECRYPT, told, in, in_size, out, size);
  return rv == CKR_OK && out != NULL ? add(session, VERIFY, out, *size < in_size ? *size : in_size) : rv;
}
