/* Finding objects, and those that are there from the start. */
#define _GNU_SOURCE
#include <stdio.h>

#include "fault.h"

static bool matches(struct object* object, const CK_ATTRIBUTE* template, CK_ULONG count) {
  for (CK_ULONG i = 0; i < count; i++) {
    const struct attribute* has = attribute_of(object, template[i].type);
    if (has == NULL || has->size != template[i].ulValueLen) return false;
    if (has->size != 0 && memcmp(has->value, template[i].pValue, has->size) != 0) return false;
  }
  return true;
}

CK_RV C_FindObjectsInit(CK_SESSION_HANDLE handle, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
  ENTER_SESSION(C_FindObjectsInit, handle);
  NEED(template != NULL || count == 0);
  if (session->finding) return CKR_OPERATION_ACTIVE;
  session->found = calloc(state.object_count + 1, sizeof *session->found);
  if (session->found == NULL) return CKR_HOST_MEMORY;
  session->found_count = session->found_next = 0;
  for (size_t i = 0; i < state.object_count; i++) {
    struct object* object = state.objects[i];
    if (object_of(session, object->handle) == object && matches(object, template, count))
      session->found[session->found_count++] = object->handle;
  }
  session->finding = true;
  return CKR_OK;
}

CK_RV C_FindObjects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE_PTR list, CK_ULONG room, CK_ULONG_PTR count) {
  ENTER_SESSION(C_FindObjects, handle);
  NEED(list != NULL && count != NULL);
  if (!session->finding) return CKR_OPERATION_NOT_INITIALIZED;
  CK_ULONG most = room, given = 0;
  uint64_t batch = word(&control->words.find_batch);
  if (batch != 0 && batch < most) most = (CK_ULONG)batch;
  if (word(&told->lie) == LIE_ENDLESS) {
    for (; given < most; given++) list[given] = given + 1;
  }
  while (given < most && session->found_next < session->found_count)
    list[given++] = session->found[session->found_next++];
  *count = word(&told->lie) == LIE_LENGTH ? (CK_ULONG)word(&told->lie_value) : given;
  return CKR_OK;
}

CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE handle) {
  ENTER_SESSION(C_FindObjectsFinal, handle);
  if (!session->finding) return CKR_OPERATION_NOT_INITIALIZED;
  free(session->found);
  session->found = NULL;
  session->finding = false;
  return CKR_OK;
}

CK_RV preload_objects(void) {
  uint64_t count = word(&control->words.preload);
  CK_OBJECT_CLASS class = CKO_DATA;
  static const CK_BBOOL yes = 1;
  for (unsigned slot = 0; slot < SLOTS; slot++) {
    struct session maker = {.slot = slot, .flags = CKF_RW_SESSION};
    if (slot == SLOT_UNINITIALIZED || slot == SLOT_EMPTY || slot == SLOT_WRITE_PROTECTED) continue;
    for (uint64_t i = 0; i < count; i++) {
      struct object* object = object_new(slot);
      if (object == NULL) return CKR_HOST_MEMORY;
      char label[32];
      uint8_t number[8];
      int length = snprintf(label, sizeof label, "object %llu", (unsigned long long)i);
      little_endian(number, i);
      CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class},  {CKA_LABEL, label, (CK_ULONG)length},
                                 {CKA_VALUE, number, sizeof number}, {CKA_OBJECT_ID, number, 4},
                                 {CKA_APPLICATION, label, 6},        {CKA_TOKEN, (void*)&yes, 1}};
      CK_RV rv = object_fill(object, template, sizeof template / sizeof *template);
      if (rv == CKR_OK) rv = object_finish(&maker, object, "created", CK_UNAVAILABLE_INFORMATION);
      if (rv != CKR_OK) return rv;
    }
  }
  return CKR_OK;
}
