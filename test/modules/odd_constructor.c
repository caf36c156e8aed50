/* Its constructor takes its time and then fails: the library loads, slowly, and is of no use. */
#include "odd.h"

static int failed;

__attribute__((constructor)) static void start(void) {
  usleep(300000);
  failed = 1;
}

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR given) {
  (void)given;
  return failed ? CKR_LIBRARY_LOAD_FAILED : CKR_OK;
}
