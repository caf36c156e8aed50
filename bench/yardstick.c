/* The measure for everything in bench/: a C program that opens the same sessions, runs as many threads and makes the
 * same calls in a loop.
 *
 *   yardstick <module> sign [options]   C_SignInit and C_Sign
 *   yardstick <module> find [options]   finds all secret keys, reads 4 attributes of each
 *
 *   --slot id       the slot; default: the first with a token that has a session to give
 *   --pin text      logs in with it
 *   --threads n     default 1, each with a session of its own
 *   --seconds t     default 2; --calls n: so many calls in all instead
 *   --mechanism n   default CKM_ECDSA
 *   --size n        bytes of data, default 32
 *   --label text    of the private key; default: the first one, or a new P-256 session key
 *   --objects n     for find: makes so many secret keys first
 *   --reserved text pReserved of C_Initialize
 *
 * Prints one line of JSON: calls, seconds, calls per second, microseconds per call, processor seconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../native/generated/cryptoki.h"

enum { MOST_THREADS = 512, MOST_OBJECTS = 100000, BATCH = 1000 };

static CK_FUNCTION_LIST* functions;
static CK_SLOT_ID slot;
static CK_OBJECT_HANDLE key;
static CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
static CK_BYTE data[1 << 20];
static CK_ULONG data_size = 32;
static unsigned threads = 1;
static double seconds = 2;
static long calls;
static long objects;
static int finding;
static pthread_barrier_t ready, start;
static double deadline;

static void check(CK_RV rv, const char* what) {
  if (rv == CKR_OK) return;
  fprintf(stderr, "%s: 0x%lx\n", what, (unsigned long)rv);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double processor(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void sign_once(CK_SESSION_HANDLE session) {
  CK_BYTE signature[8192];
  CK_ULONG size = sizeof signature;
  check(functions->C_SignInit(session, &mechanism, key), "C_SignInit");
  check(functions->C_Sign(session, data, data_size, signature, &size), "C_Sign");
}

/* Every object counts as one call. */
static long find_all(CK_SESSION_HANDLE session) {
  static __thread CK_OBJECT_HANDLE* found;
  CK_OBJECT_CLASS wanted_class = CKO_SECRET_KEY;
  CK_ATTRIBUTE sought = {CKA_CLASS, &wanted_class, sizeof wanted_class};
  CK_ULONG count, total = 0;
  if (found == NULL && (found = malloc(MOST_OBJECTS * sizeof *found)) == NULL) exit(1);
  check(functions->C_FindObjectsInit(session, &sought, 1), "C_FindObjectsInit");
  do {
    check(functions->C_FindObjects(session, found + total, BATCH, &count), "C_FindObjects");
    total += count;
  } while (count != 0 && total + BATCH <= MOST_OBJECTS);
  check(functions->C_FindObjectsFinal(session), "C_FindObjectsFinal");
  for (CK_ULONG i = 0; i < total; i++) {
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    CK_BYTE label[256], id[256];
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &class, sizeof class},
                             {CKA_KEY_TYPE, &type, sizeof type},
                             {CKA_LABEL, label, sizeof label},
                             {CKA_ID, id, sizeof id}};
    check(functions->C_GetAttributeValue(session, found[i], wanted, 4), "C_GetAttributeValue");
  }
  return (long)total;
}

static void make_objects(CK_SESSION_HANDLE session, long count) {
  for (long i = 0; i < count; i++) {
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    char label[32];
    CK_BYTE value[16] = {1};
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class},
                               {CKA_KEY_TYPE, &type, sizeof type},
                               {CKA_LABEL, label, (CK_ULONG)snprintf(label, sizeof label, "key %ld", i)},
                               {CKA_ID, &i, sizeof i},
                               {CKA_VALUE, value, sizeof value},
                               {CKA_TOKEN, &no, 1},
                               {CKA_PRIVATE, &no, 1}};
    CK_OBJECT_HANDLE made;
    check(functions->C_CreateObject(session, template, 7, &made), "C_CreateObject");
  }
}

static void* worker(void* argument) {
  CK_SESSION_HANDLE session = *(CK_SESSION_HANDLE*)argument;
  long share = calls / (long)threads, done = 0;
  /* By the thread that looks for them, as a C program and cryptoki do: what the token keeps of them and what it needs for
   * a moment lie in one heap then. */
  if (finding) make_objects(session, objects / threads);
  pthread_barrier_wait(&ready);
  pthread_barrier_wait(&start);
  while (calls != 0 ? done < share : now() < deadline) {
    /* The clock costs something beside a call that returns at once: it is read every 64 calls. */
    for (int i = 0; i < (finding ? 1 : 64) && (calls == 0 || done < share); i++) {
      if (finding) {
        long total = find_all(session);
        if (total == 0) return (void*)done;
        done += total;
      } else {
        sign_once(session);
        done++;
      }
    }
    if (calls == 0 && now() >= deadline) break;
  }
  return (void*)done;
}

static CK_SESSION_HANDLE open_session(void) {
  CK_SESSION_HANDLE session;
  check(functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), "C_OpenSession");
  return session;
}

static void choose_slot(void) {
  CK_SLOT_ID ids[64];
  CK_ULONG count = 64;
  check(functions->C_GetSlotList(CK_TRUE, ids, &count), "C_GetSlotList");
  for (CK_ULONG i = 0; i < count; i++) {
    CK_SESSION_HANDLE session;
    if (functions->C_OpenSession(ids[i], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) != CKR_OK) continue;
    functions->C_CloseSession(session);
    slot = ids[i];
    return;
  }
  fprintf(stderr, "No slot has a token that opens a session.\n");
  exit(1);
}

static void choose_key(CK_SESSION_HANDLE session, const char* label) {
  CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
  CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class},
                             {CKA_LABEL, (void*)label, label == NULL ? 0 : (CK_ULONG)strlen(label)}};
  CK_ULONG count = 0;
  check(functions->C_FindObjectsInit(session, template, label == NULL ? 1 : 2), "C_FindObjectsInit");
  check(functions->C_FindObjects(session, &key, 1, &count), "C_FindObjects");
  check(functions->C_FindObjectsFinal(session), "C_FindObjectsFinal");
  if (count == 1) return;
  CK_MECHANISM generate = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
  CK_ATTRIBUTE public_template[] = {{CKA_EC_PARAMS, p256, sizeof p256}, {CKA_VERIFY, &yes, 1}, {CKA_TOKEN, &no, 1}};
  CK_ATTRIBUTE private_template[] = {{CKA_SIGN, &yes, 1}, {CKA_TOKEN, &no, 1}, {CKA_PRIVATE, &no, 1}};
  CK_OBJECT_HANDLE public_key;
  check(functions->C_GenerateKeyPair(session, &generate, public_template, 3, private_template, 3, &public_key, &key),
        "C_GenerateKeyPair");
}

int main(int argc, char** argv) {
  const char *pin = NULL, *label = NULL, *reserved = NULL;
  int has_slot = 0;
  if (argc < 3 || argc % 2 == 0) {
    fprintf(stderr, "usage: yardstick <module> sign|find [--option value]...\n");
    return 2;
  }
  finding = strcmp(argv[2], "find") == 0;
  for (int i = 3; i + 1 < argc; i += 2) {
    const char *option = argv[i], *value = argv[i + 1];
    if (strcmp(option, "--slot") == 0)
      slot = strtoul(value, NULL, 0), has_slot = 1;
    else if (strcmp(option, "--pin") == 0)
      pin = value;
    else if (strcmp(option, "--threads") == 0)
      threads = (unsigned)atoi(value);
    else if (strcmp(option, "--seconds") == 0)
      seconds = atof(value);
    else if (strcmp(option, "--calls") == 0)
      calls = atol(value);
    else if (strcmp(option, "--mechanism") == 0)
      mechanism.mechanism = strtoul(value, NULL, 0);
    else if (strcmp(option, "--size") == 0)
      data_size = strtoul(value, NULL, 0);
    else if (strcmp(option, "--label") == 0)
      label = value;
    else if (strcmp(option, "--objects") == 0)
      objects = atol(value);
    else if (strcmp(option, "--reserved") == 0)
      reserved = value;
    else
      return fprintf(stderr, "unknown option %s\n", option), 2;
  }
  if (threads < 1 || threads > MOST_THREADS || data_size > sizeof data)
    return fprintf(stderr, "too many threads, or too much data\n"), 2;

  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), 1;
  CK_C_GetFunctionList list = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
  if (list == NULL) return fprintf(stderr, "%s has no C_GetFunctionList\n", argv[1]), 1;
  check(list(&functions), "C_GetFunctionList");
  /* NSS reads a word beyond the standard's structure. */
  struct {
    CK_C_INITIALIZE_ARGS args;
    void* beyond;
  } initialize = {{.flags = CKF_OS_LOCKING_OK, .pReserved = (void*)reserved}, NULL};
  check(functions->C_Initialize(&initialize), "C_Initialize");
  if (!has_slot) choose_slot();
  static CK_SESSION_HANDLE sessions[MOST_THREADS];
  for (unsigned i = 0; i < threads; i++) sessions[i] = open_session();
  if (pin != NULL)
    check(functions->C_Login(sessions[0], CKU_USER, (CK_UTF8CHAR_PTR)pin, (CK_ULONG)strlen(pin)), "C_Login");
  if (!finding) choose_key(sessions[0], label);

  pthread_t ids[MOST_THREADS];
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 512 * 1024);
  pthread_barrier_init(&ready, NULL, threads + 1);
  pthread_barrier_init(&start, NULL, threads + 1);
  for (unsigned i = 0; i < threads; i++) {
    if (pthread_create(&ids[i], &small, worker, &sessions[i]) != 0) return fprintf(stderr, "no more threads\n"), 1;
  }
  pthread_barrier_wait(&ready);
  double begun = now(), processor_begun = processor();
  deadline = begun + seconds;
  pthread_barrier_wait(&start);
  long done = 0;
  for (unsigned i = 0; i < threads; i++) {
    void* share;
    pthread_join(ids[i], &share);
    done += (long)share;
  }
  double taken = now() - begun, used = processor() - processor_begun;
  functions->C_Finalize(NULL);
  printf(
      "{\"what\":\"%s\",\"threads\":%u,\"calls\":%ld,\"seconds\":%.6f,\"perSecond\":%.1f,\"microseconds\":%.4f,"
      "\"processorSeconds\":%.6f}\n",
      argv[2], threads, done, taken, (double)done / taken, done == 0 ? 0 : taken * 1e6 / (double)done, used);
  return 0;
}
