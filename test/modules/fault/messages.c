/* Messages: one key, many texts, the IV and the tag in the parameter of each. */
#include "fault.h"

/* Where IV and tag of a message stand, whatever the structure. */
struct message {
  CK_BYTE *iv, *tag;
  CK_ULONG iv_size, tag_size;
  CK_GENERATOR_FUNCTION generator;
};

static bool message_of(const struct operation* operation, void* parameter, CK_ULONG size, struct message* message) {
  if (parameter == NULL || word(&control->words.shallow) != 0) return false;
  if (operation->mechanism == CKM_AES_GCM && size == sizeof(CK_GCM_MESSAGE_PARAMS)) {
    const CK_GCM_MESSAGE_PARAMS* given = parameter;
    *message = (struct message){given->pIv, given->pTag, given->ulIvLen, given->ulTagBits / 8, given->ivGenerator};
  } else if (operation->mechanism == CKM_AES_CCM && size == sizeof(CK_CCM_MESSAGE_PARAMS)) {
    const CK_CCM_MESSAGE_PARAMS* given = parameter;
    *message = (struct message){given->pNonce, given->pMAC, given->ulNonceLen, given->ulMACLen, given->nonceGenerator};
  } else if (operation->mechanism == CKM_CHACHA20_POLY1305 && size == sizeof(CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS)) {
    const CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS* given = parameter;
    *message = (struct message){given->pNonce, given->pTag, given->ulNonceLen, 16, CKG_NO_GENERATE};
  } else {
    return false;
  }
  return message->iv != NULL && message->iv_size <= sizeof operation->iv && message->tag_size <= 32 &&
         (message->tag != NULL || message->tag_size == 0);
}

static CK_RV ready(const struct operation* operation) {
  if (!operation->active) return CKR_OPERATION_NOT_INITIALIZED;
  return operation->locked ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

static CK_RV message_begin(struct operation* operation, bool encrypts, void* parameter, CK_ULONG size,
                           const CK_BYTE* aad, CK_ULONG aad_size, struct message* message) {
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  if (!message_of(operation, parameter, size, message)) return CKR_MECHANISM_PARAM_INVALID;
  NEED(aad != NULL || aad_size == 0);
  if (encrypts && message->generator != CKG_NO_GENERATE) random_bytes(message->iv, message->iv_size);
  memcpy(operation->iv, message->iv, message->iv_size);
  operation->iv_size = message->iv_size;
  operation->position = 0;
  hmac_init(&operation->mac, operation->seed, SEED_SIZE);
  hmac_update(&operation->mac, operation->iv, operation->iv_size);
  hmac_update(&operation->mac, aad, aad_size);
  return CKR_OK;
}

static CK_RV message_part(struct operation* operation, const struct fault_function* told, bool encrypts,
                          const struct message* message, const CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out,
                          CK_ULONG* size, bool last) {
  CK_RV rv;
  uint8_t tag[32];
  NEED((in != NULL || in_size == 0) && size != NULL);
  if (must_wait(told, out, size, in_size, &rv)) return rv;
  struct bytes result = {0};
  if (!bytes_add(&result, in, in_size)) return CKR_HOST_MEMORY;
  if (!encrypts) hmac_update(&operation->mac, in, in_size);
  if (in_size != 0)
    key_stream(operation->seed, operation->iv, operation->iv_size, operation->position, in, result.data, in_size);
  operation->position += in_size;
  if (encrypts) hmac_update(&operation->mac, result.data, result.size);
  if (last) {
    hmac_final(&operation->mac, tag);
    operation->updating = false;
    if (encrypts)
      memcpy(message->tag, tag, message->tag_size);
    else if (memcmp(message->tag, tag, message->tag_size) != 0)
      rv = CKR_AEAD_DECRYPT_FAILED;
  }
  if (rv == CKR_OK) rv = give(told, out, size, result.data, result.size);
  bytes_clear(&result);
  return rv;
}

static CK_RV whole_message(struct operation* operation, const struct fault_function* told, bool encrypts,
                           void* parameter, CK_ULONG parameter_size, const CK_BYTE* aad, CK_ULONG aad_size,
                           const CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out, CK_ULONG* size) {
  struct message message;
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED(size != NULL);
  if (operation->updating) return CKR_OPERATION_ACTIVE;
  if (must_wait(told, out, size, in_size, &rv)) return rv;
  rv = message_begin(operation, encrypts, parameter, parameter_size, aad, aad_size, &message);
  return rv != CKR_OK ? rv : message_part(operation, told, encrypts, &message, in, in_size, out, size, true);
}

static CK_RV begin_parts(struct operation* operation, bool encrypts, void* parameter, CK_ULONG parameter_size,
                         const CK_BYTE* aad, CK_ULONG aad_size) {
  struct message message;
  if (operation->active && operation->updating) return CKR_OPERATION_ACTIVE;
  CK_RV rv = message_begin(operation, encrypts, parameter, parameter_size, aad, aad_size, &message);
  if (rv == CKR_OK) operation->updating = true;
  return rv;
}

static CK_RV next_part(struct operation* operation, const struct fault_function* told, bool encrypts, void* parameter,
                       CK_ULONG parameter_size, const CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out, CK_ULONG* size,
                       CK_FLAGS flags) {
  struct message message;
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  if (!operation->updating) return CKR_OPERATION_NOT_INITIALIZED;
  if (!message_of(operation, parameter, parameter_size, &message)) return CKR_MECHANISM_PARAM_INVALID;
  return message_part(operation, told, encrypts, &message, in, in_size, out, size, (flags & CKF_END_OF_MESSAGE) != 0);
}

static CK_RV end(struct operation* operation) {
  if (!operation->active) return CKR_OPERATION_NOT_INITIALIZED;
  operation_end(operation);
  return CKR_OK;
}

#define MESSAGE_CIPHER(NAME, KIND, encrypts)                                                                          \
  CK_RV C_Message##NAME##Init(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {           \
    ENTER_SESSION(C_Message##NAME##Init, handle);                                                                     \
    return operation_begin(session, KIND, mechanism, key);                                                            \
  }                                                                                                                   \
  CK_RV C_##NAME##Message(CK_SESSION_HANDLE handle, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR aad,  \
                          CK_ULONG aad_size, CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {  \
    ENTER_SESSION(C_##NAME##Message, handle);                                                                         \
    return whole_message(&session->operations[KIND], told, encrypts, parameter, parameter_size, aad, aad_size, in,    \
                         in_size, out, size);                                                                         \
  }                                                                                                                   \
  CK_RV C_##NAME##MessageBegin(CK_SESSION_HANDLE handle, CK_VOID_PTR parameter, CK_ULONG parameter_size,              \
                               CK_BYTE_PTR aad, CK_ULONG aad_size) {                                                  \
    ENTER_SESSION(C_##NAME##MessageBegin, handle);                                                                    \
    return begin_parts(&session->operations[KIND], encrypts, parameter, parameter_size, aad, aad_size);               \
  }                                                                                                                   \
  CK_RV C_##NAME##MessageNext(CK_SESSION_HANDLE handle, CK_VOID_PTR parameter, CK_ULONG parameter_size,               \
                              CK_BYTE_PTR in, CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size, CK_FLAGS flags) { \
    ENTER_SESSION(C_##NAME##MessageNext, handle);                                                                     \
    return next_part(&session->operations[KIND], told, encrypts, parameter, parameter_size, in, in_size, out, size,   \
                     flags);                                                                                          \
  }                                                                                                                   \
  CK_RV C_Message##NAME##Final(CK_SESSION_HANDLE handle) {                                                            \
    ENTER_SESSION(C_Message##NAME##Final, handle);                                                                    \
    return end(&session->operations[KIND]);                                                                           \
  }
MESSAGE_CIPHER(Encrypt, MESSAGE_ENCRYPT, true)
MESSAGE_CIPHER(Decrypt, MESSAGE_DECRYPT, false)

/* A message's signature covers its parameter, where there is one, and its data. */
static CK_RV start_signing(struct operation* operation, const void* parameter, CK_ULONG size) {
  uint8_t number[8];
  NEED(parameter != NULL || size == 0);
  hmac_init(&operation->mac, operation->seed, SEED_SIZE);
  little_endian(number, operation->mechanism);
  hmac_update(&operation->mac, number, sizeof number);
  hmac_update(&operation->mac, parameter, size);
  return CKR_OK;
}

static void signature_of(const struct operation* operation, uint8_t* out) {
  struct hmac mac = operation->mac;
  uint8_t sum[32];
  hmac_final(&mac, sum);
  for (size_t i = 0; i < operation->result_size; i++) out[i] = sum[i % 32];
}

static CK_RV message_verdict(const struct operation* operation, const CK_BYTE* signature, CK_ULONG size) {
  uint8_t right[4096];
  signature_of(operation, right);
  return size != operation->result_size        ? CKR_SIGNATURE_LEN_RANGE
         : memcmp(right, signature, size) != 0 ? CKR_SIGNATURE_INVALID
                                               : CKR_OK;
}

CK_RV C_MessageSignInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  ENTER_SESSION(C_MessageSignInit, handle);
  return operation_begin(session, MESSAGE_SIGN, mechanism, key);
}

CK_RV C_SignMessage(CK_SESSION_HANDLE handle, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR in,
                    CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_SignMessage, handle);
  struct operation* operation = &session->operations[MESSAGE_SIGN];
  uint8_t signature[4096];
  CK_RV rv = ready(operation);
  if (rv == CKR_OK) rv = start_signing(operation, parameter, parameter_size);
  if (rv != CKR_OK) return rv;
  NEED((in != NULL || in_size == 0) && size != NULL);
  hmac_update(&operation->mac, in, in_size);
  signature_of(operation, signature);
  return give(told, out, size, signature, operation->result_size);
}

CK_RV C_SignMessageBegin(CK_SESSION_HANDLE handle, CK_VOID_PTR parameter, CK_ULONG parameter_size) {
  ENTER_SESSION(C_SignMessageBegin, handle);
  struct operation* operation = &session->operations[MESSAGE_SIGN];
  CK_RV rv = ready(operation);
  if (rv == CKR_OK) rv = start_signing(operation, parameter, parameter_size);
  if (rv == CKR_OK) operation->updating = true;
  return rv;
}

/* Without a place for the length it is not the last part. */
CK_RV C_SignMessageNext(CK_SESSION_HANDLE handle, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR in,
                        CK_ULONG in_size, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_SignMessageNext, handle);
  (void)parameter;
  (void)parameter_size;
  struct operation* operation = &session->operations[MESSAGE_SIGN];
  uint8_t signature[4096];
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED(in != NULL || in_size == 0);
  if (!operation->updating) return CKR_OPERATION_NOT_INITIALIZED;
  if (size == NULL) {
    hmac_update(&operation->mac, in, in_size);
    return CKR_OK;
  }
  if (must_wait(told, out, size, operation->result_size, &rv)) return rv;
  hmac_update(&operation->mac, in, in_size);
  signature_of(operation, signature);
  operation->updating = false;
  return give(told, out, size, signature, operation->result_size);
}

CK_RV C_MessageSignFinal(CK_SESSION_HANDLE handle) {
  ENTER_SESSION(C_MessageSignFinal, handle);
  return end(&session->operations[MESSAGE_SIGN]);
}

CK_RV C_MessageVerifyInit(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  ENTER_SESSION(C_MessageVerifyInit, handle);
  return operation_begin(session, MESSAGE_VERIFY, mechanism, key);
}

CK_RV C_VerifyMessage(CK_SESSION_HANDLE handle, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR in,
                      CK_ULONG in_size, CK_BYTE_PTR signature, CK_ULONG size) {
  ENTER_SESSION(C_VerifyMessage, handle);
  struct operation* operation = &session->operations[MESSAGE_VERIFY];
  CK_RV rv = ready(operation);
  if (rv == CKR_OK) rv = start_signing(operation, parameter, parameter_size);
  if (rv != CKR_OK) return rv;
  NEED((in != NULL || in_size == 0) && signature != NULL);
  hmac_update(&operation->mac, in, in_size);
  return message_verdict(operation, signature, size);
}

CK_RV C_VerifyMessageBegin(CK_SESSION_HANDLE handle, CK_VOID_PTR parameter, CK_ULONG parameter_size) {
  ENTER_SESSION(C_VerifyMessageBegin, handle);
  struct operation* operation = &session->operations[MESSAGE_VERIFY];
  CK_RV rv = ready(operation);
  if (rv == CKR_OK) rv = start_signing(operation, parameter, parameter_size);
  if (rv == CKR_OK) operation->updating = true;
  return rv;
}

/* Without a signature it is not the last part. */
CK_RV C_VerifyMessageNext(CK_SESSION_HANDLE handle, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR in,
                          CK_ULONG in_size, CK_BYTE_PTR signature, CK_ULONG size) {
  ENTER_SESSION(C_VerifyMessageNext, handle);
  (void)parameter;
  (void)parameter_size;
  struct operation* operation = &session->operations[MESSAGE_VERIFY];
  CK_RV rv = ready(operation);
  if (rv != CKR_OK) return rv;
  NEED(in != NULL || in_size == 0);
  if (!operation->updating) return CKR_OPERATION_NOT_INITIALIZED;
  hmac_update(&operation->mac, in, in_size);
  if (signature == NULL) return CKR_OK;
  operation->updating = false;
  return message_verdict(operation, signature, size);
}

CK_RV C_MessageVerifyFinal(CK_SESSION_HANDLE handle) {
  ENTER_SESSION(C_MessageVerifyFinal, handle);
  return end(&session->operations[MESSAGE_VERIFY]);
}
