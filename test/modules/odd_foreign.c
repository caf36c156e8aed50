/* Exports C_GetFunctionList; looking up C_GetInterface in it finds the one of the library it is linked with. */
/* links: odd_foreign_provider */
#include "odd.h"

int foreign_provider(void);

static CK_FUNCTION_LIST list = {.version = {2, 40}, ODD_ENTRIES};

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR given) {
  *given = foreign_provider() ? &list : NULL;
  return CKR_OK;
}
