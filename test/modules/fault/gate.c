/* Where every call comes in: counting, latency, failures on order, misuse. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

static struct fault_control unmapped;
struct fault_control* control = &unmapped;
struct module_state state = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* For native tests in the same process. */
__attribute__((visibility("default"))) struct fault_control* fault_control(void);
struct fault_control* fault_control(void) {
  return control;
}

__attribute__((constructor)) static void map_control(void) {
  char path[4096];
  const char* name = getenv("CRYPTOKI_FAULT_CONTROL");
  Dl_info info;
  if (name == NULL || *name == '\0') {
    if (dladdr(&unmapped, &info) == 0 || info.dli_fname == NULL) return;
    if ((size_t)snprintf(path, sizeof path, "%s.control", info.dli_fname) >= sizeof path) return;
    name = path;
  }
  int file = open(name, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  struct stat status;
  if (fstat(file, &status) == 0 &&
      ((size_t)status.st_size >= sizeof unmapped || ftruncate(file, sizeof unmapped) == 0)) {
    void* at = mmap(NULL, sizeof unmapped, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (at != MAP_FAILED) control = at;
  }
  close(file);
  control->words.mapped = 1;
}

void count_up(uint64_t* counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }
uint64_t word(const uint64_t* at) { return __atomic_load_n(at, __ATOMIC_RELAXED); }

CK_RV bad_arguments(void) {
  count_up(&control->words.bad_arguments);
  return CKR_ARGUMENTS_BAD;
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* A number below `end`. Tests ask for no sequence that comes again: threads take turns as they like. */
static uint64_t any_below(uint64_t end) {
  static __thread uint64_t mixed;
  if (mixed == 0) mixed = now() ^ (uint64_t)(uintptr_t)&mixed;
  mixed = mixed * 6364136223846793005u + 1442695040888963407u;
  return (mixed >> 33) % end;
}

void work_now(const struct fault_function* told) {
  uint64_t sleep = word(&told->sleep), spin = word(&told->spin), jitter = word(&told->jitter);
  if (jitter != 0) sleep += any_below(jitter + 1);
  if (sleep != 0) {
    struct timespec left = {(time_t)(sleep / 1000000), (long)(sleep % 1000000) * 1000};
    while (nanosleep(&left, &left) != 0) {
    }
  }
  if (spin != 0) {
    for (uint64_t end = now() + spin * 1000; now() < end;) {
    }
  }
}

void count_down(uint64_t* counter) { __atomic_fetch_sub(counter, 1, __ATOMIC_RELAXED); }

void raise_mark(uint64_t* mark, uint64_t value) {
  uint64_t seen = word(mark);
  while (seen < value && !__atomic_compare_exchange_n(mark, &seen, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

/* Takes one of those that are left, if any. */
static bool take(uint64_t* left) {
  uint64_t seen = word(left);
  while (seen != 0) {
    if (__atomic_compare_exchange_n(left, &seen, seen - 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return true;
  }
  return false;
}

static void stay(void) {
  uint64_t since = word(&control->words.freed);
  while (word(&control->words.freed) == since) usleep(200);
}

/* Whether this call is one of those that were ordered to fail. */
static bool ordered_to_fail(struct fault_function* told, CK_RV* rv) {
  if (word(&told->times) == 0) return false;
  bool fails = false;
  pthread_mutex_lock(&state.lock);
  if (word(&told->times) != 0) {
    if (word(&told->skip) != 0) {
      count_down(&told->skip);
    } else {
      fails = true;
      *rv = (CK_RV)word(&told->rv);
      if (word(&told->times) != FAULT_FOREVER) count_down(&told->times);
    }
  }
  pthread_mutex_unlock(&state.lock);
  return fails;
}

/* What was ordered since the last call. With the lock held. */
static void obey(void) {
  struct fault_words* words = &control->words;
  if (word(&words->drop_sessions) != state.dropped_sessions) {
    state.dropped_sessions = word(&words->drop_sessions);
    for (unsigned slot = 0; slot < SLOTS; slot++) sessions_close(slot);
  }
  if (word(&words->drop_logins) != state.dropped_logins) {
    state.dropped_logins = word(&words->drop_logins);
    for (unsigned slot = 0; slot < SLOTS; slot++) state.tokens[slot].user = -1;
  }
  if (word(&words->renumber) != state.renumbered) {
    state.renumbered = word(&words->renumber);
    objects_renumber();
  }
  if (word(&words->drop_library) != state.dropped_library) {
    state.dropped_library = word(&words->drop_library);
    if (state.initialized) library_end();
  }
}

struct entered enter(unsigned function, CK_SESSION_HANDLE handle, bool wants_session) {
  struct fault_function* told = &control->functions[function];
  struct fault_words* words = &control->words;
  struct entered entered = {function, CKR_OK, NULL, false};
  count_up(&told->calls);
  count_up(&told->inside);
  uint64_t running = __atomic_add_fetch(&words->running, 1, __ATOMIC_RELAXED);
  raise_mark(&words->most_running, running);
  if (running > 1 && __atomic_load_n(&state.serial, __ATOMIC_RELAXED) && function != INDEX(C_WaitForSlotEvent))
    count_up(&words->serial_overlaps);

  struct session* session = wants_session ? session_of(handle) : NULL;
  if (session != NULL && __atomic_fetch_add(&session->busy, 1, __ATOMIC_ACQ_REL) != 0) count_up(&words->overlaps);
  entered.session = session;

  while (word(&told->hang) != 0) usleep(200);
  if (take(&told->stay)) stay();
  work_now(told);
  if (ordered_to_fail(told, &entered.rv)) return entered;
  if (!__atomic_load_n(&state.initialized, __ATOMIC_ACQUIRE) && function != INDEX(C_Initialize)) {
    count_up(&words->uninitialized_calls);
    entered.rv = CKR_CRYPTOKI_NOT_INITIALIZED;
    return entered;
  }
  if (function == INDEX(C_WaitForSlotEvent)) {
    entered.locked = true; /* it waits without the lock, and takes it by itself */
    return entered;
  }
  pthread_mutex_lock(&state.lock);
  entered.locked = true;
  obey();
  if (!state.initialized && function != INDEX(C_Initialize)) entered.rv = CKR_CRYPTOKI_NOT_INITIALIZED;
  if (!wants_session || entered.rv != CKR_OK) return entered;
  if (session == NULL || session->handle != handle) {
    count_up(&words->unknown_sessions);
    entered.rv = CKR_SESSION_HANDLE_INVALID;
  } else if (!token_present(session->slot)) {
    sessions_close(session->slot);
    entered.rv = CKR_DEVICE_REMOVED;
  }
  return entered;
}

void leave(struct entered* entered) {
  if (entered->locked && entered->function != INDEX(C_WaitForSlotEvent)) pthread_mutex_unlock(&state.lock);
  while (word(&control->functions[entered->function].linger) != 0) usleep(200);
  if (entered->session != NULL) __atomic_fetch_sub(&entered->session->busy, 1, __ATOMIC_ACQ_REL);
  __atomic_fetch_sub(&control->words.running, 1, __ATOMIC_RELAXED);
  __atomic_fetch_sub(&control->functions[entered->function].inside, 1, __ATOMIC_RELAXED);
}

bool must_wait(const struct fault_function* told, const CK_BYTE* out, CK_ULONG* size, size_t length, CK_RV* rv) {
  *rv = CKR_BUFFER_TOO_SMALL;
  switch (word(&told->lie)) {
    case LIE_TOO_SMALL:
      *size = (CK_ULONG)word(&told->lie_value);
      return true;
    case LIE_TOO_SMALL_KEPT:
      return true;
    case LIE_TOO_SMALL_GROWS:
      *size += 1;
      return true;
    case LIE_QUERY:
      if (out != NULL) break;
      *size = (CK_ULONG)word(&told->lie_value);
      *rv = CKR_OK;
      return true;
    case LIE_QUIET_ONCE:
      if (out != NULL && *size < length) return true;
      break;
    default:
      break;
  }
  if (out == NULL) {
    *size = (CK_ULONG)length;
    *rv = CKR_OK;
    return true;
  }
  if (*size < length) {
    *size = (CK_ULONG)length;
    return true;
  }
  *rv = CKR_OK;
  return false;
}

CK_RV give(const struct fault_function* told, CK_BYTE* out, CK_ULONG* size, const void* data, size_t length) {
  CK_RV rv;
  if (must_wait(told, out, size, length, &rv)) return rv;
  if (length != 0) memcpy(out, data, length);
  *size = word(&told->lie) == LIE_LENGTH ? (CK_ULONG)word(&told->lie_value) : (CK_ULONG)length;
  return CKR_OK;
}

CK_RV give_list(const struct fault_function* told, CK_ULONG* out, CK_ULONG* count, const CK_ULONG* list,
                size_t length) {
  CK_RV rv;
  if (must_wait(told, (const CK_BYTE*)out, count, length, &rv)) return rv;
  if (length != 0) memcpy(out, list, length * sizeof *list);
  *count = word(&told->lie) == LIE_LENGTH ? (CK_ULONG)word(&told->lie_value) : (CK_ULONG)length;
  return CKR_OK;
}
