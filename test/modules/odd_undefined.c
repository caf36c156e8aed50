/* Uses a symbol that nobody defines: the loader refuses it. */
#include "odd.h"

extern CK_FUNCTION_LIST* a_list_that_nobody_defines(void);

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR given) {
  *given = a_list_that_nobody_defines();
  return CKR_OK;
}
