/* A library like any other, without Cryptoki's entry points. */
#include "odd.h"

EXPORT int add_one(int number) { return number + 1; }
