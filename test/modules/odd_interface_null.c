/* C_GetInterface says OK and gives an interface without a list; C_GetFunctionList works. */
#include "odd.h"

static CK_FUNCTION_LIST list = {.version = {2, 40}, ODD_ENTRIES};
static CK_UTF8CHAR name[] = "PKCS 11";
static CK_INTERFACE interface = {name, NULL, 0};

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR given) {
  *given = &list;
  return CKR_OK;
}

EXPORT CK_RV C_GetInterface(CK_UTF8CHAR_PTR wanted, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR given,
                            CK_FLAGS flags) {
  (void)wanted;
  (void)version;
  (void)flags;
  *given = &interface;
  return CKR_OK;
}
