/* The least that a module which misbehaves in one way needs besides: it can be initialised, says who it is, has no
 * slots. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../native/generated/cryptoki.h"

#define EXPORT __attribute__((visibility("default")))

static __attribute__((unused)) CK_RV odd_initialize(CK_VOID_PTR arguments) {
  (void)arguments;
  return CKR_OK;
}
static __attribute__((unused)) CK_RV odd_finalize(CK_VOID_PTR reserved) {
  (void)reserved;
  return CKR_OK;
}
static __attribute__((unused)) CK_RV odd_get_info(CK_INFO_PTR info) {
  memset(info, ' ', sizeof *info);
  info->cryptokiVersion = (CK_VERSION){2, 40};
  info->libraryVersion = (CK_VERSION){0, 1};
  info->flags = 0;
  memcpy(info->libraryDescription, "Odd", 3);
  return CKR_OK;
}
static __attribute__((unused)) CK_RV odd_get_slot_list(CK_BBOOL present, CK_SLOT_ID_PTR list, CK_ULONG_PTR count) {
  (void)present;
  (void)list;
  *count = 0;
  return CKR_OK;
}

#define ODD_ENTRIES                                                                      \
  .C_Initialize = odd_initialize, .C_Finalize = odd_finalize, .C_GetInfo = odd_get_info, \
  .C_GetSlotList = odd_get_slot_list

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>

/* A copy that ends where readable memory ends: who reads an entry too many dies. */
static __attribute__((unused)) void* at_the_edge(const void* data, size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  unsigned char* two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (two == MAP_FAILED || size > page || mprotect(two + page, page, PROT_NONE) != 0) abort();
  return memcpy(two + page - size, data, size);
}
#endif
