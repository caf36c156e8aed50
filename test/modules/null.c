/* A function list in which most entries are NULL, in every version. */
#include "odd.h"

static CK_FUNCTION_LIST list_2_40 = {.version = {2, 40}, ODD_ENTRIES};
static CK_FUNCTION_LIST_3_2 list_3_2 = {.version = {3, 2}, ODD_ENTRIES};
static CK_UTF8CHAR name[] = "PKCS 11";
static CK_INTERFACE interface = {name, &list_3_2, 0};

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  *list = &list_2_40;
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
