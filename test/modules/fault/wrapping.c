/* Wrapping keys, plainly and with associated data; calls that answer later. */
#define _GNU_SOURCE
#include "fault.h"

/* What is wrapped: the value, or the seed of a private key. Around it: u64 class, u64 type; then an HMAC of 8 bytes
 * over associated data and text. */
static CK_RV wrap(struct session* session, const struct fault_function* told, const CK_MECHANISM* mechanism,
                  CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE which, const CK_BYTE* iv, CK_ULONG iv_size,
                  const CK_BYTE* aad, CK_ULONG aad_size, CK_BYTE* out, CK_ULONG* size) {
  struct object *wrapper, *key;
  uint8_t seed[SEED_SIZE], plain[16 + 512], text[16 + 512 + 8], tag[32];
  const struct mechanism* known = mechanism_of(mechanism->mechanism);
  if (known == NULL || (known->flags & CKF_WRAP) == 0) return CKR_MECHANISM_INVALID;
  CK_RV rv = key_seed(session, wrapping, CKA_WRAP, &wrapper, seed);
  if (rv != CKR_OK) return rv == CKR_KEY_HANDLE_INVALID ? CKR_WRAPPING_KEY_HANDLE_INVALID : rv;
  if ((key = object_of(session, which)) == NULL) return CKR_KEY_HANDLE_INVALID;
  if (!attribute_is(key, CKA_EXTRACTABLE, true)) return CKR_KEY_UNEXTRACTABLE;
  CK_ULONG class = attribute_number(key, CKA_CLASS, 0);
  const struct attribute* value = attribute_of(key, class == CKO_SECRET_KEY ? CKA_VALUE : CKA_FAULT_SEED);
  if (value == NULL || value->size > 512) return CKR_KEY_NOT_WRAPPABLE;
  little_endian(plain, class);
  little_endian(plain + 8, attribute_number(key, CKA_KEY_TYPE, 0));
  memcpy(plain + 16, value->value, value->size);
  size_t length = 16 + value->size;
  key_stream(seed, iv, iv_size, 0, plain, text, length);
  struct hmac mac;
  hmac_init(&mac, seed, sizeof seed);
  hmac_update(&mac, aad, aad_size);
  hmac_update(&mac, text, length);
  hmac_final(&mac, tag);
  memcpy(text + length, tag, 8);
  return give(told, out, size, text, length + 8);
}

static CK_RV unwrap(struct session* session, const CK_MECHANISM* mechanism, CK_OBJECT_HANDLE unwrapping,
                    const CK_BYTE* iv, CK_ULONG iv_size, const CK_BYTE* aad, CK_ULONG aad_size, const CK_BYTE* text,
                    CK_ULONG size, const CK_ATTRIBUTE* template, CK_ULONG count, CK_OBJECT_HANDLE* made) {
  struct object* wrapper;
  uint8_t seed[SEED_SIZE], plain[16 + 512], tag[32];
  const struct mechanism* known = mechanism_of(mechanism->mechanism);
  if (known == NULL || (known->flags & CKF_UNWRAP) == 0) return CKR_MECHANISM_INVALID;
  CK_RV rv = key_seed(session, unwrapping, CKA_UNWRAP, &wrapper, seed);
  if (rv != CKR_OK) return rv == CKR_KEY_HANDLE_INVALID ? CKR_UNWRAPPING_KEY_HANDLE_INVALID : rv;
  if (size < 25 || size > sizeof plain + 8) return CKR_WRAPPED_KEY_LEN_RANGE;
  struct hmac mac;
  hmac_init(&mac, seed, sizeof seed);
  hmac_update(&mac, aad, aad_size);
  hmac_update(&mac, text, size - 8);
  hmac_final(&mac, tag);
  if (memcmp(tag, text + size - 8, 8) != 0) return CKR_WRAPPED_KEY_INVALID;
  key_stream(seed, iv, iv_size, 0, text, plain, size - 8);
  CK_OBJECT_CLASS class = plain[0];
  CK_KEY_TYPE type = plain[8];
  uint8_t inner[SEED_SIZE];
  if (class == CKO_SECRET_KEY) {
    struct sha256 hash;
    sha256_init(&hash);
    sha256_update(&hash, plain + 16, size - 24);
    sha256_final(&hash, inner);
  } else {
    if (size - 24 != SEED_SIZE) return CKR_WRAPPED_KEY_INVALID;
    memcpy(inner, plain + 16, SEED_SIZE);
  }
  return make_key(session, class, type, inner, plain + 16, size - 24, template, count, "unwrapped",
                  mechanism->mechanism, made);
}

CK_RV C_WrapKey(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
                CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ENTER_SESSION(C_WrapKey, handle);
  NEED(mechanism != NULL && size != NULL);
  return wrap(session, told, mechanism, wrapping, key, NULL, 0, NULL, 0, out, size);
}

CK_RV C_UnwrapKey(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE_PTR text,
                  CK_ULONG size, CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_OBJECT_HANDLE_PTR made) {
  ENTER_SESSION(C_UnwrapKey, handle);
  NEED(mechanism != NULL && text != NULL);
  return unwrap(session, mechanism, unwrapping, NULL, 0, NULL, 0, text, size, template, count, made);
}

CK_RV C_WrapKeyAuthenticated(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping,
                             CK_OBJECT_HANDLE key, CK_BYTE_PTR aad, CK_ULONG aad_size, CK_BYTE_PTR out,
                             CK_ULONG_PTR size) {
  ENTER_SESSION(C_WrapKeyAuthenticated, handle);
  NEED(mechanism != NULL && size != NULL && (aad != NULL || aad_size == 0));
  PARAMETER(CK_GCM_WRAP_PARAMS);
  if (given->pIv == NULL) return CKR_MECHANISM_PARAM_INVALID;
  if (given->ivGenerator != CKG_NO_GENERATE && out != NULL) random_bytes(given->pIv, given->ulIvLen);
  return wrap(session, told, mechanism, wrapping, key, given->pIv, given->ulIvLen, aad, aad_size, out, size);
}

CK_RV C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping,
                               CK_BYTE_PTR text, CK_ULONG size, CK_ATTRIBUTE_PTR template, CK_ULONG count,
                               CK_BYTE_PTR aad, CK_ULONG aad_size, CK_OBJECT_HANDLE_PTR made) {
  ENTER_SESSION(C_UnwrapKeyAuthenticated, handle);
  NEED(mechanism != NULL && text != NULL && (aad != NULL || aad_size == 0));
  PARAMETER(CK_GCM_WRAP_PARAMS);
  if (given->pIv == NULL) return CKR_MECHANISM_PARAM_INVALID;
  return unwrap(session, mechanism, unwrapping, given->pIv, given->ulIvLen, aad, aad_size, text, size, template, count,
                made);
}

bool is_asynchronous(const struct session* session) { return (session->flags & CKF_ASYNC_SESSION) != 0; }

CK_RV pend(struct session* session, const char* function, CK_BYTE* out, CK_ULONG room, const uint8_t* value,
           size_t size, CK_OBJECT_HANDLE object, CK_OBJECT_HANDLE additional) {
  static CK_ULONG ids;
  struct pending_call* pending = &session->pending;
  if (pending->function[0] != '\0') return CKR_OPERATION_ACTIVE;
  if (size > sizeof pending->value) return CKR_DATA_LEN_RANGE;
  *pending = (struct pending_call){.id = ++ids,
                                   .rounds = (CK_ULONG)word(&control->words.async_rounds),
                                   .out = out,
                                   .room = room,
                                   .size = size,
                                   .object = object,
                                   .additional = additional};
  strncpy(pending->function, function, sizeof pending->function - 1);
  if (size != 0) memcpy(pending->value, value, size);
  return CKR_PENDING;
}

static bool is_pending(const struct session* session, const CK_UTF8CHAR* function) {
  return session->pending.function[0] != '\0' && strcmp((const char*)function, session->pending.function) == 0;
}

CK_RV C_AsyncComplete(CK_SESSION_HANDLE handle, CK_UTF8CHAR_PTR function, CK_ASYNC_DATA_PTR result) {
  ENTER_SESSION(C_AsyncComplete, handle);
  NEED(function != NULL && result != NULL);
  struct pending_call* pending = &session->pending;
  if (!is_pending(session, function)) return CKR_OPERATION_NOT_INITIALIZED;
  if (pending->rounds != 0) {
    pending->rounds--;
    return CKR_PENDING;
  }
  if (pending->size > pending->room) return CKR_BUFFER_TOO_SMALL;
  if (pending->size != 0) memcpy(pending->out, pending->value, pending->size);
  *result = (CK_ASYNC_DATA){0, pending->out, pending->size, pending->object, pending->additional};
  if (word(&told->lie) == LIE_LENGTH) result->ulValue = (CK_ULONG)word(&told->lie_value);
  if (word(&told->lie) == LIE_POINTER) result->pValue = (CK_BYTE*)(uintptr_t)(word(&told->lie_value) + 1);
  memset(pending, 0, sizeof *pending);
  return CKR_OK;
}

CK_RV C_AsyncGetID(CK_SESSION_HANDLE handle, CK_UTF8CHAR_PTR function, CK_ULONG_PTR id) {
  ENTER_SESSION(C_AsyncGetID, handle);
  NEED(function != NULL && id != NULL);
  if (!is_pending(session, function)) return CKR_OPERATION_NOT_INITIALIZED;
  *id = session->pending.id;
  /* From here on the result may only go into the buffer that C_AsyncJoin brings. */
  session->pending.out = NULL;
  session->pending.room = 0;
  return CKR_OK;
}

/* Takes over what another session of the same token has started. */
CK_RV C_AsyncJoin(CK_SESSION_HANDLE handle, CK_UTF8CHAR_PTR function, CK_ULONG id, CK_BYTE_PTR out, CK_ULONG room) {
  ENTER_SESSION(C_AsyncJoin, handle);
  NEED(function != NULL);
  for (size_t i = 0; i < MOST_SESSIONS; i++) {
    struct session* from = &state.sessions[i];
    if (from->handle == 0 || from->slot != session->slot || from->pending.id != id || !is_pending(from, function))
      continue;
    struct pending_call taken = from->pending;
    memset(&from->pending, 0, sizeof from->pending);
    taken.out = out;
    taken.room = room;
    session->pending = taken;
    return CKR_OK;
  }
  return CKR_SAVED_STATE_INVALID;
}
