/* The library another one is linked with: its C_GetInterface leads to a list that must not be used. */
#include "odd.h"

static CK_RV wrong_initialize(CK_VOID_PTR arguments) {
  (void)arguments;
  abort();
}

static CK_FUNCTION_LIST_3_2 list = {.version = {3, 2}, .C_Initialize = wrong_initialize};
static CK_UTF8CHAR name[] = "PKCS 11";
static CK_INTERFACE interface = {name, &list, 0};

EXPORT CK_RV C_GetInterface(CK_UTF8CHAR_PTR wanted, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR given,
                            CK_FLAGS flags) {
  (void)wanted;
  (void)version;
  (void)flags;
  *given = &interface;
  return CKR_OK;
}

EXPORT int foreign_provider(void) { return 1; }
