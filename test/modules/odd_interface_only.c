/* Only C_GetInterface is exported, and it knows 3.0. */
#include "odd.h"

static CK_FUNCTION_LIST_3_0 list = {.version = {3, 0}, ODD_ENTRIES};
static CK_UTF8CHAR name[] = "PKCS 11";
static CK_INTERFACE interface = {name, &list, 0};

EXPORT CK_RV C_GetInterface(CK_UTF8CHAR_PTR wanted, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR given,
                            CK_FLAGS flags) {
  (void)flags;
  if (wanted != NULL && strcmp((const char*)wanted, (const char*)name) != 0) return CKR_FUNCTION_FAILED;
  if (version != NULL && (version->major != 3 || version->minor != 0)) return CKR_FUNCTION_FAILED;
  *given = &interface;
  return CKR_OK;
}
