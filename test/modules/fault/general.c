/* The library, its slots and its tokens. */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

#include "fault.h"

#define ROW(name, ...) .name = name,
#define BY_HAND(name, ...) .name = name,
#define LIFE(name, ...) .name = name,
#define LOADER(name, ...) .name = name,
static CK_FUNCTION_LIST_3_2 list_3_2 = {
    .version = {3, 2},
#include "../../../native/generated/calls.inc"
};
static CK_FUNCTION_LIST_3_0 list_3_0;
static CK_FUNCTION_LIST list_2_40;

/* The shorter lists are beginnings of the long one. */
__attribute__((constructor)) static void shorten(void) {
  memcpy(&list_3_0, &list_3_2, sizeof list_3_0);
  memcpy(&list_2_40, &list_3_2, sizeof list_2_40);
  list_3_0.version = (CK_VERSION){3, 0};
  list_2_40.version = (CK_VERSION){2, 40};
}

static CK_UTF8CHAR interface_name[] = "PKCS 11";
static CK_UTF8CHAR vendor_name[] = "Vendor fault";
static CK_INTERFACE interfaces[] = {{interface_name, &list_3_2, CKF_INTERFACE_FORK_SAFE},
                                    {interface_name, &list_3_0, 0},
                                    {interface_name, &list_2_40, 0},
                                    {vendor_name, &list_2_40, 0}};

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  count_up(&control->functions[INDEX(C_GetFunctionList)].calls);
  NEED(list != NULL);
  *list = &list_2_40;
  return CKR_OK;
}

CK_RV C_GetInterfaceList(CK_INTERFACE_PTR list, CK_ULONG_PTR count) {
  count_up(&control->functions[INDEX(C_GetInterfaceList)].calls);
  NEED(count != NULL);
  CK_ULONG most = sizeof interfaces / sizeof *interfaces, room = *count;
  *count = most;
  if (list == NULL) return CKR_OK;
  if (room < most) return CKR_BUFFER_TOO_SMALL;
  memcpy(list, interfaces, sizeof interfaces);
  return CKR_OK;
}

CK_RV C_GetInterface(CK_UTF8CHAR_PTR name, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR given, CK_FLAGS flags) {
  count_up(&control->functions[INDEX(C_GetInterface)].calls);
  NEED(given != NULL);
  uint64_t which = word(&control->words.interfaces);
  for (size_t i = 0; i < sizeof interfaces / sizeof *interfaces; i++) {
    const CK_VERSION* has = interfaces[i].pFunctionList;
    if (which == 1 && has->major != 2) continue;
    if (which == 2 && !(has->major == 3 && has->minor == 0)) continue;
    if (name != NULL && strcmp((const char*)name, (const char*)interfaces[i].pInterfaceName) != 0) continue;
    if (version != NULL && which != 2 && memcmp(version, has, sizeof *version) != 0) continue;
    if ((interfaces[i].flags & flags) != flags) continue;
    *given = &interfaces[i];
    return CKR_OK;
  }
  return CKR_FUNCTION_FAILED;
}

static void padded(CK_UTF8CHAR* to, size_t size, const char* text) {
  size_t length = strlen(text);
  memset(to, ' ', size);
  memcpy(to, text, length < size ? length : size);
}

static void tokens_start(void) {
  if (state.kept) {
    objects_renumber();
    return;
  }
  memset(state.tokens, 0, sizeof state.tokens);
  for (unsigned slot = 0; slot < SLOTS; slot++) {
    struct token* token = &state.tokens[slot];
    token->user = -1;
    token->was_present = token_present(slot);
    if (slot == SLOT_UNINITIALIZED) continue;
    token->initialized = token->user_pin_set = true;
    snprintf(token->label, sizeof token->label, "fault %u", slot);
    memcpy(token->so_pin, "12345678", token->so_pin_size = 8);
    memcpy(token->user_pin, "1234", token->user_pin_size = 4);
  }
}

CK_RV C_Initialize(CK_VOID_PTR arguments) {
  ENTER(C_Initialize);
  struct fault_words* words = &control->words;
  const CK_C_INITIALIZE_ARGS* given = arguments;
  const char* reserved = given == NULL ? NULL : given->pReserved;
  bool os = given != NULL && (given->flags & CKF_OS_LOCKING_OK) != 0;
  if (state.initialized) return CKR_CRYPTOKI_ALREADY_INITIALIZED;
  if (given != NULL) {
    int callbacks = (given->CreateMutex != NULL) + (given->DestroyMutex != NULL) + (given->LockMutex != NULL) +
                    (given->UnlockMutex != NULL);
    NEED(callbacks == 0 || callbacks == 4);
  }
  NEED(word(&words->reserved) != 0 || reserved == NULL);
  NEED(word(&words->reserved) != 1 || reserved != NULL);
  if (os && word(&words->cant_lock) != 0) return CKR_CANT_LOCK;
  memset(words->reserved_text, 0, sizeof words->reserved_text);
  if (reserved != NULL) memcpy(words->reserved_text, reserved, strnlen(reserved, sizeof words->reserved_text - 1));
  __atomic_store_n(&state.serial, !os, __ATOMIC_RELAXED);
  state.foreign = word(&words->already_initialized) != 0;
  __atomic_store_n(&state.handle_base, word(&words->handle_base), __ATOMIC_RELAXED);
  state.dropped_sessions = word(&words->drop_sessions);
  state.dropped_logins = word(&words->drop_logins);
  state.dropped_library = word(&words->drop_library);
  state.renumbered = word(&words->renumber);
  tokens_start();
  __atomic_store_n(&state.initialized, true, __ATOMIC_RELEASE);
  __atomic_store_n(&words->initialized, 1, __ATOMIC_RELAXED);
  CK_RV rv = state.kept ? CKR_OK : preload_objects();
  if (rv != CKR_OK) return rv;
  return state.foreign ? CKR_CRYPTOKI_ALREADY_INITIALIZED : CKR_OK;
}

/* Sessions close, and with the last of a token its login ends. */
void library_end(void) {
  for (unsigned slot = 0; slot < SLOTS; slot++) sessions_close(slot);
  state.kept = word(&control->words.keep_tokens) != 0;
  for (size_t i = 0; i < state.object_count && !state.kept; i++) {
    if (state.objects[i] == NULL) continue;
    object_free(state.objects[i]);
    free(state.objects[i]);
    state.objects[i] = NULL;
  }
  if (!state.kept) state.object_count = 0;
  __atomic_store_n(&state.initialized, false, __ATOMIC_RELEASE);
  __atomic_store_n(&control->words.initialized, 0, __ATOMIC_RELAXED);
}

CK_RV C_Finalize(CK_VOID_PTR reserved) {
  ENTER(C_Finalize);
  struct fault_words* words = &control->words;
  NEED(reserved == NULL);
  uint64_t waiting = word(&control->functions[INDEX(C_WaitForSlotEvent)].inside);
  if (word(&words->running) > 1 + waiting) count_up(&words->finalized_while_running);
  if (state.foreign) count_up(&words->foreign_finalizations);
  library_end();
  count_up(&words->finalizations);
  return CKR_OK;
}

CK_RV C_GetInfo(CK_INFO_PTR info) {
  ENTER(C_GetInfo);
  NEED(info != NULL);
  memset(info, 0, sizeof *info);
  info->cryptokiVersion = (CK_VERSION){3, 2};
  info->libraryVersion = (CK_VERSION){1, 7};
  padded(info->manufacturerID, sizeof info->manufacturerID, "Fault works");
  padded(info->libraryDescription, sizeof info->libraryDescription, "Module for tests");
  if (word(&told->lie) == LIE_GARBAGE) memset(info, 0xff, sizeof *info);
  return CKR_OK;
}

unsigned turned(unsigned slot) {
  uint64_t moved = word(&control->words.moved);
  if (moved < 1 || moved > SLOTS) return slot;
  return slot == 0 ? (unsigned)moved - 1 : slot == moved - 1 ? 0 : slot;
}

bool token_present(unsigned slot) {
  uint64_t bit = 1ull << slot;
  return (slot != SLOT_EMPTY || (word(&control->words.inserted) & bit) != 0) &&
         (word(&control->words.removed) & bit) == 0;
}

CK_RV C_GetSlotList(CK_BBOOL present, CK_SLOT_ID_PTR list, CK_ULONG_PTR count) {
  ENTER(C_GetSlotList);
  NEED(count != NULL);
  CK_ULONG ids[SLOTS], length = 0;
  for (unsigned slot = 0; slot < SLOTS; slot++) {
    if (!present || token_present(turned(slot))) ids[length++] = slot + 1;
  }
  return give_list(told, list, count, ids, length);
}

#define SLOT_OF(id, must_be_present)                        \
  if ((id) < 1 || (id) > SLOTS) return CKR_SLOT_ID_INVALID; \
  unsigned slot = turned((unsigned)(id)-1);                 \
  struct token* token = &state.tokens[slot];                \
  (void)token;                                              \
  if ((must_be_present) && !token_present(slot)) return CKR_TOKEN_NOT_PRESENT

CK_RV C_GetSlotInfo(CK_SLOT_ID id, CK_SLOT_INFO_PTR info) {
  ENTER(C_GetSlotInfo);
  NEED(info != NULL);
  SLOT_OF(id, false);
  char text[64];
  memset(info, 0, sizeof *info);
  snprintf(text, sizeof text, "Slot %u of the module for tests", turned(slot));
  padded(info->slotDescription, sizeof info->slotDescription, text);
  padded(info->manufacturerID, sizeof info->manufacturerID, "Fault works");
  info->flags = CKF_REMOVABLE_DEVICE | (token_present(slot) ? CKF_TOKEN_PRESENT : 0);
  info->hardwareVersion = (CK_VERSION){1, 2};
  info->firmwareVersion = (CK_VERSION){3, 4};
  if (word(&told->lie) == LIE_GARBAGE) memset(info, 0xff, sizeof *info);
  return CKR_OK;
}

CK_RV C_GetTokenInfo(CK_SLOT_ID id, CK_TOKEN_INFO_PTR info) {
  ENTER(C_GetTokenInfo);
  NEED(info != NULL);
  SLOT_OF(id, true);
  CK_ULONG open = 0, read_write = 0;
  for (size_t i = 0; i < MOST_SESSIONS; i++) {
    const struct session* session = &state.sessions[i];
    if (session->handle == 0 || session->slot != slot) continue;
    open++;
    read_write += is_read_write(session);
  }
  char serial[17];
  snprintf(serial, sizeof serial, "FA%014u", slot);
  memset(info, 0, sizeof *info);
  padded(info->label, sizeof info->label, token->label);
  padded(info->manufacturerID, sizeof info->manufacturerID, "Fault works");
  padded(info->model, sizeof info->model, "Fault model");
  padded(info->serialNumber, sizeof info->serialNumber, serial);
  padded(info->utcTime, sizeof info->utcTime, "2026010203040500");
  info->flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_CLOCK_ON_TOKEN | CKF_ASYNC_SESSION_SUPPORTED;
  if (token->initialized) info->flags |= CKF_TOKEN_INITIALIZED;
  if (token->user_pin_set) info->flags |= CKF_USER_PIN_INITIALIZED;
  if (slot == SLOT_WRITE_PROTECTED) info->flags |= CKF_WRITE_PROTECTED;
  if (slot == SLOT_PROTECTED_PATH) info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
  if (token->user_failures > 0) info->flags |= CKF_USER_PIN_COUNT_LOW;
  if (token->user_failures == PIN_TRIES - 1) info->flags |= CKF_USER_PIN_FINAL_TRY;
  if (token->user_failures >= PIN_TRIES) info->flags |= CKF_USER_PIN_LOCKED;
  if (token->so_failures >= PIN_TRIES) info->flags |= CKF_SO_PIN_LOCKED;
  info->ulMaxSessionCount = (CK_ULONG)word(&control->words.session_limit);
  info->ulMaxRwSessionCount = info->ulMaxSessionCount;
  info->ulSessionCount = open;
  info->ulRwSessionCount = read_write;
  info->ulMaxPinLen = PIN_MOST;
  info->ulMinPinLen = PIN_LEAST;
  info->ulTotalPublicMemory = info->ulTotalPrivateMemory = 65536;
  info->ulFreePublicMemory = info->ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
  info->hardwareVersion = (CK_VERSION){5, 6};
  info->firmwareVersion = (CK_VERSION){7, 8};
  if (word(&told->lie) == LIE_GARBAGE) memset(info, 0xff, sizeof *info);
  return CKR_OK;
}

CK_RV C_GetMechanismList(CK_SLOT_ID id, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) {
  ENTER(C_GetMechanismList);
  NEED(count != NULL);
  SLOT_OF(id, true);
  CK_ULONG types[128];
  for (size_t i = 0; i < mechanism_count; i++) types[i] = mechanisms[i].type;
  return give_list(told, list, count, types, mechanism_count);
}

CK_RV C_GetMechanismInfo(CK_SLOT_ID id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info) {
  ENTER(C_GetMechanismInfo);
  NEED(info != NULL);
  SLOT_OF(id, true);
  const struct mechanism* mechanism = mechanism_of(type);
  if (mechanism == NULL) return CKR_MECHANISM_INVALID;
  *info = (CK_MECHANISM_INFO){mechanism->least, mechanism->most, mechanism->flags};
  if (word(&told->lie) == LIE_GARBAGE) memset(info, 0xff, sizeof *info);
  return CKR_OK;
}

CK_RV C_InitToken(CK_SLOT_ID id, CK_UTF8CHAR_PTR pin, CK_ULONG size, CK_UTF8CHAR_PTR label) {
  ENTER(C_InitToken);
  NEED(label != NULL);
  SLOT_OF(id, true);
  if (slot == SLOT_WRITE_PROTECTED) return CKR_TOKEN_WRITE_PROTECTED;
  if (pin == NULL && slot != SLOT_PROTECTED_PATH) return bad_arguments();
  for (size_t i = 0; i < MOST_SESSIONS; i++) {
    if (state.sessions[i].handle != 0 && state.sessions[i].slot == slot) return CKR_SESSION_EXISTS;
  }
  if (pin != NULL && (size < PIN_LEAST || size > PIN_MOST)) return CKR_PIN_LEN_RANGE;
  if (token->initialized && pin != NULL) {
    if (token->so_failures >= PIN_TRIES) return CKR_PIN_LOCKED;
    if (size != token->so_pin_size || memcmp(pin, token->so_pin, size) != 0) {
      token->so_failures++;
      return CKR_PIN_INCORRECT;
    }
  }
  if (pin != NULL) memcpy(token->so_pin, pin, token->so_pin_size = size);
  memcpy(token->label, label, 32);
  token->label[32] = '\0';
  token->initialized = true;
  token->user_pin_set = false;
  token->so_failures = token->user_failures = 0;
  for (size_t i = 0; i < state.object_count; i++) {
    if (state.objects[i]->handle != 0 && state.objects[i]->slot == slot) object_free(state.objects[i]);
  }
  return CKR_OK;
}

/* The slot whose token has come or gone since it was last reported. */
static bool slot_changed(CK_SLOT_ID* id) {
  for (unsigned slot = 0; slot < SLOTS; slot++) {
    if (token_present(slot) == state.tokens[slot].was_present) continue;
    state.tokens[slot].was_present = !state.tokens[slot].was_present;
    *id = turned(slot) + 1;
    return true;
  }
  return false;
}

CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR slot, CK_VOID_PTR reserved) {
  ENTER(C_WaitForSlotEvent);
  NEED(slot != NULL && reserved == NULL);
  for (;;) {
    pthread_mutex_lock(&state.lock);
    bool there = state.initialized, changed = there && slot_changed(slot);
    pthread_mutex_unlock(&state.lock);
    if (changed) return CKR_OK;
    if (!there && word(&control->words.parallel_wait) == 0) return CKR_CRYPTOKI_NOT_INITIALIZED;
    if ((flags & CKF_DONT_BLOCK) != 0) return CKR_NO_EVENT;
    usleep(1000);
  }
}
