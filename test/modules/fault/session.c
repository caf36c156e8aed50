/* Sessions, PINs, logins. */
#include "fault.h"

struct session* session_of(CK_SESSION_HANDLE handle) {
  CK_SESSION_HANDLE own = handle - (CK_SESSION_HANDLE)word(&state.handle_base);
  struct session* session = &state.sessions[own % MOST_SESSIONS];
  return handle != 0 && __atomic_load_n(&session->handle, __ATOMIC_ACQUIRE) == handle ? session : NULL;
}

bool is_read_write(const struct session* session) { return (session->flags & CKF_RW_SESSION) != 0; }

void session_close(struct session* session) {
  if (session->handle == 0) return;
  for (size_t i = 0; i < OPERATIONS; i++) operation_end(&session->operations[i]);
  free(session->found);
  session->found = NULL;
  session->finding = false;
  memset(&session->pending, 0, sizeof session->pending);
  for (size_t i = 0; i < state.object_count; i++) {
    if (state.objects[i]->handle != 0 && state.objects[i]->session == session->handle) object_free(state.objects[i]);
  }
  __atomic_store_n(&session->handle, 0, __ATOMIC_RELEASE);
  count_down(&control->words.sessions);
  for (size_t i = 0; i < MOST_SESSIONS; i++) {
    if (state.sessions[i].handle != 0 && state.sessions[i].slot == session->slot) return;
  }
  state.tokens[session->slot].user = -1;
}

void sessions_close(unsigned slot) {
  for (size_t i = 0; i < MOST_SESSIONS; i++) {
    if (state.sessions[i].slot == slot) session_close(&state.sessions[i]);
  }
}

CK_STATE session_state(const struct session* session) {
  switch (state.tokens[session->slot].user) {
    case (int)CKU_SO:
      return CKS_RW_SO_FUNCTIONS;
    case (int)CKU_USER:
      return is_read_write(session) ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
    default:
      return is_read_write(session) ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
  }
}

CK_RV C_OpenSession(CK_SLOT_ID id, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify,
                    CK_SESSION_HANDLE_PTR handle) {
  ENTER(C_OpenSession);
  (void)application;
  (void)notify;
  NEED(handle != NULL);
  if (id < 1 || id > SLOTS) return CKR_SLOT_ID_INVALID;
  unsigned slot = turned((unsigned)id - 1);
  if (!token_present(slot)) return CKR_TOKEN_NOT_PRESENT;
  if (!state.tokens[slot].initialized) return CKR_TOKEN_NOT_RECOGNIZED;
  if ((flags & CKF_SERIAL_SESSION) == 0) return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
  if ((flags & CKF_RW_SESSION) != 0 && slot == SLOT_WRITE_PROTECTED) return CKR_TOKEN_WRITE_PROTECTED;
  if ((flags & CKF_RW_SESSION) == 0 && state.tokens[slot].user == (int)CKU_SO) return CKR_SESSION_READ_WRITE_SO_EXISTS;
  uint64_t open = 0, limit = word(&control->words.session_limit);
  for (size_t i = 0; i < MOST_SESSIONS; i++) open += state.sessions[i].handle != 0 && state.sessions[i].slot == slot;
  if (limit != 0 && open >= limit) return CKR_SESSION_COUNT;
  for (size_t tries = 0; tries < MOST_SESSIONS; tries++) {
    /* Its place in the table is the handle modulo the table's size: an old handle never finds a new session. */
    CK_SESSION_HANDLE own = (CK_SESSION_HANDLE)++state.next_session;
    struct session* session = &state.sessions[own % MOST_SESSIONS];
    if (session->handle != 0 || __atomic_load_n(&session->busy, __ATOMIC_ACQUIRE) != 0) continue;
    session->slot = slot;
    session->flags = flags;
    *handle = own + (CK_SESSION_HANDLE)word(&state.handle_base);
    __atomic_store_n(&session->handle, *handle, __ATOMIC_RELEASE);
    count_up(&control->words.sessions);
    raise_mark(&control->words.most_sessions, word(&control->words.sessions));
    if (word(&told->lie) == LIE_HANDLE) *handle = (CK_SESSION_HANDLE)word(&told->lie_value);
    return CKR_OK;
  }
  return CKR_SESSION_COUNT;
}

CK_RV C_CloseSession(CK_SESSION_HANDLE handle) {
  ENTER_SESSION(C_CloseSession, handle);
  if (__atomic_load_n(&session->busy, __ATOMIC_ACQUIRE) > 1) count_up(&control->words.closed_while_running);
  session_close(session);
  return CKR_OK;
}

CK_RV C_CloseAllSessions(CK_SLOT_ID id) {
  ENTER(C_CloseAllSessions);
  if (id < 1 || id > SLOTS) return CKR_SLOT_ID_INVALID;
  unsigned slot = turned((unsigned)id - 1);
  for (size_t i = 0; i < MOST_SESSIONS; i++) {
    struct session* session = &state.sessions[i];
    if (session->handle != 0 && session->slot == slot && __atomic_load_n(&session->busy, __ATOMIC_ACQUIRE) != 0) {
      count_up(&control->words.closed_while_running);
    }
  }
  sessions_close(slot);
  return CKR_OK;
}

CK_RV C_GetSessionInfo(CK_SESSION_HANDLE handle, CK_SESSION_INFO_PTR info) {
  ENTER_SESSION(C_GetSessionInfo, handle);
  NEED(info != NULL);
  *info = (CK_SESSION_INFO){turned(session->slot) + 1, session_state(session), session->flags, 0};
  if (word(&told->lie) == LIE_GARBAGE) memset(info, 0xff, sizeof *info);
  return CKR_OK;
}

CK_RV C_SessionCancel(CK_SESSION_HANDLE handle, CK_FLAGS flags) {
  ENTER_SESSION(C_SessionCancel, handle);
  static const struct {
    CK_FLAGS flag;
    enum operation_kind kind;
  } cancels[] = {{CKF_ENCRYPT, ENCRYPT},
                 {CKF_DECRYPT, DECRYPT},
                 {CKF_DIGEST, DIGEST},
                 {CKF_SIGN, SIGN},
                 {CKF_SIGN_RECOVER, SIGN_RECOVER},
                 {CKF_VERIFY, VERIFY},
                 {CKF_VERIFY, VERIFY_SIGNATURE},
                 {CKF_VERIFY_RECOVER, VERIFY_RECOVER},
                 {CKF_MESSAGE_ENCRYPT, MESSAGE_ENCRYPT},
                 {CKF_MESSAGE_DECRYPT, MESSAGE_DECRYPT},
                 {CKF_MESSAGE_SIGN, MESSAGE_SIGN},
                 {CKF_MESSAGE_VERIFY, MESSAGE_VERIFY}};
  for (size_t i = 0; i < sizeof cancels / sizeof *cancels; i++) {
    if ((flags & cancels[i].flag) != 0) operation_end(&session->operations[cancels[i].kind]);
  }
  if ((flags & CKF_FIND_OBJECTS) != 0) {
    free(session->found);
    session->found = NULL;
    session->finding = false;
  }
  return CKR_OK;
}

static bool pin_is(const uint8_t* has, size_t has_size, const CK_UTF8CHAR* pin, CK_ULONG size) {
  return size == has_size && (size == 0 || memcmp(has, pin, size) == 0);
}

/* Counts the tries; a protected path (no PIN) always succeeds. */
static CK_RV pin_check(struct token* token, bool so, unsigned slot, const CK_UTF8CHAR* pin, CK_ULONG size) {
  unsigned* failures = so ? &token->so_failures : &token->user_failures;
  if (!so && !token->user_pin_set) return CKR_USER_PIN_NOT_INITIALIZED;
  if (*failures >= PIN_TRIES) return CKR_PIN_LOCKED;
  if (pin == NULL) {
    if (slot != SLOT_PROTECTED_PATH) return bad_arguments();
  } else if (!(so ? pin_is(token->so_pin, token->so_pin_size, pin, size)
                  : pin_is(token->user_pin, token->user_pin_size, pin, size))) {
    ++*failures;
    count_up(&control->words.failed_logins);
    return CKR_PIN_INCORRECT;
  }
  *failures = 0;
  return CKR_OK;
}

static CK_RV login(struct session* session, CK_USER_TYPE user, const CK_UTF8CHAR* pin, CK_ULONG size) {
  struct token* token = &state.tokens[session->slot];
  if (user == CKU_CONTEXT_SPECIFIC) {
    bool waits = false;
    for (size_t i = 0; i < OPERATIONS; i++) waits = waits || session->operations[i].locked;
    if (!waits) return CKR_OPERATION_NOT_INITIALIZED;
    CK_RV rv = pin_check(token, false, session->slot, pin, size);
    if (rv != CKR_OK) return rv;
    for (size_t i = 0; i < OPERATIONS; i++) session->operations[i].locked = false;
    count_up(&control->words.logins);
    return CKR_OK;
  }
  if (user != CKU_USER && user != CKU_SO) return CKR_USER_TYPE_INVALID;
  if (token->user == (int)user) return CKR_USER_ALREADY_LOGGED_IN;
  if (token->user != -1) return CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
  if (user == CKU_SO) {
    for (size_t i = 0; i < MOST_SESSIONS; i++) {
      const struct session* other = &state.sessions[i];
      if (other->handle != 0 && other->slot == session->slot && !is_read_write(other))
        return CKR_SESSION_READ_ONLY_EXISTS;
    }
  }
  CK_RV rv = pin_check(token, user == CKU_SO, session->slot, pin, size);
  if (rv != CKR_OK) return rv;
  token->user = (int)user;
  count_up(&control->words.logins);
  return CKR_OK;
}

CK_RV C_Login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size) {
  ENTER_SESSION(C_Login, handle);
  return login(session, user, pin, size);
}

/* The one named user is alice. */
CK_RV C_LoginUser(CK_SESSION_HANDLE handle, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size, CK_UTF8CHAR_PTR name,
                  CK_ULONG name_size) {
  ENTER_SESSION(C_LoginUser, handle);
  if (name_size != 0 && (name_size != 5 || memcmp(name, "alice", 5) != 0)) {
    count_up(&control->words.failed_logins);
    return CKR_PIN_INCORRECT;
  }
  return login(session, user, pin, size);
}

CK_RV C_Logout(CK_SESSION_HANDLE handle) {
  ENTER_SESSION(C_Logout, handle);
  struct token* token = &state.tokens[session->slot];
  if (token->user == -1) return CKR_USER_NOT_LOGGED_IN;
  token->user = -1;
  /* Private session objects do not outlive the login. */
  for (size_t i = 0; i < state.object_count; i++) {
    struct object* object = state.objects[i];
    if (object->handle != 0 && object->slot == session->slot && object->session != 0 &&
        attribute_is(object, CKA_PRIVATE, false))
      object_free(object);
  }
  return CKR_OK;
}

CK_RV C_InitPIN(CK_SESSION_HANDLE handle, CK_UTF8CHAR_PTR pin, CK_ULONG size) {
  ENTER_SESSION(C_InitPIN, handle);
  struct token* token = &state.tokens[session->slot];
  if (token->user != (int)CKU_SO) return CKR_USER_NOT_LOGGED_IN;
  if (pin == NULL && session->slot != SLOT_PROTECTED_PATH) return bad_arguments();
  if (pin != NULL && (size < PIN_LEAST || size > PIN_MOST)) return CKR_PIN_LEN_RANGE;
  if (pin != NULL) memcpy(token->user_pin, pin, token->user_pin_size = size);
  token->user_pin_set = true;
  token->user_failures = 0;
  return CKR_OK;
}

CK_RV C_SetPIN(CK_SESSION_HANDLE handle, CK_UTF8CHAR_PTR old, CK_ULONG old_size, CK_UTF8CHAR_PTR pin, CK_ULONG size) {
  ENTER_SESSION(C_SetPIN, handle);
  struct token* token = &state.tokens[session->slot];
  bool so = token->user == (int)CKU_SO;
  if (!is_read_write(session)) return CKR_SESSION_READ_ONLY;
  CK_RV rv = pin_check(token, so, session->slot, old, old_size);
  if (rv != CKR_OK) return rv;
  if (pin == NULL) return session->slot == SLOT_PROTECTED_PATH ? CKR_OK : bad_arguments();
  if (size < PIN_LEAST || size > PIN_MOST) return CKR_PIN_LEN_RANGE;
  if (so)
    memcpy(token->so_pin, pin, token->so_pin_size = size);
  else
    memcpy(token->user_pin, pin, token->user_pin_size = size);
  return CKR_OK;
}

CK_RV C_GetFunctionStatus(CK_SESSION_HANDLE handle) {
  ENTER_SESSION(C_GetFunctionStatus, handle);
  return CKR_FUNCTION_NOT_PARALLEL;
}

CK_RV C_CancelFunction(CK_SESSION_HANDLE handle) {
  ENTER_SESSION(C_CancelFunction, handle);
  return CKR_FUNCTION_NOT_PARALLEL;
}

CK_RV C_GetSessionValidationFlags(CK_SESSION_HANDLE handle, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS_PTR flags) {
  ENTER_SESSION(C_GetSessionValidationFlags, handle);
  NEED(flags != NULL);
  *flags = type == CKS_LAST_VALIDATION_OK ? 1 : 0;
  return CKR_OK;
}
