/* The module from inside: one lock, tables of fixed size, objects as lists of attributes. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../../native/generated/cryptoki.h"
#include "control.h"

/* Every exported function is declared through its pointer type, so that a definition that differs from the standard
 * does not compile. */
#define DECLARE(name) __attribute__((visibility("default"))) __typeof__(*(CK_##name)0) name;
#define ROW(name, ...) DECLARE(name)
#define BY_HAND(name, ...) DECLARE(name)
#define LIFE(name, ...) DECLARE(name)
#define LOADER(name, ...) DECLARE(name)
#include "../../../native/generated/calls.inc"
#undef ROW
#undef BY_HAND
#undef LIFE
#undef LOADER

#define INDEX(name) \
  ((unsigned)((offsetof(CK_FUNCTION_LIST_3_2, name) - offsetof(CK_FUNCTION_LIST_3_2, C_Initialize)) / sizeof(void*)))

enum {
  SLOTS = 6,
  MOST_SESSIONS = 4096,
  MOST_ATTRIBUTES = 64,
  PIN_TRIES = 3,
  PIN_LEAST = 4,
  PIN_MOST = 32,
  SEED_SIZE = 32
};
enum { SLOT_EMPTY = 3, SLOT_WRITE_PROTECTED = 4, SLOT_PROTECTED_PATH = 5, SLOT_UNINITIALIZED = 2 };

/* Vendor attribute of every key: what its silly cryptography works with, for the test to compute the same. */
#define CKA_FAULT_SEED 0x80000001UL

struct sha256 {
  uint32_t state[8];
  uint64_t length;
  uint8_t block[64];
};
struct hmac {
  struct sha256 inner, outer;
};
void sha256_init(struct sha256* hash);
void sha256_update(struct sha256* hash, const void* data, size_t size);
void sha256_final(struct sha256* hash, uint8_t out[32]);
void hmac_init(struct hmac* mac, const uint8_t* key, size_t size);
void hmac_update(struct hmac* mac, const void* data, size_t size);
void hmac_final(struct hmac* mac, uint8_t out[32]);
void little_endian(uint8_t out[8], uint64_t value);
/* Bytes position, position + 1, … of the key stream SHA-256(seed | iv | u64 block) are added to data. */
void key_stream(const uint8_t seed[SEED_SIZE], const uint8_t* iv, size_t iv_size, uint64_t position,
                const uint8_t* from, uint8_t* to, size_t size);
void random_bytes(uint8_t* out, size_t size); /* with the lock held */
void random_seed(const uint8_t* seed, size_t size);

struct bytes {
  uint8_t* data;
  size_t size, room;
};
bool bytes_add(struct bytes* bytes, const void* data, size_t size);
void bytes_clear(struct bytes* bytes);

struct attribute {
  CK_ATTRIBUTE_TYPE type;
  CK_ULONG size;
  void* value; /* for a template: CK_ATTRIBUTE array whose values are ours too */
};
struct object {
  CK_OBJECT_HANDLE handle;   /* 0: free */
  CK_SESSION_HANDLE session; /* of a session object */
  unsigned slot, count;
  struct attribute attributes[MOST_ATTRIBUTES];
};

enum operation_kind {
  ENCRYPT,
  DECRYPT,
  DIGEST,
  SIGN,
  SIGN_RECOVER,
  VERIFY,
  VERIFY_RECOVER,
  MESSAGE_ENCRYPT,
  MESSAGE_DECRYPT,
  MESSAGE_SIGN,
  MESSAGE_VERIFY,
  VERIFY_SIGNATURE,
  OPERATIONS
};

struct operation {
  bool active, updating, locked; /* locked: waits for a context-specific login */
  CK_MECHANISM_TYPE mechanism;
  CK_OBJECT_HANDLE key;
  uint8_t seed[SEED_SIZE];
  size_t result_size; /* of a signature, or the block of an RSA cipher */
  uint8_t iv[64];
  size_t iv_size, tag_size;
  CK_BYTE* parameter_iv; /* where the caller's GCM IV stands, to be written at the first operation */
  bool gathers;          /* all output comes at the end */
  uint64_t position;     /* in the key stream */
  struct sha256 hash;
  struct hmac mac;
  struct bytes held; /* gathered input, the associated data is in `mac` already; or the signature of VERIFY_SIGNATURE */
};

struct pending_call {
  char function[32];
  CK_ULONG id, rounds;
  CK_BYTE* out;
  CK_ULONG room, size;
  CK_OBJECT_HANDLE object, additional;
  uint8_t value[1024];
};

struct session {
  CK_SESSION_HANDLE handle; /* 0: free */
  unsigned slot;
  CK_FLAGS flags;
  uint64_t busy;
  struct operation operations[OPERATIONS];
  CK_OBJECT_HANDLE* found;
  size_t found_count, found_next;
  bool finding;
  struct pending_call pending;
};

struct token {
  bool initialized, user_pin_set;
  char label[33];
  uint8_t so_pin[PIN_MOST], user_pin[PIN_MOST];
  size_t so_pin_size, user_pin_size;
  unsigned so_failures, user_failures;
  int user; /* -1 nobody, CKU_SO, CKU_USER */
  bool was_present;
};

struct module_state {
  pthread_mutex_t lock;
  bool initialized, foreign, serial, kept;
  uint64_t dropped_sessions, dropped_logins, dropped_library, renumbered, handle_base, next_handle, next_session, unique;
  struct token tokens[SLOTS];
  struct session sessions[MOST_SESSIONS];
  struct object** objects;
  size_t object_count, object_room;
};
extern struct module_state state;
extern struct fault_control* control;

/* Every function starts with one of these: it counts, sleeps, spins, hangs, fails when told so, and takes the lock; the
 * end of the block gives it back. */
struct entered {
  unsigned function;
  CK_RV rv;
  struct session* session;
  bool locked;
};
struct entered enter(unsigned function, CK_SESSION_HANDLE session, bool wants_session);
void leave(struct entered* entered);
#define ENTER_ANY(name, handle, wants)                                                        \
  struct entered entered __attribute__((cleanup(leave))) = enter(INDEX(name), handle, wants); \
  if (entered.rv != CKR_OK || !entered.locked) return entered.rv;                             \
  const struct fault_function* told = &control->functions[entered.function];                  \
  (void)told
#define ENTER(name) ENTER_ANY(name, 0, false)
#define ENTER_SESSION(name, handle)          \
  ENTER_ANY(name, handle, true);             \
  struct session* session = entered.session; \
  (void)session
#define NEED(condition)                       \
  do {                                        \
    if (!(condition)) return bad_arguments(); \
  } while (0)
CK_RV bad_arguments(void);
void count_up(uint64_t* counter);
void count_down(uint64_t* counter);
void raise_mark(uint64_t* mark, uint64_t value);
uint64_t word(const uint64_t* word);
void work_now(const struct fault_function* told); /* spin and sleep */

/* Gives bytes back by the standard's conventions, or by the lie that the function is told. */
CK_RV give(const struct fault_function* told, CK_BYTE* out, CK_ULONG* size, const void* data, size_t length);
/* What give() would answer before the data is there: CKR_OK go on, anything else stop with it; *done is set when the
 * answer is complete. */
bool must_wait(const struct fault_function* told, const CK_BYTE* out, CK_ULONG* size, size_t length, CK_RV* rv);
CK_RV give_list(const struct fault_function* told, CK_ULONG* out, CK_ULONG* count, const CK_ULONG* list, size_t length);

/* The structure a mechanism was given. */
#define PARAMETER(type)                                                                                  \
  const type* given = mechanism->pParameter;                                                             \
  if (given == NULL || mechanism->ulParameterLen != sizeof *given || word(&control->words.shallow) != 0) \
  return CKR_MECHANISM_PARAM_INVALID

/* Of slots: by token, as everything in here counts them, and by id less one, as the caller does. Each other's inverse. */
unsigned turned(unsigned slot);
bool token_present(unsigned slot);
void library_end(void);
void objects_renumber(void);
struct session* session_of(CK_SESSION_HANDLE handle);
void session_close(struct session* session);
void sessions_close(unsigned slot);
CK_STATE session_state(const struct session* session);
bool is_read_write(const struct session* session);

void operation_end(struct operation* operation);
CK_RV operation_begin(struct session* session, enum operation_kind kind, const CK_MECHANISM* mechanism,
                      CK_OBJECT_HANDLE key);

CK_RV cipher_update(struct session* session, enum operation_kind kind, const struct fault_function* told,
                    const CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out, CK_ULONG* size);

/* In an asynchronous session the result waits for C_AsyncComplete. */
bool is_asynchronous(const struct session* session);
CK_RV pend(struct session* session, const char* function, CK_BYTE* out, CK_ULONG room, const uint8_t* value,
           size_t size, CK_OBJECT_HANDLE object, CK_OBJECT_HANDLE additional);

struct object* object_new(unsigned slot);
struct object* object_of(const struct session* session, CK_OBJECT_HANDLE handle);
void object_free(struct object* object);
void attribute_clear(struct attribute* attribute);
struct attribute* attribute_of(struct object* object, CK_ATTRIBUTE_TYPE type);
bool attribute_is(struct object* object, CK_ATTRIBUTE_TYPE type, bool otherwise);
CK_ULONG attribute_number(struct object* object, CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise);
CK_RV attribute_set(struct object* object, CK_ATTRIBUTE_TYPE type, const void* value, CK_ULONG size);
/* Applies a template to a new object; then what is missing is set, as a token does, and looked whether the session may
 * make it. */
CK_RV object_fill(struct object* object, const CK_ATTRIBUTE* template, CK_ULONG count);
CK_RV object_finish(struct session* session, struct object* object, const char* how, CK_MECHANISM_TYPE mechanism);
CK_RV preload_objects(void);

/* A key made by the module: class and type given, the seed and what follows from it set. */
CK_RV make_key(struct session* session, CK_OBJECT_CLASS class, CK_KEY_TYPE type, const uint8_t* seed,
               const uint8_t* value, size_t value_size, const CK_ATTRIBUTE* template, CK_ULONG count, const char* how,
               CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE* handle);
CK_RV key_seed(const struct session* session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE use, struct object** object,
               uint8_t seed[SEED_SIZE]);

struct mechanism {
  CK_MECHANISM_TYPE type;
  CK_KEY_TYPE key;
  CK_ULONG least, most;
  CK_FLAGS flags;
};
extern const struct mechanism mechanisms[];
extern const size_t mechanism_count;
const struct mechanism* mechanism_of(CK_MECHANISM_TYPE type);
