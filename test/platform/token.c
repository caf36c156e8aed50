/* A Cryptoki library that says what it was given, byte for byte as it sees it. Its structures are declared here, from the
 * text of the standard and Windows' packing, and from nothing that the package is made of: where the two see different
 * bytes, the words come out wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if defined(_WIN32)
#define CALL __cdecl
#define SHOWN __declspec(dllexport)
#pragma pack(push, 1)
#else
#define CALL
#define SHOWN __attribute__((visibility("default")))
#endif

typedef unsigned long ulong;
typedef unsigned char byte;

struct version { byte major, minor; };
struct list { struct version version; void* functions[68]; };
struct info { struct version cryptoki; byte manufacturer[32]; ulong flags; byte description[32]; struct version library; };
struct slot_info { byte description[64]; byte manufacturer[32]; ulong flags; struct version hardware, firmware; };
struct token_info {
  byte label[32], manufacturer[32], model[16], serial[16];
  ulong flags, most_sessions, sessions, most_writers, writers, longest_pin, shortest_pin, public_memory, free_public, private_memory,
      free_private;
  struct version hardware, firmware;
  byte time[16];
};
struct session_info { ulong slot, state, flags, device_error; };
struct mechanism_info { ulong smallest, largest, flags; };
struct mechanism { ulong type; void* parameter; ulong length; };
struct attribute { ulong type; void* value; ulong length; };
struct pss { ulong hash, generator, salt; };
struct gcm { byte* iv; ulong iv_length, iv_bits; byte* more; ulong more_length, tag_bits; };
struct counter { ulong bits; byte block[16]; };
struct ecdh { ulong function, shared_length; byte* shared; ulong public_length; byte* public; };

#if defined(_WIN32)
#pragma pack(pop)
_Static_assert(sizeof(ulong) == 4 && sizeof(void*) == 8, "64-bit Windows");
_Static_assert(sizeof(struct list) == 2 + 68 * 8, "the list");
_Static_assert(sizeof(struct info) == 72 && sizeof(struct token_info) == 96 + 44 + 4 + 16, "what is asked for");
_Static_assert(sizeof(struct mechanism) == 16 && sizeof(struct attribute) == 16, "what is given");
_Static_assert(sizeof(struct gcm) == 32 && sizeof(struct counter) == 20 && sizeof(struct ecdh) == 28, "parameters");
#endif

enum { OK = 0, GENERAL = 5, NO_MECHANISM = 0x70, BAD_PARAMETER = 0x71, NOT_BEGUN = 0x91, PIN_WRONG = 0xa0, NO_ATTRIBUTE = 0x12, SMALL = 0x150 };
enum { SLOT = 0x10203, SESSION = 0x7fedcba9, KEY = 0x40302010, DERIVED = 0x11223344 };

static char said[4096];
static size_t length;
static ulong found;

static void say(const char* form, ...) {
  va_list words;
  va_start(words, form);
  int more = vsnprintf(said + length, sizeof said - length, form, words);
  va_end(words);
  if (more > 0 && length + (size_t)more < sizeof said) length += (size_t)more;
}

static void begin(void) { length = 0; }

static void say_bytes(const char* name, const byte* bytes, ulong count) {
  say(" %s=", name);
  for (ulong i = 0; i < count; i++) say("%02x", bytes[i]);
}

static void pad(byte* to, size_t size, const char* text) {
  memset(to, ' ', size);
  memcpy(to, text, strlen(text));
}

static ulong CALL unsupported(void) { return 0x54; }
static ulong CALL initialize(void* arguments) { return (void)arguments, OK; }
static ulong CALL finalize(void* nothing) { return nothing == NULL ? OK : GENERAL; }

static ulong CALL get_info(struct info* info) {
  *info = (struct info){.cryptoki = {2, 40}, .flags = 0, .library = {7, 9}};
  pad(info->manufacturer, 32, "Manufacturer of the library");
  pad(info->description, 32, "Description of it");
  return OK;
}

static ulong CALL get_slot_list(byte present, ulong* slots, ulong* count) {
  (void)present;
  if (slots != NULL && *count < 1) return SMALL;
  if (slots != NULL) slots[0] = SLOT;
  *count = 1;
  return OK;
}

static ulong CALL get_slot_info(ulong slot, struct slot_info* info) {
  if (slot != SLOT) return 3;
  *info = (struct slot_info){.flags = 5, .hardware = {1, 2}, .firmware = {3, 4}};
  pad(info->description, 64, "Description of the slot");
  pad(info->manufacturer, 32, "Manufacturer of the slot");
  return OK;
}

static ulong CALL get_token_info(ulong slot, struct token_info* info) {
  if (slot != SLOT) return 3;
  /* Unknown is all bits, whatever the width. */
  *info = (struct token_info){.flags = 0x40d, .most_sessions = 11, .sessions = ~0UL, .most_writers = 13, .writers = 14, .longest_pin = 15,
                              .shortest_pin = 4, .public_memory = 17, .free_public = ~0UL, .private_memory = 19, .free_private = 20,
                              .hardware = {5, 6}, .firmware = {7, 8}};
  pad(info->label, 32, "Platform");
  pad(info->manufacturer, 32, "Manufacturer of the token");
  pad(info->model, 16, "Model");
  pad(info->serial, 16, "0123456789abcdef");
  memcpy(info->time, "2026010203040500", 16);
  return OK;
}

static ulong CALL get_mechanism_list(ulong slot, ulong* list, ulong* count) {
  static const ulong all[] = {0x0d, 0x1086, 0x1087, 0x1050};
  (void)slot;
  if (list != NULL && *count < 4) return SMALL;
  if (list != NULL) memcpy(list, all, sizeof all);
  *count = 4;
  return OK;
}

static ulong CALL get_mechanism_info(ulong slot, ulong type, struct mechanism_info* info) {
  (void)slot;
  *info = (struct mechanism_info){.smallest = type, .largest = 4096, .flags = 0x2801};
  return OK;
}

static ulong CALL open_session(ulong slot, ulong flags, void* application, void* notify, ulong* session) {
  (void)application, (void)notify;
  if (slot != SLOT || (flags & 4) == 0) return GENERAL;
  *session = SESSION;
  return OK;
}

static ulong CALL close_session(ulong session) { return session == SESSION ? OK : 0xb3; }
static ulong CALL close_all(ulong slot) { return slot == SLOT ? OK : 3; }

static ulong CALL get_session_info(ulong session, struct session_info* info) {
  if (session != SESSION) return 0xb3;
  *info = (struct session_info){.slot = SLOT, .state = 3, .flags = 6, .device_error = 0x89abcdef};
  return OK;
}

static ulong CALL login(ulong session, ulong user, const byte* pin, ulong size) {
  if (session != SESSION || user != 1) return GENERAL;
  return size == 6 && memcmp(pin, "1234\xc3\xa9", 6) == 0 ? OK : PIN_WRONG;
}

static ulong CALL logout(ulong session) { return session == SESSION ? OK : 0xb3; }

static void say_template(const struct attribute* all, ulong count) {
  for (ulong i = 0; i < count; i++) {
    char name[16];
    snprintf(name, sizeof name, "%lx", all[i].type);
    say_bytes(name, all[i].value, all[i].length);
  }
}

static ulong CALL find_init(ulong session, const struct attribute* all, ulong count) {
  (void)session;
  begin();
  say("find");
  say_template(all, count);
  found = 0;
  return OK;
}

static ulong CALL find_next(ulong session, ulong* objects, ulong most, ulong* count) {
  (void)session;
  *count = found == 0 && most > 0 ? 1 : 0;
  if (*count == 1) objects[0] = KEY;
  found = 1;
  return OK;
}

static ulong CALL find_end(ulong session) { return session == SESSION ? OK : 0xb3; }

static ulong put(struct attribute* attribute, const void* value, ulong size) {
  if (attribute->value != NULL && attribute->length < size) {
    attribute->length = ~0UL;
    return SMALL;
  }
  if (attribute->value != NULL) memcpy(attribute->value, value, size);
  attribute->length = size;
  return OK;
}

static ulong CALL get_attribute_value(ulong session, ulong object, struct attribute* all, ulong count) {
  static const ulong class = 3, bits = 2048, list[] = {0x0d, 0x1087, 0x80001234};
  static const byte yes = 1;
  ulong answer = OK;
  if (session != SESSION || object != KEY) return 0x82;
  for (ulong i = 0; i < count; i++) {
    ulong rv;
    switch (all[i].type) {
      case 0x00: rv = put(&all[i], &class, sizeof class); break;
      case 0x02: rv = put(&all[i], &yes, 1); break;
      case 0x03: rv = put(&all[i], said, (ulong)length); break; /* the label: what the search said */
      case 0x121: rv = put(&all[i], &bits, sizeof bits); break;
      case 0x40000600: rv = put(&all[i], list, sizeof list); break;
      default: all[i].length = ~0UL; rv = NO_ATTRIBUTE;
    }
    if (rv != OK) answer = rv;
  }
  return answer;
}

static ulong CALL operation_init(ulong session, struct mechanism* mechanism, ulong key) {
  if (session != SESSION || key != KEY) return 0x60;
  begin();
  say("mechanism=%lx", mechanism->type);
  switch (mechanism->type) {
    case 0x0d: {
      struct pss* pss = mechanism->parameter;
      if (mechanism->length != sizeof *pss) return BAD_PARAMETER;
      say(" hash=%lx mgf=%lx salt=%lu", pss->hash, pss->generator, pss->salt);
      return OK;
    }
    case 0x1087: {
      struct gcm* gcm = mechanism->parameter;
      if (mechanism->length != sizeof *gcm) return BAD_PARAMETER;
      say_bytes("iv", gcm->iv, gcm->iv_length);
      say(" bits=%lu", gcm->iv_bits);
      say_bytes("aad", gcm->more, gcm->more_length);
      say(" tag=%lu", gcm->tag_bits);
      /* As modules do that make their own: the package gives it back. */
      if (gcm->iv_length > 0) gcm->iv[0] ^= 0xff;
      return OK;
    }
    case 0x1086: {
      struct counter* counter = mechanism->parameter;
      if (mechanism->length != sizeof *counter) return BAD_PARAMETER;
      say(" bits=%lu", counter->bits);
      say_bytes("block", counter->block, 16);
      return OK;
    }
    default: return NO_MECHANISM;
  }
}

static ulong CALL operation(ulong session, const byte* data, ulong size, byte* out, ulong* room) {
  size_t before = length;
  if (session != SESSION) return NOT_BEGUN;
  say_bytes("data", data, size);
  if (out == NULL || *room < length) {
    ulong rv = out == NULL ? OK : SMALL;
    *room = (ulong)length;
    length = before;
    return rv;
  }
  memcpy(out, said, length);
  *room = (ulong)length;
  return OK;
}

static ulong CALL derive_key(ulong session, struct mechanism* mechanism, ulong base, const struct attribute* all, ulong count, ulong* key) {
  struct ecdh* ecdh = mechanism->parameter;
  if (session != SESSION || base != KEY || mechanism->type != 0x1050 || mechanism->length != sizeof *ecdh) return BAD_PARAMETER;
  begin();
  say("kdf=%lx", ecdh->function);
  say_bytes("shared", ecdh->shared, ecdh->shared_length);
  say_bytes("public", ecdh->public, ecdh->public_length);
  say_template(all, count);
  *key = DERIVED;
  return OK;
}

/* What has been said last. */
static ulong CALL generate_random(ulong session, byte* out, ulong size) {
  if (session != SESSION) return 0xb3;
  memset(out, 0, size);
  memcpy(out, said, size < length ? size : length);
  return OK;
}

SHOWN ulong CALL C_GetFunctionList(struct list** list) {
  static struct list it = {.version = {2, 40}};
  /* Their places in the standard's list. */
  for (int i = 0; i < 68; i++) it.functions[i] = (void*)unsupported;
  it.functions[0] = (void*)initialize;
  it.functions[1] = (void*)finalize;
  it.functions[2] = (void*)get_info;
  it.functions[3] = (void*)C_GetFunctionList;
  it.functions[4] = (void*)get_slot_list;
  it.functions[5] = (void*)get_slot_info;
  it.functions[6] = (void*)get_token_info;
  it.functions[7] = (void*)get_mechanism_list;
  it.functions[8] = (void*)get_mechanism_info;
  it.functions[12] = (void*)open_session;
  it.functions[13] = (void*)close_session;
  it.functions[14] = (void*)close_all;
  it.functions[15] = (void*)get_session_info;
  it.functions[18] = (void*)login;
  it.functions[19] = (void*)logout;
  it.functions[24] = (void*)get_attribute_value;
  it.functions[26] = (void*)find_init;
  it.functions[27] = (void*)find_next;
  it.functions[28] = (void*)find_end;
  it.functions[29] = (void*)operation_init;
  it.functions[30] = (void*)operation;
  it.functions[42] = (void*)operation_init;
  it.functions[43] = (void*)operation;
  it.functions[62] = (void*)derive_key;
  it.functions[64] = (void*)generate_random;
  *list = &it;
  return OK;
}
