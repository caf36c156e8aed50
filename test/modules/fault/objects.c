/* Objects: making, copying, changing, destroying them. */
#define _GNU_SOURCE
#include <stdio.h>

#include "fault.h"

static CK_OBJECT_HANDLE next_handle(size_t index) {
  return (CK_OBJECT_HANDLE)((++state.next_handle << 20 | (index + 1)) + state.handle_base);
}

void objects_renumber(void) {
  for (size_t i = 0; i < state.object_count; i++) {
    if (state.objects[i]->handle != 0) state.objects[i]->handle = next_handle(i);
  }
}

struct object* object_new(unsigned slot) {
  size_t index = 0;
  while (index < state.object_count && state.objects[index]->handle != 0) index++;
  if (index == state.object_count) {
    if (index == state.object_room) {
      size_t room = index * 2 + 64;
      struct object** grown = realloc(state.objects, room * sizeof *grown);
      if (grown == NULL) return NULL;
      state.objects = grown;
      state.object_room = room;
    }
    if ((state.objects[index] = calloc(1, sizeof **state.objects)) == NULL) return NULL;
    state.object_count++;
  }
  struct object* object = state.objects[index];
  memset(object, 0, sizeof *object);
  object->slot = slot;
  object->handle = next_handle(index);
  count_up(&control->words.objects);
  return object;
}

void object_free(struct object* object) {
  for (unsigned i = 0; i < object->count; i++) attribute_clear(&object->attributes[i]);
  memset(object, 0, sizeof *object);
  count_down(&control->words.objects);
}

static bool visible(const struct session* session, struct object* object) {
  if (object->handle == 0 || object->slot != session->slot) return false;
  return state.tokens[session->slot].user == (int)CKU_USER || !attribute_is(object, CKA_PRIVATE, false);
}

struct object* object_of(const struct session* session, CK_OBJECT_HANDLE handle) {
  CK_ULONG own = handle - (CK_OBJECT_HANDLE)word(&state.handle_base);
  size_t index = (size_t)(own & 0xfffff) - 1;
  if (handle == 0 || index >= state.object_count) return NULL;
  struct object* object = state.objects[index];
  return object->handle == handle && visible(session, object) ? object : NULL;
}

/* Sets what is missing, as a token does, and says whether the session may make such an object. */
CK_RV object_finish(struct session* session, struct object* object, const char* how, CK_MECHANISM_TYPE mechanism) {
  static const CK_BBOOL yes = 1, no = 0;
  CK_OBJECT_CLASS class = attribute_number(object, CKA_CLASS, ~0UL);
  bool key = class == CKO_PRIVATE_KEY || class == CKO_SECRET_KEY || class == CKO_PUBLIC_KEY,
       secret = key && class != CKO_PUBLIC_KEY;
  const struct {
    CK_ATTRIBUTE_TYPE type;
    const CK_BBOOL* value;
  } defaults[] = {{CKA_TOKEN, &no},
                  {CKA_PRIVATE, class == CKO_PRIVATE_KEY ? &yes : &no},
                  {CKA_MODIFIABLE, &yes},
                  {CKA_COPYABLE, &yes},
                  {CKA_DESTROYABLE, &yes},
                  {key ? CKA_DERIVE : CKA_TOKEN, &no},
                  {key ? CKA_LOCAL : CKA_TOKEN, strcmp(how, "generated") == 0 ? &yes : &no},
                  {secret ? CKA_SENSITIVE : CKA_TOKEN, class == CKO_PRIVATE_KEY ? &yes : &no},
                  {secret ? CKA_EXTRACTABLE : CKA_TOKEN, class == CKO_PRIVATE_KEY ? &no : &yes},
                  {secret ? CKA_ALWAYS_AUTHENTICATE : CKA_TOKEN, &no},
                  {secret ? CKA_WRAP_WITH_TRUSTED : CKA_TOKEN, &no}};
  CK_RV rv = CKR_OK;
  if (class == ~0UL) return CKR_TEMPLATE_INCOMPLETE;
  for (size_t i = 0; rv == CKR_OK && i < sizeof defaults / sizeof *defaults; i++) {
    if (attribute_of(object, defaults[i].type) == NULL)
      rv = attribute_set(object, defaults[i].type, defaults[i].value, 1);
  }
  if (rv == CKR_OK && attribute_of(object, CKA_LABEL) == NULL) rv = attribute_set(object, CKA_LABEL, "", 0);
  if (rv == CKR_OK && key && attribute_of(object, CKA_ID) == NULL) rv = attribute_set(object, CKA_ID, "", 0);
  if (rv == CKR_OK && key) rv = attribute_set(object, CKA_KEY_GEN_MECHANISM, &mechanism, sizeof mechanism);
  if (rv == CKR_OK && secret) {
    CK_BBOOL always = attribute_is(object, CKA_SENSITIVE, false) && strcmp(how, "created") != 0;
    CK_BBOOL never = !attribute_is(object, CKA_EXTRACTABLE, true) && strcmp(how, "created") != 0;
    rv = attribute_set(object, CKA_ALWAYS_SENSITIVE, &always, 1);
    if (rv == CKR_OK) rv = attribute_set(object, CKA_NEVER_EXTRACTABLE, &never, 1);
  }
  char unique[32];
  int length = snprintf(unique, sizeof unique, "unique-%llu", (unsigned long long)++state.unique);
  if (rv == CKR_OK) rv = attribute_set(object, CKA_UNIQUE_ID, unique, (CK_ULONG)length);
  if (rv != CKR_OK) return rv;
  bool token = attribute_is(object, CKA_TOKEN, false);
  if (token && session->slot == SLOT_WRITE_PROTECTED) return CKR_TOKEN_WRITE_PROTECTED;
  if (token && !is_read_write(session)) return CKR_SESSION_READ_ONLY;
  if (attribute_is(object, CKA_PRIVATE, false) && state.tokens[session->slot].user != (int)CKU_USER)
    return CKR_USER_NOT_LOGGED_IN;
  object->session = token ? 0 : session->handle;
  return CKR_OK;
}

CK_RV object_fill(struct object* object, const CK_ATTRIBUTE* template, CK_ULONG count) {
  for (CK_ULONG i = 0; i < count; i++) {
    for (CK_ULONG j = 0; j < i; j++) {
      if (template[j].type == template[i].type) return CKR_TEMPLATE_INCONSISTENT;
    }
    if (template[i].type == CKA_LOCAL || template[i].type == CKA_UNIQUE_ID ||
        template[i].type == CKA_ALWAYS_SENSITIVE || template[i].type == CKA_NEVER_EXTRACTABLE) {
      return CKR_ATTRIBUTE_READ_ONLY;
    }
    CK_RV rv = attribute_set(object, template[i].type, template[i].pValue, template[i].ulValueLen);
    if (rv != CKR_OK) return rv;
  }
  return CKR_OK;
}

/* A key that comes from outside has a seed too: the SHA-256 of its value, or its modulus, or its point. */
static CK_RV seed_of_created(struct object* object) {
  static const CK_ATTRIBUTE_TYPE from[] = {CKA_VALUE, CKA_MODULUS, CKA_EC_POINT};
  CK_OBJECT_CLASS class = attribute_number(object, CKA_CLASS, ~0UL);
  if (class != CKO_PRIVATE_KEY && class != CKO_SECRET_KEY && class != CKO_PUBLIC_KEY) return CKR_OK;
  if (attribute_of(object, CKA_FAULT_SEED) != NULL)
    return attribute_of(object, CKA_FAULT_SEED)->size == SEED_SIZE ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
  if (attribute_of(object, CKA_KEY_TYPE) == NULL) return CKR_TEMPLATE_INCOMPLETE;
  for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
    struct attribute* value = attribute_of(object, from[i]);
    if (value == NULL) continue;
    struct sha256 hash;
    uint8_t seed[SEED_SIZE];
    sha256_init(&hash);
    sha256_update(&hash, value->value, value->size);
    sha256_final(&hash, seed);
    CK_ULONG length = value->size;
    if (class == CKO_SECRET_KEY) {
      CK_RV rv = attribute_set(object, CKA_VALUE_LEN, &length, sizeof length);
      if (rv != CKR_OK) return rv;
    }
    return attribute_set(object, CKA_FAULT_SEED, seed, sizeof seed);
  }
  return CKR_TEMPLATE_INCOMPLETE;
}

CK_RV C_CreateObject(CK_SESSION_HANDLE handle, CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_OBJECT_HANDLE_PTR made) {
  ENTER_SESSION(C_CreateObject, handle);
  NEED(made != NULL && (template != NULL || count == 0));
  struct object* object = object_new(session->slot);
  if (object == NULL) return CKR_DEVICE_MEMORY;
  CK_RV rv = object_fill(object, template, count);
  if (rv == CKR_OK) rv = seed_of_created(object);
  if (rv == CKR_OK) rv = object_finish(session, object, "created", CK_UNAVAILABLE_INFORMATION);
  if (rv != CKR_OK) {
    object_free(object);
    return rv;
  }
  *made = word(&told->lie) == LIE_HANDLE ? (CK_OBJECT_HANDLE)word(&told->lie_value) : object->handle;
  return CKR_OK;
}

static CK_RV may_change(struct object* object, const CK_ATTRIBUTE* to, bool copying) {
  CK_BBOOL value = to->ulValueLen == 1 && to->pValue != NULL ? *(const CK_BBOOL*)to->pValue : 2;
  switch (to->type) {
    case CKA_CLASS:
    case CKA_KEY_TYPE:
    case CKA_LOCAL:
    case CKA_UNIQUE_ID:
    case CKA_ALWAYS_SENSITIVE:
    case CKA_NEVER_EXTRACTABLE:
    case CKA_KEY_GEN_MECHANISM:
    case CKA_MODULUS:
    case CKA_EC_POINT:
    case CKA_VALUE:
    case CKA_FAULT_SEED:
      return attribute_number(object, CKA_CLASS, 0) == CKO_DATA && to->type == CKA_VALUE ? CKR_OK
                                                                                         : CKR_ATTRIBUTE_READ_ONLY;
    case CKA_TOKEN:
    case CKA_PRIVATE:
    case CKA_MODIFIABLE:
    case CKA_DESTROYABLE:
      return copying ? CKR_OK : CKR_ATTRIBUTE_READ_ONLY;
    case CKA_SENSITIVE:
    case CKA_WRAP_WITH_TRUSTED:
      return value == 0 && attribute_is(object, to->type, false) ? CKR_ATTRIBUTE_READ_ONLY : CKR_OK;
    case CKA_EXTRACTABLE:
    case CKA_COPYABLE:
      return value == 1 && !attribute_is(object, to->type, true) ? CKR_ATTRIBUTE_READ_ONLY : CKR_OK;
    default:
      return CKR_OK;
  }
}

CK_RV C_CopyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE from, CK_ATTRIBUTE_PTR template, CK_ULONG count,
                   CK_OBJECT_HANDLE_PTR made) {
  ENTER_SESSION(C_CopyObject, handle);
  NEED(made != NULL && (template != NULL || count == 0));
  struct object* source = object_of(session, from);
  if (source == NULL) return CKR_OBJECT_HANDLE_INVALID;
  if (!attribute_is(source, CKA_COPYABLE, true)) return CKR_ACTION_PROHIBITED;
  struct object* object = object_new(session->slot);
  if (object == NULL) return CKR_DEVICE_MEMORY;
  CK_RV rv = CKR_OK;
  CK_ULONG mechanism = attribute_number(source, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION);
  for (unsigned i = 0; rv == CKR_OK && i < source->count; i++) {
    rv = attribute_set(object, source->attributes[i].type, source->attributes[i].value, source->attributes[i].size);
  }
  for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
    rv = may_change(source, &template[i], true);
    if (rv == CKR_OK) rv = attribute_set(object, template[i].type, template[i].pValue, template[i].ulValueLen);
  }
  if (rv == CKR_OK) rv = object_finish(session, object, "copied", mechanism);
  if (rv != CKR_OK) {
    object_free(object);
    return rv;
  }
  *made = object->handle;
  return CKR_OK;
}

static CK_RV may_write(const struct session* session, struct object* object) {
  if (!attribute_is(object, CKA_TOKEN, false)) return CKR_OK;
  return session->slot == SLOT_WRITE_PROTECTED ? CKR_TOKEN_WRITE_PROTECTED
         : is_read_write(session)              ? CKR_OK
                                               : CKR_SESSION_READ_ONLY;
}

CK_RV C_DestroyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which) {
  ENTER_SESSION(C_DestroyObject, handle);
  struct object* object = object_of(session, which);
  if (object == NULL) return CKR_OBJECT_HANDLE_INVALID;
  CK_RV rv = may_write(session, object);
  if (rv != CKR_OK) return rv;
  if (!attribute_is(object, CKA_DESTROYABLE, true)) return CKR_ACTION_PROHIBITED;
  object_free(object);
  return CKR_OK;
}

CK_RV C_GetObjectSize(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, CK_ULONG_PTR size) {
  ENTER_SESSION(C_GetObjectSize, handle);
  NEED(size != NULL);
  struct object* object = object_of(session, which);
  if (object == NULL) return CKR_OBJECT_HANDLE_INVALID;
  *size = 0;
  for (unsigned i = 0; i < object->count; i++) *size += object->attributes[i].size;
  if (word(&told->lie) == LIE_LENGTH) *size = (CK_ULONG)word(&told->lie_value);
  return CKR_OK;
}

CK_RV C_SetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
  ENTER_SESSION(C_SetAttributeValue, handle);
  NEED(template != NULL || count == 0);
  struct object* object = object_of(session, which);
  if (object == NULL) return CKR_OBJECT_HANDLE_INVALID;
  CK_RV rv = may_write(session, object);
  if (rv == CKR_OK && !attribute_is(object, CKA_MODIFIABLE, true)) rv = CKR_ACTION_PROHIBITED;
  for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) rv = may_change(object, &template[i], false);
  for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
    rv = attribute_set(object, template[i].type, template[i].pValue, template[i].ulValueLen);
  return rv;
}
