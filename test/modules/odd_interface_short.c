/* Whatever version is asked for, the interface is that of 3.0, 92 entries long. */
#include "odd.h"

static CK_FUNCTION_LIST short_list = {.version = {2, 40}, ODD_ENTRIES};
static const CK_FUNCTION_LIST_3_0 list = {.version = {3, 0}, ODD_ENTRIES};
static CK_UTF8CHAR name[] = "PKCS 11";
static CK_INTERFACE interface = {name, NULL, 0};

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR given) {
  *given = &short_list;
  return CKR_OK;
}

EXPORT CK_RV C_GetInterface(CK_UTF8CHAR_PTR wanted, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR given,
                            CK_FLAGS flags) {
  (void)wanted;
  (void)version;
  (void)flags;
  if (interface.pFunctionList == NULL) interface.pFunctionList = at_the_edge(&list, sizeof list);
  *given = &interface;
  return CKR_OK;
}
