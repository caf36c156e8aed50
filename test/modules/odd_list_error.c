/* C_GetFunctionList fails. */
#include "odd.h"

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  (void)list;
  return CKR_GENERAL_ERROR;
}
