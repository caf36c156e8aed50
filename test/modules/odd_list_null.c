/* C_GetFunctionList says OK and gives nothing. */
#include "odd.h"

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  *list = NULL;
  return CKR_OK;
}
