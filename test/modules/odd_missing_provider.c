/* Deleted when odd_missing is linked. */
#include "odd.h"

EXPORT int missing_provider(void) { return 1; }
