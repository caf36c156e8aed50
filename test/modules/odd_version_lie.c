/* C_GetFunctionList's list calls itself 3.2 and ends, like every such list, after 68 entries. */
#include "odd.h"

static const CK_FUNCTION_LIST list = {.version = {3, 2}, ODD_ENTRIES};

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR given) {
  static CK_FUNCTION_LIST* copy;
  if (copy == NULL) copy = at_the_edge(&list, sizeof list);
  *given = copy;
  return CKR_OK;
}
