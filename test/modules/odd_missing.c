/* Needs a library that is not there: the loader says which. */
/* links: odd_missing_provider, and then it is deleted */
#include "odd.h"

int missing_provider(void);

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR given) {
  (void)given;
  return missing_provider() ? CKR_OK : CKR_GENERAL_ERROR;
}
